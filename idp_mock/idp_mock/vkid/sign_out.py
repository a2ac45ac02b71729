"""`POST /oauth2/logout` and `POST /oauth2/revoke`."""

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import credentials, wire
from idp_mock.vkid.consents import Consents
from idp_mock.vkid.errors import VkIdRefusal
from idp_mock.web import world_of


async def logout(request: Request) -> Response:
    """Ends the sign-in that an access token belongs to; the browser's session stays."""
    given = await wire.read(request)
    try:
        token = wire.access_token(request, given)
    except VkIdRefusal as refusal:
        return wire.refused(request, given, refusal)
    credentials.end_family(world_of(request), token.family)
    return wire.answer({"response": 1})


async def revoke(request: Request) -> Response:
    """Withdraws all that the person allowed the application: its tokens end, and the next sign-in asks for consent."""
    given = await wire.read(request)
    try:
        token = wire.access_token(request, given)
    except VkIdRefusal as refusal:
        return wire.refused(request, given, refusal)
    world = world_of(request)
    credentials.end_all(world, token.client_id, token.owner.key)
    world.of(Consents).withdraw(int(token.client_id), token.owner.key)
    return wire.answer({"response": 1})
