"""Sign-in through ESIA, sign-out, and what a session is worth."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest
from diary_web.sessions import COOKIE

from .conftest import GLEB, VERA, Stand, access_token, query_of
from .fake_service import Refusal


@pytest.mark.rules("S4")
async def test_sign_in_it_leads_to_gosuslugi_and_back_to_the_own_diaries(stand: Stand) -> None:
    await stand.browser.open("/")
    away = await stand.browser.submit("sign-in")
    assert away.status == 303
    assert away.location.startswith("https://esia.example/aas/oauth2/ac?")
    asked = query_of(away.location)
    assert asked["client_id"] == "EDIARY66"
    assert asked["redirect_uri"] == "http://127.0.0.1:8100/esia/callback"
    page = await stand.browser.open(f"/esia/callback?code=code-{VERA}&state={asked['state']}")
    assert page.path == "/home"
    assert "Воронова Вера Павловна" in page.text
    assert stand.esia.exchanged[0]["redirect_uri"] == asked["redirect_uri"]


async def test_sign_in_it_speaks_to_the_service_with_the_persons_token(stand: Stand) -> None:
    await stand.sign_in()
    metadata = stand.service.calls[0].metadata
    assert metadata["authorization"] == f"Bearer {access_token(VERA)}"
    assert metadata["accept-language"] == "ru"


@pytest.mark.parametrize("state", ["", "00000000-0000-4000-8000-000000000000"])
async def test_callback_with_another_state_it_is_refused_before_any_exchange(stand: Stand, state: str) -> None:
    await stand.browser.open("/")
    await stand.browser.submit("sign-in")
    page = await stand.browser.open(f"/esia/callback?code=code-{VERA}&state={state}")
    assert (page.status, page.mark("error")) == (400, "SIGN_IN_STATE")
    assert stand.esia.exchanged == []


async def test_callback_twice_it_is_refused_the_second_time(stand: Stand) -> None:
    await stand.sign_in()
    used = stand.esia.exchanged[0]["code"]
    state = query_of(next(page.location for page in stand.browser.seen if "oauth2/ac" in page.location))["state"]
    page = await stand.browser.open(f"/esia/callback?code={used}&state={state}")
    assert page.mark("error") == "SIGN_IN_STATE"
    assert len(stand.esia.exchanged) == 1


async def test_callback_in_another_browser_it_is_refused(stand: Stand) -> None:
    await stand.browser.open("/")
    away = await stand.browser.submit("sign-in")
    other = stand.another_browser()
    page = await other.open(f"/esia/callback?code=code-{VERA}&state={query_of(away.location)['state']}")
    assert page.mark("error") == "SIGN_IN_STATE"


async def test_callback_with_a_code_that_esia_refuses_it_shows_the_esia_code(stand: Stand) -> None:
    await stand.browser.open("/")
    away = await stand.browser.submit("sign-in")
    page = await stand.browser.open(f"/esia/callback?code=wrong&state={query_of(away.location)['state']}")
    assert (page.status, page.mark("error")) == (502, "SIGN_IN_FAILED")
    assert "ESIA-007011" in page.text


async def test_callback_after_the_person_refused_it_leads_to_the_start_page(stand: Stand) -> None:
    await stand.browser.open("/")
    away = await stand.browser.submit("sign-in")
    state = query_of(away.location)["state"]
    page = await stand.browser.open(f"/esia/callback?error=access_denied&state={state}")
    assert (page.path, page.mark("notice")) == ("/", "info")


async def test_sign_in_it_changes_the_session_key(stand: Stand) -> None:
    await stand.browser.open("/")
    planted = stand.browser.http.cookies[COOKIE]
    await stand.sign_in()
    assert stand.browser.http.cookies[COOKIE] != planted


async def test_cookie_it_is_kept_from_scripts_and_other_sites(stand: Stand) -> None:
    page = await stand.browser.open("/")
    cookie = page.response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_sign_out_it_drops_the_session_and_ends_the_one_at_esia(stand: Stand) -> None:
    await stand.sign_in()
    key = stand.browser.http.cookies[COOKIE]
    away = await stand.browser.submit("sign-out")
    assert away.location.startswith("https://esia.example/idp/ext/Logout?")
    assert query_of(away.location)["redirect_url"] == "http://127.0.0.1:8100/"
    thief = stand.another_browser()
    thief.http.cookies.set(COOKIE, key)
    page = await thief.open("/home")
    assert page.path == "/"


async def test_page_for_signed_in_people_it_leads_back_after_the_sign_in(stand: Stand) -> None:
    page = await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    assert (page.path, page.mark("notice")) == ("/", "info")
    page = await stand.sign_in()
    assert page.path == "/accounts/vera-parent"
    assert page.mark("fact") == "via"


async def test_page_for_signed_in_people_that_is_asked_for_often_it_says_so_once(stand: Stand) -> None:
    for _ in range(50):
        await stand.browser.http.get("/home", follow_redirects=False)
    page = await stand.browser.open("/")
    assert page.html.count('data-notice="info"') == 1


async def test_page_with_a_very_long_address_it_leads_to_the_own_diaries_after_the_sign_in(stand: Stand) -> None:
    await stand.browser.open("/accounts/vera-parent?via=" + "a" * 5000)
    assert (await stand.sign_in()).path == "/home"


async def test_session_that_is_not_used_it_ends(stand: Stand) -> None:
    await stand.sign_in()
    stand.clock.advance(timedelta(seconds=stand.settings.session_idle_s + 1))
    page = await stand.browser.open("/home")
    assert page.path == "/"


@pytest.mark.rules("D1")
async def test_esia_session_that_ended_it_leads_to_sign_in_and_back(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("ListMyAccounts", Refusal(grpc.StatusCode.UNAUTHENTICATED, "ESIA_SESSION_REQUIRED"))
    page = await stand.browser.open("/accounts/vera-parent/chats")
    assert (page.path, page.mark("notice")) == ("/", "warning")
    page = await stand.sign_in()
    assert page.path == "/accounts/vera-parent/chats"


@pytest.mark.rules("D1")
async def test_esia_session_that_ended_at_vk_id_it_goes_on_with_the_attempt(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("CompleteBinding", Refusal(grpc.StatusCode.UNAUTHENTICATED, "ESIA_SESSION_REQUIRED"))
    page = await stand.to_vk_and_back()
    assert page.path == "/"
    page = await stand.sign_in()
    assert "preview" in page.marks
    first, second = stand.service.called("CompleteBinding")
    assert first == second


async def test_another_person_in_the_same_browser_it_does_not_get_the_attempt(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("CompleteBinding", Refusal(grpc.StatusCode.UNAUTHENTICATED, "ESIA_SESSION_REQUIRED"))
    await stand.to_vk_and_back()
    page = await stand.sign_in(GLEB)
    assert page.path == "/home"
    page = await stand.browser.open("/attempts/a1/confirm")
    assert page.mark("error") == "ATTEMPT_UNKNOWN"
