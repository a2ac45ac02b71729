"""Keeps web pages away from the control calls: a browser on this machine may have any site open."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from idp_mock.settings import LOOPBACK_NAMES


class OwnPagesOnly:
    """ASGI middleware that answers programs and the simulator's own pages, and no page of another site.

    A name that somebody else's DNS lets point to this machine is not answered (HTTP 421), nor is a call that a browser
    made for a page of another origin (HTTP 403). Programs send no Origin and are not concerned.

    Args:
        app: the control calls.
        host: the address that is listened on. On one that other machines can reach, names are not checked: which names
            lead there is for whoever chose it to know.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._check_names = host.lower() in LOOPBACK_NAMES or host.startswith("127.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or refuses it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host, origin = headers.get("host", ""), headers.get("origin")
            if self._check_names and not _is_loopback(host):
                answer = _refusal(421, "control answers under 127.0.0.1, [::1] and localhost only")
                await answer(scope, receive, send)
                return
            if origin is not None and origin.lower() != f"{scope['scheme']}://{host.lower()}":
                await _refusal(403, "control is not for pages of other sites")(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in LOOPBACK_NAMES or _is_loopback_address(name)


def _is_loopback_address(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isascii() and part.isdigit() for part in parts)


def _refusal(status: int, message: str) -> JSONResponse:
    return JSONResponse({"code": "PERMISSION_DENIED", "message": message}, status)
