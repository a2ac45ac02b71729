"""Armed faults that answer with an error document, in the dialect of the endpoint that they strike."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from idp_mock.esia import redirects
from idp_mock.esia.clients import allows_redirect
from idp_mock.esia.errors import CATALOGUE, EsiaError, data_response
from idp_mock.web import world_of

_BY_NAME = {name: code for code, (name, _) in reversed(CATALOGUE.items())}


def fault_response(path: str, error: str, status: int) -> Response:
    """The error document of an armed fault, in the dialect of the endpoint.

    The authorization endpoint sends ESIA's codes back through the browser, as it does with its own refusals.

    Args:
        path: path of the request without the world's prefix.
        error: ESIA's code or OAuth's name, such as `ESIA-007008` or `temporarily_unavailable`; others go as they are.
        status: HTTP status.
    """
    if error in CATALOGUE and path.rstrip("/").endswith("/ac"):
        return _RedirectedFault(error, status)
    if "/rs/" in path:
        return data_response(status, error if error.startswith("ESIA-") else "ESIA-000000", error)
    return _in_body(error, status)


def _in_body(error: str, status: int) -> Response:
    code = error if error in CATALOGUE else _BY_NAME.get(error, "")
    name, text = CATALOGUE.get(code, (error, error))
    return JSONResponse({"error_description": f"{code}: {text}" if code else text, "error": name}, status)


class _RedirectedFault(Response):
    """A fault of the authorization endpoint, which knows where to go when it sees the request."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(status_code=status)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Goes back to the system if the address is one of its own, else answers in the body."""
        request = Request(scope)
        query, answer = request.query_params, _in_body(self._code, self.status_code)
        client = world_of(request).esia_client(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is not None and allows_redirect(client, redirect_uri):
            error = EsiaError(self._code, "", expected="")
            answer = redirects.failure(redirect_uri, error, state=query.get("state", ""))
        await answer(scope, receive, send)
