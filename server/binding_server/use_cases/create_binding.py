"""Binds in one call, for a back end that led the VK ID sign-in itself."""

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import own_account
from binding_server.use_cases.complete_binding import ACTION, completed, finish
from binding_server.use_cases.outcomes import (
    AuthorizationResult,
    Completion,
    earlier_result,
    numbered,
    refuse,
    request_key,
)
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

    An attempt is kept underneath, named by the code, so that a repeat never sends the code twice. A refusal that comes
    before it (such as D5) leaves the code good.

    Raises:
        Refusal: any row of the decision table and the refusals of starting an attempt. D21 for a code that was brought
            before with other content, or was sent to VK ID in vain: the caller leads a new sign-in then.
    """
    context = await own_account(services, caller, account_id)
    content = (account_id, contact, code, code_verifier, redirect_uri, device_id, via_pupil or "")
    key = request_key(services, caller, "CreateBinding", request_id, *content)
    earlier = await earlier_result(services, key)
    opening = request_key(services, caller, "CreateBinding.code", services.vault.code_digest(code).hex(), *content)
    opened = await services.store.request_result(opening) if opening else None
    if opening and opened and opened.content != opening.content:
        raise await refuse(services, caller, context, None, _code_spent(), action=ACTION, request=key)
    attempt = await services.store.attempt(opened.attempt_id) if opened and opened.attempt_id else None
    if attempt is None:
        check_way(services, caller, context, redirect_uri, via_pupil)
        found, stated = await decide_start(services, caller, context, contact, key)
        attempt = await open_attempt(
            services, caller, context, found, stated, redirect_uri, via_pupil, opening, code_verifier
        )
    elif earlier and earlier.binding_id:
        return await completed(services, attempt, earlier)
    elif attempt.refusal:
        raise numbered(Refusal.of(attempt.refusal), attempt.decision)
    # The state of the caller's own authorization is the caller's to check; the one kept here is always met.
    result = AuthorizationResult(state=attempt.oauth_state, code=code, device_id=device_id)
    try:
        return await finish(services, caller, attempt, result, preview=False, key=key)
    except Refusal as refusal:
        # The address is of the attempt underneath: a caller who leads the sign-in has no use for it.
        if refusal.metadata.pop("authorization_uri", "") and opened:
            raise _code_spent() from refusal
        raise


def _code_spent() -> Refusal:
    return Refusal(Reason.VK_AUTH_FAILED, row="D21")
