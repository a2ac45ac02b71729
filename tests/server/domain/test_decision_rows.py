"""The decision table, row by row: who, with whose contact and whose profile, under which policy."""

from dataclasses import replace
from typing import Any

import pytest
from binding_server.domain.decision import Outcome, decide, play
from binding_server.domain.facts import AccountHolds, ContactStated, Facts, ProfileHeldBy, Relation, VkOutcome
from binding_server.domain.model import EducationalRole, Policy, Role
from binding_server.domain.reasons import Reason, Remedy

from .facts import deciding, facts, outcomes

PUPIL, PARENT, REPRESENTATIVE, STAFF = Role.PUPIL, Role.PARENT, Role.LEGAL_REPRESENTATIVE, Role.STAFF
ADULTS = (PARENT, REPRESENTATIVE)
STRICT, LENIENT, ROLE_ONLY = Policy.STRICT, Policy.LENIENT, Policy.ROLE_ONLY
OWN, GUARDIAN, CHILD, OTHER, NOBODY = (
    Relation.OWN,
    Relation.GUARDIAN,
    Relation.PUPIL,
    Relation.OTHER,
    Relation.NOBODY,
)
AS_PUPIL = frozenset({EducationalRole.PUPIL})
AS_PARENT = frozenset({EducationalRole.PARENT})
AS_STAFF = frozenset({EducationalRole.STAFF})
ELSEWHERE = AccountHolds.OTHER_PROFILE


def rows(name: str, accounts: tuple[Role, ...], reason: Reason | None, /, **given: Any) -> list[Any]:
    """Makes a test case of each role."""
    detail = "-".join(f"{key}={_text(value)}" for key, value in given.items())
    return [
        pytest.param(name, role, reason, given, id=f"{name}-{role}-{detail}", marks=pytest.mark.rules(name))
        for role in accounts
    ]


def _text(value: object) -> str:
    return "+".join(sorted(value)) or "none" if isinstance(value, frozenset) else str(value)


ANY = (PUPIL, PARENT, REPRESENTATIVE, STAFF)

SAME_UNDER_ALL_POLICIES = [
    *rows("D1", ANY, Reason.ESIA_SESSION_REQUIRED, session=False),
    *rows("D2", ANY, Reason.ACCOUNT_NOT_ELIGIBLE, eligible=False),
    *rows("D3", ANY, Reason.CONTACT_REQUIRED, stated=ContactStated.MISSING, contact=NOBODY, verified=False),
    *rows("D3", ANY, Reason.CONTACT_INVALID, stated=ContactStated.MALFORMED, contact=NOBODY, verified=False),
    *rows("D4", ANY, Reason.CONTACT_NOT_VERIFIED, verified=False),
    *rows("D4", ANY, Reason.CONTACT_NOT_VERIFIED, contact=NOBODY, verified=False),
    *rows("D9", ANY, Reason.USER_CANCELLED, vk=VkOutcome.CANCELLED),
    *rows("D21", ANY, Reason.VK_AUTH_FAILED, vk=VkOutcome.FAILED),
    *rows("D22", ANY, Reason.PROVIDER_UNAVAILABLE, vk=VkOutcome.UNAVAILABLE),
    *rows("D12", ANY, None, held_by=ProfileHeldBy.THIS_ACCOUNT),
    *rows("D8", ANY, Reason.DIARY_ACCOUNT_ALREADY_BOUND, holds=ELSEWHERE),
    *rows("D8", ANY, Reason.DIARY_ACCOUNT_ALREADY_BOUND, holds=ELSEWHERE, held_by=ProfileHeldBy.OTHER_PERSON),
    *rows("D10", ANY, Reason.LEARNING_PROFILE_REQUIRED, learning=False, roles=frozenset()),
    *rows("D13", ANY, Reason.VK_PROFILE_ALREADY_BOUND, held_by=ProfileHeldBy.SAME_PERSON),
    *rows("D14", ANY, Reason.VK_PROFILE_ALREADY_BOUND, held_by=ProfileHeldBy.OTHER_PERSON),
    *rows("D19", ANY, None),
    *rows("D20", ADULTS, None, other_guardian_bound=True),
    *rows("D19", (PUPIL, STAFF), None, other_guardian_bound=True),
]

