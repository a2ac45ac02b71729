"""What a visit reaches, and what ends it from outside."""

from __future__ import annotations

import pytest
from binding_client import errors
from binding_client.roster import import_roster, roster_records
from binding_client.testing import World
from binding_client.testing._programs import LOOPBACK_REDIRECT
from sferum.binding.v1.resources_pb2 import Binding
from sferum.binding.v1.visit_pb2 import Visit

from .acting import active, nothing_claimed, refusal, signed_in
from .conftest import NewWorld
from .documents import CLASS_9B, Document, person_in
from .visiting import OTHER_SCHOOL, SCHOOL, at_the_desk

SCHOOL_ASSISTED = Binding.END_REASON_SCHOOL_ASSISTED


@pytest.mark.parametrize("who", ["anya", "ivan"])
def test_operator_with_a_token_that_is_not_the_holders_it_is_not_the_holders_visit(world: World, who: str) -> None:
    ivan, boris = world.person("ivan"), world.person("boris")
    bound = boris.bind().binding
    at_the_desk(ivan, boris).open_visit()
    # The visit is with Boris; the token at hand is somebody else's.
    other = at_the_desk(ivan, world.person(who))
    with pytest.raises((errors.VisitRequired, errors.CallerNotAllowed)):
        other.unbind(name=bound.name)
    assert [binding.name for binding in active(boris)] == [bound.name]


def test_holder_of_accounts_in_two_schools_it_is_the_accounts_of_this_school_only(
    new_world: NewWorld, document: Document
) -> None:
    # Zhanna teaches at one school, and is the mother of a pupil of another.
    person_in(document, "zoya")["enrolments"] = ["s7-2026-5a"]
    world = new_world(document)
    ivan, zhanna = world.person("ivan"), world.person("zhanna")
    parent = zhanna.bind("PARENT").binding
    desk = at_the_desk(ivan, zhanna)
    assert desk.open_visit().organisation == SCHOOL
    with refusal(errors.ResourceNotAccessible):
        desk.unbind(name=parent.name)
    with refusal(errors.ResourceNotAccessible):
        desk.get_binding(name=parent.name)
    with refusal(errors.AccountNotAccessible):
        desk.diagnose_account(name=zhanna.account("PARENT"))
    with refusal(errors.AccountNotAccessible):
        desk.start_binding(
            account=zhanna.account("PARENT"), contact=zhanna.facts.contact, redirect_uri=LOOPBACK_REDIRECT
        )
    assert desk.diagnose_account(name=zhanna.account("STAFF")).problem == 0
    attempt, _ = signed_in(zhanna, "PARENT")
    with refusal(errors.ResourceNotAccessible):
        desk.cancel_attempt(name=attempt.name)


def test_several_schools_in_common_it_is_named_and_another_one_closes_the_first(
    new_world: NewWorld, document: Document
) -> None:
    person_in(document, "ivan")["duties"].append({"kind": "OPERATOR", "organisation": "shkola-7"})
    person_in(document, "zoya")["enrolments"] = ["s7-2026-5a"]
    world = new_world(document)
    ivan, zhanna = world.person("ivan"), world.person("zhanna")
    desk = at_the_desk(ivan, zhanna)
    with refusal(errors.RequestInvalid) as caught:
        desk.open_visit()
    assert [field for field, _ in caught.value.field_violations] == ["organisation"]
    first = desk.open_visit(organisation=SCHOOL)
    assert desk.open_visit().name == first.name
    second = desk.open_visit(organisation=OTHER_SCHOOL)
    assert second.organisation == OTHER_SCHOOL
    assert ivan.client.close_visit(name=first.name).state == Visit.STATE_CLOSED


def test_rosters_end_the_duty_it_is_no_visit_any_more(new_world: NewWorld, document: Document) -> None:
    world = new_world(document)
    ivan, anya = world.person("ivan"), world.person("anya")
    bound = anya.bind().binding
    desk = at_the_desk(ivan, anya)
    desk.open_visit()
    person_in(document, "ivan")["duties"] = [{"kind": "TEACHER", "organisation": "shkola-5"}]
    import_roster(world.service_client(), roster_records(document), full=True)
    with refusal(errors.CallerNotAllowed):
        desk.unbind(name=bound.name)
    assert [binding.name for binding in active(anya)] == [bound.name]


def test_rosters_take_the_holder_elsewhere_it_is_no_visit_any_more(new_world: NewWorld, document: Document) -> None:
    world = new_world(document)
    ivan, anya = world.person("ivan"), world.person("anya")
    anya.bind()
    desk = at_the_desk(ivan, anya)
    desk.open_visit()
    person_in(document, "anya")["enrolments"] = ["s7-2026-5a"]
    import_roster(world.service_client(), roster_records(document), full=True)
    with refusal(errors.CallerNotAllowed):
        desk.unbind(name=f"{anya.account()}/binding")
    assert len(active(anya)) == 1


def test_esia_does_not_answer_it_is_nothing_changed_and_the_visit_stays(world: World) -> None:
    ivan, anya = world.person("ivan"), world.person("anya")
    bound = anya.bind().binding
    desk = at_the_desk(ivan, anya)
    visit = desk.open_visit()
    # For both sign-ins, and the three times that the client tries again.
    world.control.create_fault(provider="ESIA", endpoint="/ctts", kind="STATUS", status=503, times=8)
    with refusal(errors.ProviderUnavailable, "D22") as caught:
        desk.unbind(name=bound.name)
    assert caught.value.metadata["provider"] == "ESIA"
    assert [binding.name for binding in active(anya)] == [bound.name]
    assert desk.open_visit().name == visit.name
    assert desk.unbind(name=bound.name).binding.end_reason == SCHOOL_ASSISTED


def test_children_and_methods_beyond_a_visit_it_is_refused(world: World) -> None:
    ivan, vera, anya = world.person("ivan"), world.person("vera"), world.person("anya")
    bound = anya.bind().binding
    desk = at_the_desk(ivan, vera)
    desk.open_visit()
    # The holder's rights over her child are not the operator's.
    with refusal(errors.AccountNotAccessible):
        desk.diagnose_account(name=anya.account())
    with refusal(errors.ResourceNotAccessible):
        desk.unbind(name=bound.name)
    for call in (
        lambda: desk.list_bindings(parent=vera.account()),
        desk.list_my_accounts,
        lambda: desk.list_audit_records(parent=vera.account()),
        lambda: desk.get_account(name=vera.account()),
    ):
        with refusal(errors.CallerNotAllowed):
            call()


def test_holder_at_the_desk_it_is_the_own_binding_in_full(world: World) -> None:
    ivan, boris = world.person("ivan"), world.person("boris")
    bound = boris.bind().binding
    assert ivan.client.get_binding(name=bound.name).vk_user_id.startswith("*")
    desk = at_the_desk(ivan, boris)
    desk.open_visit()
    # The ticket asks for the number, and the holder is there.
    assert desk.get_binding(name=bound.name).vk_user_id == "700300102"
    assert [chat.school_class for chat in desk.list_chats(parent=boris.account()).chats] == [f"classes/{CLASS_9B}"]
    assert not nothing_claimed(boris)
