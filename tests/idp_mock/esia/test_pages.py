"""ESIA's pages in a real browser: by keyboard, on a phone's screen, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from idp_mock.esia.scopes import ORG_SCOPES, SCOPES
from idp_mock.esia.words import ENGLISH
from playwright.async_api import Page, async_playwright

from ..vkid.sdk.tools import chromium
from .conftest import Stand
from .parties import refused

NARROW = {"width": 320, "height": 640}
#: What a finger hits, in CSS pixels.
TOUCHABLE = 40
FACTS = """() => ({
    width: document.documentElement.scrollWidth,
    lang: document.documentElement.lang,
    heading: document.querySelector('h1').textContent,
    unlabelled: [...document.querySelectorAll('input:not([type=hidden])')].filter((one) => !one.labels.length).length,
    low: [...document.querySelectorAll('button, input:not([type=hidden])')]
        .map((one) => one.getBoundingClientRect()).filter((box) => box.height < TOUCHABLE).length,
    note: document.querySelector('.note').textContent,
    cyrillic: /[а-яё]/i.test(document.querySelector('main').textContent),
})""".replace("TOUCHABLE", str(TOUCHABLE))


@pytest.fixture(scope="session")
def browser_path() -> str:
    path = chromium()
    assert path, "Chromium: `apt-get install chromium`, or `python -m playwright install chromium`"
    return path


@pytest.fixture
async def phone(browser_path: str) -> AsyncIterator[Page]:
    """A page on a phone's screen."""
    async with async_playwright() as playwright:
        options: dict[str, Any] = {"executable_path": browser_path, "args": ["--no-sandbox", "--disable-gpu"]}
        browser = await playwright.chromium.launch(**options)
        page = await browser.new_page(viewport=NARROW, has_touch=True)  # type: ignore[arg-type]
        yield page
        await browser.close()


def address(stand: Stand, **values: str) -> str:
    """An authorization request of a system that is at home on this machine, where the browser finds it."""
    client = stand.world.esia_client("GOSTSYS")
    assert client is not None
    client.loopback_redirects = True
    return f"{stand.base}{stand.current.authorization_url(redirect_uri=back(stand), **values)}"


def back(stand: Stand) -> str:
    return f"{stand.base}/back"


async def focused(page: Page) -> str:
    return await page.evaluate("document.activeElement.name || document.activeElement.dataset.lang || ''")


async def sound(page: Page, lang: str) -> dict[str, Any]:
    """The page fits on the screen, is labelled, says what it is and speaks the language."""
    facts = await page.evaluate(FACTS)
    assert facts["width"] <= NARROW["width"], facts
    assert (facts["unlabelled"], facts["low"], facts["lang"]) == (0, 0, lang), facts
    assert ("Симулятор" if lang == "ru" else "simulator") in facts["note"]
    return facts


async def test_a_person_signs_in_by_keyboard_alone_and_each_page_puts_the_cursor_where_it_starts(
    stand: Stand, phone: Page
) -> None:
    stand.world.update_person("nina", {"esia": {"second_factor": True}})
    await phone.goto(address(stand, scope_org="org_inn"))
    assert await focused(phone) == "login"
    await phone.keyboard.type("nina")
    await phone.keyboard.press("Tab")
    assert await focused(phone) == "password"
    await phone.keyboard.type("nina-esia")
    await phone.keyboard.press("Enter")
    await phone.wait_for_selector("[data-step=second-factor]")
    assert await focused(phone) == "code"
    await phone.keyboard.type(stand.world.inbox.messages()[-1].code)
    await phone.keyboard.press("Enter")
    for step, name in (("organisation", "organisation"), ("consent", "decision")):
        await phone.wait_for_selector(f"[data-step={step}]")
        await sound(phone, "ru")
        await phone.keyboard.press("Tab")
        assert await focused(phone) == "en"
        await phone.keyboard.press("Tab")
        assert await focused(phone) == name
        outline = await phone.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        await phone.keyboard.press("Enter")
    await phone.wait_for_url(f"{back(stand)}?**")
    assert "code" in parse_qs(urlsplit(phone.url).query)


async def test_every_page_fits_a_phone_and_speaks_english_from_the_switch_on_until_it_is_switched_back(
    stand: Stand, phone: Page
) -> None:
    stand.world.update_person("nina", {"esia": {"second_factor": True}})
    await phone.goto(address(stand, scope="openid fullname email", scope_org="org_inn org_shortname"))
    assert (await sound(phone, "ru"))["heading"] == "Вход"
    await phone.click("[data-lang=en]")
    assert (await sound(phone, "en"))["heading"] == "Sign in"
    await phone.fill("[name=login]", "nina")
    await phone.fill("[name=password]", "wrong")
    await phone.click("button")
    await phone.wait_for_selector("[data-error=wrong-credentials]")
    facts = await sound(phone, "en")
    assert await phone.text_content("[role=alert]") == "Wrong login or password"
    await phone.fill("[name=password]", "nina-esia")
    await phone.click("button")
    await phone.wait_for_selector("[data-step=second-factor]")
    await sound(phone, "en")
    await phone.fill("[name=code]", stand.world.inbox.messages()[-1].code)
    await phone.click("button")
    await phone.wait_for_selector("[data-step=organisation]")
    await sound(phone, "en")
    await phone.click("button >> nth=0")
    await phone.wait_for_selector("[data-step=consent]")
    facts = await sound(phone, "en")
    assert facts["heading"] == "Granting access"
    listed = await phone.locator("li").all_text_contents()
    assert "Tax number of the organisation (INN)" in listed
    await phone.click("button[value=deny]")
    await phone.wait_for_url(f"{back(stand)}?**")
    await phone.goto(f"{stand.base}/login?request=none")
    assert (await sound(phone, "en"))["heading"] == "Could not sign in"
    assert str(stand.world.refusals.list()[-1].number) in (await phone.text_content("main") or "")
    assert refused(stand.world)[1] not in await phone.content()
    await phone.goto(f"{stand.base}/idp/ext/Logout")
    assert not (await sound(phone, "en"))["cyrillic"]
    await phone.click("[data-lang=ru]")
    assert (await sound(phone, "ru"))["heading"] == "Вы вышли"


async def test_a_system_may_ask_for_english_in_its_request_and_the_pages_keep_it(stand: Stand) -> None:
    page = await stand.browser.open(f"{stand.system.authorization_url()}&lang=en")
    assert '<html lang="en"' in page.response.text
    page = await stand.browser.submit(page, login="vera", password="vera-esia")
    assert "Granting access" in page.response.text
    other = await stand.browser.open(f"{stand.system.authorization_url()}&lang=xx")
    assert '<html lang="en"' in other.response.text


def test_every_scope_has_an_english_title_for_the_page_that_lists_it() -> None:
    assert {title for title in (*SCOPES.values(), *ORG_SCOPES.values()) if title not in ENGLISH} == set()
