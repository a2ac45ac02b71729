"""What both providers share over Starlette: the world of a request, faults, cookies and pages."""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp_mock.world import Fault, FaultKind, Provider, World, Worlds

if TYPE_CHECKING:
    from jinja2 import Environment

FaultResponse = Callable[[str, str, int], Response]
"""A provider's dialect: (path without the world's prefix, error's name, HTTP status) -> its own error document."""

DROP_CONNECTION = "drop_connection"
"""Key of `scope["state"]` under which the HTTP server offers a function that cuts the connection."""

ADDRESS_TOO_LONG = "address_too_long"
"""Key of `scope["state"]` under which the HTTP server says that an address was too long: the scope has a part of it."""

_WORLD = "idp_mock.world"
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000


class WorldPrefix:
    """ASGI middleware that finds the world of a request by the prefix `/w/{world}`, `default` without one.

    The prefix goes to `root_path`, so routes are written without it and URLs made from a request keep it. An unknown
    world is a 404 in JSON, in no provider's dialect.
    """

    def __init__(self, app: ASGIApp, worlds: Worlds) -> None:
        self._app = app
        self._worlds = worlds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        root_path = scope.get("root_path", "")
        path = scope["path"].removeprefix(root_path)
        world: World | None = self._worlds.default
        if path.startswith("/w/"):
            name, slash, _ = path[3:].partition("/")
            world = self._worlds.get(name) if name else None
            if world is None:
                answer = JSONResponse({"error": "world_not_found", "world": name}, 404)
                await answer(scope, receive, send)
                return
            root_path = f"{root_path}/w/{name}"
            if not slash:
                scope = {**scope, "path": scope["path"] + "/"}
        await self._app({**scope, "root_path": root_path, _WORLD: world}, receive, send)


