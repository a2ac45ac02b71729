"""The writes that a decision ends in: the claim of a learning profile, or a refusal."""

from dataclasses import replace

from binding_server.domain.model import AttemptState, BindingState, EndReason, EntryPoint
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.watching import EventKind
from binding_server.store import attempts, bindings
from binding_server.store.chats import join
from binding_server.store.connection import Connection
from binding_server.store.events import add_event
from binding_server.store.ground import ground_now
from binding_server.store.places import places_of_account, put_binding
from binding_server.store.requests import add_audit, add_decision, earlier_result, keep_result
from binding_server.store.vault import Vault
from binding_server.use_cases.records import Claim, Claimed, Refuse, ReleaseOther, RequestResult


class Conflict(Exception):
    """The account or the profile is ACTIVE elsewhere, the account has other classes by now, or another binding was to
    be released and is not there any more. Raised, so that all that the claim wrote is taken back."""


def claim(connection: Connection, vault: Vault, claim: Claim) -> Claimed:
    """Inserts the binding first and lets the unique indexes judge; everything else follows from that.

    The very same pair ACTIVE already: decision, audit, attempt and request are written, and no event. A named request
    that led to a binding before: that binding, and nothing is written; one that was refused at the same moment: the
    binding stands above the refusal.

    Raises:
        Conflict: I1 or I2 stands against it, the account's ground has changed, or what was to be released has ended.
        Refusal: ATTEMPT_NOT_PENDING, the attempt was cancelled or ended otherwise meanwhile; REQUEST_ID_REUSED.
    """
    earlier = earlier_result(connection, claim.request)
    if earlier is not None and earlier.binding_id is not None:
        return _claimed_before(connection, vault, earlier, earlier.binding_id)
    binding, now = claim.binding, claim.audit.at
    # A roster that came in between has settled all bindings that it found; this one was not among them.
    if claim.ground is not None and ground_now(connection, binding.account_id) != claim.ground:
        raise Conflict
    if claim.release is not None:
        _release(connection, vault, claim, claim.release)
    decision = add_decision(connection, claim.decision)
    audit_id = add_audit(connection, replace(claim.audit, decision=decision))
    made = connection.run(bindings.INSERT_FIRST, **bindings.column_values(binding, vault, audit_id)) == 1
    if not made:
        held = bindings.active_binding(connection, vault, binding.account_id)
        if held is None or held.vk_digest != binding.vk_digest:
            raise Conflict
        binding = held
    if made:
        places = places_of_account(connection, binding.account_id)
        put_binding(connection, binding.id, binding.diagnosis, places)
        created = EventKind.BINDING_CREATED
        add_event(connection, created, now, places, binding_id=binding.id, account_id=binding.account_id)
        join(connection, binding.id, binding.account_id, claim.wanted, claim.settled, now)
    if claim.attempt_id is not None:
        _complete(connection, vault, claim.attempt_id, audit_id, binding.id, decision, made=made)
    keep_result(connection, claim.request, now, binding_id=binding.id, already=not made, decision=decision)
    return Claimed(binding, not made, decision)


def refuse(connection: Connection, refuse: Refuse) -> str | None:
    """Writes a refusal and returns the decision's number.

    A named request that has its result already: nothing is written. An attempt that ended meanwhile stays as it is,
    and there is no event then.

    Raises:
        Refusal: REQUEST_ID_REUSED.
    """
    earlier = earlier_result(connection, refuse.request)
    if earlier is not None:
        return earlier.decision
    now = refuse.audit.at
    decision = None if refuse.decision is None else add_decision(connection, refuse.decision)
    audit_id = add_audit(connection, replace(refuse.audit, decision=decision))
    if refuse.attempt_id is not None:
        ended = refuse.attempt_state is None or attempts.end_attempt(
            connection,
            refuse.attempt_id,
            refuse.attempt_state,
            audit_id,
            refusal=refuse.refusal,
            decision=decision,
        )
        if ended:
            account_id = refuse.audit.account_id
            add_event(
                connection,
                EventKind.BINDING_REFUSED,
                now,
                places_of_account(connection, account_id or ""),
                account_id=account_id,
                attempt_id=refuse.attempt_id,
            )
    keep_result(
        connection,
        refuse.request,
        now,
        attempt_id=refuse.attempt_id,
        decision=decision,
        refusal=refuse.refusal,
    )
    return decision


def _release(connection: Connection, vault: Vault, claim: Claim, release: ReleaseOther) -> None:
    """Ends the profile's binding in another account (A7). What was decided upon must still hold."""
    found = bindings.known(connection, vault, release.binding_id)
    if found.state is not BindingState.ACTIVE or found.vk_digest != claim.binding.vk_digest:
        raise Conflict
    bindings.unbind(
        connection,
        vault,
        found.id,
        reason=EndReason.RELEASED_BY_OWNER,
        entry_point=EntryPoint.API,
        expected_version=None,
        now=claim.audit.at,
        audit=release.audit,
        request=None,
    )


def _claimed_before(connection: Connection, vault: Vault, earlier: RequestResult, binding_id: str) -> Claimed:
    return Claimed(bindings.known(connection, vault, binding_id), earlier.already, earlier.decision or "")


def _complete(
    connection: Connection,
    vault: Vault,
    attempt_id: str,
    audit_id: int,
    binding_id: str,
    decision: str,
    *,
    made: bool,
) -> None:
    if attempts.end_attempt(
        connection, attempt_id, AttemptState.COMPLETED, audit_id, binding_id=binding_id, decision=decision
    ):
        return
    # Two callers may finish one attempt after each other; any other end forbids the claim.
    if made or attempts.known(connection, vault, attempt_id).state is not AttemptState.COMPLETED:
        raise Refusal(Reason.ATTEMPT_NOT_PENDING)
