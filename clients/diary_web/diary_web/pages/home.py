"""The first page of a signed-in person: children by name, own accounts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.pages.mine import load_mine
from diary_web.web import account_path, client_of, render


def routes() -> list[Route]:
    """Addresses of this page."""
    return [Route("/home", home)]


async def home(request: Request) -> Response:
    """Lists children and accounts. A click on a child's name opens the person's OWN profile through that child (A2)."""
    async with client_of(request) as client:
        mine = await load_mine(request, client)
    children = []
    for pupil in mine.pupils:
        own = mine.representing(pupil)
        path = account_path(own.name, via=pupil.name) if own else account_path(pupil.name)
        children.append({"account": pupil, "path": path})
    return render(request, "home", {"children": children, "accounts": mine.accounts})
