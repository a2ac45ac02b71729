"""Contacts that change hands after a binding: the diagnosis follows at once, wherever it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from binding_client import errors
from binding_client.roster import import_roster, roster_records
from binding_client.testing import Actor, Stack, World
from sferum.binding.v1.binding_service_pb2 import BindingEventKind, DecisionRow
from sferum.binding.v1.resources_pb2 import Diagnosis, RemedyAction

from .acting import refusal, signed_in, tab
from .conftest import NewWorld
from .documents import CLASS_5A, CLASS_9B, Document, copy_of, person_in, with_policy
from .streams import Watcher

VERAS_PHONE = "+79000000103"
VERAS_EMAIL = "vera@example.org"
STALE, OK = Diagnosis.DIAGNOSIS_CONTACT_STALE, Diagnosis.DIAGNOSIS_OK
SCHOOL_5 = "organisations/shkola-5"


def mobile(value: str) -> dict[str, object]:
    """A verified mobile phone in an ESIA account."""
    return {"type": "MBT", "value": value, "verified": True}


def recorded_for(document: Mapping[str, Any], key: str, contact: str) -> Document:
    """The same world, in which schools have recorded a contact for one person and for nobody else."""
    changed = copy_of(document)
    for person in changed["persons"]:
        person["recorded_contacts"] = [each for each in person.get("recorded_contacts", []) if each != contact]
    person_in(changed, key)["recorded_contacts"].append(contact)
    return changed


def unrecorded(document: Mapping[str, Any], contact: str) -> Document:
    """The same world, in which no school has recorded a contact."""
    changed = copy_of(document)
    for person in changed["persons"]:
        person["recorded_contacts"] = [each for each in person.get("recorded_contacts", []) if each != contact]
    return changed


def seen(holder: Actor) -> set[int]:
    """The diagnosis of the account's binding, as each method that tells it does."""
    world, client = holder.world, holder.client
    school = world.person("ivan").client.list_bindings(parent=SCHOOL_5)
    [listed] = [each for each in school.bindings if each.account == holder.account()]
    [counted] = [count.diagnosis for count in school.counts if count.bindings]
    [found] = world.person("ivan").client.list_bindings(parent=SCHOOL_5, diagnosis=listed.diagnosis).bindings
    return {
        client.get_binding(name=f"{holder.account()}/binding").diagnosis,
        client.list_bindings(parent=holder.account()).bindings[0].diagnosis,
        client.batch_get_bindings(names=[f"{holder.account()}/binding"]).results[0].binding.diagnosis,
        holder.diagnose().diagnosis,
        listed.diagnosis,
        counted,
        found.diagnosis,
    }


def by_a_school(world: World) -> None:
    """Another school records Vera's phone for Kira."""
    world.import_roster(recorded_for(world.document, "kira", VERAS_PHONE))


def by_a_code(world: World) -> None:
    """Kira has the SIM card now, and confirms it."""
    world.person("kira").confirm_contact(VERAS_PHONE)


def by_esia(world: World) -> None:
    """Kira has the SIM card now, and has verified it at ESIA."""
    contacts = person_in(copy_of(world.document), "kira")["esia"]["contacts"]
    world.control.update_person("kira", {"esia": {"contacts": [*contacts, mobile(VERAS_PHONE)]}})
    world.person("kira").start_binding()


@pytest.mark.scenario("Y05")
@pytest.mark.parametrize("given", [by_a_school, by_a_code, by_esia])
def test_phone_given_to_a_stranger_it_is_stale_everywhere_and_no_chats_go_with_it(
    new_world: NewWorld, document: Document, given: Callable[[World], None]
) -> None:
    world = new_world(unrecorded(document, VERAS_PHONE) if given is not by_a_school else document)
    vera, kira = world.person("vera"), world.person("kira")
    vera.bind(contact=VERAS_PHONE)
    assert seen(vera) == {OK}
    given(world)
    assert seen(vera) == {STALE}
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]
    # With Vera's phone Kira comes to Vera's old profile at VK ID.
    with refusal(errors.VkProfileAlreadyBound, "D14"):
        kira.complete(*signed_in(kira, vk=VERAS_PHONE))
    assert tab(kira) == []
    found = vera.diagnose()
    assert list(found.evidence)[-1].diagnosis == STALE
    assert RemedyAction.REMEDY_ACTION_VERIFY_CONTACT in [remedy.action for remedy in found.remedies]


def test_phone_that_comes_back_it_is_as_it_was(new_world: NewWorld, document: Document) -> None:
    world = new_world(unrecorded(document, VERAS_PHONE))
    vera = world.person("vera")
    vera.bind(contact=VERAS_PHONE)
    by_a_code(world)
    assert seen(vera) == {STALE}
    before = vera.client.get_binding(name=f"{vera.account()}/binding")
    vera.confirm_contact(VERAS_PHONE)
    assert seen(vera) == {OK}
    after = vera.client.get_binding(name=f"{vera.account()}/binding")
    assert (after.name, list(after.evidence)) == (before.name, [])
    assert after.etag != before.etag


