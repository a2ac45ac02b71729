"""A parent joins by the link from the child's profile."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from idp_mock.world import World

from .browser import Application, Browser, Page

VERA, ANYA, OLGA = "+79000000111", "+79000000112", "+79000000113"


@pytest.fixture
async def link(connect: Callable[..., httpx.AsyncClient], world: World, app: Application) -> tuple[Browser, str]:
    """The child's browser, and the link that the child's profile shows."""
    child = Browser(connect(), world)
    await child.sign_in(await child.open(app.asks()), ANYA)
    page = await child.http.get("/learning")
    [found] = re.findall(r'href="http://vk\.test([^"]+)" data-join="7002"', page.text)
    return child, found


@pytest.mark.parametrize(("contact", "user_id"), [(VERA, 7001), (OLGA, None)])
async def test_gives_a_parent_the_role_and_the_childs_school(
    browser: Browser, world: World, link: tuple[Browser, str], contact: str, user_id: int | None
) -> None:
    page = await browser.sign_in(Page(await browser.http.get(link[1])), contact)
    assert page.location.startswith("http://vk.test/learning/joined?user_id=")
    number = int(page.location.rpartition("=")[2])
    assert user_id in (None, number)
    found = world.vk_profile(number)
    assert found is not None
    assert (found[2].kind, "PARENT" in found[2].roles, found[2].organisations) == ("LEARNING", True, ["shkola"])
    assert (await browser.http.get(page.location)).status_code == 200


async def test_registers_a_new_parent_on_the_way(browser: Browser, world: World, link: tuple[Browser, str]) -> None:
    page = await browser.sign_in(Page(await browser.http.get(link[1])), "+79000000198")
    assert page.step == "register"
    names = {"first_name": "Марк", "last_name": "Новый", "birthday": "03.10.1987", "sex": "male"}
    page = await browser.submit(page, **names, create_learning="no")
    found = world.vk_profile(int(page.location.rpartition("=")[2]))
    assert found is not None
    assert found[2].roles == ["PARENT"]


async def test_refuses_the_link_where_the_child_is_signed_in(world: World, link: tuple[Browser, str]) -> None:
    child, address = link
    page = Page(await child.http.get(address))
    assert (page.response.status_code, page.error, page.step) == (400, "parent_of_oneself", "")
    assert world.refusals.list()[-1].error == "parent_of_oneself"


async def test_refuses_the_child_who_signs_in_behind_the_link(browser: Browser, link: tuple[Browser, str]) -> None:
    page = await browser.sign_in(Page(await browser.http.get(link[1])), ANYA)
    assert (page.step, page.error) == ("login", "parent_of_oneself")


async def test_asks_who_opens_the_link_although_somebody_is_signed_in(
    browser: Browser, app: Application, world: World, link: tuple[Browser, str]
) -> None:
    await browser.sign_in(await browser.open(app.asks()), OLGA)
    page = Page(await browser.http.get(link[1]))
    assert page.step == "account"
    assert (await browser.submit(page, account=OLGA)).response.status_code == 302


async def test_shows_no_link_to_a_stranger_and_knows_no_other_links(browser: Browser) -> None:
    assert "data-join" not in (await browser.http.get("/learning")).text
    assert Page(await browser.http.get("/learning/join/nonsense")).error == "link_unknown"
