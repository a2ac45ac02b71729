"""What every answer carries and every form must carry."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diary_web.errors import PageError
from diary_web.sessions import Session

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

MAX_FORM_BYTES = 16 * 1024
MAX_FORM_FIELDS = 20

# There is no form-action: browsers apply it to the redirects after a form as well, and the forms here lead to ESIA and
# to VK ID, whose address only the binding service knows.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class SecurityHeaders:
    """ASGI middleware: headers of every answer."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and completes the answer's headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cache-Control"] = "no-cache" if scope["path"].startswith("/static/") else "no-store"
                if self.https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, send_with_headers)


class KnownHosts:
    """ASGI middleware: answers only under names that are the diary's own, so that no other name can borrow its pages.

    Args:
        app: what to protect.
        names: host names without a port.
    """

    def __init__(self, app: ASGIApp, *, names: frozenset[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on if its Host is known."""
        if scope["type"] == "http" and host_name(Headers(scope=scope).get("host", "")) not in self.names:
            answer = PlainTextResponse(
                "Этот адрес дневнику не известен. Unknown host name: set DIARY_WEB_PUBLIC_URL.\n", status_code=400
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


def host_name(host: str) -> str:
    """Name part of a Host header, lower case, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


async def read_form(request: Request, session: Session) -> dict[str, str]:
    """Fields of a posted form whose CSRF token is this session's.

    Raises:
        PageError: 403 `CSRF` without the right token, 413 `TOO_LARGE` over 16 KiB or 20 fields.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise PageError(413, "TOO_LARGE")
    try:
        fields = dict(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
        )
    except ValueError as error:
        raise PageError(413, "TOO_LARGE") from error
    if not session.csrf_ok(fields.pop("csrf", "")):
        raise PageError(403, "CSRF")
    return fields
