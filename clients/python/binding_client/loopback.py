"""Listens on this machine for the redirect that ends a sign-in in the person's browser."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from binding_client.headless import Redirect

_PATH = "/sferum"
_PAGE = (
    "<!doctype html><html lang='ru'><meta charset='utf-8'><title>Sferum</title>"
    "<p>Готово, вернитесь в окно команды sferum.</p><p lang='en'>Done, go back to the sferum command.</p></html>"
)


class RedirectTimeout(Exception):
    """Nobody came back from the sign-in in time."""


class RedirectListener:
    """A one-page web server on a free loopback port.

    Attributes:
        redirect_uri: Where the provider shall send the browser.
    """

    def __init__(self) -> None:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener._answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Writes nothing: the path holds a code."""

        self._came: Redirect | None = None
        self._done = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.redirect_uri = f"http://127.0.0.1:{self._server.server_address[1]}{_PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float, state: str) -> Redirect:
        """Waits for the browser and returns the address that it came to; one with another state is not ours.

        Args:
            timeout_s: Seconds to wait.
            state: What must come back; "" takes any, where the state is somebody else's to check.

        Raises:
            RedirectTimeout: Nobody came.
        """
        if not self._done.wait(timeout_s) or self._came is None:
            raise RedirectTimeout
        if state and self._came.state != state:
            raise RedirectTimeout
        return self._came

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        url = Redirect(self.redirect_uri.removesuffix(_PATH) + request.path)
        # Browsers also ask for an icon; only the first real redirect counts.
        ours = urlsplit(url).path == _PATH and bool(url.code or url.error)
        if ours and self._came is None:
            self._came = url
        body = (_PAGE if ours else "").encode()
        request.send_response(200 if ours else 404)
        request.send_header("content-type", "text/html; charset=utf-8")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        if ours:
            self._done.set()

    def __enter__(self) -> "RedirectListener":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
