"""The answers that travel to the client system through the browser."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.responses import RedirectResponse

from idp_mock.esia.errors import EsiaError


def success(redirect_uri: str, *, code: str, state: str) -> RedirectResponse:
    """Sends the browser back with a code."""
    return _redirect(redirect_uri, [("code", code), ("state", state)])


def failure(redirect_uri: str, error: EsiaError, *, state: str) -> RedirectResponse:
    """Sends the browser back with a refusal; ESIA puts the description first and the error last."""
    items = [("error_description", error.text), ("state", state), ("error", str(error.error))]
    return _redirect(redirect_uri, [item for item in items if item[1]])


def _redirect(redirect_uri: str, items: Sequence[tuple[str, str]]) -> RedirectResponse:
    separator = "" if redirect_uri.endswith(("?", "&")) else "&" if "?" in redirect_uri else "?"
    # Not cached: a browser that goes back would present a spent code.
    headers = {"cache-control": "no-store"}
    return RedirectResponse(f"{redirect_uri}{separator}{urlencode(items)}", 302, headers)
