"""What happens to people over the years: classes go on, merge and split, guardians change, people leave and return."""

from datetime import timedelta

import pytest
from binding_server.domain.model import ChatKind, DutyKind, EndReason, Policy
from binding_server.domain.reasons import Reason
from binding_server.domain.reconcile import EffectKind
from binding_server.domain.roster import (
    AccountItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    PersonItem,
    RosterMode,
    SchoolClassItem,
)
from binding_server.use_cases.import_roster import list_effects, list_errors
from binding_server.use_cases.roster_report import FaultyRecord
from binding_server.use_cases.services import Caller, ServiceIdentity

from .cast import ACCOUNTS
from .expect import refused
from .feeding import FEED, Record, feed
from .town import Town

NEXT_YEAR = SchoolClassItem("s5-6a", "s5", 2027, "6А", continues="s5-5a")


async def tab(town: Town, account: str) -> list[tuple[str, str]]:
    """The chats that an account sees: name of the class and kind."""
    return [(chat.school_class.display_name, str(chat.kind)) for chat in await town.store.chats_of_account(account)]


async def chat_ids(town: Town, account: str) -> set[str]:
    return {chat.id for chat in await town.store.chats_of_account(account)}


@pytest.mark.scenario("Y03")
@pytest.mark.rules("I3", "I5", "I12")
class TestAClassThatGoesOn:
    async def test_keeps_its_chats_and_loses_nobody(self, town: Town) -> None:
        bound = ("anya", "vera", "dina", "zhanna")
        for name in bound:
            await town.bind(name)
        before = {name: await chat_ids(town, name) for name in bound}
        report = await feed(town, [NEXT_YEAR])
        assert (report.created, report.failed, report.unbound) == (1, 0, 0)
        assert {name: await chat_ids(town, name) for name in bound} == before
        assert await tab(town, "anya") == [("6А", "PUPILS")]
        assert await tab(town, "zhanna") == [("6А", "PUPILS"), ("6А", "PARENTS")]

    async def test_changes_nothing_when_told_again_with_or_without_its_past(self, town: Town) -> None:
        await town.bind("anya")
        await feed(town, [NEXT_YEAR])
        again = [NEXT_YEAR, SchoolClassItem("s5-6a", "s5", 2027, "6А"), EnrolmentItem("anya", "s5-6a", ended=False)]
        assert (await feed(town, again)).unchanged == 3

    async def test_gives_its_chats_to_those_who_bind_later(self, town: Town) -> None:
        await town.bind("anya")
        chats = await chat_ids(town, "anya")
        await feed(town, [NEXT_YEAR])
        await town.bind("egor")
        assert await chat_ids(town, "egor") == chats

    async def test_may_go_on_in_another_school(self, town: Town) -> None:
        await town.bind("anya")
        chats = await chat_ids(town, "anya")
        await feed(town, [SchoolClassItem("s7-6a", "s7", 2027, "6А", continues="s5-5a")])
        assert await chat_ids(town, "anya") == chats
        binding = await town.store.active_binding("anya")
        assert binding is not None
        assert await town.store.noted_places([binding.id]) == {binding.id: frozenset({"s7"})}

    async def test_loses_who_is_not_told_by_a_full_roster(self, town: Town) -> None:
        await town.bind("anya")
        await town.bind("egor")
        full: list[Record] = [
            MunicipalityItem("strict", "Строгий", Policy.STRICT),
            NEXT_YEAR,
            EnrolmentItem("egor", "s5-6a", ended=False),
            AccountItem("egor", "egor", ACCOUNTS["egor"], closed=False),
        ]
        await feed(town, full, mode=RosterMode.FULL)
        assert await town.is_bound("egor")
        assert not await town.is_bound("anya")

    @pytest.mark.parametrize(
        ("items", "problem"),
        [
            ([SchoolClassItem("x", "s5", 2027, "6А", continues="nowhere")], "unknown"),
            ([SchoolClassItem("x", "s5", 2026, "6А", continues="s5-5a")], "not_earlier"),
            ([NEXT_YEAR, SchoolClassItem("x", "s5", 2027, "6Б", continues="s5-5a")], "gone_on"),
            ([NEXT_YEAR, SchoolClassItem("s5-6a", "s5", 2027, "6А", continues="s5-1v")], "taken"),
        ],
        ids=["unknown", "not_earlier", "gone_on", "taken"],
    )
    async def test_goes_on_once_and_into_a_later_year(self, town: Town, items: list[Record], problem: str) -> None:
        report = await feed(town, items)
        assert [(error.field, error.problem) for error in report.errors] == [("school_class.continues", problem)]

    async def test_cannot_go_on_as_one_with_chats_of_its_own(self, town: Town) -> None:
        await feed(town, [SchoolClassItem("s5-6a", "s5", 2027, "6А"), EnrolmentItem("boris", "s5-6a", ended=False)])
        await town.bind("boris")
        report = await feed(town, [NEXT_YEAR])
        assert [error.problem for error in report.errors] == ["has_chats"]

    async def test_takes_no_pupil_and_no_teacher_under_its_old_name(self, town: Town) -> None:
        report = await feed(
            town,
            [
                NEXT_YEAR,
                EnrolmentItem("boris", "s5-5a", ended=False),
                DutyItem("ivan", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=False),
            ],
        )
        assert [error.problem for error in report.errors] == ["gone_on", "gone_on"]


