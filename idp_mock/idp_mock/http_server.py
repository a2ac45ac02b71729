"""HTTP servers of uvicorn that share one event loop and one process."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server

from idp_mock.settings import option, variable
from idp_mock.web import ADDRESS_TOO_LONG, DROP_CONNECTION

_BACKLOG = 512
_GRACE_S = 2
# The parser of addresses reads 65 535 bytes at most; of one that is longer the beginning is kept, and told to be it.
_LONGEST_ADDRESS = 65_535
_LONGEST_HEAD = 2 * 1024 * 1024


class CannotListen(Exception):
    """An address cannot be listened on; the message names the address and the setting."""


def listen(host: str, port: int, field: str) -> socket.socket:
    """A listening socket. From here on connections wait, even before anybody serves them.

    Args:
        host: address or name of this machine.
        port: 0 for any free one.
        field: name of the port's setting, for the error.

    Raises:
        CannotListen: the port is busy, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise cannot_listen(host, port, field, busy=error.errno == errno.EADDRINUSE) from None
    listener.setblocking(False)
    return listener


def cannot_listen(host: str, port: int, field: str, *, busy: bool) -> CannotListen:
    """The error of an address that cannot be listened on."""
    reason = "занят (port is busy)" if busy else "недоступен (cannot listen)"
    return CannotListen(f"порт {port} на {host} {reason}; другой: {variable(field)} или {option(field)}")


class _Protocol(HttpToolsProtocol):
    """Offers each request a function that cuts its connection, for faults, and keeps no head that has no end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self.app_state = {**self.app_state, DROP_CONNECTION: transport.abort}

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url[: _LONGEST_ADDRESS - len(self.url)])
        if self._head > _LONGEST_ADDRESS:
            self.scope["state"][ADDRESS_TOO_LONG] = True  # pyright: ignore[reportTypedDictNotRequiredAccess]

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        super().on_header(name, value)

    def _count(self, part: bytes) -> None:
        self._head += len(part)
        if self._head > _LONGEST_HEAD:
            # The parser turns this into HTTP 400.
            raise ValueError("the head of a request is too long")


class HttpServer(Server):
    """A server on a listening socket. It leaves signals to the program.

    Args:
        app: what is served.
        listener: of `listen`.
        certificate: certificate and key files, PEM; plain HTTP without.
    """

    def __init__(self, app: ASGIApp, listener: socket.socket, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(
            Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_S,
                ssl_certfile=certificate[0] if certificate else None,
                ssl_keyfile=certificate[1] if certificate else None,
            )
        )
        self._listener = listener
        self._accepts = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serves from now on; returns when connections are accepted."""
        self._task = asyncio.create_task(self.serve([self._listener]))
        accepts = asyncio.create_task(self._accepts.wait())
        await asyncio.wait({self._task, accepts}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            accepts.cancel()
            self._task.result()

    async def stop(self) -> None:
        """Finishes open requests, at most two seconds long."""
        self.should_exit = True
        if self._task is not None:
            await self._task

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Part of uvicorn's life cycle."""
        await super().startup(sockets)
        self._accepts.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Several servers share the process, so the program handles signals itself."""
        yield


def port_of(listener: socket.socket) -> int:
    """The port that a socket listens on."""
    return cast(int, listener.getsockname()[1])
