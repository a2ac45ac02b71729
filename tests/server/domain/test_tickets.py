"""What a ticket must say, and what support may end against it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from binding_server.domain.facts import ClaimFacts, Facts, ProfileHeldBy, Relation, Release, VkFacts, VkOutcome
from binding_server.domain.model import Account, AccountContext, Person, Policy, Role
from binding_server.domain.options import Options, guardian_may_unbind, is_small_child, releases_other
from binding_server.domain.tickets import (
    KEPT_PIXELS,
    MAX_SCREENSHOT_BYTES,
    MAX_SCREENSHOT_PIXELS,
    MAX_SCREENSHOT_SIDE,
    PROOF_LASTS,
    Bound,
    ImageProblem,
    Screenshot,
    Settlement,
    Ticket,
    TicketItems,
    TicketState,
    missing_items,
    proves_owner,
    settle,
    size_problem,
)

ITEMS = TicketItems("Екатеринбург", "Школа № 5", "Громов Борис Ильич", "700300102")
MINE, THEIRS = b"mine", b"theirs"
FILED = Ticket(
    id="t",
    state=TicketState.OPEN,
    account_id="boris",
    filed_by="person:boris",
    items=ITEMS,
    vk_digest=MINE,
    screenshot=Screenshot(1, 1),
    created_at=datetime(2026, 9, 1, tzinfo=UTC),
)
OWN = Bound("own-1", "boris", MINE)
OWN_WRONG = Bound("own-1", "boris", THEIRS)
OWN_SINCE = Bound("own-2", "boris", MINE)
KIRA = Bound("kira-1", "kira", MINE)
KIRA_SINCE = Bound("kira-2", "kira", MINE)
KIRA_OTHER = Bound("kira-3", "kira", THEIRS)
LEV = Bound("lev-1", "lev", THEIRS)
HAD_OWN = replace(FILED, binding_id="own-1", profile_binding_id="own-1")
HAD_WRONG = replace(FILED, binding_id="own-1", profile_binding_id=None)
KIRA_HELD = replace(FILED, profile_binding_id="kira-1")
U, C, M, X = Settlement.UNBIND, Settlement.CLOSE, Settlement.MISMATCH, Settlement.UNPROVEN


@pytest.mark.scenario("T02")
@pytest.mark.rules("S24")
@pytest.mark.parametrize("name", ["municipality", "school_name", "full_name", "vk_user_id"])
@pytest.mark.parametrize("nothing", ["", " ", "\u00a0\u200b", "—", "...", "№"])
def test_an_item_that_says_nothing_it_is_missing(name: str, nothing: str) -> None:
    assert missing_items(ITEMS) == []
    assert missing_items(replace(ITEMS, **{name: nothing})) == [name]


def test_limits_it_has_those_of_the_contract() -> None:
    assert MAX_SCREENSHOT_BYTES == 3_145_728
    assert MAX_SCREENSHOT_PIXELS == 16_777_216
    assert MAX_SCREENSHOT_SIDE == 16_384
    assert KEPT_PIXELS == 8_294_400
    assert timedelta(days=90) == PROOF_LASTS


def test_options_it_has_none_unless_chosen() -> None:
    assert Options() == Options(release_by_vk_proof=False, guardian_unbind=False)


def test_all_items_missing_it_names_all() -> None:
    assert missing_items(TicketItems("", "", "", "")) == ["municipality", "school_name", "full_name", "vk_user_id"]


@pytest.mark.scenario("T04")
@pytest.mark.parametrize(
    ("width", "height", "problem"),
    [
        (1, 1, None),
        (4096, 4096, None),
        (MAX_SCREENSHOT_SIDE, 1024, None),
        (1024, MAX_SCREENSHOT_SIDE, None),
        (MAX_SCREENSHOT_SIDE + 1, 1, ImageProblem.TOO_MANY_PIXELS),
        (1, MAX_SCREENSHOT_SIDE + 1, ImageProblem.TOO_MANY_PIXELS),
        (MAX_SCREENSHOT_PIXELS // 4096 + 1, 4096, ImageProblem.TOO_MANY_PIXELS),
        (0, 1, ImageProblem.NOT_AN_IMAGE),
        (1, 0, ImageProblem.NOT_AN_IMAGE),
    ],
)
def test_size_it_has_its_bounds(width: int, height: int, problem: ImageProblem | None) -> None:
    assert size_problem(width, height) is problem


@pytest.mark.parametrize(
    ("ticket", "target", "bound", "held", "proven", "wanted"),
    [
        pytest.param(HAD_OWN, "boris", OWN, OWN, False, U, id="T01: the bound one"),
        pytest.param(HAD_WRONG, "boris", OWN_WRONG, None, True, M, id="T03: another number is bound"),
        pytest.param(HAD_WRONG, "boris", OWN_WRONG, KIRA, True, M, id="T03: the number is bound elsewhere"),
        pytest.param(HAD_OWN, "boris", None, None, True, C, id="has ended meanwhile"),
        pytest.param(HAD_OWN, "boris", OWN_SINCE, OWN_SINCE, True, C, id="T05: bound again since"),
        pytest.param(FILED, "boris", None, None, True, C, id="nothing was bound and nothing is"),
        pytest.param(FILED, "boris", OWN, OWN, True, C, id="T05: bound since, nothing before"),
        pytest.param(KIRA_HELD, "boris", None, KIRA, True, M, id="the one that holds it has to be named"),
        pytest.param(KIRA_HELD, "boris", None, KIRA_SINCE, True, C, id="nothing here, and bound elsewhere since"),
        pytest.param(FILED, "boris", None, KIRA, True, C, id="nothing here, and bound elsewhere after the ticket"),
        pytest.param(HAD_OWN, "boris", None, KIRA, True, C, id="ended here, bound elsewhere"),
        pytest.param(KIRA_HELD, "kira", KIRA, KIRA, True, U, id="P13: another account holds the own profile"),
        pytest.param(KIRA_HELD, "kira", KIRA, KIRA, False, X, id="nothing shows whose it is"),
        pytest.param(KIRA_HELD, "kira", None, None, True, C, id="the other has ended meanwhile"),
        pytest.param(KIRA_HELD, "kira", KIRA_SINCE, KIRA_SINCE, True, C, id="the other was bound again since"),
        pytest.param(KIRA_HELD, "kira", None, OWN, True, C, id="T05: the person has bound it since"),
        pytest.param(KIRA_HELD, "kira", KIRA_OTHER, OWN, True, C, id="the other has another profile since"),
        pytest.param(KIRA_HELD, "lev", LEV, KIRA, True, M, id="not the account that holds it"),
        pytest.param(KIRA_HELD, "lev", None, KIRA, True, M, id="nothing is bound in the account that was named"),
        pytest.param(FILED, "kira", KIRA_OTHER, None, True, M, id="T03: a number that is bound nowhere"),
        pytest.param(FILED, "kira", None, None, True, C, id="nothing is bound anywhere"),
        pytest.param(FILED, "kira", KIRA, KIRA, True, C, id="the other was bound after the ticket"),
    ],
)
@pytest.mark.rules("S22")
def test_an_order_to_unbind_it_ends_what_stood_then_and_is_the_persons(
    ticket: Ticket, target: str, bound: Bound | None, held: Bound | None, proven: bool, wanted: Settlement
) -> None:
    assert settle(ticket, target, bound, held, proven=proven) is wanted


def facts(owner: Relation = Relation.OWN, held: ProfileHeldBy = ProfileHeldBy.OTHER_PERSON, **claims: Release) -> Facts:
    return Facts(
        Policy.STRICT,
        True,
        Role.PUPIL,
        True,
        vk=VkFacts(VkOutcome.OK, True, owner),
        claims=ClaimFacts(profile_held_by=held, **claims),  # pyright: ignore[reportArgumentType]
    )


@pytest.mark.parametrize("row", ["D13", "D14"])
def test_a_refusal_of_the_own_profile_it_shows_whose_it_is(row: str) -> None:
    assert proves_owner(row, facts())


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ("D14", facts(Relation.OTHER)),
        ("D14", facts(Relation.NOBODY)),
        ("D13", facts(Relation.GUARDIAN)),
        ("D8", facts()),
        ("D18", facts()),
        ("D14", replace(facts(), vk=None)),
    ],
)
def test_another_refusal_it_shows_nothing(row: str, known: Facts) -> None:
    assert not proves_owner(row, known)


@pytest.mark.rules("A7")
@pytest.mark.parametrize(
    ("known", "released"),
    [
        (facts(release=Release.ASKED), True),
        (facts(held=ProfileHeldBy.SAME_PERSON, release=Release.ASKED), True),
        (facts(held=ProfileHeldBy.THIS_ACCOUNT, release=Release.ASKED), False),
        (facts(held=ProfileHeldBy.NOBODY, release=Release.ASKED), False),
        (facts(Relation.OTHER, release=Release.ASKED), False),
        (facts(Relation.NOBODY, release=Release.ASKED), False),
        (facts(release=Release.OFFERED), False),
        (facts(), False),
        (replace(facts(release=Release.ASKED), vk=None), False),
        (replace(facts(release=Release.ASKED), claims=None), False),
    ],
)
def test_another_binding_it_ends_only_for_the_owner_who_asks(known: Facts, released: bool) -> None:
    assert releases_other(known) is released


@pytest.mark.parametrize(
    ("born", "today", "small"),
    [
        (date(2012, 9, 2), date(2026, 9, 1), True),
        (date(2012, 9, 1), date(2026, 9, 1), False),
        (date(2012, 8, 31), date(2026, 9, 1), False),
        (date(2012, 10, 1), date(2026, 9, 30), True),
        (date(2012, 2, 29), date(2026, 2, 28), True),
        (date(2012, 2, 29), date(2026, 3, 1), False),
        (date(2020, 1, 1), date(2026, 9, 1), True),
        (None, date(2026, 9, 1), False),
    ],
)
def test_a_small_child_it_is_under_fourteen(born: date | None, today: date, small: bool) -> None:
    assert is_small_child(born, today) is small


SMALL = date(2015, 1, 1)


@pytest.mark.rules("A8")
@pytest.mark.parametrize(
    ("allowed", "role", "who", "born", "may"),
    [
        (True, Role.PUPIL, "vera", SMALL, True),
        (False, Role.PUPIL, "vera", SMALL, False),
        (True, Role.PARENT, "vera", SMALL, False),
        (True, Role.PUPIL, "kira", SMALL, False),
        (True, Role.PUPIL, "vera", date(2010, 1, 1), False),
        (True, Role.PUPIL, "vera", None, False),
    ],
)
def test_a_guardian_it_may_unbind_a_small_child_where_that_is_allowed(
    allowed: bool, role: Role, who: str, born: date | None, may: bool
) -> None:
    context = AccountContext(Account("anya", "anya", role), Person("anya", 1, "Аня"), guardians=frozenset({"vera"}))
    options = Options(guardian_unbind=allowed)
    assert guardian_may_unbind(options, context, who, born, date(2026, 9, 1)) is may