CONTACT_NOT_OWNED = [
    *rows("D5", (PUPIL,), Reason.CONTACT_NOT_OWNED, contact=GUARDIAN),
    *rows("D5", (PUPIL,), Reason.CONTACT_NOT_OWNED, contact=OTHER),
    *rows("D5", (PUPIL,), Reason.CONTACT_NOT_OWNED, contact=GUARDIAN, verified=False),
    *rows("D6", ADULTS, Reason.CONTACT_NOT_OWNED, contact=CHILD),
    *rows("D7", (*ADULTS, STAFF), Reason.CONTACT_NOT_OWNED, contact=OTHER),
]

VK_NOT_OWNED = [
    *rows("D11", ANY, Reason.OWNERSHIP_UNVERIFIED, owner=NOBODY),
    *rows("D11", ANY, Reason.OWNERSHIP_UNVERIFIED, owner=NOBODY, contact_returned=False),
    *rows("D15", (PUPIL,), Reason.VK_PROFILE_NOT_OWNED, owner=GUARDIAN),
    *rows("D16", ADULTS, Reason.VK_PROFILE_NOT_OWNED, owner=CHILD),
    *rows("D17", ANY, Reason.VK_PROFILE_NOT_OWNED, owner=OTHER),
]

ROLE_MISMATCH = [
    *rows("D18", (PUPIL,), Reason.VK_ROLE_MISMATCH, roles=AS_PARENT),
    *rows("D18", (PUPIL,), Reason.VK_ROLE_MISMATCH, roles=AS_STAFF | AS_PARENT),
    *rows("D18", ADULTS, Reason.VK_ROLE_MISMATCH, roles=AS_PUPIL),
    *rows("D18", ADULTS, Reason.VK_ROLE_MISMATCH, roles=AS_STAFF),
    *rows("D18", (STAFF,), Reason.VK_ROLE_MISMATCH, roles=AS_PARENT),
    *rows("D18", ANY, Reason.VK_ROLE_MISMATCH, roles=frozenset()),
]


def _decides(of: Facts, name: str, reason: Reason | None) -> None:
    row = deciding(of)
    assert (row.row, row.reason) == (name, reason)
    assert row.outcome is (Outcome.REFUSES if reason else Outcome.ACCEPTS)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(("name", "role", "reason", "given"), SAME_UNDER_ALL_POLICIES)
def test_decides_so_under_every_policy(
    name: str, role: Role, reason: Reason | None, given: dict[str, Any], policy: Policy
) -> None:
    _decides(facts(role, policy, **given), name, reason)


@pytest.mark.parametrize(("name", "role", "reason", "given"), CONTACT_NOT_OWNED + VK_NOT_OWNED + ROLE_MISMATCH)
def test_refuses_under_strict(name: str, role: Role, reason: Reason, given: dict[str, Any]) -> None:
    _decides(facts(role, STRICT, **given), name, reason)


@pytest.mark.parametrize("policy", [LENIENT, ROLE_ONLY])
@pytest.mark.parametrize(("name", "role", "reason", "given"), CONTACT_NOT_OWNED + VK_NOT_OWNED)
def test_notes_and_accepts_under_the_softer_policies(
    name: str, role: Role, reason: Reason, given: dict[str, Any], policy: Policy
) -> None:
    softly = facts(role, policy, **given)
    assert outcomes(softly)[name] is Outcome.NOTED
    _decides(softly, "D19", None)


@pytest.mark.parametrize(("name", "role", "reason", "given"), ROLE_MISMATCH)
def test_refuses_a_role_that_does_not_fit_under_all_but_lenient(
    name: str, role: Role, reason: Reason, given: dict[str, Any]
) -> None:
    _decides(facts(role, ROLE_ONLY, **given), name, reason)
    softly = facts(role, LENIENT, **given)
    assert outcomes(softly)[name] is Outcome.NOTED
    _decides(softly, "D19", None)


@pytest.mark.rules("D18")
@pytest.mark.parametrize(
    ("role", "roles"),
    [
        (PUPIL, AS_PUPIL | AS_PARENT),
        (PARENT, AS_PARENT | AS_STAFF),
        (REPRESENTATIVE, AS_PARENT),
        (STAFF, AS_STAFF | AS_PARENT),
    ],
)
def test_needs_one_fitting_role_among_several(role: Role, roles: frozenset[EducationalRole]) -> None:
    _decides(facts(role, STRICT, roles=roles), "D19", None)


