"""Writes the journal: between the world's prefix and the faults."""

import re
import time
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp_mock.faults.dialect import Dialect, who_asks
from idp_mock.faults.gate import STRUCK, asked_of
from idp_mock.journal.journal import Exchange, Journal
from idp_mock.web import WORLD
from idp_mock.world import World

_MOST = 65_536
_QUIET = re.compile(r"/(favicon\.ico|healthz|images/.*)$")


class Recorder:
    """ASGI middleware that keeps each request with its answer in the world's journal.

    Args:
        app: the provider, with its faults.
        dialect: the provider's own words.
    """

    def __init__(self, app: ASGIApp, dialect: Dialect) -> None:
        self._app = app
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request and notes it."""
        path = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else ""
        if scope["type"] != "http" or _QUIET.search(path):
            await self._app(scope, receive, send)
            return
        world: World = scope[WORLD]
        came, start, refused = datetime.now(UTC), time.perf_counter(), world.refusals.last
        then = world.clock_of(self._dialect.provider).now()
        scope[STRUCK] = struck = []
        heard, said = _Heard(receive), _Said(send)
        try:
            await self._app(scope, heard, said)
        finally:
            asked = asked_of(scope, path, bytes(heard.body))
            client, person = who_asks(self._dialect, world, asked)
            journal = world.of(Journal)
            journal.add(
                Exchange(
                    number=journal.last + 1,
                    provider=self._dialect.provider,
                    time=then,
                    real_time=came,
                    duration_s=time.perf_counter() - start,
                    method=scope["method"],
                    path=path,
                    query=scope.get("query_string", b"")[:_MOST],
                    content_type=_header(scope["headers"], b"content-type"),
                    body=bytes(heard.body),
                    user_agent=_header(scope["headers"], b"user-agent"),
                    status=said.status,
                    answer_type=said.content_type,
                    location=said.location,
                    answer_body=bytes(said.body),
                    client=client,
                    person=person,
                    refusals=tuple(
                        (refusal.error, refusal.explanation)
                        for refusal in world.refusals.list(refused)
                        if refusal.provider == self._dialect.provider
                    ),
                    faults=tuple(struck),
                )
            )


class _Heard:
    """What came, handed on."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.body = bytearray()

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and len(self.body) < _MOST:
            self.body.extend(message.get("body", b"")[: _MOST - len(self.body)])
        return message


class _Said:
    """What was answered, handed on. Only JSON is kept: pages are the simulator's own."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.content_type = self.location = ""
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.content_type = _header(message.get("headers", []), b"content-type")
            self.location = _header(message.get("headers", []), b"location")
        elif message["type"] == "http.response.body" and "json" in self.content_type and len(self.body) < _MOST:
            self.body.extend(message.get("body", b"")[: _MOST - len(self.body)])
        await self._send(message)


def _header(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")
