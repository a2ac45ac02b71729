"""Binds in one call, for a back end that led the VK ID sign-in itself."""

from binding_server.domain.model import AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import own_account
from binding_server.use_cases.complete_binding import finish
from binding_server.use_cases.outcomes import AuthorizationResult, Completion, earlier_result, request_key
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.start_binding import check_way, decide_start, open_attempt


async def create_binding(
    services: Services,
    caller: Caller,
    account_id: str,
    contact: str,
    code: str,
    code_verifier: str,
    redirect_uri: str,
    device_id: str,
    via_pupil: str | None,
    request_id: str,
) -> Completion:
    """Decides and claims with a code that the caller brings. The same checks as starting and completing an attempt.

    An attempt is kept underneath, named by the request or by the code's digest, so that a repeat never sends the
    code twice.

    Raises:
        Refusal: any row of the decision table and the refusals of starting an attempt.
    """
    context = await own_account(services, caller, account_id)
    name = request_id or services.vault.code_digest(code).hex()[:32]
    content = (account_id, contact, code, code_verifier, redirect_uri, device_id, via_pupil or "")
    key = request_key(services, caller, "CreateBinding", name, *content)
    opening = request_key(services, caller, "CreateBinding.attempt", name, *content)
    await earlier_result(services, key)
    opened = await earlier_result(services, opening)
    attempt = await services.store.attempt(opened.attempt_id) if opened and opened.attempt_id else None
    if attempt is None:
        check_way(services, caller, context, redirect_uri, via_pupil)
        found, stated = await decide_start(services, caller, context, contact, key)
        attempt = await open_attempt(
            services, caller, context, found, stated, redirect_uri, via_pupil, opening, code_verifier
        )
    if attempt.state is AttemptState.EXPIRED:
        raise Refusal(Reason.ATTEMPT_NOT_PENDING, metadata={"state": str(attempt.state)})
    # The state of the caller's own authorization is the caller's to check; the one kept here is always met.
    result = AuthorizationResult(state=attempt.oauth_state, code=code, device_id=device_id)
    return await finish(services, caller, attempt, result, preview=False, key=key)
