"""What VK's web SDK reports to and reads from, so that it never waits for an answer in vain."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def sdk_config(request: Request) -> Response:
    """The SDK's settings; `active` 0 keeps it from loading an external tracker."""
    return _answer(request, {"response": {"tracker_id": 0, "active": 0, "result": "success"}})


async def stat_events(request: Request) -> Response:
    """Takes statistics and forgets them."""
    return _answer(request, {"response": 1})


def _answer(request: Request, body: dict[str, object]) -> Response:
    # The SDK sends these with cookies, and then a browser wants the page's own origin and not a star.
    headers = {"Vary": "Origin"}
    if origin := request.headers.get("origin"):
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
    return JSONResponse(body, headers=headers)
