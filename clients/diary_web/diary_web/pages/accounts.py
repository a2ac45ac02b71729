"""The buttons of an account: bind, unbind; and the page after success."""

from __future__ import annotations

from collections.abc import Mapping

from binding_client.errors import BindingError
from sferum.binding.v1.resources_pb2 import EntryPoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.pages.chats import load_chats
from diary_web.pages.contact import BIND, send_code
from diary_web.pages.mine import load_mine
from diary_web.pages.profile import account_values, find_account, profile_page
from diary_web.pages.refusal import http_status, place_of, refusal_of
from diary_web.pages.starting import start_binding
from diary_web.security import read_form
from diary_web.texts import Texts
from diary_web.web import account_path, client_of, go, render, request_id_of, signed_in

CONTACT_REASONS = frozenset({"CONTACT_REQUIRED", "CONTACT_INVALID", "CONTACT_NOT_OWNED"})
"""Refusals that are shown beside the contact field, where they can be corrected."""

ENTRY_POINTS: Mapping[str, EntryPoint] = {
    "PROFILE_PAGE": EntryPoint.ENTRY_POINT_PROFILE_PAGE,
    "CHATS_TAB": EntryPoint.ENTRY_POINT_CHATS_TAB,
}
"""By the name that the form of each button sends."""


def routes() -> list[Route]:
    """Addresses of this page."""
    return [
        Route("/accounts/{account}/bind", bind, methods=["POST"]),
        Route("/accounts/{account}/unbind", unbind, methods=["POST"]),
        Route("/accounts/{account}/bound", bound),
    ]


async def bind(request: Request) -> Response:
    """«Привязать учебный профиль Сферума»: starts an attempt and sends the browser to VK ID; by way of a one-time code
    if the contact is not confirmed."""
    session = signed_in(request)
    form = await read_form(request, session)
    contact = form.get("contact", "")
    request.state.via = via = form.get("via", "")
    try:
        return await start_binding(request, contact=contact, via=via, nonce=form.get("request", ""))
    except BindingError as error:
        if error.reason == "CONTACT_NOT_VERIFIED":
            return await send_code(request, contact=contact, then=BIND, via=via)
        if error.reason not in CONTACT_REASONS:
            raise
        refusal = refusal_of(error, Texts(session.language), place_of(request))
        return await profile_page(request, via=via, contact=contact, refusal=refusal, status=http_status(error.code))


async def unbind(request: Request) -> Response:
    """Both buttons that undo a binding; the form says which one it was."""
    session = signed_in(request)
    form = await read_form(request, session)
    account = f"accounts/{request.path_params['account']}"
    request.state.via = via = form.get("via", "")
    entry_point = form.get("entry_point", "")
    binding, etag = form.get("binding", ""), form.get("etag", "")
    async with client_of(request) as client:
        answer = await client.unbind(
            name=binding,
            entry_point=ENTRY_POINTS.get(entry_point, EntryPoint.ENTRY_POINT_API),
            etag=etag,
            request_id=request_id_of("unbind", form.get("request", ""), binding, etag, entry_point),
        )
    session.note("success", answer.message or Texts(session.language)("unbound.message"))
    tab = ["chats"] if entry_point == "CHATS_TAB" else []
    return go(account_path(account, *tab, via=via))


async def bound(request: Request) -> Response:
    """The page after a success: the binding and its chats."""
    account_id = request.path_params["account"]
    via = request.query_params.get("via", "")
    async with client_of(request) as client:
        mine = await load_mine(request, client)
        account = await find_account(mine, client, account_id)
        if not account.binding:
            return go(account_path(account_id, via=via))
        binding = await client.get_binding(name=account.binding)
        chats = await load_chats(client, account.name)
    return render(request, "bound", {**account_values(mine, account, via), "binding": binding, "chats": chats})
