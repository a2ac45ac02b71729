"""How a person gets through the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from idp_mock.world import World, Worlds

from .browser import Application, Browser, Page

VERA, ANYA, OLGA, RITA = "+79000000111", "+79000000112", "+79000000113", "+79000000114"


async def allowed(browser: Browser, page: Page) -> dict[str, str]:
    assert page.step == "consent"
    return (await browser.submit(page, decision="allow")).result


async def test_signs_a_person_in_by_phone_and_code_and_gives_the_client_a_code_that_works(
    browser: Browser, app: Application
) -> None:
    page = await browser.open(app.asks())
    assert page.step == "login"
    page = await browser.sign_in(page, VERA)
    result = await allowed(browser, page)
    assert result["state"] == app.state
    assert result["type"] == "code_v2"
    assert result["expires_in"] == "600"
    assert result["code"].startswith("vk2.a.")
    assert len(result["code"]) >= 190
    tokens = await app.exchange(result)
    assert tokens["user_id"] == 7001
    user = (await app.user_info(tokens["access_token"]))["user"]
    assert (user["user_id"], user["phone"], user["email"]) == ("7001", "79000000111", "vera@example.org")


@pytest.mark.parametrize("spelling", ["8 900 000-01-11", "+7 (900) 000-01-11", " VERA@example.org "])
async def test_finds_a_login_in_any_spelling(browser: Browser, app: Application, spelling: str) -> None:
    page = await browser.submit(await browser.open(app.asks()), login=spelling)
    contact = VERA if "900" in spelling else "vera@example.org"
    page = await browser.submit(page, code=browser.code_sent_to(contact))
    assert page.step == "consent"


async def test_keeps_the_person_on_the_page_with_what_was_typed_if_it_is_no_contact(
    browser: Browser, app: Application
) -> None:
    page = await browser.submit(await browser.open(app.asks()), login="<вера>")
    assert (page.step, page.error, page.response.status_code) == ("login", "login_invalid", 400)
    assert ("login", "<вера>") in page.form.fields
    assert browser.world.inbox.messages() == []


async def test_lets_a_wrong_code_be_tried_again_but_not_for_ever(browser: Browser, app: Application) -> None:
    page = await browser.submit(await browser.open(app.asks()), login=VERA)
    right = browser.code_sent_to(VERA)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(4):
        page = await browser.submit(page, code=wrong)
        assert (page.step, page.error) == ("code", "code_wrong")
    last = await browser.submit(page, code=wrong)
    assert (last.step, last.error) == ("login", "code_exhausted")
    assert (await browser.submit(page, code=right)).step == "login"
    assert "code_exhausted" in [refusal.error for refusal in browser.world.refusals.list()]
    assert not any(right in refusal.explanation for refusal in browser.world.refusals.list())


async def test_lets_a_one_time_code_expire_by_the_worlds_clock_and_sends_another(
    browser: Browser, app: Application
) -> None:
    page = await browser.submit(await browser.open(app.asks()), login=VERA)
    browser.world.clock.advance(timedelta(minutes=10))
    page = await browser.submit(page, code=browser.code_sent_to(VERA))
    assert (page.step, page.error) == ("code", "code_expired")
    page = await browser.submit(page, action="resend")
    page = await browser.submit(page, code=browser.code_sent_to(VERA))
    assert page.step == "consent"


async def test_lets_the_number_be_corrected(browser: Browser, app: Application) -> None:
    page = await browser.submit(await browser.open(app.asks()), login=ANYA)
    page = await browser.submit(page, action="change")
    page = await browser.sign_in(page, VERA)
    tokens = await app.exchange(await allowed(browser, page))
    assert tokens["user_id"] == 7001


async def test_gives_a_code_silently_for_a_live_session(browser: Browser, app: Application) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), VERA))
    again = await browser.open(app.asks())
    assert (await app.exchange(again.result))["user_id"] == 7001


async def test_keeps_a_session_in_its_browser(
    browser: Browser, app: Application, connect: Callable[..., httpx.AsyncClient]
) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), VERA))
    assert (await Browser(connect(), browser.world).open(app.asks())).step == "login"


async def test_takes_a_page_from_its_own_browser_only(
    browser: Browser, app: Application, connect: Callable[..., httpx.AsyncClient]
) -> None:
    page = await browser.open(app.asks())
    stranger = Browser(connect(), browser.world)
    await stranger.open(app.asks())
    stolen = await stranger.submit(page, login=VERA)
    assert (stolen.response.status_code, stolen.error) == (400, "flow_expired")
    assert browser.world.inbox.messages() == []


async def test_does_not_take_a_family_members_session_under_select_account(browser: Browser, app: Application) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), ANYA))
    page = await browser.open(app.asks(prompt="select_account"))
    assert page.step == "account"
    assert page.offers("account") == [ANYA, "other"]
    page = await browser.sign_in(await browser.submit(page, account="other"), VERA)
    assert (await app.exchange(await allowed(browser, page)))["user_id"] == 7001


async def test_takes_a_chosen_session_without_another_code(browser: Browser, app: Application) -> None:
    for contact in (ANYA, VERA):
        await allowed(browser, await browser.sign_in(await browser.open(app.asks(prompt="login")), contact))
    page = await browser.open(app.asks())
    assert page.step == "account"
    assert page.offers("account") == [VERA, ANYA, "other"]
    sent = len(browser.world.inbox.messages())
    chosen = await browser.submit(page, account=ANYA)
    assert (await app.exchange(chosen.result))["user_id"] == 7002
    assert len(browser.world.inbox.messages()) == sent


async def test_offers_no_account_without_a_session(browser: Browser, app: Application) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), ANYA))
    page = await browser.open(app.asks(prompt="select_account"))
    assert (await browser.submit(page, account=VERA)).error == "account_unknown"


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"screen": "phone"}])
async def test_asks_for_a_sign_in_in_spite_of_a_live_session_if_the_client_wants_it(
    browser: Browser, app: Application, changes: dict[str, str | None]
) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), VERA))
    assert (await browser.open(app.asks(**changes))).step == "login"


async def test_asks_for_the_chosen_ones_code_under_login_and_select_account(browser: Browser, app: Application) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), VERA))
    page = await browser.open(app.asks(prompt="login select_account"))
    page = await browser.submit(page, account=VERA)
    assert page.step == "code"
    page = await browser.submit(page, code=browser.code_sent_to(VERA))
    assert page.result["code"]


async def test_answers_prompt_none_only_with_a_session_and_nothing_to_ask(browser: Browser, app: Application) -> None:
    silent = app.asks(prompt="none")
    assert (await browser.open(silent)).result["error"] == "login_required"
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    assert (await browser.open(silent)).result["error"] == "interaction_required"
    await allowed(browser, page)
    result = (await browser.open(silent)).result
    assert (result["state"], "code" in result) == (app.state, True)
    await browser.sign_in(await browser.open(app.asks(prompt="login")), ANYA)
    assert (await browser.open(silent)).result["error"] == "interaction_required"


async def test_forgets_the_session_of_a_removed_login(browser: Browser, app: Application) -> None:
    await allowed(browser, await browser.sign_in(await browser.open(app.asks()), VERA))
    browser.world.update_person("vera", {"vk_id": None})
    assert (await browser.open(app.asks())).step == "login"


async def test_answers_a_repeated_click_alike(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    first = await browser.submit(page, decision="allow")
    assert (await browser.submit(page, decision="allow")).location == first.location


async def test_lets_no_step_be_skipped(browser: Browser, app: Application) -> None:
    page = await browser.open(app.asks())
    page.form.action = "/authorize/consent"
    answer = await browser.submit(page, decision="allow")
    assert answer.step == "login"


async def test_keeps_pages_and_sessions_of_worlds_apart(
    worlds: Worlds, connect: Callable[..., httpx.AsyncClient], app: Application
) -> None:
    other = worlds.create("other")
    http = connect()
    at_root = Browser(http, worlds.default)
    await allowed(at_root, await at_root.sign_in(await at_root.open(app.asks()), ANYA))
    page = Page(await http.get("/w/other/authorize", params=app.asks()))
    assert page.form.action == "/w/other/authorize/login"
    elsewhere = Browser(http, other)
    page = await elsewhere.sign_in(page, VERA)
    result = await allowed(elsewhere, page)
    assert (await app.exchange(result))["error"] == "invalid_request"
    again = Page(await http.get("/w/other/authorize", params=app.asks()))
    assert again.result["code"]


@pytest.mark.parametrize("contact", [OLGA, RITA])
async def test_goes_on_when_the_person_of_a_page_is_removed(
    browser: Browser, world: World, app: Application, contact: str
) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), contact)
    assert page.step == "profile"
    for person in ("olga", "rita"):
        world.update_person(person, {"vk_id": None})
    answer = await browser.submit(page, profile="7003")
    assert answer.response.status_code < 500
