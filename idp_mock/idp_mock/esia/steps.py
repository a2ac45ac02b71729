"""What the sign-in pages share: the request that waits while the person answers."""

from __future__ import annotations

from starlette.requests import Request

from idp_mock.esia.errors import EsiaError
from idp_mock.esia.state import AuthorizationRequest, EsiaState
from idp_mock.web import parameters, world_of


def lost() -> EsiaError:
    """The refusal of a page that has no request behind it."""
    # The person waited too long, or opened the page from a bookmark: there is nowhere to go back to.
    text = "страница открыта без запроса системы, запрос исполнен или ждал дольше 30 минут"
    return EsiaError("ESIA-007003", text, expected="a waiting request", parameter="request")


async def waiting(request: Request) -> tuple[str, AuthorizationRequest | None]:
    """The key in a page's address or form, and the request that waits under it."""
    world = world_of(request)
    key = dict(await parameters(request)).get("request", "")
    return key, world.of(EsiaState).request(key, now=world.clock_of("esia").timestamp())


def system_name(request: Request, asked: AuthorizationRequest) -> str:
    """What the asking system is called."""
    client = world_of(request).esia_client(asked.client_id)
    return client.name if client else asked.client_id
