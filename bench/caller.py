"""An HTTP client for benchmarks: one connection, one request at a time, much cheaper than any HTTP library."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")


class Caller(asyncio.Protocol):
    """One connection that is kept alive: a request, then its answer."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio's protocol."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol."""
        self._read += data
        head_end = self._read.find(b"\r\n\r\n")
        if head_end < 0 or self._answer is None:
            return
        at = self._read.lower().find(b"\r\ncontent-length:", 0, head_end + 2)
        length = int(self._read[at + 17 : self._read.find(b"\r\n", at + 17)]) if at >= 0 else 0
        if len(self._read) < head_end + 4 + length:
            return
        lines = bytes(self._read[:head_end]).decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        answer = Answer(int(lines[0].split(" ")[1]), headers, bytes(self._read[head_end + 4 :]))
        self._read.clear()
        self._answer.set_result(answer)

    async def send(self, request: bytes) -> Answer:
        """Sends the bytes of a request."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    async def get(self, path: str, cookie: str = "") -> Answer:
        """A GET."""
        extra = f"Cookie: {cookie}\r\n" if cookie else ""
        return await self.send(f"GET {path} HTTP/1.1\r\nHost: id.vk.ru\r\n{extra}\r\n".encode())

    async def post(self, path: str, fields: Mapping[str, str | list[str]], cookie: str = "") -> Answer:
        """A POST of a form."""
        body = urlencode(fields, doseq=True).encode()
        extra = f"Cookie: {cookie}\r\n" if cookie else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: id.vk.ru\r\n{extra}"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await self.send(head.encode() + body)


async def connected(port: int) -> Caller:
    """A connection to a port of this machine."""
    return (await asyncio.get_running_loop().create_connection(Caller, "127.0.0.1", port))[1]
