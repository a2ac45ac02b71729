"""Staff within the own school, and teachers as people of this domain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from binding_client import BindingClient, errors
from binding_client.testing import World
from sferum.binding.v1.resources_pb2 import Binding, Diagnosis

from .acting import members, refusal, tab
from .conftest import NewWorld
from .documents import CLASS_1V, CLASS_5A, CLASS_9B, Document, with_policy
from .visiting import SCHOOL, at_the_desk, with_operator_elsewhere

ACTIVE, UNBOUND = Binding.STATE_ACTIVE, Binding.STATE_UNBOUND


def found(client: BindingClient, **wanted: object) -> list[str]:
    """Accounts of the school that a search finds, page by page."""
    names: list[str] = []
    token = ""
    while True:
        page = client.list_accounts(parent=SCHOOL, page_size=2, page_token=token, **wanted)  # type: ignore[arg-type]
        names += [account.name.removeprefix("accounts/") for account in page.accounts]
        token = page.next_page_token
        if not token:
            return names


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("воронов", ["anya-pupil", "boris-pupil", "gleb-parent", "vera-parent"]),
            ("  ВОРОНОВА ан", ["anya-pupil"]),
            ("анна воронова", ["anya-pupil"]),
            ("егор дым", ["egor-pupil"]),
            ("оронов", []),
            ("лапина", []),
            ("%", ["anya-pupil"]),
            ("_", ["anya-pupil"]),
        ],
    )
    def test_it_finds_by_beginnings_of_words_in_the_own_school_only(
        self, world: World, query: str, names: list[str]
    ) -> None:
        answer = found(world.person("ivan").client, query=query)
        if query in ("%", "_"):
            # Nothing to search for: signs are no wildcards, and all are listed.
            assert answer == found(world.person("ivan").client)
        else:
            assert answer == names

    def test_it_finds_by_class_and_by_binding(self, world: World) -> None:
        ivan = world.person("ivan").client
        world.person("anya").bind()
        world.person("zhanna").bind("STAFF")
        in_class = found(ivan, school_class=f"classes/{CLASS_5A}")
        assert in_class == sorted(
            ["anya-pupil", "egor-pupil", "dina-legal-representative", "gleb-parent", "vera-parent", "zhanna-staff"]
        )
        assert found(ivan, school_class=f"classes/{CLASS_5A}", binding_state=ACTIVE) == ["anya-pupil", "zhanna-staff"]
        assert found(ivan, query="воронова", binding_state=UNBOUND) == ["vera-parent"]
        both = found(ivan, binding_state=ACTIVE) + found(ivan, binding_state=UNBOUND)
        assert sorted(both) == found(ivan)
        assert found(ivan, school_class="classes/s7-2026-5a") == []

    def test_it_refuses_a_class_that_cannot_be(self, world: World) -> None:
        with refusal(errors.RequestInvalid) as caught:
            world.person("ivan").client.list_accounts(parent=SCHOOL, school_class="5А")
        assert [field for field, _ in caught.value.field_violations] == ["school_class"]


class TestTriage:
    def test_it_lists_by_diagnosis_with_counts_and_who_is_not_bound(
        self, new_world: NewWorld, document: Document
    ) -> None:
        world = new_world(with_policy(document, "LENIENT"))
        ivan = world.person("ivan").client
        world.person("anya").bind(vk=world.person("vera").facts.vk_login)
        world.person("boris").bind()
        page = ivan.list_bindings(
            parent=SCHOOL, state=ACTIVE, diagnosis=Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT
        )
        assert [binding.account for binding in page.bindings] == ["accounts/anya-pupil"]
        assert {count.diagnosis: count.bindings for count in page.counts} == {
            Diagnosis.DIAGNOSIS_OK: 1,
            Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT: 1,
        }
        assert "gleb-parent" in found(ivan, binding_state=UNBOUND)
        assert ivan.diagnose_account(name="accounts/anya-pupil").problem == 2


class TestElsewhere:
    """Staff of another school, at every method: the table of who may call what has the cells; here what was bound is
    looked at afterwards, and the calls that the table makes harmless are made in earnest."""

    def test_it_is_refused_and_nothing_has_changed(self, new_world: NewWorld, document: Document) -> None:
        world = new_world(with_operator_elsewhere(document))
        kira, boris = world.person("kira"), world.person("boris")
        bound = boris.bind().binding
        before = boris.client.get_binding(name=bound.name)
        attempt = boris.start_binding()
        for client in (kira.client, at_the_desk(kira, boris)):
            for call in calls(client, bound.name, attempt.name):
                with pytest.raises(
                    (errors.CallerNotAllowed, errors.AccountNotAccessible, errors.ResourceNotAccessible)
                ):
                    call()
        with refusal(errors.CallerNotAllowed):
            at_the_desk(kira, boris).open_visit(organisation=SCHOOL)
        with refusal(errors.EsiaSessionRequired, "D1") as caught:
            kira.client.open_visit(organisation=SCHOOL)
        assert caught.value.metadata["whose"] == "HOLDER"
        assert boris.client.get_binding(name=bound.name) == before
        assert boris.client.cancel_attempt(name=attempt.name).state == type(attempt).STATE_CANCELLED


def calls(client: BindingClient, bound: str, attempt: str) -> list[Callable[[], object]]:
    """Every call about Boris that another school might try."""
    account = "accounts/boris-pupil"
    redirect = "http://127.0.0.1:8100/"
    return [
        lambda: client.start_binding(account=account, contact="+79000000102", redirect_uri=redirect),
        lambda: client.complete_binding(name=attempt),
        lambda: client.cancel_attempt(name=attempt),
        lambda: client.get_binding(name=bound),
        lambda: client.get_binding(name=f"{account}/binding"),
        lambda: client.list_bindings(parent=account),
        lambda: client.list_bindings(parent=SCHOOL),
        lambda: client.unbind(name=bound),
        lambda: client.unbind(name=f"{account}/binding"),
        lambda: client.diagnose_account(name=account),
        lambda: client.explain_binding(account=account),
        lambda: client.list_chats(parent=account),
        lambda: client.get_account(name=account),
        lambda: client.list_accounts(parent=SCHOOL, query="воронов"),
        lambda: client.list_audit_records(parent=account),
        lambda: client.list_audit_records(parent=SCHOOL),
        lambda: client.get_decision(name="decisions/1"),
        lambda: client.list_tickets(parent=account),
        lambda: client.list_tickets(parent=SCHOOL),
    ]


class TestTeachers:
    @pytest.mark.scenario("H08")
    @pytest.mark.rules("A10")
    def test_teacher_in_the_journal_it_is_in_both_chats_of_her_class(self, world: World) -> None:
        zhanna = world.person("zhanna")
        bound = zhanna.bind("STAFF").binding
        assert bound.state == ACTIVE
        assert bound.diagnosis == Diagnosis.DIAGNOSIS_OK
        assert tab(zhanna, "STAFF") == [(CLASS_5A, "PARENTS"), (CLASS_5A, "PUPILS")]
        assert tab(zhanna, "PARENT") == []

    @pytest.mark.scenario("B04")
    @pytest.mark.rules("A11")
    def test_teacher_who_is_also_a_parent_it_is_one_profile_for_one_account(self, world: World) -> None:
        zhanna = world.person("zhanna")
        bound = zhanna.bind("STAFF").binding
        with refusal(errors.VkProfileAlreadyBound, "D13") as caught:
            zhanna.bind("PARENT")
        assert caught.value.metadata["same_person"] == "true"
        assert "holder_role" not in caught.value.metadata
        # The way out that is named, and then the other way round.
        assert caught.value.remedies == ["UNBIND_IN_OTHER_ACCOUNT"]
        zhanna.client.unbind(name=bound.name)
        zhanna.bind("PARENT")
        assert tab(zhanna, "PARENT") == [(CLASS_1V, "PARENTS")]
        with refusal(errors.VkProfileAlreadyBound, "D13"):
            zhanna.bind("STAFF")

    @pytest.mark.rules("A11")
    def test_her_two_accounts_it_is_told_apart_which_children_and_classes(self, world: World) -> None:
        zhanna = world.person("zhanna")
        mine = {account.name: account for account in zhanna.client.list_my_accounts().accounts}
        staff, parent = mine[zhanna.account("STAFF")], mine[zhanna.account("PARENT")]
        assert [each.name for each in staff.classes] == [f"classes/{CLASS_5A}"]
        assert [each.name for each in parent.classes] == [f"classes/{CLASS_1V}"]
        assert zhanna.client.list_my_accounts().organisations == [SCHOOL]

    def test_teacher_without_a_class_it_is_bound_and_in_no_chat(self, world: World) -> None:
        ivan = world.person("ivan")
        assert ivan.bind().binding.state == ACTIVE
        assert tab(ivan) == []

    @pytest.mark.rules("A14", "S13")
    def test_profile_of_a_teacher_that_is_bound_elsewhere_it_is_problem_1_for_staff_too(
        self, new_world: NewWorld, document: Document
    ) -> None:
        world = new_world(with_policy(document, "LENIENT"))
        gleb, ivan = world.person("gleb"), world.person("ivan")
        gleb.bind(vk=ivan.facts.vk_login)
        with refusal(errors.VkProfileAlreadyBound, "D14") as caught:
            ivan.bind()
        assert caught.value.metadata["holder_role"] == "FAMILY"
        assert gleb.diagnose().diagnosis in (
            Diagnosis.DIAGNOSIS_FOREIGN_PROFILE,
            Diagnosis.DIAGNOSIS_STAFF_PROFILE_IN_FAMILY_ACCOUNT,
        )

    def test_teacher_reads_the_chats_of_the_school_it_is_who_is_in_them(self, world: World) -> None:
        boris, zhanna = world.person("boris"), world.person("zhanna")
        boris.bind()
        (chat,) = boris.chats()
        assert chat.school_class == f"classes/{CLASS_9B}"
        assert members(zhanna, chat.name) == ["accounts/boris-pupil"]

    def test_teacher_who_is_no_operator_it_is_no_audit_and_no_visit(self, world: World) -> None:
        boris, zhanna = world.person("boris"), world.person("zhanna")
        boris.bind()
        with refusal(errors.CallerNotAllowed):
            zhanna.client.list_audit_records(parent=SCHOOL)
        with refusal(errors.AccountNotAccessible):
            zhanna.client.list_audit_records(parent=boris.account())
        with refusal(errors.CallerNotAllowed):
            at_the_desk(zhanna, boris).open_visit()
