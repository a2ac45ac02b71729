"""How much of a request the providers read."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware that reads no more of a request than any call of a provider needs; more is HTTP 413.

    All worlds share one event loop: who sends a hundred megabytes would stop everybody.

    Args:
        app: the provider.
        most: bytes of a body.
        refusal: the provider's own words for more, with the status 413.
    """

    def __init__(
        self, app: ASGIApp, most: int = 1024 * 1024, refusal: Callable[[Scope], Response] | None = None
    ) -> None:
        self._app = app
        self._most = most
        self._refusal = refusal

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
        if len(body) > self._most:
            answer = self._refusal(scope) if self._refusal else JSONResponse({"error": "too_large"}, 413)
            answer.headers["connection"] = "close"
            await answer(scope, receive, send)
            return
        read: Message | None = {"type": "http.request", "body": bytes(body), "more_body": False}

        async def receive_again() -> Message:
            nonlocal read
            message, read = read, None
            return message or await receive()

        await self._app(scope, receive_again, send)
