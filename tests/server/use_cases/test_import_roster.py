"""A roster comes in, and chats and bindings follow it."""

import pytest
from binding_server.domain.model import BindingState, DutyKind, EndReason
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import (
    AccountItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    PersonItem,
)
from binding_server.use_cases.import_roster import MAX_ERRORS
from binding_server.use_cases.roster_report import FaultyRecord, RawContact
from binding_server.use_cases.services import Caller, ServiceIdentity

from .cast import ACCOUNTS, CONTACTS
from .expect import refused
from .feeding import feed
from .town import Town


async def kinds(town: Town, account: str) -> list[tuple[str, str]]:
    """Returns the chats that an account sees, by class and kind."""
    return [(chat.school_class.id, str(chat.kind)) for chat in await town.store.chats_of_account(account)]


class TestTheReport:
    async def test_counts_what_became_of_each_record(self, town: Town) -> None:
        report = await feed(
            town,
            [PersonItem("new", 77, "Новая"), PersonItem("vera", 1, "Вера")],
            [RawContact("vera", CONTACTS["vera"], ended=False)],
        )
        assert (report.created, report.updated, report.unchanged, report.failed) == (1, 1, 1, 0)

    async def test_names_every_record_that_was_skipped_by_place_line_and_field(self, town: Town) -> None:
        report = await feed(
            town,
            [PersonItem("new", None, "Новая"), GuardianshipItem("new", "nobody", "PARENT", ended=False)],
            [RawContact("new", "no contact", ended=False), FaultyRecord("person.id", "too long")],
            [EnrolmentItem("new", "no-class", ended=False)],
        )
        assert [(error.index, error.line, error.field, error.reason) for error in report.errors] == [
            (1, 2, "guardianship.pupil_id", Reason.REQUEST_INVALID),
            (2, 3, "contact.value", Reason.CONTACT_INVALID),
            (3, 4, "person.id", Reason.REQUEST_INVALID),
            (4, 5, "enrolment.class_id", Reason.REQUEST_INVALID),
        ]
        assert (report.created, report.failed) == (1, 4)

    async def test_lists_no_endless_errors_but_counts_them(self, town: Town) -> None:
        report = await feed(town, [FaultyRecord("person.id", "too long")] * (MAX_ERRORS + 5))
        assert (len(report.errors), report.failed) == (MAX_ERRORS, MAX_ERRORS + 5)

    async def test_of_the_same_roster_again_has_nothing_new(self, town: Town) -> None:
        items = [PersonItem("new", 77, "Новая"), EnrolmentItem("new", "s5-5a", ended=False)]
        await feed(town, items)
        again = await feed(town, items)
        assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


class TestTheCaller:
    async def test_must_be_a_back_end_that_may(self, town: Town) -> None:
        with refused(Reason.CALLER_UNKNOWN):
            await feed(town, [], caller=await town.caller("ivan"))
        with refused(Reason.CALLER_NOT_ALLOWED):
            await feed(town, [], caller=Caller(lambda: 10.0, service=ServiceIdentity("other", frozenset({"X/Y"}))))


@pytest.mark.rules("I12")
class TestChatsFollow:
    @pytest.mark.scenario("Y01")
    async def test_a_pupil_to_another_class(self, town: Town) -> None:
        await town.bind("anya")
        await town.bind("vera")
        await feed(town, [EnrolmentItem("anya", "s5-5a", ended=True), EnrolmentItem("anya", "s5-1v", ended=False)])
        assert await kinds(town, "anya") == [("s5-1v", "PUPILS")]
        assert await kinds(town, "vera") == [("s5-1v", "PARENTS"), ("s5-9b", "PARENTS")]

    @pytest.mark.scenario("Y02")
    async def test_a_pupil_out_of_school_and_the_binding_ends(self, town: Town) -> None:
        done = await town.bind("anya")
        await town.bind("vera")
        await feed(town, [EnrolmentItem("anya", "s5-5a", ended=True)])
        assert done.binding is not None
        ended = await town.store.binding(done.binding.binding.id)
        assert ended is not None
        assert (ended.state, ended.end_reason) == (BindingState.UNBOUND, EndReason.ROSTER)
        assert await kinds(town, "vera") == [("s5-9b", "PARENTS")]

    @pytest.mark.scenario("Y04")
    async def test_a_parent_who_represents_one_child_less(self, town: Town) -> None:
        await town.bind("vera")
        await feed(town, [GuardianshipItem("vera", "anya", "PARENT", ended=True)])
        assert await kinds(town, "vera") == [("s5-9b", "PARENTS")]

    async def test_a_parent_of_one_child_more(self, town: Town) -> None:
        await town.bind("dina")
        await feed(town, [GuardianshipItem("dina", "boris", "LEGAL_REPRESENTATIVE", ended=False)])
        assert await kinds(town, "dina") == [("s5-5a", "PARENTS"), ("s5-9b", "PARENTS")]

    async def test_a_class_teacher_to_another_class(self, town: Town) -> None:
        await town.bind("zhanna")
        await feed(
            town,
            [
                DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=True),
                DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-9b", ended=False),
            ],
        )
        assert await kinds(town, "zhanna") == [("s5-9b", "PUPILS"), ("s5-9b", "PARENTS")]

    async def test_a_closed_account_and_the_binding_ends(self, town: Town) -> None:
        await town.bind("vera")
        await feed(town, [AccountItem("vera", "vera", ACCOUNTS["vera"], closed=True)])
        assert not await town.is_bound("vera")

    async def test_nothing_when_nothing_changes(self, town: Town) -> None:
        await town.bind("vera")
        before = await town.store.chats_of_account("vera")
        await feed(town, [GuardianshipItem("vera", "anya", "PARENT", ended=False)])
        assert await town.store.chats_of_account("vera") == before
