# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Visits: opened, ended, found. A unique index holds a pair to one OPEN visit."""

from dataclasses import replace
from datetime import datetime

from binding_server.domain.visits import Visit, VisitState, as_of
from binding_server.domain.watching import Place
from binding_server.store.attempts import SERVICE
from binding_server.store.connection import Connection, Row, columns, insert
from binding_server.store.requests import add_audit
from binding_server.store.tables import VisitRow, micros, moment, moment_or_none
from binding_server.use_cases.records import AuditEntry

VISIT = f"SELECT {columns(VisitRow, 'v')} FROM visit v"
BY_ID = f"{VISIT} WHERE v.id = :id"
NEWEST = f"""
    {VISIT} WHERE v.operator_id = :operator_id AND v.holder_id = :holder_id
    ORDER BY v.state = 'OPEN' DESC, v.id DESC LIMIT 1
"""
OVERDUE = f"{VISIT} WHERE v.state = 'OPEN' AND v.expires_at <= :now ORDER BY v.expires_at LIMIT :limit"
INSERT = insert(VisitRow)
END = "UPDATE visit SET state = :state, ended_at = :now WHERE id = :id AND state = 'OPEN'"
PLACE = "SELECT id AS organisation_id, municipality_id FROM organisation WHERE id = :id"


def visit(connection: Connection, visit_id: str) -> Visit | None:
    """Returns a visit."""
    row = connection.one(BY_ID, id=visit_id)
    return None if row is None else _visit(row)


def newest_visit(connection: Connection, operator_id: str, holder_id: str) -> Visit | None:
    """Returns the pair's OPEN visit, else the one that was opened last."""
    row = connection.one(NEWEST, operator_id=operator_id, holder_id=holder_id)
    return None if row is None else _visit(row)


def open_visit(connection: Connection, wanted: Visit, audit: AuditEntry) -> Visit:
    """Opens a visit, or returns the pair's one that is OPEN at the same organisation; another one ends first."""
    now = wanted.created_at
    found = newest_visit(connection, wanted.operator_id, wanted.holder_id)
    if found and found.state is VisitState.OPEN:
        if as_of(found, now).state is VisitState.EXPIRED:
            _expire(connection, found, now)
        elif found.organisation_id == wanted.organisation_id:
            return found
        else:
            _end(connection, found, VisitState.CLOSED, _renamed(audit, "visit.close", found.id))
    connection.run(
        INSERT,
        id=wanted.id,
        organisation_id=wanted.organisation_id,
        operator_id=wanted.operator_id,
        holder_id=wanted.holder_id,
        state=wanted.state,
        created_at=micros(now),
        expires_at=micros(wanted.expires_at),
        ended_at=None,
    )
    add_audit(connection, audit, _place(connection, wanted))
    return wanted


def end_visit(connection: Connection, visit_id: str, state: VisitState, audit: AuditEntry) -> Visit:
    """Ends an OPEN visit; one that has ended, or whose time is over, is not ended anew.

    Raises:
        LookupError: there is none of that id.
    """
    found = _known(connection, visit_id)
    if found.state is not VisitState.OPEN:
        return found
    if as_of(found, audit.at).state is VisitState.EXPIRED:
        _expire(connection, found, audit.at)
    else:
        _end(connection, found, state, audit)
    return _known(connection, visit_id)


def expire_visits(connection: Connection, now: datetime, limit: int) -> int:
    """Notes of OPEN visits that their time is over. Returns how many."""
    rows = connection.all(OVERDUE, now=micros(now), limit=limit)
    for row in rows:
        _expire(connection, _visit(row), now)
    return len(rows)


def _expire(connection: Connection, found: Visit, now: datetime) -> None:
    entry = AuditEntry(
        actor=SERVICE,
        action="visit.expire",
        account_id=None,
        at=now,
        on_behalf_of=f"person:{found.holder_id}",
        visit_id=found.id,
    )
    connection.run(END, id=found.id, state=VisitState.EXPIRED, now=micros(found.expires_at))
    add_audit(connection, entry, _place(connection, found))


def _end(connection: Connection, found: Visit, state: VisitState, audit: AuditEntry) -> None:
    connection.run(END, id=found.id, state=state, now=micros(audit.at))
    add_audit(connection, audit, _place(connection, found))


def _renamed(audit: AuditEntry, action: str, visit_id: str) -> AuditEntry:
    return replace(audit, action=action, visit_id=visit_id)


def _known(connection: Connection, visit_id: str) -> Visit:
    found = visit(connection, visit_id)
    if found is None:
        raise LookupError(f"no visit {visit_id}")
    return found


def _place(connection: Connection, found: Visit) -> list[Place]:
    rows = connection.all(PLACE, id=found.organisation_id)
    return [Place(row["organisation_id"], row["municipality_id"]) for row in rows]


def _visit(row: Row) -> Visit:
    return Visit(
        id=row["id"],
        organisation_id=row["organisation_id"],
        operator_id=row["operator_id"],
        holder_id=row["holder_id"],
        state=VisitState(row["state"]),
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        ended_at=moment_or_none(row["ended_at"]),
    )
