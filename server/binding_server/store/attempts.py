# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Binding attempts: begin, lease, authorize, renew, end.

A lease keeps two callers from sending one code twice; the digests of codes that may have been sent outlive leases,
crashes and renewals.
"""

from datetime import datetime

from binding_server.domain.model import Attempt, AttemptState, RefusalRecord, VkEvidence
from binding_server.store.attempt_rows import ATTEMPT, INSERT, attempt_of, column_values, verifier_place, vk_place
from binding_server.store.codec import refusal_of, refusal_text, vk_text
from binding_server.store.connection import Connection
from binding_server.store.requests import add_audit, earlier_result, keep_result
from binding_server.store.tables import micros, moment
from binding_server.store.vault import Vault
from binding_server.use_cases.records import AuditEntry, Lease, RequestKey

SERVICE = "service:sferum-binding"
"""Who ends an attempt by itself, in the audit."""

SWEEP = 20
"""How many overdue attempts a new one takes along, so that facts do not outlive their attempt for long."""

BY_ID = f"SELECT {ATTEMPT} FROM attempt t WHERE t.id = :id"
TOO_MANY = """
    SELECT id, account_id FROM attempt WHERE account_id = :account_id AND state = 'PENDING'
    ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET :keep
"""
OVERDUE = """
    SELECT id, account_id FROM attempt
    WHERE state IN ('PENDING', 'AUTHORIZED') AND expires_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
    ORDER BY expires_at LIMIT :limit
"""
WAS_SENT = "SELECT 1 FROM sent_code WHERE attempt_id = :id AND digest = :digest"
SENT = "INSERT INTO sent_code (attempt_id, digest) VALUES (:id, :digest)"
FORGET = "DELETE FROM sent_code WHERE attempt_id = :id AND digest = :digest"
LEASE = "UPDATE attempt SET lease_owner = :owner, lease_until = :until WHERE id = :id"
NOTE_CODE = "UPDATE attempt SET code_digest = :digest WHERE id = :id"
CLEAR_LEASES = "UPDATE attempt SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL"
RENEW = """
    UPDATE attempt SET oauth_state = :oauth_state, sealed_verifier = :sealed_verifier,
        authorization_uri = :authorization_uri, code_digest = NULL, lease_owner = NULL, lease_until = NULL
    WHERE id = :id AND state = 'PENDING' AND lease_owner IS :owner
"""
AUTHORIZE = """
    UPDATE attempt SET state = 'AUTHORIZED', sealed_vk = :sealed_vk, sealed_verifier = NULL
    WHERE id = :id AND state = 'PENDING' AND lease_owner = :owner
"""
END = """
    UPDATE attempt SET state = :state, refusal = :refusal, binding_id = :binding_id, decision = :decision,
        end_audit_id = :end_audit_id, sealed_verifier = NULL, sealed_vk = NULL, lease_owner = NULL, lease_until = NULL
    WHERE id = :id AND state IN ('PENDING', 'AUTHORIZED')
"""
NEWEST_ENDED = """
    SELECT t.refusal, t.end_audit_id, a.at FROM attempt t JOIN audit a ON a.id = t.end_audit_id
    WHERE t.account_id = :account_id AND t.end_audit_id IS NOT NULL ORDER BY t.end_audit_id DESC LIMIT 1
"""
BOUND_SINCE = "SELECT 1 FROM binding WHERE account_id = :account_id AND audit_id > :audit_id LIMIT 1"


def attempt(connection: Connection, vault: Vault, attempt_id: str) -> Attempt | None:
    """Returns an attempt as it is stored; one that is overdue becomes EXPIRED when it is next asked for work."""
    row = connection.one(BY_ID, id=attempt_id)
    return None if row is None else attempt_of(row, vault)


def add_attempt(
    connection: Connection,
    vault: Vault,
    attempt: Attempt,
    max_pending: int,
    audit: AuditEntry,
    request: RequestKey | None,
) -> str:
    """Adds a PENDING attempt, or returns the id of the one that the same named request made."""
    earlier = earlier_result(connection, request)
    if earlier is not None and earlier.attempt_id is not None:
        return earlier.attempt_id
    connection.run(INSERT, **column_values(attempt, vault))
    add_audit(connection, audit)
    keep_result(connection, request, audit.at, attempt_id=attempt.id)
    for row in connection.all(TOO_MANY, account_id=attempt.account_id, keep=max_pending):
        _expire(connection, row["id"], row["account_id"], audit.at)
    expire_overdue(connection, audit.at, SWEEP)
    return attempt.id


def lease_attempt(
    connection: Connection,
    vault: Vault,
    attempt_id: str,
    code_digest: bytes | None,
    owner: str,
    until: datetime,
    now: datetime,
) -> Lease:
    """Grants an attempt to one caller at a time, and stores the code's digest before anybody can send the code."""
    found = known(connection, vault, attempt_id)
    if found.state.is_final or (found.lease_until is not None and found.lease_until > now):
        return Lease(False, found)
    if found.expires_at <= now:
        _expire(connection, attempt_id, found.account_id, now)
        return Lease(False, known(connection, vault, attempt_id))
    new_code = code_digest is not None and found.state is AttemptState.PENDING
    if new_code and connection.one(WAS_SENT, id=attempt_id, digest=code_digest) is not None:
        # The lease that ran out is cleared away, so that a renewal needs no owner.
        connection.run(LEASE, id=attempt_id, owner=None, until=None)
        return Lease(False, known(connection, vault, attempt_id))
    connection.run(LEASE, id=attempt_id, owner=owner, until=micros(until))
    if new_code:
        connection.run(SENT, id=attempt_id, digest=code_digest)
        connection.run(NOTE_CODE, id=attempt_id, digest=code_digest)
    return Lease(True, known(connection, vault, attempt_id))


