"""Starts the diary: `python -m diary_web`; settings come from `DIARY_WEB_*`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial

import structlog
import uvicorn
from pydantic import ValidationError

from diary_web.app import diary_app
from diary_web.settings import Settings

BAD_SETTING = 2
"""Exit code for a setting that cannot be used, a busy port included."""


class Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to `serve`, so that a stop by signal ends with code 0.

    Args:
        config: uvicorn's settings.
        announce: called once connections are answered.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts answering, then says so."""
        await super().startup(sockets)
        if self.started:
            self.announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def main() -> None:
    """Reads the settings, serves until SIGINT or SIGTERM. Exits with 0, or 2 if a setting cannot be used."""
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            variable = "DIARY_WEB_" + "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{variable}: {problem['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(BAD_SETTING)
    configure_logs(settings.log_format)
    try:
        listener = listen(settings.host, settings.port)
    except OSError as error:
        print(f"cannot listen on {settings.listen} (DIARY_WEB_LISTEN): {error.strerror or error}", file=sys.stderr)
        sys.exit(BAD_SETTING)
    try:
        app = diary_app(settings)
    except OSError as error:
        print(f"cannot use {settings.state_dir} (DIARY_WEB_STATE_DIR): {error.strerror or error}", file=sys.stderr)
        sys.exit(BAD_SETTING)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5, proxy_headers=False
    )
    asyncio.run(serve(Server(config, partial(print_ready, listener)), listener))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. OSError if the port is busy or the host is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(server: Server, listener: socket.socket) -> None:
    """Serves on a socket until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    await server.serve(sockets=[listener])


def print_ready(listener: socket.socket) -> None:
    """Prints the one line that a starter of this program waits for."""
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    print("READY " + json.dumps({"web": f"http://{name}:{port}"}), flush=True)


def configure_logs(log_format: str) -> None:
    """Log lines to stderr, `console` for people or `json` for machines."""
    renderer = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


if __name__ == "__main__":
    main()
