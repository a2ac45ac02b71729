# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Support tickets with their screenshots."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from binding_server.domain.model import Binding, EndReason, EntryPoint
from binding_server.domain.tickets import (
    Bound,
    Screenshot,
    Settlement,
    Ticket,
    TicketAction,
    TicketItems,
    TicketState,
    settle,
)
from binding_server.store import bindings
from binding_server.store.attempts import SERVICE
from binding_server.store.connection import Connection, Row, columns, insert
from binding_server.store.places import places_of_account
from binding_server.store.requests import add_audit, earlier_result, keep_result
from binding_server.store.tables import (
    TicketPlaceRow,
    TicketRow,
    TicketScreenshotRow,
    micros,
    moment,
    moment_or_none,
)
from binding_server.store.vault import Vault
from binding_server.use_cases.records import AuditEntry, RequestKey
from binding_server.use_cases.ticket_ports import TicketFilter, TicketOrder

TICKET = f"SELECT {columns(TicketRow, 't')} FROM ticket t"
BY_ID = f"{TICKET} WHERE t.id = :id"
INSERT = insert(TicketRow)
INSERT_SCREENSHOT = insert(TicketScreenshotRow)
INSERT_PLACE = insert(TicketPlaceRow)
SCREENSHOT = "SELECT sealed_content FROM ticket_screenshot WHERE ticket_id = :id"
PLACES = "SELECT ticket_id, organisation_id, municipality_id FROM ticket_place WHERE ticket_id IN (:members)"
END = """
    UPDATE ticket SET state = :state, sealed_resolution = :sealed_resolution, agent = :agent, ended_at = :now
    WHERE id = :id AND state = 'OPEN'
"""
PROVEN = "SELECT 1 FROM decision WHERE account_id = :account_id AND proof = :proof AND at >= :since LIMIT 1"
DUE = """
    SELECT id, account_id FROM ticket
    WHERE ended_at IS NOT NULL AND screenshot_deleted_at IS NULL AND ended_at <= :before
    ORDER BY ended_at LIMIT :limit
"""
DELETE_SCREENSHOT = "DELETE FROM ticket_screenshot WHERE ticket_id = :id"
NOTE_DELETED = "UPDATE ticket SET screenshot_deleted_at = :now WHERE id = :id"


def add_ticket(
    connection: Connection, vault: Vault, ticket: Ticket, audit: AuditEntry, request: RequestKey | None
) -> str:
    """Adds a ticket, or returns the id of the one that the same named request made."""
    earlier = earlier_result(connection, request)
    if earlier is not None and earlier.ticket_id is not None:
        return earlier.ticket_id
    own = bindings.active_binding(connection, vault, ticket.account_id)
    held = bindings.active_binding_of_profile(connection, vault, ticket.vk_digest)
    connection.run(
        INSERT,
        id=ticket.id,
        state=ticket.state,
        account_id=ticket.account_id,
        filed_by=ticket.filed_by,
        sealed_items=vault.seal(json.dumps(asdict(ticket.items), ensure_ascii=False), _place(ticket.id, "items")),
        vk_digest=ticket.vk_digest,
        decision=None if ticket.decision is None else int(ticket.decision),
        binding_id=own.id if own else None,
        profile_binding_id=held.id if held else None,
        width=ticket.screenshot.width,
        height=ticket.screenshot.height,
        screenshot_deleted_at=None,
        sealed_resolution=None,
        agent=None,
        created_at=micros(ticket.created_at),
        ended_at=None,
    )
    content = vault.seal_bytes(ticket.screenshot.content, _place(ticket.id, "screenshot"))
    connection.run(INSERT_SCREENSHOT, ticket_id=ticket.id, sealed_content=content)
    for place in places_of_account(connection, ticket.account_id):
        connection.run(
            INSERT_PLACE,
            ticket_id=ticket.id,
            organisation_id=place.organisation_id,
            municipality_id=place.municipality_id,
        )
    add_audit(connection, audit)
    keep_result(connection, request, audit.at, ticket_id=ticket.id)
    return ticket.id


def ticket(connection: Connection, vault: Vault, ticket_id: str) -> Ticket | None:
    """Returns a ticket without its picture."""
    return next(iter(_tickets(connection, vault, connection.all(BY_ID, id=ticket_id))), None)


def screenshot(connection: Connection, vault: Vault, ticket_id: str) -> bytes:
    """Returns the picture of a ticket; empty if it is deleted."""
    row = connection.one(SCREENSHOT, id=ticket_id)
    return b"" if row is None else vault.open_bytes(row["sealed_content"], _place(ticket_id, "screenshot"))


