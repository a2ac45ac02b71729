"""Finding, waiting for and cancelling attempts."""

from dataclasses import dataclass
from datetime import timedelta

from binding_server.domain.model import Attempt, AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import require_person
from binding_server.use_cases.evidence import provider_unavailable
from binding_server.use_cases.outcomes import AuthorizationResult, audit, numbered
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.visit_ends import within_visit

WAIT_S = 0.02
"""How often a second caller looks whether the first one is done, in seconds."""


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt under this call's lease."""

    attempt: Attempt
    owner: str


async def own_attempt(services: Services, caller: Caller, attempt_id: str) -> Attempt:
    """Returns an attempt of the caller's own, in a visit for an account at its school. Raises Refusal:
    RESOURCE_NOT_ACCESSIBLE for any other, existing or not."""
    person = require_person(caller)
    attempt = await services.store.attempt(attempt_id)
    if attempt is None or attempt.person_id != person.id or not await _within_visit(services, caller, attempt):
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return attempt


async def _within_visit(services: Services, caller: Caller, attempt: Attempt) -> bool:
    if caller.operator is None:
        return True
    context = await services.store.account(attempt.account_id)
    return context is not None and within_visit(caller, context)


async def cancel_attempt(services: Services, caller: Caller, attempt_id: str) -> Attempt:
    """Cancels an attempt; one that has ended is returned as it is. Raises Refusal."""
    attempt = await own_attempt(services, caller, attempt_id)
    record = audit(services, caller, "binding.cancel", attempt.account_id, policy=attempt.policy)
    return await services.store.cancel_attempt(attempt.id, record)


async def hold_attempt(
    services: Services, caller: Caller, attempt: Attempt, result: AuthorizationResult | None
) -> Held | Attempt:
    """Takes the attempt for this call, waiting for another call that has it.

    Returns:
        The attempt under a lease, or an ended one if the caller who was waited for (or an earlier call with the same
        result) ended it.

    Raises:
        Refusal: ATTEMPT_NOT_PENDING, also if the attempt was AUTHORIZED by another result; D22 with a fresh
        authorization URI if the code was sent before and nothing came of it.
    """
    digest = services.vault.code_digest(result.code) if result and result.code else None
    owner = f"{services.instance_id}:{services.ids.new_id()}"
    waited = False
    while True:
        now = services.clock.now()
        until = now + timedelta(seconds=max(caller.time_left_s(), 0.0))
        lease = await services.store.lease_attempt(attempt.id, digest, owner, until, now)
        found = lease.attempt
        if lease.granted:
            if found.state is AttemptState.AUTHORIZED and not _same_result(found, result, digest):
                # Another sign-in, or a refusal at VK ID, must not claim what an earlier sign-in has shown.
                await services.store.release_attempt(found.id, owner, forget_code=False)
                raise not_pending(found)
            return Held(found, owner)
        if found.state.is_final:
            return _ended(found, result, digest, waited=waited)
        if found.lease_until is None or found.lease_until <= now:
            if result and result.state != found.oauth_state:
                # Renewed since: the fresh address that was told then must stay good.
                raise provider_unavailable("VK_ID", found.authorization_uri)
            raise await _renewed(services, found, owner=None)
        if caller.time_left_s() <= WAIT_S:
            raise provider_unavailable("VK_ID")
        waited = True
        await services.sleep(WAIT_S)


async def renew(services: Services, held: Held) -> Refusal:
    """Gives a held attempt a fresh authorization after its code went out in vain; returns D22 to be raised."""
    return await _renewed(services, held.attempt, owner=held.owner)


async def _renewed(services: Services, attempt: Attempt, owner: str | None) -> Refusal:
    state, verifier = services.ids.new_secret(), services.ids.new_secret()
    uri = services.vk.authorization_uri(state=state, code_verifier=verifier, redirect_uri=attempt.redirect_uri)
    renewed = await services.store.renew_attempt(
        attempt.id, owner, oauth_state=state, code_verifier=verifier, authorization_uri=uri
    )
    return provider_unavailable("VK_ID", renewed.authorization_uri) if _is_open(renewed) else not_pending(renewed)


def _is_open(attempt: Attempt) -> bool:
    return attempt.state is AttemptState.PENDING


def _same_result(attempt: Attempt, result: AuthorizationResult | None, digest: bytes | None) -> bool:
    """Tells whether a call goes on with what the attempt has got already."""
    return result is None or (digest is not None and attempt.code_digest == digest)


def _ended(attempt: Attempt, result: AuthorizationResult | None, digest: bytes | None, *, waited: bool) -> Attempt:
    if attempt.state is AttemptState.COMPLETED and _same_result(attempt, result, digest):
        return attempt
    same = attempt.code_digest == digest or result is None
    if waited and same and attempt.refusal:
        raise numbered(Refusal.of(attempt.refusal), attempt.decision)
    raise not_pending(attempt)


def not_pending(attempt: Attempt) -> Refusal:
    """Returns the refusal for an attempt that has ended, or does not wait for a result any more."""
    return Refusal(Reason.ATTEMPT_NOT_PENDING, metadata={"state": str(attempt.state)})
