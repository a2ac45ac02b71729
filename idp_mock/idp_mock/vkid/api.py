"""VK's API host, as far as it is needed: `/method/users.get`.

How a learning profile looks on this API is documented nowhere: that there is an `educational_profile` with roles
and organisations is known, and the names of `edu_roles`, `profile_type` and `is_service_account`; their shapes here are
inferred. Optional fields come only if `fields` names them, as everywhere on this API.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp_mock.vkid import wire
from idp_mock.vkid.errors import VkIdRefusal, shown
from idp_mock.vkid.identity import find_user
from idp_mock.web import world_of
from idp_mock.world import VkProfile, World

UNKNOWN_METHOD = 3
AUTHORIZATION_FAILED = 5
INVALID_REQUEST = 8
LOWEST_VERSION = (5, 81)

PROFILE_TYPES = {"PERSONAL": 0, "LEARNING": 2}
"""`profile_type` of each kind. A script takes the account of type 2 for the learning one; the other is inferred."""


async def users_get(request: Request) -> Response:
    """The token's own user: id, names, and the educational fields that `fields` asks for. Others are not found."""
    try:
        given = dict(await wire.pairs(request))
    except VkIdRefusal as refusal:
        return _error(request, INVALID_REQUEST, "Invalid request", refusal.explanation)
    world = world_of(request)
    version = re.fullmatch(r"([0-9]{1,3})\.([0-9]{1,4})", given.get("v", ""))
    if version is None:
        return _error(request, INVALID_REQUEST, "Invalid request: v (version) is required", "expected v such as 5.199")
    if (int(version[1]), int(version[2])) < LOWEST_VERSION:
        return _error(
            request,
            INVALID_REQUEST,
            "Invalid request: versions below 5.81 are deprecated",
            f"expected v of at least 5.81, got {version[0]}",
        )
    try:
        token = wire.access_token(request, _without_client(given))
    except VkIdRefusal as refusal:
        text = "User authorization failed: invalid access_token."
        return _error(request, AUTHORIZATION_FAILED, text, refusal.explanation)
    found = find_user(world, token.owner.user_id)
    if found is None:
        text = "User authorization failed: user is deleted."
        return _error(request, AUTHORIZATION_FAILED, text, "expected the token's profile to exist in the world")
    identity, profile = found
    user: dict[str, Any] = {
        "id": profile.user_id,
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "can_access_closed": True,
        "is_closed": False,
    }
    wanted = _items(given.get("fields", ""))
    user |= {name: value for name, value in _educational(world, profile).items() if name in wanted}
    asked = _items(given.get("user_ids", ""))
    return JSONResponse({"response": [user] if not asked or str(profile.user_id) in asked else []})


async def unknown_method(request: Request) -> Response:
    """Any other method."""
    name = shown(request.path_params["name"])
    return _error(request, UNKNOWN_METHOD, "Unknown method passed", f"expected users.get, got «{name}»")


def _items(text: str) -> frozenset[str]:
    return frozenset(filter(None, re.split(r"[,\s]+", text)))


def _educational(world: World, profile: VkProfile) -> dict[str, Any]:
    """The fields by which a learning profile is told from a personal one; only their names are known."""
    common = {"profile_type": PROFILE_TYPES[profile.kind], "is_service_account": False}
    if profile.kind == "PERSONAL":
        return common
    document = _educational_profile(world, profile)
    roles = {
        "main_roles": ",".join(profile.roles),
        "organizations": [{"organization_name": one["name"]} for one in document["organizations"]],
    }
    return {**common, "educational_profile": document, "edu_roles": roles}


def _educational_profile(world: World, profile: VkProfile) -> dict[str, Any]:
    """Inferred shape. An organisation that the person named in own words has no id."""
    known = [(key, organisation.name) for key in profile.organisations if (organisation := world.organisation(key))]
    named = [("", name) for name in profile.organisation_names]
    return {
        "roles": list(profile.roles),
        "organizations": [{"id": key, "name": name} for key, name in known + named],
        **({"classes": profile.class_names} if profile.class_names else {}),
    }


def _without_client(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name != "client_id"}


def _error(request: Request, code: int, text: str, explanation: str) -> Response:
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    world_of(request).refusals.record("vk_id", path, str(code), explanation)
    return JSONResponse({"error": {"error_code": code, "error_msg": text}})
