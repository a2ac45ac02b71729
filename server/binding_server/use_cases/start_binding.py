"""Starts a binding attempt: decides D1 to D7 and sends the person to VK ID."""

from dataclasses import replace
from datetime import timedelta

from binding_server.domain.decision import Outcome, decide
from binding_server.domain.model import AccountContext, Attempt, AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import own_account
from binding_server.use_cases.evidence import (
    Found,
    StatedContact,
    account_facts,
    live_contacts,
    state_contact,
)
from binding_server.use_cases.limits import LimitKind, require_left, use
from binding_server.use_cases.outcomes import audit, earlier_result, refuse, request_key
from binding_server.use_cases.records import RequestKey
from binding_server.use_cases.services import Caller, Services

ATTEMPT_LIFE = timedelta(minutes=30)
"""How long an attempt can be completed; a VK code lives 10 minutes of it."""

MAX_PENDING = 5
"""How many attempts of an account can be PENDING; one more and the oldest is EXPIRED."""


async def start_binding(
    services: Services,
    caller: Caller,
    account_id: str,
    contact: str,
    redirect_uri: str,
    via_pupil: str | None,
    request_id: str,
) -> Attempt:
    """Returns a PENDING attempt with the address for the person's browser.

    Args:
        account_id: the caller's own account.
        contact: phone number or e-mail address, as typed.
        redirect_uri: where VK ID sends the browser back to.
        via_pupil: account id of the child through which a parent came; kept for the record.
        request_id: names the request, so that a repeat returns the same attempt; empty for none.

    Raises:
        Refusal: rows D1 to D7, ACCOUNT_NOT_ACCESSIBLE, REDIRECT_URI_NOT_ALLOWED, REQUEST_ID_REUSED, RATE_LIMITED,
            D22 (ESIA).
    """
    context = await own_account(services, caller, account_id)
    key = request_key(services, caller, "StartBinding", request_id, account_id, contact, redirect_uri, via_pupil or "")
    earlier = await earlier_result(services, key)
    if earlier and earlier.attempt_id:
        return await _attempt(services, earlier.attempt_id)
    check_way(services, caller, context, redirect_uri, via_pupil)
    found, stated = await decide_start(services, caller, context, contact, key)
    return await open_attempt(services, caller, context, found, stated, redirect_uri, via_pupil, key)


def check_way(
    services: Services, caller: Caller, context: AccountContext, redirect_uri: str, via_pupil: str | None
) -> None:
    """Checks where the browser shall return to and through whom the caller came. Raises Refusal."""
    if not services.redirects.allows(caller.client_id, redirect_uri):
        raise Refusal(Reason.REDIRECT_URI_NOT_ALLOWED, fields=[("redirect_uri", "not among those allowed")])
    if via_pupil and via_pupil not in context.pupil_accounts:
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)


async def decide_start(
    services: Services, caller: Caller, context: AccountContext, contact: str, key: RequestKey | None
) -> tuple[Found, StatedContact]:
    """Decides D1 to D7 with a live look at ESIA; a refusal is written down and raised. RATE_LIMITED, which comes before
    all of that, is not: it says nothing of the request."""
    await require_left(services, caller, LimitKind.PROBES)
    await use(services, caller, LimitKind.START_BINDING)
    stated = state_contact(services, contact)
    try:
        live = await live_contacts(services, caller)
    except Refusal as refusal:
        # Not kept under the request id: it may be repeated as it was.
        raise await refuse(services, caller, context, None, refusal, action="binding.start") from refusal
    found = await account_facts(services, context, stated, live)
    row = decide(found.facts)
    if row and row.outcome is Outcome.REFUSES:
        raise await refuse(services, caller, context, found, row.refusal(), action="binding.start", request=key)
    return found, stated


async def open_attempt(
    services: Services,
    caller: Caller,
    context: AccountContext,
    found: Found,
    stated: StatedContact,
    redirect_uri: str,
    via_pupil: str | None,
    key: RequestKey | None,
    code_verifier: str | None = None,
) -> Attempt:
    """Adds a PENDING attempt, or returns the one that the same named request made in the meantime."""
    now = services.clock.now()
    attempt = Attempt(
        id=services.ids.new_id(),
        account_id=context.account.id,
        person_id=context.person.id,
        state=AttemptState.PENDING,
        contact_digest=stated.digest,
        contact_mask=stated.mask,
        redirect_uri=redirect_uri,
        oauth_state=services.ids.new_secret(),
        code_verifier=code_verifier or services.ids.new_secret(),
        authorization_uri="",
        policy=found.facts.policy,
        via_pupil=via_pupil,
        created_at=now,
        expires_at=now + ATTEMPT_LIFE,
    )
    uri = services.vk.authorization_uri(
        state=attempt.oauth_state,
        code_verifier=attempt.code_verifier,
        redirect_uri=redirect_uri,
        ask_consent=await _held_contacts_back(services, context.account.id),
    )
    attempt = replace(attempt, authorization_uri=uri)
    record = audit(
        services, caller, "binding.start", context.account.id, policy=found.facts.policy, via_pupil=via_pupil
    )
    attempt_id = await services.store.add_attempt(attempt, MAX_PENDING, record, key)
    return attempt if attempt_id == attempt.id else await _attempt(services, attempt_id)


async def _held_contacts_back(services: Services, account_id: str) -> bool:
    """Tells whether the newest attempt failed because VK ID passed no contact on (D11). Without being asked again
    the person could not take the way out that the refusal named."""
    newest = await services.store.newest_refusal(account_id)
    if newest is None or newest[0].reason != Reason.OWNERSHIP_UNVERIFIED:
        return False
    return dict(newest[0].metadata).get("contact_returned") == "false"


async def _attempt(services: Services, attempt_id: str) -> Attempt:
    attempt = await services.store.attempt(attempt_id)
    if attempt is None:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return attempt
