"""Listens on this machine for the redirect that ends a sign-in in the person's browser."""

import contextlib
import hmac
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from binding_client.headless import Redirect

_PATH = "/sferum"
_KEPT = 1000
"""Redirects that wait to be looked at, ours among them."""
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

        self._came: queue.Queue[Redirect] = queue.Queue(_KEPT)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.redirect_uri = f"http://127.0.0.1:{self._server.server_address[1]}{_PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float, state: str) -> Redirect:
        """Waits for the browser and returns the address that it came to; others may come in between.

        Any page in the browser can call this address, so whoever brings another state is passed over.

        Args:
            timeout_s: Seconds to wait.
            state: What must come back; "" takes any, where the state is somebody else's to check.

        Raises:
            RedirectTimeout: Nobody came.
        """
        ends = time.monotonic() + timeout_s
        while True:
            try:
                came = self._came.get(timeout=max(0.0, ends - time.monotonic()))
            except queue.Empty:
                raise RedirectTimeout from None
            if not state or hmac.compare_digest(came.state.encode(), state.encode()):
                return came

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        url = Redirect(self.redirect_uri.removesuffix(_PATH) + request.path)
        # Browsers also ask for an icon.
        ours = urlsplit(url).path == _PATH and bool(url.code or url.error)
        body = (_PAGE if ours else "").encode()
        request.send_response(200 if ours else 404)
        request.send_header("content-type", "text/html; charset=utf-8")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        if ours:
            with contextlib.suppress(queue.Full):
                self._came.put_nowait(url)

    def __enter__(self) -> "RedirectListener":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