def release_attempt(connection: Connection, vault: Vault, attempt_id: str, owner: str, *, forget_code: bool) -> None:
    """Ends the caller's lease; `forget_code` lets the code be sent again. Does nothing if the lease is not its own."""
    found = known(connection, vault, attempt_id)
    if found.lease_owner != owner:
        return
    connection.run(LEASE, id=attempt_id, owner=None, until=None)
    if forget_code and found.state is AttemptState.PENDING and found.code_digest is not None:
        connection.run(FORGET, id=attempt_id, digest=found.code_digest)
        connection.run(NOTE_CODE, id=attempt_id, digest=None)


def clear_leases(connection: Connection) -> int:
    """Ends all leases: a server that starts has no call under way. Returns how many there were."""
    return connection.run(CLEAR_LEASES)


def renew_attempt(
    connection: Connection,
    vault: Vault,
    attempt_id: str,
    owner: str | None,
    *,
    oauth_state: str,
    code_verifier: str,
    authorization_uri: str,
) -> Attempt:
    """Gives a PENDING attempt a fresh authorization, for the lease's owner or, with None, if there is no lease.
    Returns the attempt as it is then."""
    connection.run(
        RENEW,
        id=attempt_id,
        owner=owner,
        oauth_state=oauth_state,
        sealed_verifier=vault.seal(code_verifier, verifier_place(attempt_id)),
        authorization_uri=authorization_uri,
    )
    return known(connection, vault, attempt_id)


def authorize_attempt(
    connection: Connection, vault: Vault, attempt_id: str, owner: str, vk: VkEvidence, audit: AuditEntry
) -> Attempt:
    """PENDING to AUTHORIZED for the lease's owner: facts sealed, verifier deleted. Otherwise the attempt is returned
    as it is."""
    sealed = vault.seal(vk_text(vk), vk_place(attempt_id))
    if connection.run(AUTHORIZE, id=attempt_id, owner=owner, sealed_vk=sealed):
        add_audit(connection, audit)
    return known(connection, vault, attempt_id)


def cancel_attempt(connection: Connection, vault: Vault, attempt_id: str, audit: AuditEntry) -> Attempt:
    """Cancels an attempt that has not ended; one that has is returned as it is."""
    if not known(connection, vault, attempt_id).state.is_final:
        end_attempt(connection, attempt_id, AttemptState.CANCELLED, add_audit(connection, audit))
    return known(connection, vault, attempt_id)


def end_attempt(
    connection: Connection,
    attempt_id: str,
    state: AttemptState,
    audit_id: int,
    *,
    refusal: RefusalRecord | None = None,
    binding_id: str | None = None,
    decision: str | None = None,
) -> bool:
    """Ends an attempt and deletes verifier and facts; False if it had ended before, and nothing changes then."""
    changed = connection.run(
        END,
        id=attempt_id,
        state=state,
        refusal=refusal_text(refusal),
        binding_id=binding_id,
        decision=None if decision is None else int(decision),
        end_audit_id=audit_id,
    )
    return changed == 1


def expire_overdue(connection: Connection, now: datetime, limit: int) -> int:
    """Makes overdue attempts that nobody holds EXPIRED, the oldest first. Returns how many."""
    rows = connection.all(OVERDUE, now=micros(now), limit=limit)
    for row in rows:
        _expire(connection, row["id"], row["account_id"], now)
    return len(rows)


def newest_refusal(connection: Connection, account_id: str) -> tuple[RefusalRecord, datetime] | None:
    """Returns the refusal that the account's newest ended attempt ended with, unless a binding was made since."""
    row = connection.one(NEWEST_ENDED, account_id=account_id)
    if row is None:
        return None
    refusal = refusal_of(row["refusal"])
    if refusal is None or connection.one(BOUND_SINCE, account_id=account_id, audit_id=row["end_audit_id"]):
        return None
    return refusal, moment(row["at"])


def known(connection: Connection, vault: Vault, attempt_id: str) -> Attempt:
    """Returns an attempt that must be there.

    Raises:
        LookupError: there is none of that id.
    """
    found = attempt(connection, vault, attempt_id)
    if found is None:
        raise LookupError(f"no attempt {attempt_id}")
    return found


def _expire(connection: Connection, attempt_id: str, account_id: str, now: datetime) -> None:
    audit_id = add_audit(connection, AuditEntry(actor=SERVICE, action="attempt.expire", account_id=account_id, at=now))
    end_attempt(connection, attempt_id, AttemptState.EXPIRED, audit_id)
