"""Accounts and what the directory says around them."""

from binding_server.domain.model import (
    Account,
    Duty,
    DutyKind,
    Person,
    Policy,
    Role,
    SchoolClass,
)
from binding_server.domain.roster import EnrolmentItem, GuardianshipItem, PersonItem
from binding_server.store.store import SqlStore
from binding_server.use_cases.ports import Store

from .samples import Records, after

CLASS_5A = SchoolClass("s5-5a", "s5", 2026, "5А")
CLASS_9B = SchoolClass("s5-9b", "s5", 2026, "9Б")


class TestPersons:
    async def test_it_finds_a_person_by_oid(self, port: Store) -> None:
        assert await port.person_by_oid(103) == Person("vera", 103, "Воронова Вера")

    async def test_it_knows_no_person_of_an_unknown_oid(self, store: SqlStore) -> None:
        assert await store.person_by_oid(999) is None

    async def test_it_lists_duties(self, store: SqlStore) -> None:
        assert await store.duties_of("zhanna") == [
            Duty("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a"),
            Duty("zhanna", "s5", DutyKind.OPERATOR, None),
        ]
        assert await store.duties_of("vera") == []


class TestAccount:
    async def test_it_gives_a_pupil_the_own_classes_and_guardians(self, store: SqlStore) -> None:
        context = await store.account("anya-pupil")
        assert context is not None
        assert context.account == Account("anya-pupil", "anya", Role.PUPIL)
        assert context.person.id == "anya"
        assert context.classes == (CLASS_5A,)
        assert context.organisations == {"s5"}
        assert context.organisation_kinds == {"SCHOOL"}
        assert context.policies == {Policy.STRICT}
        assert context.guardians == {"vera", "gleb"}
        assert context.pupils == frozenset()

    async def test_it_gives_a_parent_the_classes_of_all_children(self, store: SqlStore) -> None:
        context = await store.account("vera-parent")
        assert context is not None
        assert context.classes == (CLASS_5A, CLASS_9B)
        assert context.pupils == {"anya", "boris"}
        assert context.pupil_accounts == ("anya-pupil", "boris-pupil")
        assert context.duties == ()

    async def test_it_gives_a_class_teacher_the_class_and_its_duties(self, store: SqlStore) -> None:
        context = await store.account("zhanna-staff")
        assert context is not None
        assert context.classes == (CLASS_5A,)
        assert {duty.kind for duty in context.duties} == {DutyKind.CLASS_TEACHER, DutyKind.OPERATOR}
        assert context.policies == {Policy.STRICT}

    async def test_it_keeps_two_accounts_of_one_person_apart(self, store: SqlStore) -> None:
        contexts = await store.accounts_of("zhanna")
        assert [context.account.id for context in contexts] == ["zhanna-parent", "zhanna-staff"]
        assert [context.organisations for context in contexts] == [{"c7"}, {"s5"}]
        assert [context.policies for context in contexts] == [{Policy.LENIENT}, {Policy.STRICT}]

    async def test_it_knows_a_closed_account(self, store: SqlStore) -> None:
        context = await store.account("kira-pupil")
        assert context is not None
        assert context.account.closed

    async def test_it_knows_no_unknown_account(self, store: SqlStore) -> None:
        assert await store.account("nobody") is None
        assert await store.accounts_of("nobody") == []

    async def test_it_names_the_active_binding(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1")
        context = await store.account("vera-parent")
        assert context is not None
        assert context.active_binding_id == binding.id
        await records.unbound(binding.id)
        context = await store.account("vera-parent")
        assert context is not None
        assert context.active_binding_id is None

    async def test_it_forgets_what_has_ended(self, store: SqlStore) -> None:
        await store.apply_roster(
            [GuardianshipItem("vera", "anya", "PARENT", True), EnrolmentItem("boris", "s5-9b", True)], after(1)
        )
        context = await store.account("vera-parent")
        assert context is not None
        assert context.classes == ()
        assert context.pupils == {"boris"}
        assert context.policies == frozenset()

    async def test_it_sorts_classes_by_year_and_number(self, store: SqlStore) -> None:
        kostya = [
            PersonItem("kostya", None, "Воронов Константин"),
            EnrolmentItem("kostya", "s5-10v", False),
            GuardianshipItem("vera", "kostya", "PARENT", False),
        ]
        await store.apply_roster(kostya, after(1))
        context = await store.account("vera-parent")
        assert context is not None
        assert [found.display_name for found in context.classes] == ["5А", "9Б", "10В"]


class TestAccountsOfAnOrganisation:
    async def test_it_lists_pupils_their_guardians_and_staff(self, store: SqlStore) -> None:
        contexts = await store.accounts_of_organisation("s5", 100, None)
        assert [context.account.id for context in contexts] == [
            "anya-pupil",
            "boris-pupil",
            "gleb-legal",
            "vera-parent",
            "zhanna-staff",
        ]

    async def test_it_pages_by_id(self, store: SqlStore) -> None:
        contexts = await store.accounts_of_organisation("s5", 2, "boris-pupil")
        assert [context.account.id for context in contexts] == ["gleb-legal", "vera-parent"]

    async def test_it_leaves_out_who_has_left(self, store: SqlStore) -> None:
        await store.apply_roster([EnrolmentItem("boris", "s5-9b", True)], after(1))
        contexts = await store.accounts_of_organisation("s5", 100, None)
        assert "boris-pupil" not in {context.account.id for context in contexts}


async def test_it_lists_accounts_of_persons(store: SqlStore) -> None:
    assert await store.accounts_of_persons({"zhanna", "anya"}) == ["anya-pupil", "zhanna-parent", "zhanna-staff"]
    assert await store.accounts_of_persons([]) == []


async def test_it_lists_guardians_of_pupils(store: SqlStore) -> None:
    assert await store.guardians_of({"anya", "boris"}) == ["gleb", "vera"]
    await store.apply_roster([GuardianshipItem("vera", "anya", "PARENT", True)], after(1))
    assert await store.guardians_of({"anya"}) == ["gleb"]
    assert await store.guardians_of([]) == []


async def test_it_asks_for_many_members_in_portions(store: SqlStore) -> None:
    many = [f"nobody-{number}" for number in range(1201)]
    assert await store.accounts_of_persons([*many, "anya"]) == ["anya-pupil"]
