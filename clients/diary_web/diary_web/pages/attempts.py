"""An attempt after VK ID: the callback, the page to confirm, the end."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from binding_client import AsyncBindingClient
from binding_client.errors import BindingError
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult, CompleteBindingResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.errors import PageError
from diary_web.pages.mine import load_mine
from diary_web.security import read_form
from diary_web.sessions import Attempt, Session
from diary_web.texts import Texts
from diary_web.web import account_path, client_of, go, render, request_id_of, session_of, signed_in

CALLBACK = "/vk/callback"


def routes() -> list[Route]:
    """Addresses of this page."""
    return [
        Route(CALLBACK, callback),
        Route("/attempts/{attempt}/confirm", confirm_page, methods=["GET"]),
        Route("/attempts/{attempt}/confirm", confirm, methods=["POST"]),
        Route("/attempts/{attempt}/cancel", cancel, methods=["POST"]),
    ]


def remember_authorization(session: Session, authorization_uri: str, attempt: Attempt) -> None:
    """Notes which attempt the state in a VK ID address belongs to."""
    state = parse_qs(urlsplit(authorization_uri).query).get("state", [""])[0]
    session.remember_attempt(state, attempt)


async def callback(request: Request) -> Response:
    """Takes VK ID's answer for the attempt that this browser began, and keeps the code out of the address bar."""
    session = session_of(request)
    query = request.query_params
    attempt = session.attempts.get(query.get("state", ""))
    if attempt is None:
        raise PageError(400, "VK_STATE")
    names = ("code", "device_id", "state") if query.get("code") else ("error", "state")
    attempt.result = {name: query[name] for name in names if name in query}
    attempt.preview = None
    return go(f"/{attempt.name}/confirm")


async def confirm_page(request: Request) -> Response:
    """Shows what would be bound. The code goes to the service here, once; a repeat gets the same answer."""
    session = signed_in(request)
    attempt = attempt_of(request, session)
    if attempt.completed:
        return go(account_path(attempt.account, "bound", via=attempt.via))
    async with client_of(request) as client:
        mine = await load_mine(request, client)
        if attempt.preview is None:
            attempt.preview = await preview_of(client, session, attempt)
    values = {
        "attempt": attempt,
        "account": mine.own(attempt.account.rpartition("/")[2]),
        "preview": attempt.preview.preview,
        "already_bound": attempt.preview.already_bound,
    }
    return render(request, "confirm", values)


async def preview_of(client: AsyncBindingClient, session: Session, attempt: Attempt) -> CompleteBindingResponse:
    """Gives VK ID's answer to the service and gets what would be bound."""
    result: Mapping[str, str] = attempt.result or {}
    request_id = request_id_of("preview", attempt.name, result.get("state", ""))
    try:
        return await client.complete_binding(
            name=attempt.name, result=AuthorizationResult(**result), preview=True, request_id=request_id
        )
    except BindingError as error:
        if fresh := error.metadata.get("authorization_uri"):
            remember_authorization(session, fresh, attempt)
        raise


async def confirm(request: Request) -> Response:
    """«Подтвердить»: claims what the page has shown."""
    session = signed_in(request)
    await read_form(request, session)
    attempt = attempt_of(request, session)
    async with client_of(request) as client:
        answer = await client.complete_binding(name=attempt.name, request_id=request_id_of("claim", attempt.name))
    if not attempt.completed:
        attempt.completed = True
        session.note("success", answer.message or Texts(session.language)("success.title"))
    return go(account_path(attempt.account, "bound", via=attempt.via))


async def cancel(request: Request) -> Response:
    """The person saw that it is the wrong profile: the attempt ends, nothing is bound."""
    session = signed_in(request)
    await read_form(request, session)
    attempt = attempt_of(request, session)
    async with client_of(request) as client:
        await client.cancel_attempt(name=attempt.name)
    session.note("info", Texts(session.language)("notice.cancelled"))
    return go(account_path(attempt.account, via=attempt.via))


def attempt_of(request: Request, session: Session) -> Attempt:
    """The attempt in the path, if this browser began it. PageError 404 `ATTEMPT_UNKNOWN` otherwise."""
    attempt = session.attempt_named(f"attempts/{request.path_params['attempt']}")
    if attempt is None:
        raise PageError(404, "ATTEMPT_UNKNOWN")
    request.state.attempt = attempt
    return attempt
