"""The school-assisted path: an operator of the holder's school, with both sign-ins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from binding_client import errors
from binding_client.testing import World
from binding_client.testing._programs import LOOPBACK_REDIRECT
from binding_client.watch import Event, SnapshotEnd
from sferum.binding.v1.binding_service_pb2 import BindingEventKind
from sferum.binding.v1.resources_pb2 import Binding, EntryPoint
from sferum.binding.v1.visit_pb2 import Visit

from .acting import (
    active,
    at_once,
    history,
    nothing_claimed,
    refusal,
    tab,
    where_kira_holds_the_profile_of_boris,
)
from .conftest import NewWorld
from .documents import CLASS_5A, Document, person_in, with_policy
from .visiting import OTHER_SCHOOL, SCHOOL, all_audit, at_the_desk, person_name, with_operator_elsewhere

SCHOOL_ASSISTED = Binding.END_REASON_SCHOOL_ASSISTED


@pytest.mark.scenario("G01")
@pytest.mark.rules("S19", "S20", "I9")
def test_operator_unbinds_and_binds_with_both_sign_ins_it_is_done_and_audited_with_the_operator(
    new_world: NewWorld, document: Document
) -> None:
    world = new_world(with_policy(document, "LENIENT"))
    ivan, anya = world.person("ivan"), world.person("anya")
    wrong = anya.bind(vk=world.person("vera").facts.vk_login).binding
    desk = at_the_desk(ivan, anya)

    visit = desk.open_visit()
    ended = desk.unbind(name=wrong.name, entry_point=EntryPoint.ENTRY_POINT_API).binding
    attempt = desk.start_binding(account=anya.account(), contact=anya.facts.contact, redirect_uri=LOOPBACK_REDIRECT)
    redirect = anya.vk_sign_in(attempt)
    bound = desk.complete_binding(name=attempt.name, result=redirect.authorization_result()).binding
    closed = desk.close_visit(name=visit.name)

    assert (visit.operator, visit.holder) == (person_name(ivan), person_name(anya))
    assert (visit.organisation, visit.state) == (SCHOOL, Visit.STATE_OPEN)
    assert (ended.end_reason, bound.state) == (SCHOOL_ASSISTED, Binding.STATE_ACTIVE)
    assert tab(anya) == [(CLASS_5A, "PUPILS")]
    assert closed.state == Visit.STATE_CLOSED
    records = all_audit(ivan.client, visit.name)
    assert [record.action for record in records] == [
        "visit.close",
        "binding.create",
        "binding.authorize",
        "binding.start",
        "binding.unbind",
        "visit.open",
    ]
    assert {(record.actor, record.on_behalf_of) for record in records} == {(person_name(ivan), person_name(anya))}
    assert {record.visit for record in records} == {visit.name}
    assert all_audit(anya.client, visit.name) == records


@pytest.mark.scenario("G02")
@pytest.mark.rules("I11")
def test_holder_without_a_sign_in_at_vk_id_it_is_unbound_and_not_bound(world: World) -> None:
    ivan, anya = world.person("ivan"), world.person("anya")
    anya.bind()
    desk = at_the_desk(ivan, anya)
    desk.open_visit()

    assert desk.unbind(name=f"{anya.account()}/binding").binding.end_reason == SCHOOL_ASSISTED
    attempt = desk.start_binding(account=anya.account(), contact=anya.facts.contact, redirect_uri=LOOPBACK_REDIRECT)
    # What the operator can do alone: no result, an invented one, the own sign-in at VK ID, one call for all.
    with refusal(errors.RequestInvalid):
        desk.complete_binding(name=attempt.name)
    operators_own = ivan.vk_sign_in(attempt)
    with refusal(errors.VkProfileNotOwned, "D17"):
        desk.complete_binding(name=attempt.name, result=operators_own.authorization_result())
    with refusal(errors.CallerNotAllowed):
        desk.create_binding(
            account=anya.account(),
            contact=anya.facts.contact,
            code="invented",
            code_verifier="v" * 43,
            redirect_uri=LOOPBACK_REDIRECT,
            device_id="desk",
        )
    assert active(anya) == []


@pytest.mark.scenario("G02")
@pytest.mark.rules("I11")
def test_lenient_policy_it_is_still_the_holders_own_sign_in(new_world: NewWorld, document: Document) -> None:
    world = new_world(with_policy(document, "LENIENT"))
    ivan, anya = world.person("ivan"), world.person("anya")
    desk = at_the_desk(ivan, anya)
    desk.open_visit()
    for login, row in ((ivan.facts.vk_login, "D17"), (world.person("vera").facts.vk_login, "D15")):
        attempt = desk.start_binding(account=anya.account(), contact=anya.facts.contact, redirect_uri=LOOPBACK_REDIRECT)
        redirect = anya.vk_sign_in(attempt, login)
        with refusal(errors.VkProfileNotOwned, row):
            desk.complete_binding(name=attempt.name, result=redirect.authorization_result())
    assert nothing_claimed(anya)


@pytest.mark.scenario("G03")
def test_operator_of_another_school_it_is_no_visit(new_world: NewWorld, document: Document) -> None:
    world = new_world(with_operator_elsewhere(document))
    kira, anya = world.person("kira"), world.person("anya")
    desk = at_the_desk(kira, anya)
    for organisation in ("", SCHOOL, OTHER_SCHOOL):
        with refusal(errors.CallerNotAllowed):
            desk.open_visit(organisation=organisation)


@pytest.mark.scenario("G03")
@pytest.mark.parametrize("who", ["zhanna", "dina"])
def test_staff_without_the_duty_and_others_it_is_no_visit(world: World, who: str) -> None:
    with refusal(errors.CallerNotAllowed):
        at_the_desk(world.person(who), world.person("anya")).open_visit()


@pytest.mark.scenario("G04")
def test_holder_signs_out_it_is_refused_and_the_visit_is_over(world: World) -> None:
    ivan, anya = world.person("ivan"), world.person("anya")
    bound = anya.bind().binding
    desk = at_the_desk(ivan, anya)
    visit = desk.open_visit()
    anya.sign_out()

    with refusal(errors.VisitRequired) as caught:
        desk.unbind(name=bound.name)
    assert caught.value.metadata["state"] == "SIGNED_OUT"
    assert ivan.client.close_visit(name=visit.name).state == Visit.STATE_SIGNED_OUT
    with refusal(errors.EsiaSessionRequired, "D1") as caught_at_opening:
        desk.open_visit()
    assert caught_at_opening.value.metadata["whose"] == "HOLDER"
    assert [binding.name for binding in active(anya)] == [bound.name]
    assert [record.action for record in all_audit(ivan.client, visit.name)] == ["visit.sign_out", "visit.open"]
    # With a new sign-in a new visit begins.
    again = at_the_desk(ivan, anya)
    assert again.open_visit().name != visit.name
    assert again.unbind(name=bound.name).binding.end_reason == SCHOOL_ASSISTED


def test_operator_signs_out_it_is_refused_and_the_visit_waits(world: World) -> None:
    ivan, anya = world.person("ivan"), world.person("anya")
    bound = anya.bind().binding
    desk = ivan.client.using(token=ivan.access_token(), on_behalf_of=anya.access_token())
    visit = desk.open_visit()
    ivan.sign_out()
    with refusal(errors.EsiaSessionRequired, "D1") as caught:
        desk.unbind(name=bound.name)
    assert "whose" not in caught.value.metadata
    assert at_the_desk(ivan, anya).open_visit().name == visit.name


@pytest.mark.scenario("P12")
@pytest.mark.rules("S19", "S20")
def test_holder_of_the_profile_cannot_help_herself_it_is_unbound_at_her_school_and_bound_here(
    new_world: NewWorld, document: Document
) -> None:
    world = where_kira_holds_the_profile_of_boris(
        lambda made: new_world(_with_operator_lada_knows(made or document)), document
    )
    kira, boris, clerk = world.person("kira"), world.person("boris"), world.person("gleb")
    with refusal(errors.VkProfileAlreadyBound, "D14"):
        boris.bind()

    desk = at_the_desk(clerk, kira)
    desk.open_visit()
    found = desk.diagnose_account(name=kira.account("PARENT"))
    ended = desk.unbind(name=found.binding.name).binding

    assert ended.end_reason == SCHOOL_ASSISTED
    assert boris.bind().binding.state == Binding.STATE_ACTIVE


def _with_operator_lada_knows(document: Document) -> Document:
    # Somebody at Kira's school who is not Kira.
    person_in(document, "gleb")["duties"] = [{"kind": "OPERATOR", "organisation": "shkola-7"}]
    return document


def test_without_a_visit_it_is_required_and_says_how_the_last_one_stands(world: World) -> None:
    ivan, anya = world.person("ivan"), world.person("anya")
    bound = anya.bind().binding
    desk = at_the_desk(ivan, anya)
    states = []
    with refusal(errors.VisitRequired) as none:
        desk.unbind(name=bound.name)
    states.append(none.value.metadata["state"])
    desk.close_visit(name=desk.open_visit().name)
    with refusal(errors.VisitRequired) as closed:
        desk.unbind(name=bound.name)
    states.append(closed.value.metadata["state"])
    desk.open_visit()
    world.advance(timedelta(minutes=31))
    with refusal(errors.VisitRequired) as expired:
        desk.get_binding(name=bound.name)
    states.append(expired.value.metadata["state"])
    assert states == ["NONE", "CLOSED", "EXPIRED"]
    assert [binding.name for binding in active(anya)] == [bound.name]


def test_opened_twice_it_is_the_same_visit_also_at_once(world: World) -> None:
    ivan, anya = world.person("ivan"), world.person("anya")
    desk = at_the_desk(ivan, anya)
    ivan.access_token()
    opened = at_once([lambda: desk.open_visit()] * 3)
    assert {visit.name if isinstance(visit, Visit) else visit for visit in opened} == {desk.open_visit().name}
    assert len(all_audit(ivan.client, SCHOOL, "visit.open")) == 1


def test_closed_by_the_holder_it_is_closed_and_others_cannot(world: World) -> None:
    ivan, anya, vera = world.person("ivan"), world.person("anya"), world.person("vera")
    visit = at_the_desk(ivan, anya).open_visit()
    with refusal(errors.ResourceNotAccessible):
        vera.client.close_visit(name=visit.name)
    with refusal(errors.ResourceNotAccessible):
        vera.client.close_visit(name="visits/absent")
    first = anya.client.close_visit(name=visit.name)
    assert first.state == Visit.STATE_CLOSED
    assert ivan.client.close_visit(name=visit.name) == first


@pytest.mark.scenario("R06")
@pytest.mark.parametrize("number", range(20))
def test_holder_and_school_unbind_at_once_it_is_one_end_with_one_reason(world: World, number: int) -> None:
    ivan, boris = world.person("ivan"), world.person("boris")
    bound = boris.bind().binding
    desk = at_the_desk(ivan, boris)
    desk.open_visit()
    own = boris.client
    with own.watch_bindings() as watched:
        token = next(step.token for step in watched if isinstance(step, SnapshotEnd))

    answers = at_once([lambda: own.unbind(name=bound.name), lambda: desk.unbind(name=bound.name)])

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sorted(answer.already_unbound for answer in answers if not isinstance(answer, Exception)) == [False, True]
    (ended,) = history(boris)
    reasons = {answer.binding.end_reason for answer in answers if not isinstance(answer, Exception)}
    assert reasons == {ended.end_reason}
    (record,) = all_audit(own, boris.account(), "binding.unbind")
    assert record.end_reason == ended.end_reason
    assert tab(boris) == []
    assert record.on_behalf_of == (person_name(boris) if ended.end_reason == SCHOOL_ASSISTED else "")
    # One event, and then that of the next binding.
    boris.bind()
    with own.watch_bindings(resume_token=token) as watched:
        kinds = [step.event.kind for _, step in zip(range(2), watched, strict=False) if isinstance(step, Event)]
    assert kinds == [BindingEventKind.BINDING_EVENT_KIND_REMOVED, BindingEventKind.BINDING_EVENT_KIND_CREATED]
