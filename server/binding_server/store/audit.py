# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Reads what is kept about changes: audit records and decisions."""

from collections.abc import Collection, Sequence

from binding_server.domain.model import EntryPoint, Policy
from binding_server.store.codec import facts_of
from binding_server.store.connection import Connection, Row, Value, columns
from binding_server.store.tables import AuditRow, DecisionRow, moment
from binding_server.use_cases.visit_ports import AuditFilter, AuditRecord, AuditScope, DecisionRecord

AUDIT = f"SELECT {columns(AuditRow, 't')} FROM audit t"
AT_ORGANISATION = f"SELECT {columns(AuditRow, 't')} FROM audit_place o CROSS JOIN audit t"
"""CROSS JOIN keeps SQLite's planner to this order: the places of one organisation are in the order of the records."""
DECISION = f"SELECT {columns(DecisionRow, 'd')} FROM decision d WHERE d.id = :number"
OF_ACCOUNT = """
    t.id IN (
        SELECT id FROM audit WHERE account_id = :account_id
        UNION ALL SELECT id FROM audit WHERE account_id IS NULL AND actor = :person
        UNION ALL SELECT id FROM audit WHERE account_id IS NULL AND on_behalf_of = :person
    )
"""
NEWEST_IN_MUNICIPALITY = """
    SELECT audit_id FROM (
        SELECT DISTINCT o.audit_id FROM audit_place o CROSS JOIN audit a
        WHERE o.municipality_id = :{municipality} AND a.id = o.audit_id
            AND (:before IS NULL OR o.audit_id < :before) AND (:action IS NULL OR a.action = :action)
        ORDER BY o.audit_id DESC LIMIT :limit
    )
"""
"""No more than a page of each: a region's audit is much longer than what one municipality has done."""


def list_audit(connection: Connection, wanted: AuditFilter) -> Sequence[AuditRecord]:
    """Returns the records that a filter asks for, newest first."""
    values: dict[str, Value] = {
        "before": wanted.before,
        "limit": wanted.limit,
        "action": wanted.action,
        "account_id": wanted.account_id,
        "person": wanted.person,
        "organisation_id": wanted.organisation_id,
        "visit_id": wanted.visit_id,
        "ticket_id": wanted.ticket_id,
    }
    source, number = AUDIT, "t.id"
    conditions: list[str] = []
    if wanted.organisation_id is not None:
        source, number = AT_ORGANISATION, "o.audit_id"
        conditions.append("o.organisation_id = :organisation_id AND t.id = o.audit_id")
    conditions.append(f"(:before IS NULL OR {number} < :before)")
    if wanted.action is not None:
        conditions.append("t.action = :action")
    if wanted.account_id is not None:
        conditions.append(OF_ACCOUNT)
    # Literal, so that the partial indexes are used.
    if wanted.visit_id is not None:
        conditions.append("t.visit_id IS NOT NULL AND t.visit_id = :visit_id")
    if wanted.ticket_id is not None:
        conditions.append("t.ticket_id IS NOT NULL AND t.ticket_id = :ticket_id")
    narrow = wanted.account_id or wanted.organisation_id or wanted.visit_id or wanted.ticket_id
    conditions += _within(wanted.scope, values) if narrow else _newest_within(wanted.scope, values)
    sql = f"{source} WHERE {' AND '.join(conditions)} ORDER BY {number} DESC LIMIT :limit"
    return [_record(row) for row in connection.all(sql, **values)]


def decision(connection: Connection, number: int) -> DecisionRecord | None:
    """Returns a decision by its short number."""
    row = connection.one(DECISION, number=number)
    if row is None:
        return None
    return DecisionRecord(
        number=str(row["id"]),
        account_id=row["account_id"],
        attempt_id=row["attempt_id"],
        policy=Policy(row["policy"]),
        row=row["deciding_row"],
        accepted=bool(row["accepted"]),
        reason=row["reason"],
        at=moment(row["at"]),
        facts=facts_of(row["facts"]),
    )


def _within(scope: AuditScope, values: dict[str, Value]) -> list[str]:
    """Returns the condition that holds what is listed to what the reader may see; nothing for everything."""
    if scope.everything:
        return []
    place = "EXISTS (SELECT 1 FROM audit_place p WHERE p.audit_id = t.id AND p."
    ways = [
        f"t.account_id IN ({_names('account', scope.accounts, values)})",
        f"t.actor IN ({_names('person', scope.persons, values)})",
        f"t.on_behalf_of IN ({_names('person', scope.persons, values)})",
        f"{place}organisation_id IN ({_names('organisation', scope.organisations, values)}))",
        f"{place}municipality_id IN ({_names('municipality', scope.municipalities, values)}))",
    ]
    return [f"({' OR '.join(ways)})"]


def _newest_within(scope: AuditScope, values: dict[str, Value]) -> list[str]:
    """Returns the condition for all that support may read, without a parent that would narrow it."""
    if scope.everything:
        return []
    names = {f"municipality_{place}": member for place, member in enumerate(sorted(scope.municipalities))}
    values.update(names)
    pages = [NEWEST_IN_MUNICIPALITY.format(municipality=name) for name in names]
    return [f"t.id IN ({' UNION '.join(pages) or 'NULL'})"]


def _names(kind: str, members: Collection[str], values: dict[str, Value]) -> str:
    names = {f"{kind}_{place}": member for place, member in enumerate(sorted(members))}
    values.update(names)
    return ", ".join(f":{name}" for name in names) or "NULL"


def _record(row: Row) -> AuditRecord:
    return AuditRecord(
        id=row["id"],
        actor=row["actor"],
        action=row["action"],
        account_id=row["account_id"],
        at=moment(row["at"]),
        entry_point=EntryPoint(row["entry_point"]),
        policy=None if row["policy"] is None else Policy(row["policy"]),
        reason=row["reason"],
        client_id=row["client_id"],
        on_behalf_of=row["on_behalf_of"],
        visit_id=row["visit_id"],
        ticket_id=row["ticket_id"],
        decision=None if row["decision"] is None else str(row["decision"]),
        agent=row["agent"],
    )
