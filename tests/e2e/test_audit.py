"""Audit: every change has one record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from binding_client import BindingClient, errors
from binding_client.errors import BindingError
from binding_client.testing import Actor, World
from binding_client.testing._programs import LOOPBACK_REDIRECT
from sferum.binding.v1.audit_pb2 import AuditRecord
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding, EntryPoint, OwnershipPolicy
from sferum.binding.v1.support_service_pb2 import ResolveTicketRequest

from ..server.images.pictures import saved, screen
from .acting import at_once, eventually, refusal
from .auditing import ITEMS
from .visiting import all_audit, at_the_desk, person_name

pytestmark = pytest.mark.xdist_group("support")


class Book:
    """The audit of a world as support reads it, and what was added to it since it was looked at."""

    def __init__(self, world: World) -> None:
        self._client = world.service_client("support")
        self._newest = 0

    def added(self) -> list[AuditRecord]:
        """Returns what is new, oldest first."""
        # A back end's token is good for one call.
        page = self._client.list_audit_records(page_size=500)
        fresh = [record for record in page.records if number(record) > self._newest]
        self._newest = max([self._newest, *map(number, fresh)])
        return fresh[::-1]

    def actions(self) -> list[str]:
        """Returns what was done since, oldest first."""
        return [record.action for record in self.added()]


def number(record: AuditRecord) -> int:
    """The record's number."""
    return int(record.name.rpartition("/")[2])


@pytest.mark.rules("I9")
def test_every_changing_call_it_is_one_record_for_each_change(town: World) -> None:
    book, ivan = Book(town), town.person("ivan")
    anya, boris, vera = town.person("anya"), town.person("boris"), town.person("vera")

    def after(call: Callable[[], object], *actions: str) -> list[AuditRecord]:
        with suppress(BindingError):
            call()
        added = book.added()
        assert [record.action for record in added] == list(actions)
        return added

    book.added()
    # StartBinding, refused and not; CancelAttempt; once more.
    after(lambda: anya.start_binding(contact=vera.facts.contact), "binding.start")
    attempt = anya.start_binding()
    assert book.actions() == ["binding.start"]
    after(lambda: anya.client.cancel_attempt(name=attempt.name), "binding.cancel")
    after(lambda: anya.client.cancel_attempt(name=attempt.name))
    # CompleteBinding: stopped at a preview, made, repeated, refused, cancelled at VK ID.
    attempt = anya.start_binding()
    redirect = anya.vk_sign_in(attempt)
    assert book.actions() == ["binding.start"]
    after(lambda: anya.complete(attempt, redirect, preview=True), "binding.authorize")
    after(lambda: anya.complete(attempt), "binding.create")
    after(lambda: anya.complete(attempt))
    after(lambda: boris.bind(vk=vera.facts.vk_login), "binding.start", "binding.authorize", "binding.complete")
    after(lambda: boris.bind(decision="deny"), "binding.start", "binding.complete")
    # CreateBinding, refused before and after its attempt.
    after(lambda: create(boris, vera.facts.contact), "binding.start")
    after(lambda: create(boris, boris.facts.contact), "binding.start", "binding.complete")
    # Six attempts: the oldest makes way.
    for _ in range(5):
        boris.start_binding()
    assert book.actions() == ["binding.start"] * 5
    after(boris.start_binding, "binding.start", "attempt.expire")
    # Unbind with an etag that is old, in earnest, and of what has ended.
    after(boris.bind, "binding.start", "attempt.expire", "binding.authorize", "binding.create")
    bound = boris.client.get_binding(name=f"{boris.account()}/binding")
    after(lambda: boris.client.unbind(name=bound.name, etag='"99"'), "binding.unbind")
    after(lambda: boris.client.unbind(name=bound.name), "binding.unbind")
    after(lambda: boris.client.unbind(name=bound.name))
    # A visit.
    desk = at_the_desk(ivan, anya)
    visit = desk.open_visit()
    assert book.actions() == ["visit.open"]
    after(desk.open_visit)
    after(lambda: desk.unbind(name=f"{anya.account()}/binding"), "binding.unbind")
    after(lambda: desk.close_visit(name=visit.name), "visit.close")
    after(lambda: desk.close_visit(name=visit.name))
    after(desk.open_visit, "visit.open")
    # A code.
    after(boris.confirm_contact, "contact.send_code", "contact.confirm")
    # A ticket.
    boris.bind()
    book.added()
    shot = saved(screen(), "PNG")
    ticket = boris.client.create_ticket(account=boris.account(), screenshot=shot, **ITEMS)
    assert book.actions() == ["ticket.create"]
    support = town.service_client("support")
    done = after(lambda: resolve(support, ticket.name), "binding.unbind", "ticket.resolve")
    assert {(record.actor, record.agent, record.ticket) for record in done} == {
        ("services/support", "agent-7", ticket.name)
    }
    after(lambda: resolve(support, ticket.name))