@pytest.mark.rules("D18")
def test_tests_the_role_whoever_owns_the_profile() -> None:
    _decides(facts(PUPIL, ROLE_ONLY, owner=GUARDIAN, roles=AS_PARENT), "D18", Reason.VK_ROLE_MISMATCH)


@pytest.mark.rules("D14", "D15", "D16", "D17", "I10")
@pytest.mark.parametrize(
    ("role", "owner", "name"),
    [(PUPIL, GUARDIAN, "D15"), (PARENT, CHILD, "D16"), (REPRESENTATIVE, CHILD, "D16"), (STAFF, OTHER, "D17")],
)
class TestAForeignProfileThatIsBoundElsewhere:
    def test_is_refused_as_foreign_under_strict(self, role: Role, owner: Relation, name: str) -> None:
        bound = deciding(facts(role, STRICT, owner=owner, held_by=ProfileHeldBy.OTHER_PERSON))
        free = deciding(facts(role, STRICT, owner=owner))
        assert bound == free
        assert bound.row == name

    @pytest.mark.parametrize("policy", [LENIENT, ROLE_ONLY])
    def test_is_refused_as_bound_under_the_softer_policies(
        self, role: Role, owner: Relation, name: str, policy: Policy
    ) -> None:
        row = deciding(facts(role, policy, owner=owner, held_by=ProfileHeldBy.OTHER_PERSON))
        assert (row.row, row.reason) == ("D14", Reason.VK_PROFILE_ALREADY_BOUND)

    def test_cannot_be_probed_by_an_explanation(self, role: Role, owner: Relation, name: str) -> None:
        bound = play(facts(role, STRICT, owner=owner, held_by=ProfileHeldBy.OTHER_PERSON))
        free = play(facts(role, STRICT, owner=owner))
        assert [row.facts for row in bound] == [row.facts for row in free]


@pytest.mark.rules("D13", "D14", "I10")
class TestMetadataOfABoundProfile:
    def test_says_that_it_is_the_same_person_and_nothing_else(self) -> None:
        row = deciding(facts(held_by=ProfileHeldBy.SAME_PERSON))
        assert dict(row.metadata) == {"same_person": "true"}
        assert row.remedies == (Remedy.UNBIND_IN_OTHER_ACCOUNT,)

    def test_tells_of_another_holder_as_coarsely_as_may_be(self) -> None:
        row = deciding(facts(held_by=ProfileHeldBy.OTHER_PERSON))
        assert dict(row.metadata) == {
            "same_person": "false",
            "holder_role": "FAMILY",
            "holder_organisation_kind": "SCHOOL",
        }
        assert row.remedies == (Remedy.UNBIND_IN_OTHER_ACCOUNT, Remedy.VISIT_SCHOOL, Remedy.SUPPORT_TICKET)


@pytest.mark.rules("D11")
@pytest.mark.parametrize(
    ("returned", "text", "remedy"),
    [(True, "true", Remedy.VERIFY_CONTACT), (False, "false", Remedy.GRANT_VK_SCOPES)],
)
def test_asks_for_consent_or_for_proof_of_the_returned_contact(returned: bool, text: str, remedy: Remedy) -> None:
    row = deciding(facts(owner=NOBODY, contact_returned=returned))
    assert (dict(row.metadata), row.remedies) == ({"contact_returned": text}, (remedy,))


@pytest.mark.rules("D15", "D16", "D17")
@pytest.mark.parametrize(
    ("role", "owner", "hint"),
    [(PUPIL, GUARDIAN, {"hint": "problem-2"}), (PARENT, CHILD, {"hint": "problem-3"}), (PARENT, OTHER, {})],
)
def test_hints_at_the_known_problem(role: Role, owner: Relation, hint: dict[str, str]) -> None:
    assert dict(deciding(facts(role, owner=owner)).metadata) == hint


@pytest.mark.rules("D22")
def test_names_the_provider_that_is_down() -> None:
    assert dict(deciding(facts(vk=VkOutcome.UNAVAILABLE)).metadata) == {"provider": "VK_ID"}


ORDER = [
    "D1",
    "D2",
    "D3",
    "D4",
    "D5",
    "D6",
    "D7",
    "D9",
    "D21",
    "D22",
    "D12",
    "D8",
    "D10",
    "D11",
    "D13",
    "D14",
    "D15",
    "D16",
    "D17",
    "D18",
    "D20",
    "D19",
]


