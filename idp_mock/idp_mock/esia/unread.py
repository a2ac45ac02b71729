"""Requests that are too large to be read: ESIA's answer to them, on a page or in JSON."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from idp_mock.esia.errors import EsiaError, data_response
from idp_mock.esia.esia import Esia

_CLOSE = {"connection": "close"}


@dataclass(frozen=True)
class Unread:
    """ESIA-007038, in the dialect of the endpoint that was called."""

    esia: Esia

    def __call__(self, scope: Scope) -> Response:
        """The answer to a request."""
        request = Request(scope)
        expected = "an address of at most 64 KiB and a body of at most 1 MiB"
        error = EsiaError(
            "ESIA-007038", "запрос слишком велик: адрес длиннее 64 КиБ или тело больше 1 МиБ", expected=expected
        )
        path = request.url.path.removeprefix(scope["root_path"])
        if path.startswith("/rs/"):
            self.esia.record(request, error)
            return data_response(400, error.code, error.text)
        if path.endswith("/te"):
            self.esia.record(request, error)
            return JSONResponse(dict(error.get_body()), 400, _CLOSE)
        return self.esia.error_page(request, error)
