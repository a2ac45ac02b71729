"""What a pop-up and the SDK's frames say, to whom, and in which language."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from idp_mock.world import World

from .browser import Application, Browser, Page

VERA, ANYA = "+79000000111", "+79000000112"
ORIGIN = "http://127.0.0.1:9999"
FRAMES = {"/button_one_tap_auth": "onetap", "/floating_one_tap_auth": "floatingonetap"}


def posted(page: Page) -> tuple[dict[str, Any], str]:
    """The message of a result page, and the origin that it is for."""
    found = re.search(r"postMessage\((\{.*\}), (\".*\")\);", page.response.text)
    assert found is not None
    return json.loads(found[1]), json.loads(found[2])


def told(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Whom a frame talks to, and its messages."""
    page = re.search(r"const page = (\".*\");", text)
    messages = re.search(r"of (\[.*\])\) send", text)
    assert page is not None
    assert messages is not None
    return json.loads(page[1]), json.loads(messages[1])


def frame_of(app: Application, **changes: str) -> dict[str, str]:
    asks = {"app_id": app.client_id, "redirect_uri": f"{ORIGIN}/vk", "origin": ORIGIN, "uuid": "abcdef"}
    return {**asks, **changes}


async def test_posts_the_answer_to_the_opener_under_its_whole_origin(browser: Browser, app: Application) -> None:
    page = await browser.open(app.asks(origin="http://127.0.0.1"))
    page = await browser.submit(await browser.sign_in(page, VERA), decision="allow")
    message, target = posted(page)
    assert target == ORIGIN
    assert message["action"] == f"oauth2_authorize_response{app.state}"
    assert set(message["payload"]) == {"code", "type", "state", "device_id", "expires_in", "ext_id"}
    assert "access_token" in await app.exchange(message["payload"])
    policy = page.response.headers["content-security-policy"]
    [nonce] = re.findall(r"script-src 'nonce-([^']+)'", policy)
    assert page.response.text.count("<script") == 1
    assert f'<script nonce="{nonce}">' in page.response.text


async def test_posts_errors_too(browser: Browser, app: Application) -> None:
    for asks in (app.asks(prompt="none"), app.asks(scope="everything")):
        message, _ = posted(await browser.open({**asks, "origin": "http://127.0.0.1"}))
        assert message["payload"]["error"] in ("login_required", "invalid_scope")
        assert message["payload"]["state"] == app.state


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1@evil.example",
        "http://evil.example/127.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:99999",
        '"><script>alert(1)</script>',
        "null",
        "*",
    ],
)
async def test_tells_no_foreign_origin_anything(browser: Browser, app: Application, world: World, origin: str) -> None:
    page = await browser.open(app.asks(origin=origin))
    assert (page.response.status_code, page.error) == (400, "invalid_request")
    for path in FRAMES:
        response = await browser.http.get(path, params=frame_of(app, origin=origin))
        assert response.status_code == 400
        assert [message["handler"] for message in told(response.text)[1]] == ["common: error"]
        assert "<script>alert" not in response.text
    assert world.refusals.list()[-1].error == "invalid_request"


async def test_takes_the_origin_of_a_registered_https_address(browser: Browser, app: Application) -> None:
    app.client_id = "51000069"
    asks = app.asks(redirect_uri="https://app.example/vk", prompt="none")
    for origin, taken in (("https://app.example", True), ("http://app.example", False), ("https://b.example", False)):
        page = await browser.open({**asks, "origin": origin})
        assert (page.response.status_code == 200) is taken
        assert not taken or posted(page)[1] == "https://app.example"


@pytest.mark.parametrize("path", FRAMES)
async def test_says_at_once_that_nobody_is_signed_in(browser: Browser, app: Application, path: str) -> None:
    response = await browser.http.get(path, params=frame_of(app))
    assert told(response.text) == (
        ORIGIN,
        [{"type": "vk-sak-sdk", "handler": f"{FRAMES[path]}: not authorized", "params": {}}],
    )
    assert "x-frame-options" not in response.headers
    assert "frame-ancestors" not in response.headers["content-security-policy"]


@pytest.mark.parametrize("path", FRAMES)
async def test_shows_who_is_signed_in(browser: Browser, app: Application, path: str) -> None:
    await browser.sign_in(await browser.open(app.asks()), VERA)
    response = await browser.http.get(path, params=frame_of(app, providers="ok_ru,evil", show_alternative_login="1"))
    handlers = [message["handler"] for message in told(response.text)[1]]
    assert handlers[:2] == ["common: load", "common: resize"]
    assert ("onetap: authentication_info" in handlers) is (path == "/button_one_tap_auth")
    assert "Продолжить как Vera Иванова" in response.text
    assert response.text.count(f'data-handler="{FRAMES[path]}: show full auth"') == 3
    assert "evil" not in response.text


