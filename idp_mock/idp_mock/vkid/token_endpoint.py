"""`POST /oauth2/auth`: codes and refresh tokens for tokens."""

from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.server import Answer, FormRequest
from idp_mock.vkid import wire
from idp_mock.vkid.errors import VkIdRefusal, Wire, shown
from idp_mock.vkid.server import VkIdServer
from idp_mock.web import world_of

_READS = frozenset(
    (
        *("grant_type", "client_id", "device_id", "state", "redirect_uri", "scope", "service_token"),
        *("code", "code_verifier", "refresh_token"),
        *("access_token", "response_type", "code_challenge", "code_challenge_method"),
    )
)
"""All others are ignored, `client_secret` too: it does not belong to the flow, though several clients send it."""


async def exchange(request: Request) -> Response:
    """Takes the union of query and form: VK's own SDKs put the same parameters in different places.

    `state` is a value of this call alone and is echoed; it is never compared with the one of `/authorize`.
    """
    keys: SigningKeys = request.app.state.keys
    server = VkIdServer(world_of(request), keys)
    come: list[tuple[str, str]] = []
    try:
        come = [(name, value) for name, value in await wire.pairs(request) if name in _READS]
        wire.count(request)
        wire.refuse_repeated(come, _READS)
        await _refuse_confused(request, come)
    except VkIdRefusal as refusal:
        result = server.handle_error_response(_call(request, come), refusal)
    else:
        result = cast(Answer, server.create_token_response(_call(request, come)))
    assert isinstance(result.body, dict)
    return wire.answer(result.body, result.status)


def _call(request: Request, come: list[tuple[str, str]]) -> FormRequest:
    # No client proves itself by a header here; and whether TLS carried the call is not for the core to judge.
    return FormRequest(request.method, f"https://id.vk.ru{request.scope['path']}", {}, come)


async def _refuse_confused(request: Request, come: list[tuple[str, str]]) -> None:
    """Refuses calls that are no exchange of any kind, with better words than what is missing.

    Raises:
        VkIdRefusal: the body is of a type that is not read here, or holds both ends of the proof.
    """
    names = {name for name, _ in come}
    if "grant_type" not in names and not wire.is_read(request) and await request.body():
        came = shown(wire.content_type(request))
        raise VkIdRefusal(Wire.PARAMETERS, f"expected {wire.FORM}, got a body of «{came}», which is not read here")
    if {"code_verifier", "code_challenge"} <= names:
        raise VkIdRefusal(
            Wire.PARAMETERS, "expected code_verifier here and code_challenge at /authorize, got both in one call"
        )
