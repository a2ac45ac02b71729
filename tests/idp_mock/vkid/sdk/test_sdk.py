"""VK's own web SDK, unmodified, in a real browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from .conftest import SHOP, Browser

CALLBACK = {"mode": "new_tab", "responseMode": "callback"}
ASKING = {**CALLBACK, "prompt": ["consent"]}
TOKENS = """async ({code, device_id}) => {
    const first = await VKID.Auth.exchangeCode(code, device_id);
    const user = (await VKID.Auth.userInfo(first.access_token)).user;
    const shown = (await VKID.Auth.publicInfo(first.id_token)).user;
    const second = await VKID.Auth.refreshToken(first.refresh_token, device_id);
    return {first, user, shown, second};
}"""


def result(page: Page, number: int = 0) -> dict[str, Any]:
    """What the SDK told the page."""
    page.wait_for_function("number => results.filter((one) => !one.event).length > number", arg=number)
    return page.evaluate("number => results.filter((one) => !one.event)[number]", number)


def works(page: Page, value: dict[str, Any]) -> dict[str, Any]:
    """The code is good for everything that the SDK offers."""
    got = page.evaluate(TOKENS, value)
    assert got["first"]["user_id"] == 7000
    assert (got["user"]["user_id"], got["user"]["first_name"]) == ("7000", "Вера")
    assert (got["user"]["phone"], got["user"]["email"]) == ("79000000110", "vera@example.org")
    assert (got["shown"]["last_name"], got["shown"]["phone"]) == ("И.", "+7 *** *** ** 10")
    assert "id_token" not in got["second"]
    return got


def test_signs_in_by_redirect_and_does_everything_with_the_tokens(browser: Browser) -> None:
    page = browser.shop(mode="redirect")
    page.click("#login")
    browser.sign_in(page)
    browser.consent(page)
    page.wait_for_url(f"{SHOP}/vk?**")
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    page.evaluate("config => start(config)", {"mode": "redirect"})
    tokens = works(page, query)["second"]
    assert page.evaluate("token => VKID.Auth.logout(token)", tokens["access_token"]) == {"response": 1}
    refused = page.evaluate("token => VKID.Auth.userInfo(token).catch((error) => error)", tokens["access_token"])
    assert (refused["error"], refused["error_description"]) == ("invalid_token", "access_token is missing or invalid")


def test_revokes_what_was_allowed(browser: Browser) -> None:
    browser.signed_in()
    page = browser.shop(**CALLBACK)
    with page.expect_popup() as popup:
        page.click("#login")
    value = result(page)["value"]
    assert popup.value.is_closed()
    token = page.evaluate(TOKENS, value)["second"]["access_token"]
    revoke = """token => fetch("https://id.vk.ru/oauth2/revoke", {
        method: "POST", body: new URLSearchParams({access_token: token, client_id: "51000066"}),
    }).then((answer) => answer.json())"""
    assert page.evaluate(revoke, token) == {"response": 1}
    with page.expect_popup() as popup:
        page.click("#login")
    browser.consent(popup.value)
    works(page, result(page, 1)["value"])


@pytest.mark.parametrize("mode", ["new_tab", "new_window"])
def test_hears_from_a_popup(browser: Browser, mode: str) -> None:
    page = browser.shop(**{**ASKING, "mode": mode})
    with page.expect_popup() as popup:
        page.click("#login")
    browser.sign_in(popup.value)
    browser.consent(popup.value)
    value = result(page)["value"]
    assert set(value) >= {"code", "type", "state", "device_id", "expires_in"}
    assert (value["type"], value["expires_in"]) == ("code_v2", 600)
    works(page, value)
    assert "vkidExtId" in page.evaluate("document.cookie")


def test_goes_on_in_the_page_itself_after_a_popup_in_redirect_response_mode(browser: Browser) -> None:
    browser.signed_in()
    page = browser.shop(mode="new_tab", responseMode="redirect")
    with page.expect_popup():
        page.click("#login")
    page.wait_for_url(f"{SHOP}/vk?**")
    assert "ext_id" not in page.url
    assert "code=vk2.a." in page.url


def test_hears_that_the_person_refused(browser: Browser) -> None:
    page = browser.shop(**ASKING)
    with page.expect_popup() as popup:
        page.click("#login")
    browser.sign_in(popup.value)
    popup.value.locator("button[value=deny]").click()
    error = result(page)["error"]
    assert error["code"] == 103
    assert "access_denied" in error["error_description"]


def test_draws_its_own_button_for_one_tap_without_a_session(browser: Browser) -> None:
    page = browser.shop(**ASKING)
    page.evaluate("show('OneTap', {showAlternativeLogin: true})")
    expect(page.locator("#place iframe")).to_have_count(0)
    with page.expect_popup() as popup:
        page.locator("#place button").first.click()
    browser.sign_in(popup.value)
    browser.consent(popup.value)
    works(page, result(page)["value"])


def test_shows_who_is_signed_in_in_one_tap(browser: Browser) -> None:
    browser.signed_in()
    page = browser.shop(**CALLBACK)
    page.evaluate("show('OneTap', {scheme: 'dark', lang: 3})")
    button = page.frame_locator("#place iframe").get_by_text("Continue as Вера Иванова")
    with page.expect_popup():
        button.click()
    works(page, result(page)["value"])
    events = page.evaluate("results.filter((one) => one.event).map((one) => [one.event, one.value])")
    assert ["onetap: authentication_info", {"is_online": True}] in events


def test_asks_another_account_from_one_tap_by_phone_or_provider(browser: Browser) -> None:
    browser.signed_in()
    page = browser.shop(**CALLBACK)
    page.evaluate("show('OneTap', {showAlternativeLogin: true, oauthList: ['mail_ru']})")
    frame = page.frame_locator("#place iframe")
    for title in ("Войти в другой аккаунт", "Войти через Mail"):
        with page.expect_popup() as popup:
            frame.get_by_text(title).click()
        expect(popup.value.locator("form#step")).to_have_attribute("data-step", "login")
        popup.value.close()


def test_shows_and_closes_the_floating_one_tap(browser: Browser) -> None:
    browser.signed_in()
    page = browser.shop(**CALLBACK)
    page.evaluate("show('FloatingOneTap', {})")
    frame = page.frame_locator("[data-test-id=floatingOneTap] iframe, div[data-state] iframe")
    with page.expect_popup():
        frame.get_by_text("Продолжить как Вера Иванова").click()
    works(page, result(page)["value"])
    expect(frame.get_by_text("Вход завершён")).to_be_visible()
    page.evaluate("show('FloatingOneTap', {})")
    page.frame_locator("div[data-state] iframe").last.get_by_text("Закрыть").click()
    expect(page.locator("div[data-state] iframe")).to_have_count(1)


def test_draws_its_own_floating_one_tap_without_a_session(browser: Browser) -> None:
    page = browser.shop(**ASKING)
    page.evaluate("show('FloatingOneTap', {})")
    with page.expect_popup() as popup:
        page.locator("div[data-state] button").last.click()
    browser.sign_in(popup.value)
    browser.consent(popup.value)
    works(page, result(page)["value"])


def test_signs_in_through_a_provider_of_the_list(browser: Browser) -> None:
    page = browser.shop(**ASKING)
    page.evaluate("show('OAuthList', {oauthList: ['vkid', 'ok_ru', 'mail_ru']})")
    with page.expect_popup() as popup:
        page.locator("[data-oauth=ok_ru]").click()
    expect(popup.value.locator("h1")).to_have_text("Вход через OK")
    browser.sign_in(popup.value)
    browser.consent(popup.value)
    works(page, result(page)["value"])


def test_runs_no_markup_of_names_states_and_origins(browser: Browser) -> None:
    browser.signed_in("+79000000111")
    evil = "</script><script>alert(1)</script>'\"><img src=x onerror=alert(1)>"
    page = browser.shop(**CALLBACK, state=evil)
    page.evaluate("show('OneTap', {})")
    with page.expect_popup():
        page.frame_locator("#place iframe").get_by_text("Продолжить как </script>").click()
    assert result(page)["value"]["state"] == evil
    frame = page.context.new_page()
    frame.goto(f"https://id.vk.ru/community_subscription?app_id=51000066&redirect_uri={SHOP}/vk&origin={SHOP}")
    assert frame.evaluate("document.querySelectorAll('script').length") == 1
