"""Complete rosters end what they do not tell; trials and cut streams end nothing."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from binding_server.domain.model import BindingState, EndReason, Role
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import (
    AccountItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterItem,
    RosterMode,
    SchoolClassItem,
)
from binding_server.use_cases.follow_roster import LEFT_OVER, settle_left_over
from binding_server.use_cases.import_roster import METHOD, import_roster
from binding_server.use_cases.roster_report import FaultyRecord, RawContact, RosterInput, RosterPart
from binding_server.use_cases.services import Caller, ServiceIdentity

from .cast import CONTACTS, FORMS, directory
from .expect import refused
from .feeding import FEED, Cut, Record, counts, feed
from .town import Town

STRICT_SCHOOL = {"anya", "boris", "egor", "zoya", "vera", "gleb", "dina", "zhanna", "ivan"}
FULL = RosterMode.FULL


def told(town: Town, missing: Callable[[RosterItem], bool] = lambda item: False) -> list[Record]:
    """The whole truth about the strict municipality, less what is missing."""
    return [item for item in _strict(directory(town.services.vault)) if not missing(item)]  # pyright: ignore[reportArgumentType]


def _strict(items: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        match item:
            case MunicipalityItem():
                wanted = item.id == "strict"
            case OrganisationItem():
                wanted = item.municipality_id == "strict"
            case SchoolClassItem():
                wanted = item.organisation_id == "s5"
            case PersonItem():
                wanted = item.id in STRICT_SCHOOL
            case GuardianshipItem():
                wanted = item.pupil_id in STRICT_SCHOOL
            case _:
                wanted = item.person_id in STRICT_SCHOOL
        if wanted:
            found.append(item)
    return found


def of_person(person: str) -> Callable[[RosterItem], bool]:
    """Tells everything that is said of a person, but not the person."""

    def matches(item: Any) -> bool:
        return person in (getattr(item, name, None) for name in ("person_id", "guardian_id", "pupil_id"))

    return matches


class TestACompleteRoster:
    async def test_that_tells_everything_ends_nothing(self, town: Town) -> None:
        report = await feed(town, told(town), mode=FULL)
        assert counts(report) == (0, 0, 0, 0)
        assert report.unchanged == len(told(town))

    async def test_ends_enrolment_account_guardianships_and_contact_of_a_pupil_who_left(self, town: Town) -> None:
        done = await town.bind("anya")
        await town.bind("vera")
        report = await feed(town, told(town, of_person("anya")), mode=FULL)
        # An enrolment, an account, a contact, and Vera's and Gleb's guardianships.
        assert (counts(report), report.unbound) == ((0, 0, 5, 0), 1)
        assert done.binding is not None
        ended = await town.store.binding(done.binding.binding.id)
        assert ended is not None
        assert (ended.state, ended.end_reason) == (BindingState.UNBOUND, EndReason.ROSTER)
        assert [chat.school_class.id for chat in await town.store.chats_of_account("vera")] == ["s5-9b"]
        assert await users(town, "anya") == []

    async def test_ends_a_duty_and_closes_the_account_of_staff_who_left(self, town: Town) -> None:
        await town.bind("ivan")
        report = await feed(town, told(town, of_person("ivan")), mode=FULL)
        assert (counts(report), report.unbound) == ((0, 0, 3, 0), 1)

    async def test_repeated_ends_nothing_more(self, town: Town) -> None:
        items = told(town, of_person("anya"))
        await feed(town, items, mode=FULL)
        assert counts(await feed(town, items, mode=FULL)) == (0, 0, 0, 0)

    async def test_brings_back_what_an_earlier_one_left_out(self, town: Town) -> None:
        await feed(town, told(town, of_person("anya")), mode=FULL)
        report = await feed(town, told(town), mode=FULL)
        assert counts(report) == (1, 4, 0, 0)

    async def test_in_many_parts_is_one(self, town: Town) -> None:
        items = told(town, of_person("anya"))
        report = await feed(town, *([item] for item in items), mode=FULL)
        assert counts(report) == (0, 0, 5, 0)

    async def test_leaves_other_municipalities_alone(self, town: Town) -> None:
        await town.bind("lev")
        await feed(town, told(town), mode=FULL)
        assert await town.is_bound("lev")
        assert await users(town, "lev") == ["lev"]

    async def test_that_names_no_municipality_ends_nothing(self, town: Town) -> None:
        report = await feed(town, told(town, lambda item: not isinstance(item, PersonItem)), mode=FULL)
        assert report.ended == 0

    async def test_leaves_what_reaches_into_another_municipality(self, town: Town) -> None:
        await town.roster(
            EnrolmentItem("boris", "s7-5a", ended=False),
            GuardianshipItem("polina", "anya", "PARENT", ended=False),
        )
        report = await feed(
            town, told(town, lambda item: of_person("boris")(item) or of_person("polina")(item)), mode=FULL
        )
        # Boris leaves the class and Polina no longer represents Anya; all else of theirs belongs elsewhere too.
        assert counts(report) == (0, 0, 2, 0)
        assert await users(town, "boris", "polina") == ["boris", "polina"]

    async def test_closes_an_account_by_the_places_of_its_own_role(self, town: Town) -> None:
        await town.roster(
            AccountItem("ivan-parent", "ivan", Role.PARENT, closed=False),
            GuardianshipItem("ivan", "lev", "PARENT", ended=False),
        )
        await feed(town, told(town, of_person("ivan")), mode=FULL)
        staff, parent = await town.store.account("ivan"), await town.store.account("ivan-parent")
        assert staff is not None
        assert parent is not None
        assert (staff.account.closed, parent.account.closed) == (True, False)
        assert await users(town, "ivan") == ["ivan"]

    @pytest.mark.parametrize(
        "wrong",
        [
            FaultyRecord("enrolment.class_id", "too long", ("anya",)),
            EnrolmentItem("anya", "no-class", ended=False),
            RawContact("anya", "no contact", ended=False),
        ],
        ids=lambda wrong: type(wrong).__name__,
    )
    async def test_spares_a_person_with_a_record_that_was_skipped(self, town: Town, wrong: Record) -> None:
        await town.bind("anya")
        report = await feed(town, [*told(town, of_person("anya")), wrong], mode=FULL)
        assert counts(report) == (0, 0, 0, 1)
        assert await town.is_bound("anya")

    async def test_spares_what_another_import_tells_meanwhile(self, town: Town) -> None:
        run = await town.store.begin_roster("service:nightly", FULL, town.clock.now())
        await town.store.apply_roster(
            [MunicipalityItem("strict", "Строгий", directory_policy(town))], town.clock.now(), run
        )
        await feed(town, [EnrolmentItem("anya", "s5-5a", ended=True), EnrolmentItem("anya", "s5-1v", ended=False)])
        ended = await town.store.sweep_organisation(run, "s5", {"strict"}, town.clock.now())
        assert ended
        anya = await town.store.account("anya")
        assert anya is not None
        assert [place.id for place in anya.classes] == ["s5-1v"]


def directory_policy(town: Town) -> Any:
    return next(item.policy for item in told(town) if isinstance(item, MunicipalityItem))


class TestAStreamThatBreaks:
    async def test_keeps_what_was_applied_and_ends_nothing(self, town: Town) -> None:
        await town.bind("anya")
        items = told(town, of_person("anya"))
        with pytest.raises(Cut):
            await feed(town, [PersonItem("new", 77, "Новая")], items, mode=FULL, cut=True, complete=False)
        assert await town.store.person_by_oid(77) is not None
        assert await town.is_bound("anya")

    async def test_that_looks_like_an_end_is_no_end(self, town: Town) -> None:
        await town.bind("anya")
        items = told(town, of_person("anya"))
        with refused(Reason.REQUEST_INVALID) as caught:
            await feed(town, items, mode=FULL, complete=False)
        assert caught().metadata["applied"] == str(len(items))
        assert await town.is_bound("anya")

    async def test_goes_on_after_its_end_and_is_refused(self, town: Town) -> None:
        async def parts() -> AsyncIterator[RosterPart]:
            for item in (PersonItem("new", 77, "Новая"), PersonItem("newer", 78, "Новейшая")):
                yield RosterPart([RosterInput(0, item)], complete=True)

        with refused(Reason.REQUEST_INVALID) as caught:
            await import_roster(town.services, FEED, parts(), mode=FULL)
        assert caught().metadata["applied"] == "1"

    async def test_leaves_nobody_behind_unsettled(self, town: Town) -> None:
        await town.bind("anya")
        run = await town.store.begin_roster("service:feed", RosterMode.INCREMENTAL, town.clock.now())
        # The server dies between the change and what follows from it.
        await town.store.apply_roster([EnrolmentItem("anya", "s5-5a", ended=True)], town.clock.now(), run)
        assert await settle_left_over(town.services) == 0
        town.clock.advance(LEFT_OVER + timedelta(seconds=1))
        assert await settle_left_over(town.services) == 1
        assert not await town.is_bound("anya")
        assert await settle_left_over(town.services) == 0


class TestATrial:
    @pytest.mark.parametrize("mode", list(RosterMode))
    async def test_counts_exactly_what_a_real_run_does_and_changes_nothing(self, town: Town, mode: RosterMode) -> None:
        await town.bind("anya")
        await town.bind("vera")
        items = [
            *told(town, of_person("anya")),
            PersonItem("new", 77, "Новая"),
            AccountItem("new", "new", Role.PUPIL, closed=False),
            EnrolmentItem("new", "s5-5a", ended=False),
            EnrolmentItem("boris", "s5-9b", ended=True),
            PersonItem("vera", 1, "Вера"),
            EnrolmentItem("new", "nowhere", ended=False),
        ]
        parts = [items[:10], items[10:]]
        trial = await feed(town, *parts, mode=mode, dry_run=True)
        assert await town.store.person_by_oid(77) is None
        assert await town.is_bound("anya")
        real = await feed(town, *parts, mode=mode)
        assert trial.dry_run
        assert replace(trial, dry_run=False) == real
        assert real.created == 3

    async def test_that_fails_changes_nothing(self, town: Town) -> None:
        with pytest.raises(Cut):
            await feed(town, [PersonItem("new", 77, "Новая")], dry_run=True, cut=True)
        assert await town.store.person_by_oid(77) is None


class TestABackEndOfOneMunicipality:
    CALLER = Caller(
        lambda: 10.0, service=ServiceIdentity("feed", frozenset({METHOD}), municipalities=frozenset({"strict"}))
    )

    async def test_feeds_it_as_any_other(self, town: Town) -> None:
        await town.bind("anya")
        report = await feed(town, told(town, of_person("anya")), mode=FULL, caller=self.CALLER)
        assert (counts(report), report.unbound) == ((0, 0, 5, 0), 1)

    async def test_makes_new_places_and_persons_in_it(self, town: Town) -> None:
        report = await feed(
            town,
            [
                OrganisationItem("s9", "strict", "Школа № 9", "SCHOOL"),
                SchoolClassItem("s9-1a", "s9", 2026, "1А"),
                PersonItem("new", 77, "Новая"),
                EnrolmentItem("new", "s9-1a", ended=False),
                RawContact("new", "+79000000777", ended=False),
            ],
            caller=self.CALLER,
        )
        assert counts(report) == (5, 0, 0, 0)

    @pytest.mark.parametrize(
        ("item", "field"),
        [
            (MunicipalityItem("lenient", "Чужой", "STRICT"), "municipality.id"),  # pyright: ignore[reportArgumentType]
            (OrganisationItem("s9", "lenient", "Школа", "SCHOOL"), "organisation.municipality_id"),
            (OrganisationItem("s7", "strict", "Школа", "SCHOOL"), "organisation.id"),
            (SchoolClassItem("new", "s7", 2026, "5А"), "school_class.organisation_id"),
            (SchoolClassItem("s7-5a", "s5", 2026, "5А"), "school_class.id"),
            (PersonItem("lev", 9999, "Лев"), "person.id"),
            (PersonItem("polina", 9999, "Полина"), "person.id"),
            (AccountItem("lev", "lev", Role.PUPIL, closed=True), "account.person_id"),
            (EnrolmentItem("anya", "s7-5a", ended=False), "enrolment.class_id"),
            (GuardianshipItem("ivan", "lev", "PARENT", ended=False), "guardianship.pupil_id"),
            (DutyItem("ivan", "s7", "OPERATOR", None, ended=False), "duty.organisation_id"),  # pyright: ignore[reportArgumentType]
            (RawContact("lev", "+79000000777", ended=False), "contact.person_id"),
            (RawContact("ivan", CONTACTS["polina"], ended=False), "contact.value"),
        ],
        ids=str,
    )
    async def test_changes_nothing_elsewhere(self, town: Town, item: Record, field: str) -> None:
        report = await feed(town, [item], caller=self.CALLER)
        assert [(error.field, error.reason) for error in report.errors] == [(field, Reason.CALLER_NOT_ALLOWED)]


class TestOneContactOfSeveralPersons:
    async def test_is_the_first_s_and_a_repeat_changes_nothing(self, town: Town) -> None:
        shared = "+79000000777"
        items = [RawContact("vera", shared, ended=False), RawContact("anya", shared, ended=False)]
        assert counts(await feed(town, items)) == (1, 0, 0, 0)
        assert counts(await feed(town, items)) == (0, 0, 0, 0)
        assert counts(await feed(town, [items[0]], [items[1]])) == (0, 0, 0, 0)
        digest = town.services.vault.contact_digest(FORMS.parse(shared))
        assert (await town.store.users_of([digest]))[digest].person_id == "vera"

    async def test_moves_with_a_later_roster(self, town: Town) -> None:
        shared = "+79000000777"
        await feed(town, [RawContact("vera", shared, ended=False)])
        assert counts(await feed(town, [RawContact("anya", shared, ended=False)])) == (0, 1, 0, 0)


async def users(town: Town, *names: str) -> list[str]:
    """Returns those of the cast who still use their own contact."""
    digests = {town.services.vault.contact_digest(FORMS.parse(CONTACTS[name])): name for name in names}
    found = await town.store.users_of(digests)
    return sorted(name for digest, name in digests.items() if digest in found and found[digest].person_id == name)
