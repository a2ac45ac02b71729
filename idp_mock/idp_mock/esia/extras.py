"""What ESIA itself does not have: OpenID discovery and JWKS, off unless the world's `esia_discovery` says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from idp_mock.esia.esia import Esia
from idp_mock.esia.scopes import SCOPES
from idp_mock.esia.versions import CURRENT
from idp_mock.web import base_url, world_of


@dataclass(frozen=True)
class Extras:
    """The extras. Each answer says in a header of its own that ESIA would not give it."""

    esia: Esia

    async def discovery(self, request: Request) -> Response:
        """`/.well-known/openid-configuration`."""
        base = base_url(request)
        return self._answer(
            request,
            {
                "issuer": world_of(request).settings.esia_issuer,
                "authorization_endpoint": base + CURRENT.authorize,
                "token_endpoint": base + CURRENT.token,
                "end_session_endpoint": f"{base}/idp/ext/Logout",
                "jwks_uri": f"{base}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "GOST3410_2012_256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": list(SCOPES),
            },
        )

    async def jwks(self, request: Request) -> Response:
        """`/jwks`: the RSA keys that are good; for GOST keys there is no registered form."""
        return self._answer(request, {"keys": self.esia.keys.jwks})

    @staticmethod
    def _answer(request: Request, document: dict[str, object]) -> Response:
        if not world_of(request).settings.esia_discovery:
            return PlainTextResponse("Not Found", 404)
        return JSONResponse(document, headers={"x-simulator-extra": "not part of ESIA"})
