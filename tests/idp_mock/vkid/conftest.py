"""VK ID over a world of its own, reached as over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from idp_mock.oauth.keys import SigningKeys
from idp_mock.vkid.app import vk_id_app
from idp_mock.web import WorldPrefix
from idp_mock.world import World, Worlds, load_document

from .browser import Application, Browser

CLIENT = {"name": "Проверка", "loopback_redirects": True}


def person(key: str, number: int, profiles: list[dict[str, Any]], **login: Any) -> dict[str, Any]:
    """A woman with one VK login whose phone ends with `number`."""
    return {
        "id": key,
        "name": {"last": "Иванова", "first": key.title()},
        "gender": "F",
        "birth_date": "1986-11-02",
        "vk_id": [{"phone": f"+790000001{number}", "profiles": profiles, **login}],
    }


def learning(user_id: int, *roles: str) -> dict[str, Any]:
    return {"user_id": user_id, "kind": "LEARNING", "roles": list(roles), "organisations": ["shkola"]}


def personal(user_id: int) -> dict[str, Any]:
    return {"user_id": user_id, "kind": "PERSONAL"}


def document() -> dict[str, Any]:
    return {
        "version": 1,
        "municipalities": [{"id": "gorod", "name": "Город"}],
        "organisations": [{"id": "shkola", "municipality": "gorod", "name": "Школа № 1"}],
        "persons": [
            person("vera", 11, [learning(7001, "PARENT")], email="vera@example.org"),
            person("anya", 12, [learning(7002, "PUPIL")]),
            person("olga", 13, [personal(7003)]),
            person("rita", 14, [personal(7004), learning(7005, "TEACHER", "PARENT")]),
            person("lena", 15, [learning(7006, "PARENT")], email="lena@example.org", share={"phone": False}),
        ],
        "clients": {
            "vk_id": [
                {"app_id": 51000066, **CLIENT},
                {"app_id": 51000067, **CLIENT, "yields": "learning"},
                {"app_id": 51000068, **CLIENT, "yields": "personal"},
                {"app_id": 51000069, "name": "Строгое", "redirect_uris": ["https://app.example/vk"]},
            ]
        },
    }


@pytest.fixture(scope="session")
def keys() -> SigningKeys:
    return SigningKeys(None, "vk-id")


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> Worlds:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    return Worlds(load_document(document()))


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.default


@pytest.fixture
async def connect(worlds: Worlds, keys: SigningKeys) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Makes HTTP clients, each with cookies of its own."""
    app = WorldPrefix(vk_id_app(worlds, keys), worlds)
    async with AsyncExitStack() as stack:
        clients: list[httpx.AsyncClient] = []

        def client(prefix: str = "") -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app)
            clients.append(httpx.AsyncClient(transport=transport, base_url=f"http://vk.test{prefix}"))
            stack.push_async_callback(clients[-1].aclose)
            return clients[-1]

        yield client


@pytest.fixture
def browser(connect: Callable[..., httpx.AsyncClient], world: World) -> Browser:
    return Browser(connect(), world)


@pytest.fixture
def app(connect: Callable[..., httpx.AsyncClient]) -> Application:
    return Application(connect())
