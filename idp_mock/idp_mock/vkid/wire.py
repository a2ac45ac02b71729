"""How calls of `/oauth2/*` come in and how answers go out."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp_mock.oauth.tokens import Token
from idp_mock.vkid.credentials import AccessTokens, Owner
from idp_mock.vkid.errors import VkIdRefusal, Wire, body_of, status_of
from idp_mock.web import parameters, world_of

HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
"""A browser may read every answer to a POST. Preflights find nothing here: VK does not answer them usefully either."""


async def pairs(request: Request) -> list[tuple[str, str]]:
    """Reads query and form parameters. A body without a content type is taken for a form: an SDK may send that."""
    try:
        given = await parameters(request)
    except HTTPException:  # a body of parts that is none: as good as empty
        return list(request.query_params.multi_items())
    if "content-type" not in request.headers:
        given += parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    return given


async def read(request: Request) -> dict[str, str]:
    """Reads the parameters of query and body: form or JSON. The body wins.

    One public client posts JSON to `user_info`; whether VK reads it is not known.
    """
    given = dict(await pairs(request))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        try:
            document = json.loads(await request.body())
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            given |= {
                name: str(value).encode("utf-8", "replace").decode()
                for name, value in document.items()
                if isinstance(value, str | int)
            }
    return given


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return JSONResponse(body, status, {**HEADERS, **(headers or {})})


def refused(request: Request, given: Mapping[str, str], refusal: VkIdRefusal) -> Response:
    """A refused call: recorded with its explanation, answered in VK ID's dialect with the state echoed."""
    world = world_of(request)
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    body = body_of(refusal.wire, world.settings)
    world.refusals.record("vk_id", path, body["error"], refusal.explanation)
    if "state" in given:
        body["state"] = given["state"]
    return answer(body, status_of(path, world.settings))


def token_value(request: Request, given: Mapping[str, str]) -> str:
    """The access token: a parameter, else the header `Authorization: Bearer`; empty if there is none."""
    if given.get("access_token"):
        return given["access_token"]
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def access_token(request: Request, given: Mapping[str, str]) -> Token[Owner]:
    """Finds the live access token of a call.

    Raises:
        VkIdRefusal: none, an unknown, an expired or a withdrawn one, or one of another application than `client_id`
            says.
    """
    world = world_of(request)
    value = token_value(request, given)
    token = world.of(AccessTokens).find(value)
    if token is None or not token.active(world.clock_of("vk_id").timestamp()):
        raise VkIdRefusal(Wire.ACCESS_TOKEN, f"expected a live access token, got {_came(value, token)}")
    if given.get("client_id", token.client_id) != token.client_id:
        raise VkIdRefusal(Wire.CLIENT, f"expected client_id {token.client_id}, which got the token, got another")
    return token


def _came(value: str, token: Token[Owner] | None) -> str:
    if not value:
        return "none"
    if token is None:
        return "an unknown one"
    return "one that was withdrawn" if token.revoked else "one that has expired"
