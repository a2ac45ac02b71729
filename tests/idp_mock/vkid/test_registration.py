"""The ways to prove a phone, and what a new learning profile tells."""

from __future__ import annotations

from datetime import timedelta

import pytest
from idp_mock.world import World

from .browser import Application, Browser, Page

VERA, NEW = "+79000000111", "+79000000196"
FORM = {
    "first_name": "Марк",
    "last_name": "Новый",
    "birthday": "03.10.2017",
    "sex": "male",
    "create_learning": "yes",
    "role": "PUPIL",
    "organisation": "shkola",
    "school_class": "2Б",
}


async def code_page(browser: Browser, app: Application, contact: str) -> Page:
    page = await browser.submit(await browser.open(app.asks()), login=contact)
    assert page.step == "code"
    return page


async def test_proves_a_phone_by_the_last_digits_of_a_dropped_call(
    browser: Browser, app: Application, world: World
) -> None:
    page = await code_page(browser, app, NEW)
    message = browser.code_sent_to(NEW)
    world.clock.advance(timedelta(seconds=60))
    page = await browser.submit(page, action="call")
    assert (page.step, page.error) == ("code", "")
    call = world.inbox.messages(NEW)[-1]
    assert len(call.code) == 4
    digits = "".join(char for char in call.text.rpartition("+7")[2] if char.isdigit())
    assert digits.endswith(call.code)
    if message != call.code:
        assert (await browser.submit(page, code=message)).error == "code_wrong"
    assert (await browser.submit(page, code=call.code)).step == "register"


@pytest.mark.parametrize("action", ["resend", "call"])
async def test_lets_the_person_wait_for_another_code(
    browser: Browser, app: Application, world: World, action: str
) -> None:
    world.clock.freeze()
    page = await code_page(browser, app, VERA)
    assert 'data-wait-s="60"' in page.response.text
    first = browser.code_sent_to(VERA)
    for _ in range(2):
        refused = await browser.submit(page, action=action)
        assert (refused.step, refused.error) == ("code", "resend_too_early")
    assert len(world.inbox.messages(VERA)) == 1
    world.clock.advance(timedelta(seconds=59))
    assert (await browser.submit(page, action=action)).error == "resend_too_early"
    world.clock.advance(timedelta(seconds=1))
    page = await browser.submit(page, action=action)
    assert (page.error, len(world.inbox.messages(VERA))) == ("", 2)
    if first != browser.code_sent_to(VERA):
        assert (await browser.submit(page, code=first)).error == "code_wrong"


async def test_takes_the_waiting_time_from_the_world(browser: Browser, app: Application, world: World) -> None:
    world.settings.vk_resend_s = 0
    page = await code_page(browser, app, VERA)
    assert "data-wait-s" not in page.response.text
    assert (await browser.submit(page, action="resend")).error == ""


async def test_calls_no_email_address(browser: Browser, app: Application, world: World) -> None:
    world.settings.vk_resend_s = 0
    page = await code_page(browser, app, "kid@example.org")
    assert page.offers("action") == ["confirm", "resend", "change"]
    assert (await browser.submit(page, action="call")).error == "call_impossible"


async def test_lets_a_pupil_register_by_email_with_school_and_class(
    browser: Browser, app: Application, world: World
) -> None:
    page = await code_page(browser, app, "kid@example.org")
    page = await browser.submit(page, code=browser.code_sent_to("kid@example.org"))
    assert (await browser.submit(page, **{**FORM, "school_class": "к" * 51})).error == "school_class_invalid"
    page = await browser.submit(page, **FORM)
    got = await app.exchange((await browser.submit(page, decision="allow")).result)
    profile = (await app.users_get(got["access_token"]))["response"][0]["educational_profile"]
    assert profile == {
        "roles": ["PUPIL"],
        "organizations": [{"id": "shkola", "name": "Школа № 1"}],
        "classes": ["2Б"],
    }
    user = (await app.user_info(got["access_token"]))["user"]
    assert (user["email"], "phone" in user) == ("kid@example.org", False)