class FaultGate:
    """ASGI middleware that lets a world's armed faults strike. Stands inside `WorldPrefix`.

    Args:
        app: the provider.
        provider: which one.
        fault_response: its dialect, for faults that answer with an error document.
    """

    def __init__(self, app: ASGIApp, provider: Provider, fault_response: FaultResponse) -> None:
        self._app = app
        self._provider: Provider = provider
        self._fault_response = fault_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or does to it what a fault says."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        world: World = scope[_WORLD]
        path = scope["path"].removeprefix(scope["root_path"])
        fault = world.faults.strike(self._provider, path)
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._strike(fault, path, scope, receive, send)

    async def _strike(self, fault: Fault, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case FaultKind.LATENCY:
                await _released(fault, fault.latency_s)
                await self._app(scope, receive, send)
            case FaultKind.HANG:
                if await _let_go(fault, receive):
                    answer = self._fault_response(path, "temporarily_unavailable", 503)
                    await answer(scope, receive, send)
            case FaultKind.HANG_AFTER:
                answer = await _carried_out(self._app, scope, receive)
                if await _let_go(fault, receive):
                    await answer.send(send)
            case FaultKind.DROP:
                await _drop(scope, receive)
            case FaultKind.STATUS | FaultKind.ERROR_WITH_200:
                status = fault.status if fault.kind is FaultKind.STATUS else 200
                await self._fault_response(path, fault.error, status)(scope, receive, send)
            case FaultKind.MALFORMED_JSON:
                await Response(b'{"access_token": "', 200, media_type="application/json")(scope, receive, send)
            case FaultKind.OTHER_USER:
                answer = await _carried_out(self._app, scope, receive)
                answer.name_other_user()
                await answer.send(send)


async def _released(fault: Fault, timeout_s: float | None) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await fault.deleted.wait()
    except TimeoutError:
        pass


async def _let_go(fault: Fault, receive: Receive) -> bool:
    """Waits until the fault is deleted (True) or the caller goes (False)."""

    waits = [asyncio.ensure_future(_released(fault, None)), asyncio.ensure_future(_gone(receive))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return fault.deleted.is_set()
    finally:
        for wait in waits:
            wait.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(scope: Scope, receive: Receive) -> None:
    drop = scope.get("state", {}).get(DROP_CONNECTION)
    if drop is None:
        raise ConnectionAbortedError("a fault drops the connection")
    drop()
    # To return earlier would look like a request without an answer, which the server reports as the program's fault.
    await _gone(receive)


class _Captured:
    """An answer that a provider gave and that has not been sent."""

    def __init__(self, start: Message, body: bytes) -> None:
        self.start = start
        self.body = body

    async def send(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})

    def name_other_user(self) -> None:
        """Makes each `user_id` of a JSON answer, and the `id` of VK API's users, the number that follows it."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return
        if isinstance(document, dict) and isinstance(document.get("response"), list):
            document["response"] = [_renumber(item, ("id", "user_id")) for item in document["response"]]
        self.body = json.dumps(_renumber(document, ("user_id",)), ensure_ascii=False).encode()
        headers = [pair for pair in self.start["headers"] if pair[0].lower() != b"content-length"]
        self.start = {**self.start, "headers": [*headers, (b"content-length", str(len(self.body)).encode())]}


def _renumber(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_renumber(item, keys) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        if key in keys and isinstance(item, int):
            result[key] = item + 1
        elif key in keys and isinstance(item, str) and item.isdigit():
            result[key] = str(int(item) + 1)
        else:
            result[key] = _renumber(item, keys)
    return result


async def _carried_out(app: ASGIApp, scope: Scope, receive: Receive) -> _Captured:
    start: Message = {"type": "http.response.start", "status": 500, "headers": []}
    body = bytearray()

    async def keep(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    return _Captured(start, bytes(body))


def world_of(request: HTTPConnection) -> World:
    """The world that the request is for."""
    return request.scope[_WORLD]


def base_url(request: HTTPConnection) -> str:
    """Absolute base URL of the provider in this world, by the request's Host header, without a closing slash."""
    host = request.headers.get("host") or "{}:{}".format(*request.scope["server"])
    return f"{request.url.scheme}://{host}{request.scope['root_path']}"


def set_cookie(
    response: Response,
    request: HTTPConnection,
    name: str,
    value: str,
    max_age_s: int | None = None,
    *,
    framed: bool = False,
) -> None:
    """Sets a cookie for this world only: its path is the world's prefix.

    Browsers do not tell ports apart, so the two providers need different names. Without `max_age_s` it lives as long as
    the browser's session; 0 removes it. A `framed` cookie also comes from frames in pages of other sites, which
    browsers grant over https only.
    """
    path = request.scope["root_path"] or "/"
    secure = request.url.scheme == "https"
    same_site = "none" if framed and secure else "lax"
    response.set_cookie(
        name, value, max_age=max_age_s, path=path, httponly=True, samesite=same_site, secure=framed and secure
    )


def get_cookie(request: HTTPConnection, name: str) -> str | None:
    """The cookie of this world.

    `default` sits at the root, so browsers send its cookie to the other worlds too, after their own: the first one
    counts, whereas `request.cookies` holds the last.
    """
    for header in request.headers.getlist("cookie"):
        for pair in header.split(";"):
            key, separator, value = pair.strip().partition("=")
            if separator and key == name:
                return SimpleCookie(f"{name}={value}")[name].value if value.startswith('"') else value
    return None


async def parameters(request: Request) -> list[tuple[str, str]]:
    """Query and form parameters in the order of the request, the query first; files are left out."""
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
            return pairs + _fields(await request.body())
        form = await request.form()
        pairs += [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    return pairs


def _fields(body: bytes) -> list[tuple[str, str]]:
    # A tenth of the time that Starlette's reader of streams takes, and the body has been read whole already.
    try:
        return parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, f"more than {_MOST_FIELDS} fields") from None


UNFRAMED = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}
"""Headers of pages that no other site may show in a frame of its own, where a click could be stolen."""


class Pages:
    """The pages of the simulator. Templates stand in `pages/`, text is escaped, nothing is loaded from elsewhere."""

    @cached_property
    def environment(self) -> "Environment":
        """The Jinja environment; loaded with the first page, since a simulator driven by tests may never show one."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        folder = Path(__file__).parent / "pages"
        return Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def response(
        self,
        request: Request,
        template: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """Renders `template` (such as `esia/login.html`) with `request`, `root` (the world's prefix) and `context`."""
        text = self.environment.get_template(template).render(
            request=request, root=request.scope["root_path"], world=world_of(request), **context
        )
        return HTMLResponse(text, status, {"cache-control": "no-store", **(headers or {})})
