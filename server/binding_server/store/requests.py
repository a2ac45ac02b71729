# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Named requests and the records that every change leaves: audit and decision."""

from collections.abc import Iterable
from datetime import datetime

from binding_server.domain.model import RefusalRecord
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.watching import Place
from binding_server.store.codec import facts_text, refusal_of, refusal_text
from binding_server.store.connection import Connection, columns, insert
from binding_server.store.places import places_of_account
from binding_server.store.tables import AuditPlaceRow, AuditRow, DecisionRow, RequestRow, micros
from binding_server.use_cases.records import AuditEntry, DecisionEntry, RequestKey, RequestResult

REQUEST = f"""
    SELECT {columns(RequestRow, "r")} FROM request r
    WHERE r.caller = :caller AND r.method = :method AND r.request_id = :request_id
"""
KEEP_REQUEST = insert(
    RequestRow,
    end="""ON CONFLICT (caller, method, request_id) DO UPDATE SET attempt_id = excluded.attempt_id,
    binding_id = excluded.binding_id, ticket_id = excluded.ticket_id, already = excluded.already,
    decision = excluded.decision, refusal = excluded.refusal, at = excluded.at""",
)
ADD_AUDIT = insert(AuditRow)
ADD_DECISION = insert(DecisionRow)
ADD_PLACE = insert(AuditPlaceRow)


def request_result(connection: Connection, key: RequestKey) -> RequestResult | None:
    """Returns what an earlier request of that name led to; its content may differ."""
    row = connection.one(REQUEST, caller=key.caller, method=key.method, request_id=key.request_id)
    if row is None:
        return None
    return RequestResult(
        content=row["content"],
        attempt_id=row["attempt_id"],
        binding_id=row["binding_id"],
        ticket_id=row["ticket_id"],
        already=bool(row["already"]),
        decision=None if row["decision"] is None else str(row["decision"]),
        refusal=refusal_of(row["refusal"]),
    )


def earlier_result(connection: Connection, key: RequestKey | None) -> RequestResult | None:
    """Returns what the very same request led to already, seen from inside the write that would repeat it.

    Raises:
        Refusal: REQUEST_ID_REUSED, the name belongs to a request with other content.
    """
    if key is None:
        return None
    found = request_result(connection, key)
    if found is not None and found.content != key.content:
        raise Refusal(Reason.REQUEST_ID_REUSED)
    return found


def keep_result(
    connection: Connection,
    key: RequestKey | None,
    at: datetime,
    *,
    attempt_id: str | None = None,
    binding_id: str | None = None,
    ticket_id: str | None = None,
    already: bool = False,
    decision: str | None = None,
    refusal: RefusalRecord | None = None,
) -> None:
    """Stores what a named request led to."""
    if key is None:
        return
    connection.run(
        KEEP_REQUEST,
        caller=key.caller,
        method=key.method,
        request_id=key.request_id,
        content=key.content,
        attempt_id=attempt_id,
        binding_id=binding_id,
        ticket_id=ticket_id,
        already=int(already),
        decision=None if decision is None else int(decision),
        refusal=refusal_text(refusal),
        at=micros(at),
    )


def add_audit(connection: Connection, entry: AuditEntry, places: Iterable[Place] | None = None) -> int:
    """Writes an audit record and returns its number; numbers tell what came first.

    Args:
        places: the organisations that it concerns, whose operators may read it; those of the account now if None.
    """
    number = connection.add(
        ADD_AUDIT,
        actor=entry.actor,
        action=entry.action,
        account_id=entry.account_id,
        entry_point=entry.entry_point,
        policy=entry.policy,
        reason=entry.reason,
        via_pupil=entry.via_pupil,
        client_id=entry.client_id,
        on_behalf_of=entry.on_behalf_of,
        visit_id=entry.visit_id,
        ticket_id=entry.ticket_id,
        decision=None if entry.decision is None else int(entry.decision),
        agent=entry.agent,
        at=micros(entry.at),
    )
    if places is None:
        places = () if entry.account_id is None else places_of_account(connection, entry.account_id)
    for place in places:
        connection.run(
            ADD_PLACE,
            audit_id=number,
            organisation_id=place.organisation_id,
            municipality_id=place.municipality_id,
        )
    return number


def add_decision(connection: Connection, entry: DecisionEntry) -> str:
    """Keeps a decision and returns its short number."""
    number = connection.add(
        ADD_DECISION,
        account_id=entry.account_id,
        attempt_id=entry.attempt_id,
        policy=entry.policy,
        deciding_row=entry.row,
        accepted=int(entry.accepted),
        reason=entry.reason,
        facts=facts_text(entry.facts),
        proof=entry.proof,
        at=micros(entry.at),
    )
    return str(number)
