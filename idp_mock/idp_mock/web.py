"""What both providers share over Starlette: the world of a request, cookies and pages."""

from collections.abc import Mapping
from functools import cached_property
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from idp_mock.world import World, Worlds

if TYPE_CHECKING:
    from jinja2 import Environment

DROP_CONNECTION = "drop_connection"
"""Key of `scope["state"]` under which the HTTP server offers a function that cuts the connection."""

WORLD = "idp_mock.world"
"""Key of the scope under which `WorldPrefix` puts the world of a request."""
ADDRESS_TOO_LONG = "address_too_long"
"""Key of `scope["state"]` under which the HTTP server says that an address was too long: the scope has a part of it."""

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
        await self._app({**scope, "root_path": root_path, WORLD: world}, receive, send)


def world_of(request: HTTPConnection) -> World:
    """The world that the request is for."""
    return request.scope[WORLD]


def base_url(request: HTTPConnection) -> str:
    """Absolute base URL of the provider in this world, by the request's Host header, without a closing slash."""
    host = request.headers.get("host") or "{}:{}".format(*request.scope["server"])
    return f"{request.scope['scheme']}://{host}{request.scope['root_path']}"


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
    secure = request.scope["scheme"] == "https"
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
