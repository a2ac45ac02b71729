"""Confirming a phone number or an e-mail address by a one-time code: on the way to a binding, or for its own sake."""

from __future__ import annotations

import secrets
from typing import Any

from binding_client.errors import BindingError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.pages.mine import load_mine
from diary_web.pages.profile import account_values, find_account
from diary_web.pages.refusal import Refusal, http_status, place_of, refusal_of
from diary_web.pages.starting import start_binding
from diary_web.security import read_form
from diary_web.texts import Texts
from diary_web.web import account_path, client_of, go, render, session_of, signed_in

BIND = "bind"
"""What a confirmed contact is for: the binding that was refused without it."""

_SEND_AGAIN = frozenset({"RATE_LIMITED", "PROVIDER_UNAVAILABLE"})
"""Refusals after which a code that was sent before may still be at hand."""


def routes() -> list[Route]:
    """Addresses of this page."""
    return [
        Route("/accounts/{account}/contact", ask, methods=["GET"]),
        Route("/accounts/{account}/contact", send, methods=["POST"]),
        Route("/accounts/{account}/contact/confirm", confirm, methods=["POST"]),
    ]


async def ask(request: Request) -> Response:
    """Asks which contact to confirm."""
    signed_in(request)
    return await _page(request, contact="", then="", via=request.query_params.get("via", ""))


async def send(request: Request) -> Response:
    """Has a code sent, or another one, and asks for it."""
    form = await read_form(request, signed_in(request))
    request.state.via = via = form.get("via", "")
    return await send_code(request, contact=form.get("contact", ""), then=form.get("then", ""), via=via)


async def send_code(request: Request, *, contact: str, then: str, via: str) -> Response:
    """Has a code sent and shows the page that asks for it.

    Args:
        request: has the account's id in its path.
        contact: as the person typed it.
        then: `bind` to start the binding once the contact is confirmed, else empty.
        via: id of the child through which a parent came, or empty.
    """
    try:
        async with client_of(request) as client:
            sent = await client.send_contact_code(contact=contact)
    except BindingError as error:
        if not error.reason or error.reason == "ESIA_SESSION_REQUIRED":
            raise
        refusal = refusal_of(error, Texts(session_of(request).language), place_of(request))
        masked = contact if error.reason in _SEND_AGAIN else ""
        status = http_status(error.code)
        return await _page(request, contact=contact, masked=masked, then=then, via=via, refusal=refusal, status=status)
    return await _page(request, contact=contact, masked=sent.contact_masked, then=then, via=via)


async def confirm(request: Request) -> Response:
    """Takes the code; then goes on with what it was needed for."""
    session = signed_in(request)
    form = await read_form(request, session)
    request.state.via = via = form.get("via", "")
    contact, then = form.get("contact", ""), form.get("then", "")
    t = Texts(session.language)
    try:
        async with client_of(request) as client:
            await client.confirm_contact(contact=contact, code=form.get("code", ""))
    except BindingError as error:
        if error.reason not in ("CONTACT_CODE_INVALID", "CONTACT_NOT_OWNED", "REQUEST_INVALID"):
            raise
        refusal = refusal_of(error, t, place_of(request))
        masked = "" if error.reason == "CONTACT_NOT_OWNED" else contact
        left, status = error.metadata.get("tries_left", ""), http_status(error.code)
        return await _page(
            request, contact=contact, masked=masked, then=then, via=via, refusal=refusal, tries_left=left, status=status
        )
    if then == BIND:
        # The refused start is kept under its own name: this is another request.
        return await start_binding(request, contact=contact, via=via, nonce=f"{BIND}-{form.get('request', '')}")
    session.note("success", t("contact.confirmed"))
    return go(account_path(request.path_params["account"], via=via))


async def _page(
    request: Request,
    *,
    contact: str,
    then: str,
    via: str,
    masked: str = "",
    refusal: Refusal | None = None,
    tries_left: str = "",
    status: int = 200,
) -> Response:
    """The page: with the field for the code if one is on its way (`masked`), else with the field for the contact."""
    async with client_of(request) as client:
        mine = await load_mine(request, client)
        account = await find_account(mine, client, request.path_params["account"])
    values: dict[str, Any] = {
        **account_values(mine, account, via),
        "contact": contact,
        "masked": masked,
        "then": then,
        "refusal": refusal,
        "tries_left": tries_left,
        "request_nonce": secrets.token_hex(8),
    }
    return render(request, "contact", values, status)
