"""`GET /idp/ext/Logout`: ends the browser's session and the access tokens that came of it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp_mock.esia.errors import EsiaError
from idp_mock.esia.esia import SESSION_COOKIE, Esia
from idp_mock.esia.state import EsiaState
from idp_mock.web import get_cookie, set_cookie, world_of


@dataclass(frozen=True)
class Logout:
    """The logout. The session ends whatever else is wrong with the request: a person who leaves is signed out."""

    esia: Esia

    async def __call__(self, request: Request) -> Response:
        """Signs out, then goes to `redirect_url` if it is the system's, else shows a page."""
        world_of(request).of(EsiaState).sign_out(get_cookie(request, SESSION_COOKIE))
        response = self._answer(request)
        set_cookie(response, request, SESSION_COOKIE, "", max_age_s=0)
        return response

    def _answer(self, request: Request) -> Response:
        redirect_url = request.query_params.get("redirect_url")
        if not redirect_url:
            return self.esia.page(request, "esia/logout.html")
        client_id = request.query_params.get("client_id", "")
        client = self.esia.client(world_of(request), client_id)
        if client is None:
            text = f"нет системы {client_id[:100]!r}"
            error = EsiaError("ESIA-008010", text, expected="a registered system", parameter="client_id")
            return self.esia.error_page(request, error)
        if not client.allows_redirect(redirect_url):
            text = f"redirect_url {redirect_url[:300]!r} не из домена системы {client.client_id}"
            expected = f"an address like {', '.join(client.client.redirect_uris)}"
            error = EsiaError("ESIA-007023", text, expected=expected, parameter="redirect_url")
            return self.esia.error_page(request, error)
        return RedirectResponse(redirect_url, 302, {"cache-control": "no-store"})
