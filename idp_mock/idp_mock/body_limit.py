"""How much of a request the providers read."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp_mock.web import ADDRESS_TOO_LONG


def _too_large(_scope: Scope) -> Response:
    return JSONResponse({"error": "too_large"}, 413, {"connection": "close"})


class BodyLimit:
    """ASGI middleware that reads no more of a request than any call of a provider needs.

    All worlds share one event loop: who sends a hundred megabytes would stop everybody.

    Args:
        app: the provider.
        most: how many bytes of a body are read.
        too_large: the answer to more, and to an address that was too long; HTTP 413 in no dialect if not set.
    """

    def __init__(
        self, app: ASGIApp, most: int = 1024 * 1024, too_large: Callable[[Scope], Response] = _too_large
    ) -> None:
        self._app = app
        self._most = most
        self._too_large = too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more and len(body) <= self._most:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if len(body) > self._most or scope.get("state", {}).get(ADDRESS_TOO_LONG):
            await self._too_large(scope)(scope, receive, send)
            return
        read: Message | None = {"type": "http.request", "body": bytes(body), "more_body": False}

        async def receive_again() -> Message:
            nonlocal read
            message, read = read, None
            return message or await receive()

        await self._app(scope, receive_again, send)