class TestOrder:
    def test_asks_every_row_once_in_the_stated_order(self) -> None:
        assert list(outcomes(facts())) == ORDER

    @pytest.mark.rules("D5", "D6", "D7")
    @pytest.mark.parametrize(
        ("role", "contact", "noted"), [(PUPIL, GUARDIAN, "D5"), (PUPIL, OTHER, "D5"), (PARENT, CHILD, "D6")]
    )
    def test_notes_a_foreign_contact_in_one_row_only(self, role: Role, contact: Relation, noted: str) -> None:
        found = outcomes(facts(role, LENIENT, contact=contact))
        assert [name for name in ("D5", "D6", "D7") if found[name] is Outcome.NOTED] == [noted]

    @pytest.mark.rules("D7", "D9", "D12")
    def test_tests_the_contact_before_the_providers_failures_and_those_before_the_same_pair(self) -> None:
        worst = facts(contact=OTHER, vk=VkOutcome.CANCELLED, held_by=ProfileHeldBy.THIS_ACCOUNT)
        assert deciding(worst).row == "D7"
        lenient = replace(worst, policy=LENIENT)
        assert deciding(lenient).row == "D9"

    @pytest.mark.rules("D12")
    def test_tests_the_same_pair_before_owner_role_and_profile(self) -> None:
        pair = facts(
            owner=OTHER, roles=AS_PUPIL, learning=False, held_by=ProfileHeldBy.THIS_ACCOUNT, contact_returned=False
        )
        assert deciding(pair).row == "D12"

    @pytest.mark.rules("D8", "D10", "D13")
    def test_tests_the_account_before_the_profile(self) -> None:
        assert deciding(facts(holds=ELSEWHERE, learning=False)).row == "D8"
        assert deciding(facts(learning=False, held_by=ProfileHeldBy.SAME_PERSON)).row == "D10"
        assert deciding(facts(roles=AS_PUPIL, held_by=ProfileHeldBy.SAME_PERSON)).row == "D13"


class TestMissingFacts:
    def test_decides_nothing_without_a_contact(self) -> None:
        early = replace(facts(), contact=None, vk=None, claims=None)
        found = outcomes(early)
        assert (found["D1"], found["D2"]) == (Outcome.PASSED, Outcome.PASSED)
        assert {found[name] for name in ORDER[2:]} == {Outcome.UNKNOWN}
        assert decide(early) is None

    def test_decides_a_foreign_contact_before_vk_id_is_known(self) -> None:
        early = replace(facts(contact=OTHER), vk=None, claims=None)
        found = outcomes(early)
        assert found["D7"] is Outcome.REFUSES
        assert {found[name] for name in ORDER[7:]} == {Outcome.NOT_REACHED}

    def test_leaves_the_rest_open_while_vk_id_is_not_known(self) -> None:
        early = replace(facts(), vk=None, claims=None)
        found = outcomes(early)
        assert {found[name] for name in ORDER[:7]} == {Outcome.PASSED}
        assert {found[name] for name in ORDER[7:]} == {Outcome.UNKNOWN}
        assert decide(early) is None

    def test_decides_a_failure_of_vk_id_without_knowing_what_is_bound(self) -> None:
        assert deciding(replace(facts(vk=VkOutcome.FAILED), claims=None)).row == "D21"

    def test_does_not_accept_without_knowing_what_is_bound(self) -> None:
        assert decide(replace(facts(), claims=None)) is None

    def test_reaches_no_row_behind_the_deciding_one(self) -> None:
        found = outcomes(facts(session=False))
        assert {found[name] for name in ORDER[1:]} == {Outcome.NOT_REACHED}


class TestRefusalOfARow:
    def test_carries_row_reason_metadata_and_remedies(self) -> None:
        refusal = deciding(facts(held_by=ProfileHeldBy.SAME_PERSON)).refusal()
        assert (refusal.row, refusal.reason) == ("D13", Reason.VK_PROFILE_ALREADY_BOUND)
        assert refusal.metadata == {"same_person": "true"}
        assert refusal.remedies == (Remedy.UNBIND_IN_OTHER_ACCOUNT,)

    def test_is_none_for_a_row_that_accepts(self) -> None:
        with pytest.raises(ValueError):
            deciding(facts()).refusal()
