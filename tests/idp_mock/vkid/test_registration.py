"""The ways to prove a phone, and what a new learning profile tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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


YOUNG = {**FORM, "school_class": "", "birthday": "03.10.2017"}


@pytest.mark.parametrize(
    ("rule", "changes", "taken"),
    [
        ("young_pupils", {"school_class": "1А"}, True),
        ("young_pupils", {"school_class": "4 Б", "birthday": "03.10.2008"}, True),
        ("young_pupils", {"school_class": "5А"}, False),
        ("young_pupils", {"school_class": "11А"}, False),
        ("young_pupils", {}, True),
        ("young_pupils", {"birthday": "03.10.2009"}, False),
        ("young_pupils", {"role": "PARENT", "birthday": "03.10.1987"}, False),
        ("young_pupils", {"role": "TEACHER", "school_class": "2Б"}, False),
        ("young_pupils", {"create_learning": "no"}, False),
        ("anybody", {"role": "PARENT", "birthday": "03.10.1987"}, True),
        ("anybody", {"create_learning": "no"}, True),
        ("nobody", {"school_class": "1А"}, False),
    ],
)
async def test_lets_only_young_pupils_register_by_email_unless_the_world_says_otherwise(
    browser: Browser, app: Application, world: World, rule: Any, changes: dict[str, str], taken: bool
) -> None:
    world.settings.vk_email_registration = rule
    world.clock.freeze(datetime(2026, 11, 24, tzinfo=UTC))
    page = await code_page(browser, app, "kid@example.org")
    page = await browser.submit(page, code=browser.code_sent_to("kid@example.org"))
    page = await browser.submit(page, **{**YOUNG, **changes})
    assert (page.error == "") is taken
    assert (world.vk_login("kid@example.org") is not None) is taken
    if not taken:
        assert (page.step, page.error) == ("register", "email_registration")
        assert f"vk_email_registration is {rule}" in world.refusals.list()[-1].explanation


async def test_signs_in_by_email_whoever_is_registered(browser: Browser, app: Application, world: World) -> None:
    world.settings.vk_email_registration = "nobody"
    page = await code_page(browser, app, "vera@example.org")
    assert (await browser.submit(page, code=browser.code_sent_to("vera@example.org"))).step == "consent"


async def test_asks_no_email_rule_of_a_phone(browser: Browser, app: Application, world: World) -> None:
    world.settings.vk_email_registration = "nobody"
    page = await code_page(browser, app, NEW)
    page = await browser.submit(page, code=browser.code_sent_to(NEW))
    assert (await browser.submit(page, **FORM)).step == "consent"
