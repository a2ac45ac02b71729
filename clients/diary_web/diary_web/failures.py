"""Turns everything that can go wrong into a page that says what to do, and notes it without personal data."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Any

import structlog
from binding_client.errors import BindingError, EsiaSessionRequired, ServiceUnavailable
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diary_web.errors import PageError, SignInRequired
from diary_web.pages.refusal import refusal_page
from diary_web.texts import Texts
from diary_web.web import account_path, go, render, session_of

_LONGEST_PATH = 500
"""No page of the diary has a longer address, and what is kept for a visitor has to be small."""


async def on_sign_in_required(request: Request, _: Exception) -> Response:
    """Leads to the start page, and back after the sign-in."""
    session = session_of(request)
    session.after_sign_in = _path_to_return_to(request)
    session.note("info", Texts(session.language)("notice.sign_in_first"))
    return go("/")


async def on_session_expired(request: Request, _: Exception) -> Response:
    """ESIA's session has ended: leads to the start page, and back after the sign-in."""
    session = session_of(request)
    session.end_sign_in()
    session.after_sign_in = _path_to_return_to(request)
    session.note("warning", Texts(session.language)("notice.expired"))
    return go("/")


def _path_to_return_to(request: Request) -> str:
    if request.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return path if len(path) <= _LONGEST_PATH else "/home"
    attempt = getattr(request.state, "attempt", None)
    if attempt is not None:
        return f"/{attempt.name}/confirm"
    account = request.path_params.get("account")
    return account_path(account) if account else "/home"


async def on_refusal(request: Request, error: Exception) -> Response:
    """Shows a refusal of the binding service with its ways out."""
    assert isinstance(error, BindingError)
    if isinstance(error, ServiceUnavailable) or not error.reason:
        return _error_page(request, 503, "UNAVAILABLE")
    return refusal_page(request, error)


async def on_page_error(request: Request, error: Exception) -> Response:
    """Shows what the diary itself refuses."""
    assert isinstance(error, PageError)
    return _error_page(request, error.status, error.code, error.detail)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Shows an unknown address or a method that it does not have."""
    assert isinstance(error, HTTPException)
    code = "METHOD_NOT_ALLOWED" if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "NOT_FOUND"
    answer = _error_page(request, error.status_code, code)
    answer.headers.update(error.headers or {})
    return answer


HANDLERS: Mapping[Any, Callable[[Request, Exception], Any]] = {
    SignInRequired: on_sign_in_required,
    EsiaSessionRequired: on_session_expired,
    BindingError: on_refusal,
    PageError: on_page_error,
    HTTPException: on_http_error,
}
"""Pages for what handlers raise."""


def _error_page(request: Request, status: int, code: str, detail: str = "") -> Response:
    if not hasattr(request.state, "session"):  # files of /static have no session and need no page
        return Response(status_code=status)
    values = {"code": code, "detail": detail, "here": None}
    return render(request, "error", values, status)


class Journal:
    """ASGI middleware: one log line a request, and a page without a stack trace for what nobody expected.

    A line names the route, never the path or the query: they may hold codes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = structlog.get_logger("diary_web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            number = secrets.token_hex(4)
            # The place of the failure, not its text: an error text may hold what was sent.
            places = _places(error)
            self.log.error("failure", number=number, error=type(error).__name__, places=places)
            if status == 0:
                answer = _error_page(Request(scope, receive), 500, "INTERNAL", number)
                await answer(scope, receive, send_and_note)
        finally:
            route = scope.get("route")
            self.log.info(
                "request",
                method=scope["method"],
                route=getattr(route, "path", ""),
                status=status,
                ms=round((perf_counter() - started) * 1000, 1),
            )


def _places(error: Exception) -> list[str]:
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-6:]
