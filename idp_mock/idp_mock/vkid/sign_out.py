"""`POST /oauth2/logout` and `POST /oauth2/revoke`."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import credentials, wire
from idp_mock.vkid.consents import Consents
from idp_mock.web import world_of

_READS = frozenset({"access_token", "client_id", "state"})


async def logout(request: Request) -> Response:
    """Ends the sign-in that an access token belongs to; the browser's session stays."""
    return await wire.serve(request, _READS, _logout)


async def revoke(request: Request) -> Response:
    """Withdraws all that the person allowed the application: its tokens end, and the next sign-in asks for consent."""
    return await wire.serve(request, _READS, _revoke)


def _logout(request: Request, given: Mapping[str, str]) -> dict[str, int]:
    credentials.end_family(world_of(request), wire.access_token(request, given).family)
    return {"response": 1}


def _revoke(request: Request, given: Mapping[str, str]) -> dict[str, int]:
    token = wire.access_token(request, given)
    world = world_of(request)
    credentials.end_all(world, token.client_id, token.owner.key)
    world.of(Consents).withdraw(int(token.client_id), token.owner.key)
    return {"response": 1}
