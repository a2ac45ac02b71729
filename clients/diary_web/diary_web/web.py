"""What the pages share: the diary's parts, the session of a request, rendering."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from binding_client import AsyncBindingClient
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diary_web import labels
from diary_web.errors import SignInRequired
from diary_web.sessions import COOKIE, Session, Sessions
from diary_web.settings import Settings
from diary_web.texts import LANGUAGES, Texts


@dataclass(frozen=True)
class SignedIn:
    """Who signed in at ESIA."""

    token: str = field(repr=False)
    oid: str


class Esia(Protocol):
    """ESIA as the pages need it."""

    def authorization_url(self, redirect_uri: str, state: str) -> str:
        """Where to send the browser to sign in."""
        ...

    async def exchange(self, redirect_uri: str, code: str) -> SignedIn:
        """Exchanges a code for a token. PageError if ESIA refuses or is down."""
        ...

    def logout_url(self, return_to: str) -> str:
        """Where to send the browser to end its ESIA session."""
        ...


class Connect(Protocol):
    """Opens a client of the binding service for one person."""

    def __call__(self, token: str, language: str) -> AbstractAsyncContextManager[AsyncBindingClient]:
        """A client that speaks with this ESIA token and asks for this language."""
        ...


@dataclass(frozen=True)
class Diary:
    """The parts of the program; made once by `app`."""

    settings: Settings
    sessions: Sessions
    esia: Esia
    connect: Connect
    pages: Environment


def page_templates() -> Environment:
    """The Jinja2 environment of the pages."""
    environment = Environment(
        loader=PackageLoader("diary_web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short_id"] = labels.short_id
    environment.filters["local_time"] = labels.local_time
    environment.filters["iso_time"] = labels.iso_time
    environment.globals["enum"] = labels.enum_name
    environment.globals["enums"] = labels.enum_names
    return environment


def diary_of(request: HTTPConnection) -> Diary:
    """The parts of the program."""
    return request.app.state.diary


def session_of(request: HTTPConnection) -> Session:
    """The browser's session; a new one for a browser without."""
    return request.state.session


def signed_in(request: HTTPConnection) -> Session:
    """The session of a signed-in person. Raises SignInRequired without one."""
    session = session_of(request)
    if session.token is None:
        raise SignInRequired
    return session


def client_of(request: HTTPConnection) -> AbstractAsyncContextManager[AsyncBindingClient]:
    """A client of the binding service that speaks for the signed-in person."""
    session = signed_in(request)
    return diary_of(request).connect(session.token or "", session.language)


def base_url(request: HTTPConnection) -> str:
    """The diary's own address, without a slash at the end."""
    return diary_of(request).settings.public_url or str(request.base_url).rstrip("/")


def account_path(account: str, *parts: str, via: str = "") -> str:
    """Path of an account's page: `/accounts/{id}[/part][?via={child id}]`; takes resource names or ids."""
    path = "/".join(["/accounts", quote(labels.short_id(account), safe=""), *parts])
    return f"{path}?{urlencode({'via': labels.short_id(via)})}" if via else path


def request_id_of(*parts: str) -> str:
    """Names a request to the service by its content: a repeat of the same form is the same request."""
    return "web-" + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:48]


def go(path: str) -> Response:
    """Sends the browser on with a GET."""
    return RedirectResponse(path, status_code=303)


def render(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """A page of `templates/`.

    Args:
        request: the request that it answers.
        template: file name without `.html`.
        values: what the template shows; `here` is the path of the language switch, None if there is nothing to repeat.
        status: HTTP status.
    """
    session = session_of(request)
    here = request.url.path if request.method == "GET" else None
    via = request.query_params.get("via")
    if here and via:
        here = f"{here}?{urlencode({'via': via})}"
    context: dict[str, Any] = {
        "t": Texts(session.language),
        "language": session.language,
        "languages": LANGUAGES,
        "signed_in": session.token is not None,
        "person_name": session.person_name,
        "csrf": session.csrf,
        "here": here,
        **values,
    }
    # Taken only by a page that is really shown.
    context["notices"], session.notices = session.notices, []
    html = diary_of(request).pages.get_template(f"{template}.html").render(context)
    return HTMLResponse(html, status_code=status)


class SessionCookie:
    """ASGI middleware: gives each request its session and each new session its cookie; `?lang=` switches the text."""

    def __init__(self, app: ASGIApp, *, sessions: Sessions, https: bool) -> None:
        self.app = app
        self.sessions = sessions
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with `request.state.session` set."""
        if scope["type"] != "http" or scope["path"].startswith(("/static/", "/healthz")):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        sent_key = connection.cookies.get(COOKIE, "")
        session = self.sessions.find(sent_key) or Session()
        if (wanted := connection.query_params.get("lang")) in LANGUAGES:
            session.language = wanted or session.language
        connection.state.session = session
        self.sessions.keep(session)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A sign-in or a sign-out may have changed the key or put another session in place.
                now: Session = connection.state.session
                self.sessions.keep(now)
                if now.key != sent_key:
                    secure = "; Secure" if self.https else ""
                    cookie = f"{COOKIE}={now.key}; Path=/; HttpOnly; SameSite=Lax{secure}"
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_cookie)
