"""ESIA's routes."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from idp_mock.body_limit import BodyLimit
from idp_mock.esia.authorize import Authorize
from idp_mock.esia.data_api import DataApi
from idp_mock.esia.esia import Esia
from idp_mock.esia.extras import Extras
from idp_mock.esia.faults import fault_response
from idp_mock.esia.gost.keys import GostSigningKeys
from idp_mock.esia.logout import Logout
from idp_mock.esia.organisations import OrganisationApi
from idp_mock.esia.second_factor import SecondFactorPage
from idp_mock.esia.signin import Consent, Login, Organisation
from idp_mock.esia.token import TokenEndpoint
from idp_mock.esia.unread import Unread
from idp_mock.esia.versions import CURRENT, FIRST
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.keys import SigningKeys
from idp_mock.web import world_of
from idp_mock.world import Worlds

__all__ = ["esia_app", "fault_response"]

_SLASHES = re.compile(r"/{2,}")


def esia_app(
    worlds: Worlds,  # noqa: ARG001
    keys: SigningKeys,
    certificates: ClientCertificates,
    watched: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> ASGIApp:
    """Makes the ESIA of all worlds.

    Args:
        worlds: the simulator's worlds. Not needed here yet: each request brings its own, found by `web.WorldPrefix`.
        keys: signs codes and tokens.
        certificates: where the certificates of client systems are.
        watched: puts between the limit of what is read and ESIA what is to see its requests, such as `FaultGate`.

    Returns:
        The application. It stands inside `web.WorldPrefix`.
    """
    esia = Esia(keys, certificates, GostSigningKeys.beside(keys))
    login, organisation, consent = Login(esia), Organisation(esia), Consent(esia)
    factor, extras = SecondFactorPage(esia), Extras(esia)
    data, firms = DataApi(esia), OrganisationApi(esia)

    async def keys_zip(_request: Request) -> Response:
        return Response(keys.zip, media_type="application/zip")

    async def keys_pem(_request: Request) -> Response:
        return Response(keys.pem, media_type="application/x-pem-file")

    async def gost_pem(_request: Request) -> Response:
        gost = esia.gost_keys
        return Response(gost.certificate_pem + gost.public_key_pem, media_type="application/x-pem-file")

    def call(endpoint: Any) -> Any:
        # Starlette takes objects for ASGI applications; a bound method is an endpoint.
        return endpoint.__call__

    routes = [
        *(Route(version.authorize, call(Authorize(esia, version))) for version in (FIRST, CURRENT)),
        *(Route(version.token, call(TokenEndpoint(esia, version)), methods=["POST"]) for version in (FIRST, CURRENT)),
        Route("/login", login.show),
        Route("/login", login.submit, methods=["POST"]),
        Route("/second-factor", factor.show),
        Route("/second-factor", factor.submit, methods=["POST"]),
        Route("/organisation", organisation.show),
        Route("/organisation", organisation.submit, methods=["POST"]),
        Route("/consent", consent.show),
        Route("/consent", consent.submit, methods=["POST"]),
        Route("/idp/ext/Logout", call(Logout(esia))),
        Route("/rs/prns/{oid}", data.person),
        Route("/rs/prns/{oid}/avt", data.avatar),
        Route("/rs/prns/{oid}/{collection}", data.collection),
        Route("/rs/prns/{oid}/{collection}/{id}", data.element),
        Route("/rs/prns/{oid}/kids/{kid}/{collection}", data.child_collection),
        Route("/rs/prns/{oid}/kids/{kid}/{collection}/{id}", data.child_element),
        Route("/rs/orgs/{oid}", firms.organisation),
        Route("/rs/orgs/{oid}/{collection}", firms.collection),
        Route("/rs/orgs/{oid}/{collection}/{id}", firms.element),
        Route("/rs/orgs/{oid}/{collection}/{id}/{below}", firms.below),
        Route("/rs/orgs/{oid}/{collection}/{id}/{below}/{item}", firms.element_below),
        Route("/rs/{rest:path}", data.unknown),
        Route("/public/esia.zip", keys_zip),
        # The same key as PEM, for libraries that want a file of that kind. ESIA itself has no such address.
        Route("/public/esia.pem", keys_pem),
        Route("/public/esia-gost.pem", gost_pem),
        Route("/.well-known/openid-configuration", extras.discovery),
        Route("/jwks", extras.jwks),
    ]

    async def broken(request: Request, error: Exception) -> Response:
        # Its own dialect even for its own fault; the console has the rest.
        logging.getLogger(__name__).error("ESIA failed on %s", request.url.path, exc_info=error)
        path = request.url.path
        text, expected = f"ошибка симулятора: {type(error).__name__}", {"expected": "a simulator without faults"}
        world_of(request).refusals.record("esia", path, "ESIA-007007", text, expected)
        return fault_response(path, "ESIA-007007", 500)

    app = Starlette(routes=routes, exception_handlers={Exception: broken})
    app.router.redirect_slashes = False
    return BodyLimit(watched(_CleanPaths(app)), too_large=Unread(esia))


class _CleanPaths:
    """Takes double and closing slashes out of paths: clients glue base addresses and paths together in every way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = _SLASHES.sub("/", scope["path"])
            scope = {**scope, "path": path.rstrip("/") or "/"}
        await self._app(scope, receive, send)