class TestWithoutAPast:
    async def test_a_new_class_has_new_chats(self, town: Town) -> None:
        await town.bind("anya")
        old = await chat_ids(town, "anya")
        await feed(
            town,
            [EnrolmentItem("anya", "s5-5a", ended=True)],
            [SchoolClassItem("s5-6a", "s5", 2027, "6А"), EnrolmentItem("anya", "s5-6a", ended=False)],
        )
        assert await tab(town, "anya") == [("6А", "PUPILS")]
        assert not old & await chat_ids(town, "anya")

    async def test_who_leaves_in_one_part_and_comes_in_the_next_stays_bound(self, town: Town) -> None:
        done = await town.bind("anya")
        report = await feed(
            town, [EnrolmentItem("anya", "s5-5a", ended=True)], [EnrolmentItem("anya", "s5-1v", ended=False)]
        )
        assert report.unbound == 0
        binding = await town.store.active_binding("anya")
        assert binding is not None
        assert done.binding is not None
        assert binding.id == done.binding.binding.id

    async def test_classes_merge_and_split(self, town: Town) -> None:
        for name in ("anya", "egor", "boris"):
            await town.bind(name)
        merge = [EnrolmentItem("boris", "s5-9b", ended=True), EnrolmentItem("boris", "s5-5a", ended=False)]
        await feed(town, merge)
        assert await chat_ids(town, "boris") == await chat_ids(town, "anya") == await chat_ids(town, "egor")
        split = [
            SchoolClassItem("s5-5b", "s5", 2026, "5Б"),
            EnrolmentItem("egor", "s5-5a", ended=True),
            EnrolmentItem("egor", "s5-5b", ended=False),
        ]
        await feed(town, split)
        assert await tab(town, "egor") == [("5Б", "PUPILS")]
        assert await tab(town, "anya") == [("5А", "PUPILS")]


class TestFamilies:
    @pytest.mark.scenario("Y04")
    async def test_guardianship_changes_hands(self, town: Town) -> None:
        await town.bind("dina")
        await town.bind("vera")
        await feed(
            town,
            [
                GuardianshipItem("dina", "egor", "LEGAL_REPRESENTATIVE", ended=True),
                GuardianshipItem("vera", "egor", "LEGAL_REPRESENTATIVE", ended=False),
                GuardianshipItem("vera", "anya", "PARENT", ended=True),
            ],
        )
        ended = await town.store.bindings_of_accounts(["dina"])
        assert ended["dina"].end_reason is EndReason.ROSTER
        assert await tab(town, "vera") == [("5А", "PARENTS"), ("9Б", "PARENTS")]

    async def test_another_surname_changes_nothing_but_the_name(self, town: Town) -> None:
        await town.bind("vera")
        before = await chat_ids(town, "vera")
        person = (await town.caller("vera")).person
        assert person is not None
        await feed(town, [PersonItem("vera", person.esia_oid, "Новая Вера")])
        assert await chat_ids(town, "vera") == before
        context = await town.store.account("vera")
        assert context is not None
        assert context.person.display_name == "Новая Вера"

    async def test_the_eighteenth_birthday_changes_nothing_by_itself(self, town: Town) -> None:
        person = (await town.caller("boris")).person
        assert person is not None
        await feed(town, [PersonItem("boris", person.esia_oid, "Борис", birth_date="2011-01-31")])
        await town.bind("boris")
        await town.bind("vera")
        before = await tab(town, "boris"), await tab(town, "vera")
        town.clock.advance(timedelta(days=4 * 366))
        await feed(town, [GuardianshipItem("vera", "boris", "PARENT", ended=False)])
        assert (await tab(town, "boris"), await tab(town, "vera")) == before
        # The school says when it ends.
        await feed(town, [GuardianshipItem("vera", "boris", "PARENT", ended=True)])
        assert await tab(town, "vera") == [("5А", "PARENTS")]

    async def test_another_policy_holds_for_bindings_made_from_then_on(self, town: Town) -> None:
        await town.bind("vera")
        await feed(town, [MunicipalityItem("strict", "Строгий", Policy.LENIENT)])
        await town.bind("gleb")
        policies = [(await town.store.bindings_of_accounts([name]))[name].policy for name in ("vera", "gleb")]
        assert policies == [Policy.STRICT, Policy.LENIENT]


