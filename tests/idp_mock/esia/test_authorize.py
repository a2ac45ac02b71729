"""The authorization endpoint and the sign-in pages."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from .conftest import Stand
from .parties import REDIRECT_URI, code_of, refused
from .signers import KeyPair, key_pair

STATE = "5f9a8a5e-2f0e-4d0a-9a53-0a2b6a4d7c11"


@pytest.mark.parametrize("login", ["vera", "+79000000103", "8 (900) 000-01-03", "vera@example.org", "000-000-603 09"])
async def test_a_person_signs_in_by_any_login_and_the_system_gets_a_code_for_it(stand: Stand, login: str) -> None:
    page = await stand.browser.sign_in(stand.system.authorization_url(state=STATE), login=login)
    assert page.response.status_code == 302
    assert page.response.headers["location"].startswith(REDIRECT_URI + "?code=")
    assert page.back["state"] == STATE
    assert page.back["code"].count(".") == 2


async def test_the_pages_come_one_after_another_and_each_names_it(stand: Stand) -> None:
    login = await stand.browser.open(stand.system.authorization_url())
    assert (login.step, login.response.status_code) == ("login", 200)
    assert "Симулятор" in login.response.text
    consent = await stand.browser.submit(login, login="vera", password="vera-esia")
    assert consent.step == "consent"
    assert "Фамилия, имя и отчество" in consent.response.text
    assert "Система TESTSYS" in consent.response.text


async def test_pages_cannot_be_framed_so_no_click_is_stolen_through_it(stand: Stand) -> None:
    login = await stand.browser.open(stand.system.authorization_url())
    consent = await stand.browser.submit(login, login="vera", password="vera-esia")
    for page in (login, consent):
        assert page.response.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in page.response.headers["content-security-policy"]


async def test_pages_load_nothing_from_elsewhere_so_they_work_without_it(stand: Stand) -> None:
    page = await stand.browser.open(stand.system.authorization_url())
    for text in ("<script", "http://", "https://", "src="):
        assert text not in page.response.text


@pytest.mark.parametrize(
    ("login", "password"), [("vera", "wrong"), ("nobody", "vera-esia"), ("", ""), ("mark", "vera-esia")]
)
async def test_wrong_credentials_show_the_page_again_and_the_code_is_on_it(
    stand: Stand, login: str, password: str
) -> None:
    page = await stand.browser.submit(
        await stand.browser.open(stand.system.authorization_url()), login=login, password=password
    )
    assert (page.step, page.error) == ("login", "wrong-credentials")
    assert stand.world.refusals.list()[-1].error == "wrong-credentials"
    page = await stand.browser.submit(page, login="vera", password="vera-esia")
    assert page.step == "consent"


async def test_a_live_session_gives_a_code_at_once_and_consent_is_asked_once_for_it(stand: Stand) -> None:
    await stand.browser.sign_in(stand.system.authorization_url())
    again = await stand.browser.open(stand.system.authorization_url())
    assert "code" in again.back
    other_scopes = await stand.browser.open(stand.system.authorization_url(scope="openid"))
    assert other_scopes.step == "consent"
    other_system = await stand.browser.open(stand.other.authorization_url())
    assert other_system.step == "consent"


async def test_a_refusal_of_consent_goes_back_to_the_system_and_is_asked_again_after_it(stand: Stand) -> None:
    page = await stand.browser.sign_in(stand.system.authorization_url(state=STATE), decision="deny")
    assert page.back["error"] == "access_denied"
    assert code_of(page.back["error_description"]) == "ESIA-007004"
    assert page.back["state"] == STATE
    assert (await stand.browser.open(stand.system.authorization_url())).step == "consent"


async def test_a_page_without_a_waiting_request_is_an_error_page_and_not_a_redirect_from_it(stand: Stand) -> None:
    page = await stand.browser.open(f"{stand.base}/login?request=unknown")
    assert page.response.status_code == 400
    assert page.error == "ESIA-007003"


async def test_a_request_is_spent_with_its_answer_so_the_back_button_does_not_repeat_it(stand: Stand) -> None:
    consent = await stand.browser.submit(
        await stand.browser.open(stand.system.authorization_url()), login="vera", password="vera-esia"
    )
    await stand.browser.submit(consent, decision="allow")
    assert (await stand.browser.submit(consent, decision="allow")).error == "ESIA-007003"


async def test_a_redirect_uri_keeps_its_own_query_when_the_code_is_appended_to_it(stand: Stand) -> None:
    page = await stand.browser.sign_in(stand.system.authorization_url(redirect_uri=f"{REDIRECT_URI}?data=1"))
    location = page.response.headers["location"]
    assert location.startswith(f"{REDIRECT_URI}?data=1&code=")


@pytest.mark.parametrize("uri", [f"{REDIRECT_URI}/deeper", "https://diary.example", "https://diary.example:443/x?y=1"])
async def test_any_path_of_a_registered_domain_is_taken_as_it(stand: Stand, uri: str) -> None:
    assert (await stand.browser.open(stand.system.authorization_url(redirect_uri=uri))).step == "login"


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/back",
        "https://diary.example.evil.example/",
        "http://diary.example/back",
        "https://diary.example:8443/back",
        "https://diary.example@evil.example/",
        "https://evil.example\\@diary.example/",
        "https://user@diary.example/",
        "https://diary.example/back#fragment",
        "//diary.example/back",
        "javascript:alert(1)",
        "http://127.0.0.1:5000/back",
        "https://diary.example:port/",
    ],
)
async def test_a_foreign_address_gets_no_redirect_but_a_page_about_it(stand: Stand, uri: str) -> None:
    page = await stand.browser.open(stand.system.authorization_url(redirect_uri=uri))
    assert page.response.status_code == 400
    assert "location" not in page.response.headers
    assert page.error == "ESIA-007023"


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000/back", "http://localhost:1/", "http://[::1]:8080/x"])
async def test_loopback_addresses_pass_the_check_if_the_system_may_use_it(stand: Stand, uri: str) -> None:
    page = await stand.browser.open(stand.system.authorization_url(client_id="LOCAL", redirect_uri=uri))
    assert page.response.headers["location"].startswith(uri)
    assert refused(stand.world)[0] != "ESIA-007023"


@pytest.mark.parametrize(
    "uri",
    [
        "http://:@evil.example\\@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:8100@evil.example/",
        "http://@127.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nSet-Cookie: a=b",
        "http://127.0.0.1/#part",
        "https://127.0.0.1/",
        "//127.0.0.1/",
    ],
)
async def test_an_address_that_only_looks_like_loopback_gets_no_redirect_from_it(stand: Stand, uri: str) -> None:
    page = await stand.browser.open(stand.system.authorization_url(client_id="LOCAL", redirect_uri=uri))
    assert page.response.status_code == 400
    assert page.error == "ESIA-007023"
    left = await stand.system.http.get("/idp/ext/Logout", params={"client_id": "LOCAL", "redirect_url": uri})
    assert left.status_code == 400


@pytest.mark.parametrize(
    ("given", "code"), [({"client_id": "NOBODY"}, "ESIA-008010"), ({"client_id": None}, "ESIA-007014")]
)
async def test_an_unknown_system_gets_no_redirect_but_a_page_about_it(
    stand: Stand, given: dict[str, str | None], code: str
) -> None:
    page = await stand.browser.open(stand.system.authorization_url(**given))
    assert page.response.status_code == 400
    assert page.error == code


@pytest.mark.parametrize(
    ("given", "code", "error"),
    [
        ({"client_secret": None}, "ESIA-007014", "invalid_request"),
        ({"timestamp": None, "client_secret": "x"}, "ESIA-007014", "invalid_request"),
        ({"scope": ""}, "ESIA-007013", "invalid_scope"),
        ({"response_type": "token"}, "ESIA-007009", "unsupported_response_type"),
        ({"scope": "openid nonsense"}, "ESIA-007006", "invalid_scope"),
        ({"scope": "openid inn"}, "ESIA-007019", "access_denied"),
        ({"access_type": "sometimes"}, "ESIA-007003", "invalid_request"),
        ({"state": "12345"}, "ESIA-007003", "invalid_request"),
        ({"timestamp": "2026-11-23T22:23:45+03:00"}, "ESIA-007015", "invalid_request"),
        ({"timestamp": "2026.02.30 22:23:45 +0300"}, "ESIA-007015", "invalid_request"),
        ({"timestamp": "0001.01.01 00:00:00 +0300"}, "ESIA-007015", "invalid_request"),
        ({"timestamp": "2020.11.23 22:23:45 +0300"}, "ESIA-007015", "invalid_request"),
        ({"timestamp": "2020.11.23 22:23:45  0300"}, "ESIA-007015", "invalid_request"),
        ({"client_secret": "bad"}, "ESIA-007053", "access_denied"),
    ],
)
async def test_each_fault_of_a_request_goes_back_with_its_code_and_the_journal_explains_it(
    stand: Stand, given: dict[str, str | None], code: str, error: str
) -> None:
    page = await stand.browser.open(stand.system.authorization_url(**{"state": STATE, **given}))
    location = page.response.headers["location"]
    assert [name for name, _ in parse_qsl(urlsplit(location).query)] == ["error_description", "state", "error"]
    assert code_of(page.back["error_description"]) == code
    assert page.back["error"] == error
    assert page.back["state"] == given.get("state", STATE)
    assert refused(stand.world)[0] == code


async def test_missing_parameters_are_all_named_in_brackets_and_without_a_state_none_goes_back_with_it(
    stand: Stand,
) -> None:
    page = await stand.browser.open(stand.system.authorization_url(state=None, client_secret=None))
    expected = "ESIA-007014: The request doesn`t contain the mandatory parameter [client_secret, state]."
    assert page.back == {"error_description": expected, "error": "invalid_request"}


async def test_a_repeated_parameter_is_refused_and_named_in_it(stand: Stand) -> None:
    page = await stand.browser.open(stand.system.authorization_url() + "&scope=openid")
    assert code_of(page.back["error_description"]) == "ESIA-007003"


@pytest.mark.parametrize(("seconds", "taken"), [(-299, True), (299, True), (-320, False), (320, False)])
async def test_the_timestamp_is_measured_by_the_worlds_clock_and_its_window_is_five_minutes_around_it(
    stand: Stand, seconds: int, taken: bool
) -> None:
    stand.world.clock.freeze(stand.world.clock.now().replace(microsecond=0))
    moment = stand.world.clock.now() + timedelta(seconds=seconds)
    url = stand.system.authorization_url(timestamp=f"{moment:%Y.%m.%d %H:%M:%S +0000}")
    page = await stand.browser.open(url)
    assert (page.step == "login") is taken


@pytest.mark.parametrize(
    ("pair", "code", "error"),
    [
        (key_pair("stranger"), "ESIA-007005", "unauthorized_client"),
        (key_pair("other"), "ESIA-007002", "invalid_client"),
        (KeyPair(key_pair("stranger").key, key_pair("testsys").certificate), "ESIA-007053", "access_denied"),
    ],
    ids=["unknown certificate", "another system's certificate", "another key"],
)
async def test_a_signature_that_is_not_the_systems_is_refused_and_nobody_signs_in_by_it(
    stand: Stand, pair: KeyPair, code: str, error: str
) -> None:
    system = type(stand.system)(stand.system.http, pair, stand.world.clock.now)
    page = await stand.browser.open(system.authorization_url())
    assert (code_of(page.back["error_description"]), page.back["error"]) == (code, error)


async def test_a_world_under_its_prefix_has_its_own_sessions_and_its_pages_stay_in_it(stand: Stand) -> None:
    stand.worlds.create("blue")
    await stand.browser.sign_in(stand.system.authorization_url())
    url = f"{stand.base}/w/blue{stand.system.authorization_url()}"
    page = await stand.browser.open(url)
    assert page.step == "login"
    assert page.action == "/w/blue/login"
    page = await stand.browser.submit(page, login="vera", password="vera-esia")
    assert page.action == "/w/blue/consent"
    assert "code" in (await stand.browser.submit(page, decision="allow")).back


async def test_two_slashes_in_a_path_are_one_so_glued_addresses_work_with_it(stand: Stand) -> None:
    page = await stand.browser.open(f"{stand.base}/{stand.system.authorization_url()}")
    assert page.step == "login"


async def test_an_account_with_a_second_factor_asks_for_the_code_of_the_inbox_before_it(stand: Stand) -> None:
    stand.world.update_person("vera", {"esia": {"second_factor": True}})
    page = await stand.browser.open(stand.system.authorization_url())
    page = await stand.browser.submit(page, login="vera", password="vera-esia")
    assert page.step == "second-factor"
    # The password alone begins no session.
    assert (await stand.browser.open(stand.system.authorization_url())).step == "login"
    message = stand.world.inbox.messages()[-1]
    assert message.recipient == "+79000000103"
    wrong = await stand.browser.submit(page, code="x")
    assert (wrong.step, wrong.error) == ("second-factor", "wrong-code")
    page = await stand.browser.submit(wrong, code=message.code)
    assert page.step == "consent"
    assert "code" in (await stand.browser.submit(page, decision="allow")).back


async def test_five_wrong_codes_lead_back_to_the_password_and_the_right_one_is_spent_by_it(stand: Stand) -> None:
    stand.world.update_person("vera", {"esia": {"second_factor": True}})
    page = await stand.browser.open(stand.system.authorization_url())
    factor = await stand.browser.submit(page, login="vera", password="vera-esia")
    for _ in range(4):
        assert (await stand.browser.submit(factor, code="")).step == "second-factor"
    assert (await stand.browser.submit(factor, code="x")).step == "login"
    late = await stand.browser.submit(factor, code=stand.world.inbox.messages()[-1].code)
    assert late.step == "login"
