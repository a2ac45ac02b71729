"""An answer that a provider gave and that has not been sent."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Captured:
    """An answer, to be looked at and changed before it goes out."""

    def __init__(self, start: Message, body: bytes) -> None:
        self._start = start
        self.body = body
        self.declared_length: int | None = None

    @classmethod
    async def of(cls, app: ASGIApp, scope: Scope, receive: Receive) -> "Captured":
        """Lets the provider carry the request out, and keeps its answer."""
        start: Message = {"type": "http.response.start", "status": 500, "headers": []}
        body = bytearray()

        async def keep(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await app(scope, receive, keep)
        return cls(start, bytes(body))

    def copy(self) -> "Captured":
        """A draft that may be changed without changing this one."""
        return Captured(self._start, self.body)

    def take(self, draft: "Captured") -> None:
        """Becomes what a draft has become."""
        self._start, self.body, self.declared_length = draft._start, draft.body, draft.declared_length

    async def send(self, send: Send) -> None:
        """Sends it."""
        length = len(self.body) if self.declared_length is None else self.declared_length
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        await send({**self._start, "headers": [*headers, (b"content-length", str(length).encode())]})
        await send({"type": "http.response.body", "body": self.body})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._start["status"]

    def header(self, name: str) -> str:
        """A header, "" if there is none."""
        wanted = name.encode().lower()
        return next((value.decode("latin-1") for key, value in self._start["headers"] if key.lower() == wanted), "")

    def set_header(self, name: str, value: str) -> None:
        """Replaces a header; an empty value removes it."""
        wanted = name.encode().lower()
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != wanted]
        self._start = {**self._start, "headers": [*headers, *([(wanted, value.encode("latin-1"))] if value else [])]}

    def replace(self, status: int, content_type: str, body: bytes) -> None:
        """Makes it another answer; cookies stay."""
        self._start = {**self._start, "status": status}
        self.set_header("content-type", content_type)
        self.set_header("location", "")
        self.body = body

    @property
    def document(self) -> Any:
        """The JSON of the body; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @document.setter
    def document(self, value: Any) -> None:
        self.body = json.dumps(value, ensure_ascii=False).encode()

    @property
    def callback(self) -> dict[str, str] | None:
        """What the browser carries back to the client, if this is the redirect that ends a sign-in."""
        location = self.header("location")
        if not 300 <= self.status < 400 or not location:
            return None
        values = dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))
        return values if "state" in values and ("code" in values or "error" in values) else None

    @callback.setter
    def callback(self, values: dict[str, str]) -> None:
        self.set_header("location", urlunsplit(urlsplit(self.header("location"))._replace(query=urlencode(values))))
