"""How calls of `/oauth2/*` come in and how answers go out."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from idp_mock.oauth.tokens import Token
from idp_mock.vkid.credentials import AccessTokens, Owner
from idp_mock.vkid.daily_calls import DailyCalls
from idp_mock.vkid.errors import VkIdRefusal, Wire, body_of, status_of
from idp_mock.web import world_of

HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
"""A browser may read every answer to a POST. Preflights find nothing here: VK does not answer them usefully either."""

FORM = "application/x-www-form-urlencoded"
_PARTS, _JSON = "multipart/form-data", "application/json"
_MOST = 1000
"""Parameters of one call; no client sends as many."""

Do = Callable[[Request, Mapping[str, str]], Mapping[str, Any]]
"""What an endpoint does with the parameters of a call: the answer, or a `VkIdRefusal`."""


async def serve(request: Request, reads: Iterable[str], do: Do) -> Response:
    """Serves an endpoint that takes query, form and JSON.

    Args:
        request: the call.
        reads: the parameters that the endpoint reads; all others are ignored.
        do: the endpoint.
    """
    given: dict[str, str] = {}
    try:
        come = await pairs(request)
        given = dict(come)
        given |= await _document(request, reads)
        count(request)
        refuse_repeated(come, reads)
        return answer(do(request, given))
    except VkIdRefusal as refusal:
        return refused(request, given, refusal)


async def pairs(request: Request) -> list[tuple[str, str]]:
    """Reads query and form parameters. A body without a content type is taken for a form: an SDK may send that.

    Raises:
        VkIdRefusal: there are more than a thousand of them.
    """
    given = _decoded(request.scope["query_string"])
    kind = content_type(request)
    if kind in ("", FORM):
        given += _decoded(await request.body())
    elif kind == _PARTS:
        try:
            form = await request.form(max_fields=_MOST)
        except HTTPException:  # a body of parts that is none: as good as empty
            return given
        given += [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return given


def is_read(request: Request) -> bool:
    """Whether `pairs` reads a body of this type."""
    return content_type(request) in ("", FORM, _PARTS)


def count(request: Request) -> None:
    """Counts a call of its sender.

    Raises:
        VkIdRefusal: the world allows no more today.
    """
    sender = request.client.host if request.client is not None else ""
    world = world_of(request)
    world.of(DailyCalls).count(world, sender)


def content_type(request: Request) -> str:
    """The type of the body in lower case without parameters, empty if it was not told."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refuse_repeated(come: Iterable[tuple[str, str]], reads: Iterable[str]) -> None:
    """Refuses parameters with several values. The same value twice is taken: clients fill in query and body alike.

    Raises:
        VkIdRefusal: one of those that are read has several.
    """
    values: dict[str, str] = {}
    repeated = {name for name, value in come if name in reads and values.setdefault(name, value) != value}
    if repeated:
        raise VkIdRefusal(Wire.PARAMETERS, f"expected one value of {', '.join(sorted(repeated))}, got several")


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


def too_large(scope: Scope) -> Response:
    """The refusal of a body or an address that is too large: HTTP 413 whatever the world says of errors."""
    request = Request(scope)
    explanation = "expected a body of at most a mebibyte and an address of at most 64 KiB, got more"
    response = refused(request, {}, VkIdRefusal(Wire.PARAMETERS, explanation))
    response.status_code = 413
    response.headers["connection"] = "close"
    return response


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


def _decoded(text: bytes) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        return parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST)
    except ValueError:
        raise VkIdRefusal(Wire.PARAMETERS, f"expected at most {_MOST} parameters, got more") from None


async def _document(request: Request, reads: Iterable[str]) -> dict[str, str]:
    """The parameters of a JSON body. One public client posts JSON to `user_info`; whether VK reads it is not known.

    Raises:
        VkIdRefusal: the body is no JSON object, or a parameter is neither text nor a whole number.
    """
    if content_type(request) != _JSON or not (body := await request.body()):
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise VkIdRefusal(Wire.PARAMETERS, "expected a body that says application/json to be a JSON object")
    # Null is as good as absent.
    found = {name: value for name, value in document.items() if name in reads and value is not None}
    wrong = [name for name, value in found.items() if not isinstance(value, str | int) or isinstance(value, bool)]
    if wrong:
        raise VkIdRefusal(Wire.PARAMETERS, f"expected {', '.join(sorted(wrong))} to be text in JSON, got another type")
    return {name: str(value).encode("utf-8", "replace").decode() for name, value in found.items()}
