"""What people allow, and what applications then see."""

from __future__ import annotations

from .browser import Application, Browser

VERA, LENA, ANYA = "+79000000111", "+79000000115", "+79000000112"


async def test_keeps_back_what_the_person_left_out(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    got = await app.exchange((await browser.submit(page, decision="allow", scope=["email"])).result)
    assert got["scope"] == "vkid.personal_info email"
    user = (await app.user_info(got["access_token"]))["user"]
    assert "phone" not in user
    assert user["email"] == "vera@example.org"


async def test_tells_the_client_of_a_denial_and_asks_again_next_time(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    denied = await browser.submit(page, decision="deny")
    assert denied.result["error"] == "access_denied"
    assert denied.result["state"] == app.state
    assert denied.result["error_description"]
    assert "code" not in denied.result
    assert (await browser.open(app.asks())).step == "consent"


async def test_asks_for_consent_once_for_the_same_scopes(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks(scope="phone")), VERA)
    await browser.submit(page, decision="allow")
    assert (await browser.open(app.asks(scope="phone"))).result["code"]
    wider = await browser.open(app.asks(scope="phone email"))
    assert wider.step == "consent"
    await browser.submit(wider, decision="allow")
    narrower = await app.exchange((await browser.open(app.asks(scope="email"))).result)
    assert narrower["scope"] == "email"


async def test_asks_for_consent_again_under_prompt_consent(browser: Browser, app: Application) -> None:
    await browser.submit(await browser.sign_in(await browser.open(app.asks()), VERA), decision="allow")
    assert (await browser.open(app.asks(prompt="consent"))).step == "consent"


async def test_asks_for_consent_by_application_and_login(browser: Browser, app: Application) -> None:
    await browser.submit(await browser.sign_in(await browser.open(app.asks()), VERA), decision="allow")
    assert (await browser.open(app.asks(client_id="51000067"))).step == "consent"
    assert (await browser.sign_in(await browser.open(app.asks(prompt="login")), ANYA)).step == "consent"


async def test_takes_an_empty_scope_for_personal_data_only(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks(scope="")), VERA)
    got = await app.exchange((await browser.submit(page, decision="allow")).result)
    assert got["scope"] == "vkid.personal_info"
    assert set((await app.user_info(got["access_token"]))["user"]).isdisjoint({"phone", "email"})


async def test_never_gives_a_phone_that_is_not_shared(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), LENA)
    got = await app.exchange((await browser.submit(page, decision="allow")).result)
    assert "phone" in got["scope"]
    user = (await app.user_info(got["access_token"]))["user"]
    assert "phone" not in user
    assert user["email"] == "lena@example.org"


async def test_ends_the_tokens_and_the_consent_at_revoke(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    first = await app.exchange((await browser.submit(page, decision="allow")).result)
    result = (await browser.open(app.asks())).result
    second = await app.exchange(result)
    revoked = await app.post("/oauth2/revoke", access_token=first["access_token"], client_id=app.client_id)
    assert revoked == {"response": 1}
    for got in (first, second):
        assert (await app.user_info(got["access_token"]))["error"] == "invalid_token"
    assert (await app.refresh(second, result["device_id"]))["error"] == "invalid_request"
    assert (await browser.open(app.asks())).step == "consent"


async def test_ends_one_sign_in_only_at_logout(browser: Browser, app: Application) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    first = await app.exchange((await browser.submit(page, decision="allow")).result)
    second = await app.exchange((await browser.open(app.asks())).result)
    assert await app.post("/oauth2/logout", access_token=first["access_token"]) == {"response": 1}
    assert (await app.user_info(first["access_token"]))["error"] == "invalid_token"
    assert (await app.user_info(second["access_token"]))["user"]["user_id"] == "7001"
