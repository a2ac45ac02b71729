"""Finding, waiting for and cancelling attempts."""

from dataclasses import dataclass
from datetime import timedelta

from binding_server.domain.model import Attempt, AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import require_person
from binding_server.use_cases.evidence import provider_unavailable
from binding_server.use_cases.outcomes import audit, numbered
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.start_binding import authorization_uri

WAIT_S = 0.02
"""How often a second caller looks whether the first one is done, in seconds."""


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt under this call's lease."""

    attempt: Attempt
    owner: str


async def own_attempt(services: Services, caller: Caller, attempt_id: str) -> Attempt:
    """Returns an attempt of the caller's own. Raises Refusal: RESOURCE_NOT_ACCESSIBLE for any other, existing or
    not."""
    person = require_person(caller)
    attempt = await services.store.attempt(attempt_id)
    if attempt is None or attempt.person_id != person.id:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return attempt


async def cancel_attempt(services: Services, caller: Caller, attempt_id: str) -> Attempt:
    """Cancels an attempt; one that has ended is returned as it is. Raises Refusal."""
    attempt = await own_attempt(services, caller, attempt_id)
    record = audit(services, caller, "binding.cancel", attempt.account_id, policy=attempt.policy)
    return await services.store.cancel_attempt(attempt.id, record)


async def hold_attempt(services: Services, caller: Caller, attempt: Attempt, code: str) -> Held | Attempt:
    """Takes the attempt for this call, waiting for another call that has it.

    Returns:
        The attempt under a lease, or an ended one if the caller who was waited for (or an earlier call with the same
        code) ended it.

    Raises:
        Refusal: ATTEMPT_NOT_PENDING; D22 with a fresh authorization URI if the code was sent before and nothing came
        of it.
    """
    digest = services.vault.code_digest(code) if code else None
    owner = f"{services.instance_id}:{services.ids.new_id()}"
    waited = False
    while True:
        now = services.clock.now()
        until = now + timedelta(seconds=max(caller.time_left_s(), 0.0))
        lease = await services.store.lease_attempt(attempt.id, digest, owner, until, now)
        if lease.granted:
            return Held(lease.attempt, owner)
        found = lease.attempt
        if found.state.is_final:
            return _ended(found, digest, waited=waited)
        if found.lease_until is None or found.lease_until <= now:
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
    return provider_unavailable("VK_ID", renewed.authorization_uri or authorization_uri(services, renewed))


def _ended(attempt: Attempt, digest: bytes | None, *, waited: bool) -> Attempt:
    same_code = digest is None or attempt.code_digest == digest
    if attempt.state is AttemptState.COMPLETED and same_code:
        return attempt
    if waited and same_code and attempt.refusal:
        raise numbered(Refusal.of(attempt.refusal), attempt.decision)
    raise not_pending(attempt)


def not_pending(attempt: Attempt) -> Refusal:
    """Returns the refusal for an attempt that has ended."""
    return Refusal(Reason.ATTEMPT_NOT_PENDING, metadata={"state": str(attempt.state)})
