"""The start page, sign-in through ESIA and sign-out."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.errors import PageError
from diary_web.security import read_form
from diary_web.sessions import Session
from diary_web.texts import Texts
from diary_web.web import base_url, diary_of, go, render, session_of

CALLBACK = "/esia/callback"


def routes() -> list[Route]:
    """Addresses of this page."""
    return [
        Route("/", start, name="start"),
        Route("/sign-in", begin, methods=["POST"]),
        Route(CALLBACK, callback),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]


async def start(request: Request) -> Response:
    """The start page with «Войти через Госуслуги»; leads a signed-in person on."""
    if session_of(request).token is not None:
        return go("/home")
    return render(request, "start", {})


async def begin(request: Request) -> Response:
    """Sends the browser to ESIA."""
    session = session_of(request)
    await read_form(request, session)
    state = str(uuid.uuid4())
    session.remember_state(state)
    return go(diary_of(request).esia.authorization_url(base_url(request) + CALLBACK, state))


async def callback(request: Request) -> Response:
    """Takes ESIA's answer: checks the state, exchanges the code, goes on where the person was."""
    session = session_of(request)
    query = request.query_params
    if not session.take_state(query.get("state", "")):
        raise PageError(400, "SIGN_IN_STATE")
    if query.get("error") == "access_denied":
        session.note("info", Texts(session.language)("notice.cancelled_esia"))
        return go("/")
    code = query.get("code")
    if not code:
        raise PageError(502, "SIGN_IN_FAILED", query.get("error_description", "")[:11])
    diary = diary_of(request)
    person = await diary.esia.exchange(base_url(request) + CALLBACK, code)
    if session.oid not in (None, person.oid):
        session.forget_person()
    diary.sessions.renew_key(session)
    session.token, session.oid = person.token, person.oid
    path, session.after_sign_in = session.after_sign_in or "/home", None
    return go(path)


async def sign_out(request: Request) -> Response:
    """Drops the session here and ends the one at ESIA, which sends the browser back to the start page."""
    session = session_of(request)
    await read_form(request, session)
    diary = diary_of(request)
    session.forget_person()
    diary.sessions.drop(session)
    visitor = Session(language=session.language)
    visitor.note("success", Texts(session.language)("notice.signed_out"))
    request.state.session = visitor
    return go(diary.esia.logout_url(base_url(request) + "/"))