def list_tickets(connection: Connection, vault: Vault, wanted: TicketFilter) -> Sequence[Ticket]:
    """Returns tickets that a filter asks for, by id, which is by age, the newest first."""
    within = "EXISTS (SELECT 1 FROM ticket_place p WHERE p.ticket_id = t.id AND "
    towns = {f"town{place}": town for place, town in enumerate(sorted(wanted.municipalities or ()))}
    conditions = ["(:before IS NULL OR t.id < :before)"]
    if wanted.state is not None:
        conditions.append("t.state = :state")
    if wanted.account_id is not None:
        conditions.append("t.account_id = :account_id")
    if wanted.organisation_id is not None:
        conditions.append(f"{within} p.organisation_id = :organisation_id)")
    if wanted.municipalities is not None:
        conditions.append(f"{within} p.municipality_id IN ({', '.join(f':{name}' for name in towns) or 'NULL'}))")
    if wanted.concerns is not None:
        own = "SELECT a.id FROM account a WHERE 'person:' || a.person_id = :concerns"
        conditions.append(f"(t.filed_by = :concerns OR t.account_id IN ({own}))")
    rows = connection.all(
        f"{TICKET} WHERE {' AND '.join(conditions)} ORDER BY t.id DESC LIMIT :limit",
        before=wanted.before,
        state=wanted.state,
        account_id=wanted.account_id,
        organisation_id=wanted.organisation_id,
        concerns=wanted.concerns,
        limit=wanted.limit,
        **towns,
    )
    return _tickets(connection, vault, rows)


def settle_ticket(connection: Connection, vault: Vault, order: TicketOrder) -> tuple[Ticket, Settlement | None]:
    """Works an OPEN ticket off: what holds is looked at in the transaction that changes it."""
    found = _known(connection, vault, order.ticket_id)
    if found.state is not TicketState.OPEN:
        return found, None
    settlement = Settlement.CLOSE
    bound = bindings.active_binding(connection, vault, order.target)
    if order.action is TicketAction.UNBIND:
        held = bindings.active_binding_of_profile(connection, vault, found.vk_digest)
        proven = owner_proven(connection, found, order.proof_since)
        settlement = settle(found, order.target, _bound(bound), _bound(held), proven=proven)
    if settlement in (Settlement.MISMATCH, Settlement.UNPROVEN):
        return found, settlement
    now = order.audit.at
    if settlement is Settlement.UNBIND and bound is not None:
        bindings.unbind(
            connection,
            vault,
            bound.id,
            reason=EndReason.SUPPORT,
            entry_point=EntryPoint.API,
            expected_version=None,
            now=now,
            audit=order.unbind_audit,
            request=None,
        )
    resolution = vault.seal(order.resolution, _place(found.id, "resolution")) if order.resolution else None
    state = TicketState.UNBOUND if settlement is Settlement.UNBIND else TicketState.CLOSED
    connection.run(END, id=found.id, state=state, sealed_resolution=resolution, agent=order.agent, now=micros(now))
    add_audit(connection, order.audit)
    return _known(connection, vault, found.id), None


def owner_proven(connection: Connection, found: Ticket, since: datetime) -> bool:
    """Tells whether a decision since a time shows that a ticket's profile is the own one of its account's person."""
    row = connection.one(PROVEN, account_id=found.account_id, proof=found.vk_digest, since=micros(since))
    return row is not None


def delete_screenshots(connection: Connection, before: datetime, now: datetime, limit: int) -> int:
    """Deletes pictures of tickets that ended before a time. Returns how many."""
    rows = connection.all(DUE, before=micros(before), limit=limit)
    for row in rows:
        connection.run(DELETE_SCREENSHOT, id=row["id"])
        connection.run(NOTE_DELETED, id=row["id"], now=micros(now))
        entry = AuditEntry(
            actor=SERVICE,
            action="ticket.delete_screenshot",
            account_id=row["account_id"],
            at=now,
            ticket_id=row["id"],
        )
        add_audit(connection, entry)
    return len(rows)


def _bound(binding: Binding | None) -> Bound | None:
    return None if binding is None else Bound(binding.id, binding.account_id, binding.vk_digest)


def _known(connection: Connection, vault: Vault, ticket_id: str) -> Ticket:
    found = ticket(connection, vault, ticket_id)
    if found is None:
        raise LookupError(f"no ticket {ticket_id}")
    return found


def _tickets(connection: Connection, vault: Vault, rows: Sequence[Row]) -> list[Ticket]:
    places = connection.among(PLACES, [row["id"] for row in rows])
    return [_ticket_of(row, vault, [place for place in places if place["ticket_id"] == row["id"]]) for row in rows]


def _ticket_of(row: Row, vault: Vault, places: Sequence[Row]) -> Ticket:
    ticket_id: str = row["id"]
    sealed = row["sealed_resolution"]
    return Ticket(
        id=ticket_id,
        state=TicketState(row["state"]),
        account_id=row["account_id"],
        filed_by=row["filed_by"],
        items=TicketItems(**json.loads(vault.open(row["sealed_items"], _place(ticket_id, "items")))),
        vk_digest=row["vk_digest"],
        screenshot=Screenshot(row["width"], row["height"], deleted_at=moment_or_none(row["screenshot_deleted_at"])),
        created_at=moment(row["created_at"]),
        decision=None if row["decision"] is None else str(row["decision"]),
        binding_id=row["binding_id"],
        profile_binding_id=row["profile_binding_id"],
        organisations=frozenset(place["organisation_id"] for place in places),
        municipalities=frozenset(place["municipality_id"] for place in places),
        resolution="" if sealed is None else vault.open(sealed, _place(ticket_id, "resolution")),
        agent=row["agent"],
        ended_at=moment_or_none(row["ended_at"]),
    )


def _place(ticket_id: str, what: str) -> str:
    return f"ticket:{ticket_id}:{what}"
