"""`POST /oauth2/auth`: codes and refresh tokens for tokens."""

from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.server import Answer, FormRequest
from idp_mock.vkid import wire
from idp_mock.vkid.errors import VkIdRefusal, Wire
from idp_mock.vkid.server import VkIdServer
from idp_mock.web import world_of


async def exchange(request: Request) -> Response:
    """Takes the union of query and form: VK's own SDKs put the same parameters in different places.

    `client_secret` does not belong to the flow and is ignored, though several clients send it. `state` is a value
    of this call alone and is echoed; it is never compared with the one of `/authorize`.
    """
    keys: SigningKeys = request.app.state.keys
    server = VkIdServer(world_of(request), keys)
    pairs = [(name, value) for name, value in await wire.pairs(request) if name != "client_secret"]
    call = FormRequest(request.method, str(request.url.replace(query="")), dict(request.headers), pairs)
    repeated = sorted(name for name, values in call.payload.datalist.items() if len(set(values)) > 1)
    if repeated:
        refusal = VkIdRefusal(Wire.PARAMETERS, f"expected {', '.join(repeated)} with one value, got several")
        result = server.handle_error_response(call, refusal)
    else:
        result = cast(Answer, server.create_token_response(call))
    assert isinstance(result.body, dict)
    return wire.answer(result.body, result.status)
