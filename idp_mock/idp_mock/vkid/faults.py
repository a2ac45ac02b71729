"""What VK ID says when a fault strikes, in the dialect of the endpoint."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from idp_mock.vkid import api, parameters, wire
from idp_mock.vkid.appearance import appearance_of
from idp_mock.vkid.delivery import deliver
from idp_mock.vkid.errors import PageRefusal
from idp_mock.vkid.openers import opener_of
from idp_mock.vkid.redirects import failure
from idp_mock.vkid.registered import client_of
from idp_mock.web import Pages, world_of

_API_ERRORS = {"slow_down": 6, "invalid_token": api.AUTHORIZATION_FAILED}
_API_SERVER_ERROR = 10
_TEXT = "<!doctype html><html lang=ru><meta charset=utf-8><title>Симулятор VK ID</title><p>Сервис недоступен."


def fault_response(path: str, error: str, status: int) -> Response:
    """The error document of an endpoint, for a fault that answers with one.

    At `/authorize` that is a page, or with HTTP 200 a redirect to the client: `server_error` and
    `temporarily_unavailable` are what stands for 500 and 503 there.

    Args:
        path: without the world's prefix.
        error: name of the error, such as `server_error`; unknown names go out as they are.
        status: HTTP status.
    """
    if path.startswith("/method/"):
        code = _API_ERRORS.get(error, _API_SERVER_ERROR)
        return JSONResponse({"error": {"error_code": code, "error_msg": f"Internal server error: {error}"}}, status)
    if path.startswith("/oauth2/"):
        return wire.answer({"error": error, "error_description": _words(error)}, status)
    if path == "/authorize" and status == 200:
        return _ToldByRedirect(error)
    return HTMLResponse(_TEXT, status)


def _words(error: str) -> str:
    return f"{error.replace('_', ' ')} (simulated)"


class _ToldByRedirect(HTMLResponse):
    """Sends the browser back to the client with the error; the page without an address to send it to."""

    def __init__(self, error: str) -> None:
        super().__init__(_TEXT)
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers the request that the fault struck."""
        app = Starlette()
        app.state.pages = Pages()
        request = Request({**scope, "app": app}, receive)
        world = world_of(request)
        query = parameters.read_query(scope["query_string"])
        try:
            client, redirect_uri = client_of(world, query)
            opener = opener_of(query.get("origin", []), client, redirect_uri)
        except PageRefusal:
            await super().__call__(scope, receive, send)
            return
        outcome = failure(
            redirect_uri,
            error=self._error,
            description=_words(self._error),
            state=parameters.state_of(query),
            opener=opener,
            bare=world.settings.vk_error_redirect == "bare",
        )
        await deliver(request, outcome, appearance_of(query))(scope, receive, send)