class TestRecordsThatContradict:
    @pytest.mark.parametrize(
        ("items", "field", "problem"),
        [
            ([GuardianshipItem("vera", "vera", "PARENT", ended=False)], "guardian_id", "self"),
            ([GuardianshipItem("anya", "vera", "PARENT", ended=False)], "guardian_id", "cycle"),
            (
                [
                    GuardianshipItem("anya", "ivan", "PARENT", ended=False),
                    GuardianshipItem("ivan", "kira", "PARENT", ended=False),
                    GuardianshipItem("kira", "vera", "PARENT", ended=False),
                ],
                "guardian_id",
                "cycle",
            ),
            ([GuardianshipItem("nobody", "anya", "PARENT", ended=False)], "guardian_id", "unknown"),
            ([EnrolmentItem("anya", "s5-9b", ended=False)], "class_id", "second_class"),
            ([DutyItem("ivan", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=False)], "class_id", "second_teacher"),
        ],
        ids=["self", "mutual", "circle", "unknown", "two classes", "two teachers"],
    )
    async def test_are_named_by_line_and_reason(
        self, town: Town, items: list[Record], field: str, problem: str
    ) -> None:
        report = await feed(town, items)
        assert [(error.line, error.field.rpartition(".")[2], error.problem) for error in report.errors] == [
            (len(items), field, problem)
        ]

    async def test_a_change_may_be_told_in_any_order_of_one_message(self, town: Town) -> None:
        items = [
            EnrolmentItem("anya", "s5-9b", ended=False),
            EnrolmentItem("anya", "s5-5a", ended=True),
            DutyItem("ivan", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=False),
            DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=True),
        ]
        assert (await feed(town, items)).failed == 0

    async def test_a_full_roster_tells_the_new_teacher_and_class_only(self, town: Town) -> None:
        full: list[Record] = [
            MunicipalityItem("strict", "Строгий", Policy.STRICT),
            DutyItem("ivan", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=False),
            EnrolmentItem("anya", "s5-9b", ended=False),
        ]
        assert (await feed(town, full, mode=RosterMode.FULL)).failed == 0
        both: list[Record] = [*full, DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=False)]
        report = await feed(town, both, mode=RosterMode.FULL)
        assert [(error.line, error.problem) for error in report.errors] == [(4, "second_teacher")]


class TestAllOrNothing:
    async def test_with_an_error_changes_nothing_and_names_all_errors(self, town: Town) -> None:
        parts: list[list[Record]] = [[PersonItem("new", 77, "Новая")], [FaultyRecord("person.id", "x")]]
        report = await feed(town, *parts, [EnrolmentItem("new", "nowhere", ended=False)], atomic=True)
        assert (report.dry_run, [error.line for error in report.errors]) == (True, [2, 3])
        assert await town.store.person_by_oid(77) is None

    async def test_without_an_error_is_as_any_other(self, town: Town) -> None:
        report = await feed(town, [PersonItem("new", 77, "Новая")], [], atomic=True)
        assert (report.dry_run, report.created) == (False, 1)
        assert await town.store.person_by_oid(77) is not None


class TestTheReport:
    async def test_lists_every_one_of_ten_thousand_records_of_which_one_in_a_hundred_is_broken(
        self, town: Town
    ) -> None:
        broken = range(0, 100_00, 100)
        records: list[Record] = [PersonItem(f"n{number}", None, "Имя") for number in range(100_00)]
        for number in broken:
            records[number] = EnrolmentItem(f"n{number + 1}", "nowhere", ended=False)
        report = await feed(town, *(records[begin : begin + 1000] for begin in range(0, 100_00, 1000)))
        assert (report.created, report.failed) == (9900, 100)
        lines: list[int] = []
        after: int | None = 0
        while after is not None:
            page, after = await list_errors(town.services, FEED, report.run, after, 30)
            lines += [error.line for error in page]
        assert lines == [number + 1 for number in broken]

    async def test_is_for_the_back_end_that_imported(self, town: Town) -> None:
        report = await feed(town, [FaultyRecord("person.id", "x")])
        other = Caller(lambda: 10.0, service=ServiceIdentity("other", frozenset()))
        for run, caller in ((report.run, other), (report.run + 1000, FEED)):
            with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
                await list_errors(town.services, caller, run, 0, 10)

    async def test_of_a_dry_run_says_what_follows_for_whom(self, town: Town) -> None:
        await town.bind("anya")
        await town.bind("vera")
        items: list[Record] = [
            EnrolmentItem("anya", "s5-5a", ended=True),
            AccountItem("ivan", "ivan", ACCOUNTS["ivan"], closed=True),
            EnrolmentItem("boris", "s5-9b", ended=True),
            EnrolmentItem("boris", "s5-1v", ended=False),
        ]
        report = await feed(town, items, dry_run=True)
        listed, _ = await list_effects(town.services, FEED, report.run, 0, 100)
        assert listed == report.effects
        assert {(effect.kind, effect.account_id, effect.class_name, effect.chat_kind) for effect in listed} == {
            (EffectKind.ACCOUNT_CLOSED, "ivan", "", None),
            (EffectKind.UNBOUND, "anya", "", None),
            (EffectKind.LEFT, "vera", "5А", ChatKind.PARENTS),
            (EffectKind.LEFT, "vera", "9Б", ChatKind.PARENTS),
            (EffectKind.JOINED, "vera", "1В", ChatKind.PARENTS),
        }
        assert all(effect.organisation_name for effect in listed if effect.class_name)
        assert await town.is_bound("anya")
