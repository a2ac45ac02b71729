"""What both providers share over Starlette: worlds in paths, addresses, cookies."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from idp_mock.body_limit import BodyLimit
from idp_mock.web import Pages, WorldPrefix, base_url, get_cookie, parameters, set_cookie, world_of
from idp_mock.world import Worlds, load_document
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def show(request: Request) -> Response:
    return JSONResponse(
        {
            "world": world_of(request).name,
            "base": base_url(request),
            "cookie": get_cookie(request, "session"),
            "pairs": await parameters(request),
        }
    )


async def remember(request: Request) -> Response:
    response = Response()
    set_cookie(response, request, "session", world_of(request).name)
    return response


@pytest.fixture
def client(document: dict[str, Any]) -> httpx.AsyncClient:
    worlds = Worlds(load_document(document))
    worlds.create("w1")
    routes = [Route("/show", show, methods=["GET", "POST"]), Route("/remember", remember), Route("/", show)]
    app = WorldPrefix(Starlette(routes=routes), worlds)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vk.test:8102")


@pytest.mark.parametrize(
    ("path", "world", "base"),
    [
        ("/show", "default", "http://vk.test:8102"),
        ("/w/default/show", "default", "http://vk.test:8102/w/default"),
        ("/w/w1/show", "w1", "http://vk.test:8102/w/w1"),
        ("/w/w1/", "w1", "http://vk.test:8102/w/w1"),
        ("/w/w1", "w1", "http://vk.test:8102/w/w1"),
    ],
)
async def test_the_path_names_the_world(client: httpx.AsyncClient, path: str, world: str, base: str) -> None:
    shown = (await client.get(path)).json()

    assert (shown["world"], shown["base"]) == (world, base)


@pytest.mark.parametrize("path", ["/w/none/show", "/w/", "/w//show"])
async def test_an_unknown_world_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.json()["error"]) == (404, "world_not_found")


async def test_an_address_keeps_the_name_by_which_it_was_reached(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/w/w1/show", headers={"host": "id.vk.ru"})).json()

    assert shown["base"] == "http://id.vk.ru/w/w1"


async def test_each_world_has_cookies_of_its_own(client: httpx.AsyncClient) -> None:
    await client.get("/w/w1/remember")
    assert (await client.get("/show")).json()["cookie"] is None

    await client.get("/remember")
    assert (await client.get("/show")).json()["cookie"] == "default"
    assert (await client.get("/w/w1/show")).json()["cookie"] == "w1"


async def test_query_and_form_are_read_together_and_in_order(client: httpx.AsyncClient) -> None:
    answer = await client.post("/show?a=1&a=2", data={"a": "3", "b": "д"})

    assert answer.json()["pairs"] == [["a", "1"], ["a", "2"], ["a", "3"], ["b", "д"]]


async def test_pages_escape_text(document: dict[str, Any]) -> None:
    pages = Pages()
    template = pages.environment.from_string("{{ name }}")

    assert template.render(name="<script>") == "&lt;script&gt;"


async def slow_parts(size: int, parts: int) -> AsyncIterator[bytes]:
    for _ in range(parts):
        yield b"a" * size


@pytest.mark.parametrize(
    ("size", "parts", "status"), [(10, 10, 200), (0, 1, 200), (51, 2, 413), (101, 1, 413), (1, 101, 413)]
)
async def test_a_body_is_read_up_to_its_limit(size: int, parts: int, status: int) -> None:
    async def length(request: Request) -> Response:
        return Response(str(len(await request.body())))

    app = BodyLimit(Starlette(routes=[Route("/", length, methods=["POST"])]), 100)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vk.test") as client:
        answer = await client.post("/", content=slow_parts(size, parts))
    assert answer.status_code == status
    assert status != 200 or answer.text == str(size * parts)


async def test_a_call_of_a_provider_has_a_limit(vk_id: httpx.AsyncClient) -> None:
    for path in ("/oauth2/auth", "/oauth2/user_info", "/authorize/login"):
        assert (await vk_id.post(path, content=b"a=&" * 400_000)).status_code == 413
    assert (await vk_id.post("/oauth2/user_info", content=b"a=&" * 1000)).status_code == 200
