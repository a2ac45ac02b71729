"""What the data API does alike for persons and organisations: answers, collections, `embed`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp_mock.esia.errors import DataRefusal, data_response, not_found
from idp_mock.esia.persons import Document, tag
from idp_mock.web import world_of

_EMBED = re.compile(r"^\((.*)\)$", re.DOTALL)


def answer(request: Request, act: Callable[[Request], Document]) -> Response:
    """What `act` finds, or the refusal in the data API's shape; a refusal is noted."""
    try:
        return JSONResponse(act(request))
    except DataRefusal as refusal:
        path = request.url.path.removeprefix(request.scope["root_path"])
        world_of(request).refusals.record("esia", path, refusal.code, refusal.explanation, refusal.details)
        return data_response(refusal.status, refusal.code, refusal.message)


def listing(address: str, elements: Sequence[Document], *, embed: bool) -> Document:
    """A collection: absolute addresses of its elements, or the elements themselves."""
    shown = list(elements) if embed else [f"{address}/{element['id']}" for element in elements]
    return {"stateFacts": ["hasSize"], "size": len(elements), "eTag": tag(shown), "elements": shown}


def embedded(request: Request) -> list[str]:
    """What `embed=(…)` asks for."""
    match = _EMBED.match(request.query_params.get("embed", ""))
    return match.group(1).split(",") if match else []


def one_of(request: Request, elements: Sequence[Document], parameter: str = "id") -> Document:
    """The element that the path names by a parameter.

    Raises:
        DataRefusal: 404.
    """
    wanted = request.path_params[parameter]
    for element in elements:
        if str(element["id"]) == wanted:
            return element
    text = f"в {request.path_params['collection']} нет элемента {wanted[:30]!r}"
    raise not_found(text, expected="an element of the collection")
