"""VK ID and the VK API as one ASGI application."""

import struct
import zlib

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from idp_mock.oauth.keys import SigningKeys
from idp_mock.vkid import api, learning_pages, sign_out, telemetry, user_info, widgets
from idp_mock.vkid.authorize import authorize, take_step
from idp_mock.vkid.flow import Step
from idp_mock.vkid.token_endpoint import exchange
from idp_mock.web import Pages, world_of
from idp_mock.world import Worlds


def vk_id_app(worlds: Worlds, keys: SigningKeys) -> ASGIApp:  # noqa: ARG001 - both providers are built alike
    """Builds the application.

    Args:
        worlds: the simulator's worlds; each request finds its own in its scope, where `web.WorldPrefix` put it.
        keys: signs id tokens.

    Returns:
        the routes of `id.vk.com` and of the API host; everything else, discovery too, is 404.
    """
    app = Starlette(
        routes=[
            # Routes are tried one after the other: what a load test calls most stands first.
            Route("/authorize", authorize, methods=["GET"]),
            Route("/oauth2/auth", exchange, methods=["POST"]),
            Route("/oauth2/user_info", user_info.user_info, methods=["POST"]),
            *(Route(f"/authorize/{step}", take_step, methods=["POST"], name=step) for step in Step),
            Route("/learning", learning_pages.profiles, methods=["GET"]),
            Route(f"{learning_pages.ENDPOINT}/{{token}}", learning_pages.open_link, methods=["GET"]),
            Route(learning_pages.JOINED, learning_pages.joined, methods=["GET"]),
            Route("/oauth2/public_info", user_info.public_info, methods=["POST"]),
            Route("/oauth2/revoke", sign_out.revoke, methods=["POST"]),
            Route("/oauth2/logout", sign_out.logout, methods=["POST"]),
            Route(widgets.ONE_TAP.path, widgets.one_tap, methods=["GET"]),
            Route(widgets.FLOATING.path, widgets.floating_one_tap, methods=["GET"]),
            Route("/community_subscription", widgets.community_subscription, methods=["GET"]),
            Route("/method/statEvents.addVKID", telemetry.stat_events, methods=["POST"]),
            Route("/method/users.get", api.users_get, methods=["GET", "POST"]),
            Route("/method/{name:path}", api.unknown_method, methods=["GET", "POST"]),
            Route("/.well-known/jwks.json", _jwks, methods=["GET", "POST"]),
            Route("/vkid_sdk_get_config", telemetry.sdk_config, methods=["POST"]),
            Route("/stat_events_vkid_sdk", telemetry.stat_events, methods=["POST"]),
            *(Route(f"/images/camera_{size}.png", _avatar, methods=["GET"]) for size in user_info.AVATAR_SIZES),
        ],
        exception_handlers={405: _not_found},
    )
    app.router.redirect_slashes = False
    app.state.keys = keys
    app.state.pages = Pages()
    return app


async def _not_found(_: Request, __: Exception) -> Response:
    """A GET of `/oauth2/auth` is reported to be 404, so every other method is here."""
    return Response("Not Found", 404, media_type="text/plain")


async def _jwks(request: Request) -> Response:
    """The key of id tokens, if the world is set to publish it: VK ID is not known to."""
    if request.method != "GET" or not world_of(request).settings.vk_jwks:
        return Response("Not Found", 404, media_type="text/plain")
    keys: SigningKeys = request.app.state.keys
    return JSONResponse({"keys": keys.jwks})


async def _avatar(request: Request) -> Response:
    """A square of one colour, for pages that show the person's picture."""
    size = int(request.scope["path"].rpartition("_")[2].removesuffix(".png"))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">2I5B", size, size, 1, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x55" * ((size + 7) // 8)) * size)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return Response(png, media_type="image/png")