def create(actor: Actor, contact: str) -> object:
    """Binds in one call, with a code that VK ID does not know."""
    return actor.client.create_binding(
        account=actor.account(),
        contact=contact,
        code="unknown",
        code_verifier="v" * 43,
        redirect_uri=LOOPBACK_REDIRECT,
        device_id="device",
    )


def resolve(support: BindingClient, name: str) -> object:
    """Ends the binding that a ticket is about."""
    return support.resolve_ticket(name=name, action=ResolveTicketRequest.ACTION_UNBIND, agent="agent-7")


@pytest.mark.rules("I9")
def test_time_that_runs_out_it_is_one_record_by_the_service_itself(town: World) -> None:
    ivan, anya = town.person("ivan"), town.person("anya")
    anya.start_binding()
    at_the_desk(ivan, anya).open_visit()
    book = Book(town)
    book.added()
    town.advance(timedelta(minutes=31))
    found: list[AuditRecord] = []

    def over() -> bool:
        found.extend(book.added())
        return len(found) >= 2

    eventually(over)
    assert sorted(record.action for record in found) == ["attempt.expire", "visit.expire"]
    assert {record.actor for record in found} == {"service"}


def test_binding_it_is_told_by_whom_where_under_which_policy_and_decision(town: World) -> None:
    boris = town.person("boris")
    bound = boris.bind()
    boris.unbind(entry_point=EntryPoint.ENTRY_POINT_CHATS_TAB)
    ended, made, _, _ = all_audit(boris.client, boris.account())
    assert (made.action, made.decision, made.account) == ("binding.create", bound.decision, boris.account())
    assert (made.actor, made.on_behalf_of, made.client) == (person_name(boris), "", "EDIARY66")
    assert made.policy == OwnershipPolicy.OWNERSHIP_POLICY_STRICT
    assert (ended.action, ended.entry_point) == ("binding.unbind", EntryPoint.ENTRY_POINT_CHATS_TAB)
    assert ended.end_reason == Binding.END_REASON_USER
    assert ended.reason == ErrorReason.ERROR_REASON_UNSPECIFIED
    assert ended.HasField("time")


def test_refusal_it_is_told_with_its_reason_and_number(town: World) -> None:
    anya, vera = town.person("anya"), town.person("vera")
    with refusal(errors.ContactNotOwned, "D5") as caught:
        anya.start_binding(contact=vera.facts.contact)
    (record,) = all_audit(anya.client, anya.account())
    assert record.reason == ErrorReason.ERROR_REASON_CONTACT_NOT_OWNED
    assert record.decision == caught.value.decision


def test_back_end_on_behalf_of_a_person_it_is_told_which(town: World) -> None:
    boris = town.person("boris")
    bound = boris.bind().binding
    town.service_client("helper", on_behalf_of=boris.access_token).unbind(name=bound.name)
    record = all_audit(boris.client, boris.account())[0]
    assert (record.actor, record.client) == (person_name(boris), "services/helper")


def test_many_at_once_it_is_one_record_each(town: World) -> None:
    people = [town.person(name) for name in ("anya", "boris", "vera", "gleb")]
    for person in people:
        person.bind()
    book = Book(town)
    book.added()
    at_once([person.unbind for person in people])
    assert sorted(record.account for record in book.added()) == sorted(person.account() for person in people)