@pytest.mark.rules("I8")
def test_phone_that_goes_from_a_binding_with_another_fault_it_is_named_beside_it(
    new_world: NewWorld, document: Document
) -> None:
    world = new_world(with_policy(document, "LENIENT"))
    vera = world.person("vera")
    vera.bind(contact=VERAS_PHONE, vk="anya@example.org")
    problem = Diagnosis.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT
    by_a_school(world)
    found = vera.diagnose()
    assert (found.diagnosis, [part.diagnosis for part in found.evidence]) == (problem, [problem, STALE])
    world.import_roster(recorded_for(world.document, "vera", VERAS_PHONE))
    assert [part.diagnosis for part in vera.diagnose().evidence] == [problem]


@pytest.mark.scenario("C08")
def test_phone_that_is_revoked_at_esia_and_recorded_nowhere_it_is_stale_after_the_next_look(
    new_world: NewWorld, document: Document
) -> None:
    world = new_world(unrecorded(document, VERAS_PHONE))
    vera = world.person("vera")
    vera.bind(contact=VERAS_PHONE)
    world.control.update_person("vera", {"esia": {"contacts": []}})
    vera.explain()
    assert seen(vera) == {OK}
    with refusal(errors.ContactNotVerified, "D4"):
        vera.start_binding(contact=VERAS_PHONE)
    assert seen(vera) == {STALE}
    world.control.update_person("vera", {"esia": {"contacts": [mobile(VERAS_PHONE)]}})
    vera.start_binding(contact=VERAS_PHONE)
    assert seen(vera) == {OK}


def test_phone_that_a_code_took_it_stays_taken_though_esia_goes_on_to_tell_it(
    new_world: NewWorld, document: Document
) -> None:
    world = new_world(unrecorded(document, VERAS_PHONE))
    vera, kira = world.person("vera"), world.person("kira")
    vera.bind(contact=VERAS_PHONE)
    by_a_code(world)
    with refusal(errors.ContactNotOwned, "D7"):
        vera.start_binding(contact=VERAS_PHONE)
    explained = vera.explain(contact=VERAS_PHONE)
    assert [row.row for row in explained.rows if row.outcome == DecisionRow.OUTCOME_REFUSES] == ["D7"]
    assert kira.start_binding(contact=VERAS_PHONE).authorization_uri
    # ESIA has taken it from Vera, and verified it again: that is a new word.
    world.control.update_person("vera", {"esia": {"contacts": []}})
    vera.client.send_contact_code(contact="new@example.org")
    with refusal(errors.ContactNotVerified, "D4"):
        vera.start_binding(contact="new@example.org")
    world.control.update_person("vera", {"esia": {"contacts": [mobile(VERAS_PHONE)]}})
    assert vera.start_binding(contact=VERAS_PHONE).authorization_uri


@pytest.mark.scenario("C10")
def test_phone_that_the_school_records_as_the_childs_it_is_stale_in_the_mothers_binding(
    new_world: NewWorld, document: Document
) -> None:
    world = new_world(unrecorded(document, VERAS_PHONE))
    vera, anya = world.person("vera"), world.person("anya")
    vera.confirm_contact(VERAS_PHONE)
    vera.bind(contact=VERAS_PHONE)
    world.import_roster(recorded_for(world.document, "anya", VERAS_PHONE))
    assert seen(vera) == {STALE}
    with refusal(errors.ContactNotOwned):
        vera.client.send_contact_code(contact=VERAS_PHONE)
    # A school's word says whose it is; that it works, Anya has to show.
    with refusal(errors.ContactNotVerified, "D4"):
        anya.start_binding(contact=VERAS_PHONE)
    anya.confirm_contact(VERAS_PHONE)
    assert anya.bind(contact=VERAS_PHONE).binding.diagnosis == OK


def test_change_of_hands_it_is_told_to_followers_once(followed_worlds: Stack, city: World) -> None:
    vera = city.person("vera")
    vera.bind(contact=VERAS_PHONE)
    watcher = Watcher(followed_worlds, city)
    try:
        line = watcher.bindings()
        line.snapshot()
        by_a_school(city)
        city.import_roster(recorded_for(city.document, "kira", VERAS_PHONE))
        vera.unbind()
        diagnosed, removed = line.events(2)
    finally:
        watcher.close()
    assert diagnosed.kind == BindingEventKind.BINDING_EVENT_KIND_DIAGNOSED
    assert (diagnosed.account, diagnosed.binding.vk_user_id) == (vera.account(), "*****0103")
    assert removed.kind == BindingEventKind.BINDING_EVENT_KIND_REMOVED


def test_complete_roster_without_the_contact_it_is_stale(world: World) -> None:
    vera = world.person("vera")
    vera.bind(contact=VERAS_PHONE)
    answer = import_roster(world.service_client(), roster_records(unrecorded(world.document, VERAS_PHONE)), full=True)
    assert answer.failed == 0
    assert seen(vera) == {STALE}
