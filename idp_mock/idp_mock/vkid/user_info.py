"""`POST /oauth2/user_info` and its masked sister `POST /oauth2/public_info`."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import contacts, id_token, scopes, wire
from idp_mock.vkid.errors import VkIdRefusal, Wire, shown
from idp_mock.vkid.identity import Identity, find_user
from idp_mock.web import base_url, world_of
from idp_mock.world import World

SEXES = {"female": 1, "male": 2}
AVATAR, SMALL_AVATAR = AVATAR_SIZES = (200, 50)
"""Sides of the pictures in `user_info` and `public_info`, in pixels."""

_USER_INFO = frozenset({"access_token", "client_id", "state"})
_PUBLIC_INFO = frozenset({"id_token", "client_id", "state"})


async def user_info(request: Request) -> Response:
    """What the person allowed to see, by an access token in the body, the query or the header."""
    return await wire.serve(request, _USER_INFO, _shown)


async def public_info(request: Request) -> Response:
    """A masked profile, by an id token.

    Which scopes were allowed is not in the token, so masks are shown in any case.
    """
    return await wire.serve(request, _PUBLIC_INFO, _shown_to_all)


def _shown(request: Request, given: Mapping[str, str]) -> dict[str, Any]:
    token = wire.access_token(request, given)
    identity = _existing(world_of(request), token.owner.user_id)
    return {"user": _user(request, identity, token.owner.user_id, frozenset(token.scopes))}


def _shown_to_all(request: Request, given: Mapping[str, str]) -> dict[str, Any]:
    world = world_of(request)
    client_id = given.get("client_id", "")
    client = world.vk_client(client_id)
    if client is None:
        raise VkIdRefusal(Wire.CLIENT, f"expected client_id of a registered application, got «{shown(client_id)}»")
    found = id_token.user_id_of(world, request.app.state.keys, given.get("id_token", ""), client.app_id)
    if isinstance(found, str):
        raise VkIdRefusal(Wire.ID_TOKEN, found)
    return {"user": _masked(request, _existing(world, found), found)}


def _existing(world: World, user_id: int) -> Identity:
    found = find_user(world, user_id)
    if found is None:
        raise VkIdRefusal(Wire.USER, f"expected the profile {user_id} to exist, it was removed from the world")
    return found[0]


def _user(request: Request, identity: Identity, user_id: int, allowed: frozenset[str]) -> dict[str, Any]:
    """`user_id` is text here and a number in the token's answer.

    A contact that is not given out is absent, not empty.
    """
    user: dict[str, Any] = {"user_id": str(user_id)}
    if scopes.PERSONAL_INFO in allowed:
        user |= {
            "first_name": identity.first_name,
            "last_name": identity.last_name,
            "avatar": f"{base_url(request)}/images/camera_{AVATAR}.png",
            "sex": SEXES[identity.sex],
            "verified": False,
            "birthday": identity.birthday.strftime("%d.%m.%Y"),
        }
    if scopes.PHONE in allowed and identity.phone and identity.shares_phone:
        user["phone"] = contacts.digits(identity.phone)
    if scopes.EMAIL in allowed and identity.email and identity.shares_email:
        user["email"] = identity.email
    return user


def _masked(request: Request, identity: Identity, user_id: int) -> dict[str, Any]:
    user: dict[str, Any] = {
        "user_id": str(user_id),
        "first_name": identity.first_name,
        "last_name": f"{identity.last_name[:1]}.",
        "avatar": f"{base_url(request)}/images/camera_{SMALL_AVATAR}.png",
    }
    if identity.phone and identity.shares_phone:
        user["phone"] = contacts.masked(identity.phone)
    if identity.email and identity.shares_email:
        user["email"] = contacts.masked_email(identity.email)
    return user