@pytest.mark.parametrize("changes", [{"app_id": "1"}, {"redirect_uri": "https://evil.example/"}, {"origin": ""}])
async def test_shows_nobody_to_pages_that_are_not_the_applications(
    browser: Browser, app: Application, changes: dict[str, str]
) -> None:
    await browser.sign_in(await browser.open(app.asks()), VERA)
    for path in FRAMES:
        response = await browser.http.get(path, params=frame_of(app, **changes))
        assert (response.status_code, "Vera" in response.text) == (400, False)


async def test_closes_the_subscription_to_a_community(browser: Browser, app: Application) -> None:
    response = await browser.http.get("/community_subscription", params=frame_of(app))
    assert [message["handler"] for message in told(response.text)[1]] == ["common: close"]


@pytest.mark.parametrize(
    ("asks", "lang", "scheme"),
    [
        ({}, "ru", ""),
        ({"lang_id": "0", "scheme": "light"}, "ru", "light"),
        ({"lang_id": "3", "scheme": "dark"}, "en", "dark"),
        ({"lang_id": "82", "scheme": "space_gray"}, "en", "dark"),
        ({"lang_id": "x", "scheme": "bright_light"}, "ru", "light"),
        ({"lang_id": '"><script>', "scheme": '"><script>'}, "ru", ""),
    ],
)
async def test_speaks_and_looks_as_asked(
    browser: Browser, app: Application, asks: dict[str, str], lang: str, scheme: str
) -> None:
    page = await browser.open(app.asks(**asks))
    text = page.response.text
    assert f'<html lang="{lang}" class="vk-id {scheme}">' in text
    assert ("Sign in with VK ID" in text) is (lang == "en")
    page = await browser.submit(page, login="nonsense")
    assert ("Enter a phone" in page.response.text) is (lang == "en")


@pytest.mark.parametrize("lang_id", ["0", "3"])
async def test_has_every_page_in_the_language(browser: Browser, app: Application, lang_id: str) -> None:
    page = await browser.open(app.asks(lang_id=lang_id))
    texts = [page.response.text]
    page = await browser.submit(page, login="+79000000197")
    texts.append(page.response.text)
    page = await browser.submit(page, code=browser.code_sent_to("+79000000197"))
    texts.append(page.response.text)
    names = {"first_name": "A", "last_name": "B", "birthday": "03.10.1987", "sex": "male"}
    page = await browser.submit(page, **names, create_learning="no")
    texts.append(page.response.text)
    page = await browser.submit(page, profile=page.offers("profile")[0])
    texts.append(page.response.text)
    for text in texts:
        words = re.sub(r"<option value=\"[a-z]+\">.*?</option>|Проверка", "", text)
        assert bool(re.search("[а-яё]", words)) is (lang_id == "0")


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"provider": "ok_ru"}, "Вход через OK"),
        ({"provider": "mail_ru"}, "Вход через Mail"),
        ({"provider": "vkid"}, "Вход с VK ID"),
        ({"provider": ""}, "Вход с VK ID"),
        # {"name":"sdk_oauth","params":{"oauth":"mail_ru"}}
        ({"action": "eyJuYW1lIjoic2RrX29hdXRoIiwicGFyYW1zIjp7Im9hdXRoIjoibWFpbF9ydSJ9fQ=="}, "Вход через Mail"),
        ({"action": "%%%"}, "Вход с VK ID"),
    ],
)
async def test_offers_the_provider_that_was_asked_for_and_the_others(
    browser: Browser, app: Application, changes: dict[str, str | None], title: str
) -> None:
    page = await browser.open(app.asks(**changes))
    assert f"<h1>{title}</h1>" in page.response.text
    assert len(page.offers("provider")) == 2
    page = await browser.submit(page, provider="mail_ru")
    assert "<h1>Вход через Mail</h1>" in page.response.text
    assert (await browser.sign_in(page, VERA)).step == "consent"


async def test_refuses_an_unknown_provider_and_another_app_id(browser: Browser, app: Application) -> None:
    assert (await browser.open(app.asks(provider="gmail"))).result["error"] == "invalid_request"
    assert (await browser.open(app.asks(app_id="51000067"))).error == "invalid_client"
    assert (await browser.open(app.asks(app_id="51000066"))).step == "login"


@pytest.mark.parametrize(
    "path", ["/stat_events_vkid_sdk?app_id=1", "/vkid_sdk_get_config?app_id=1", "/method/statEvents.addVKID"]
)
async def test_answers_telemetry_with_credentials(app: Application, path: str) -> None:
    response = await app.http.post(path, data={"events": "[]", "v": "5.207"}, headers={"Origin": ORIGIN})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-credentials"] == "true"
    if "config" in path:
        assert response.json() == {"response": {"tracker_id": 0, "active": 0, "result": "success"}}


async def test_goes_on_with_who_filled_the_form_in_whatever_the_button(browser: Browser, app: Application) -> None:
    page = await browser.submit(await browser.open(app.asks()), login=VERA, provider="ok_ru")
    assert page.step == "code"
