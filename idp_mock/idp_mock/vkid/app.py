"""VK ID and the VK API as one ASGI application."""

import struct
import zlib

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from idp_mock.oauth.keys import SigningKeys
from idp_mock.vkid import api, learning_pages, sign_out, telemetry, user_info, widgets, wire
from idp_mock.vkid.authorize import authorize, take_step
from idp_mock.vkid.flow import Step
from idp_mock.vkid.token_endpoint import exchange
from idp_mock.web import Pages, world_of
from idp_mock.world import Worlds

_API_ERRORS = {"slow_down": 6, "invalid_token": api.AUTHORIZATION_FAILED}
_API_SERVER_ERROR = 10


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
            Route("/authorize", authorize, methods=["GET"]),
            *(Route(f"/authorize/{step}", take_step, methods=["POST"], name=step) for step in Step),
            Route("/learning", learning_pages.profiles, methods=["GET"]),
            Route(f"{learning_pages.ENDPOINT}/{{token}}", learning_pages.open_link, methods=["GET"]),
            Route(learning_pages.JOINED, learning_pages.joined, methods=["GET"]),
            Route("/oauth2/auth", exchange, methods=["POST"]),
            Route("/oauth2/user_info", user_info.user_info, methods=["POST"]),
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
        ]
    )
    app.state.keys = keys
    app.state.pages = Pages()
    return app


def fault_response(path: str, error: str, status: int) -> Response:
    """The error document of an endpoint, for a fault that answers with one.

    Args:
        path: without the world's prefix.
        error: name of the error, such as `server_error`; unknown names go out as they are.
        status: HTTP status.
    """
    if path.startswith("/method/"):
        code = _API_ERRORS.get(error, _API_SERVER_ERROR)
        return JSONResponse({"error": {"error_code": code, "error_msg": f"Internal server error: {error}"}}, status)
    if path.startswith("/oauth2/"):
        return wire.answer({"error": error, "error_description": f"{error.replace('_', ' ')} (simulated)"}, status)
    text = "<!doctype html><html lang=ru><meta charset=utf-8><title>Симулятор VK ID</title><p>Сервис недоступен."
    return HTMLResponse(text, status)


async def _jwks(request: Request) -> Response:
    """The key of id tokens, if the world is set to publish it: VK ID is not known to."""
    if request.method != "GET" or not world_of(request).settings.vk_jwks:
        return Response(status_code=404)
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
