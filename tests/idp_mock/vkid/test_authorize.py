"""What `/authorize` takes, and how it says no."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes, urlencode, urlsplit

import pytest
from idp_mock.world import World

from .browser import REDIRECT, Application, Browser

VERA = "+79000000111"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "51999999"},
        {"client_id": "abc"},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/vk"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://127.0.0.1:9999/я"},
        {"redirect_uri": "http://127.0.0.1:9999/a\r\nSet-Cookie: b"},
        {"redirect_uri": "http://:@evil.example\\@127.0.0.1:9999/"},
        {"redirect_uri": "http://127.0.0.1@evil.example/"},
        {"redirect_uri": "http://127.0.0.1:9999\\evil"},
        {"client_id": "51000069"},
    ],
)
async def test_shows_an_error_page_and_never_redirects_for_an_unknown_client_or_address(
    browser: Browser, app: Application, world: World, changes: dict[str, str | None]
) -> None:
    page = await browser.open(app.asks(**changes))
    assert page.response.status_code == 400
    assert "location" not in page.response.headers
    assert page.error
    assert page.step == ""
    assert world.refusals.list()[-1].provider == "vk_id"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_verifier": "x" * 43}, "invalid_request"),
        ({"prompt": "nonsense"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"scope": "vkid.personal_info everything"}, "invalid_scope"),
    ],
)
async def test_tells_the_client_of_other_faults(
    browser: Browser, app: Application, world: World, changes: dict[str, str | None], error: str
) -> None:
    result = (await browser.open(app.asks(**changes))).result
    assert result["error"] == error
    assert result["error_description"]
    assert result["state"] == ("" if "state" in changes else app.state)
    assert world.refusals.list()[-1].error == error


async def test_refuses_bytes_that_are_no_text_like_any_other_value(browser: Browser, app: Application) -> None:
    query = urlencode(app.asks(redirect_uri=None, response_type=None))
    assert (await browser.http.get(f"/authorize?{query}&redirect_uri=%FF")).status_code == 400
    query = urlencode(app.asks(response_type=None))
    response = await browser.http.get(f"/authorize?{query}&response_type=%FF")
    assert "error=invalid_request" in response.headers["location"]
    assert browser.world.refusals.list()[-1].explanation.encode()


async def test_refuses_a_repeated_parameter(browser: Browser, app: Application) -> None:
    response = await browser.http.get("/authorize?" + urlencode([*app.asks().items(), ("scope", "phone")]))
    assert "error=invalid_request" in response.headers["location"]


@pytest.mark.parametrize("method", ["s256", "S256"])
async def test_reads_the_challenge_method_in_both_spellings(browser: Browser, app: Application, method: str) -> None:
    page = await browser.open(app.asks(code_challenge_method=method, something_else="1", prompt=""))
    assert page.step == "login"


async def test_sends_the_state_back_byte_for_byte(browser: Browser, app: Application) -> None:
    raw = "a%2Bb%20c%26%3D%23%FF%D0%AF~"
    query = urlencode({name: value for name, value in app.asks(prompt="none").items() if name != "state"})
    response = await browser.http.get(f"/authorize?{query}&state={raw}")
    location = response.headers["location"]
    state = dict(item.split("=") for item in urlsplit(location).query.split("&"))["state"]
    # The same bytes, though they may be spelled otherwise.
    assert quote_bytes(state) == quote_bytes(raw)


async def test_keeps_the_redirects_own_query(browser: Browser, app: Application) -> None:
    page = await browser.open(app.asks(prompt="none"))
    assert page.location.startswith(f"{REDIRECT}&error=login_required")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/.well-known/jwks.json", "/oauth2/token", "/"])
async def test_does_not_find_what_vk_id_does_not_have(browser: Browser, path: str) -> None:
    assert (await browser.http.get(path)).status_code == 404
    assert (await browser.http.post(path)).status_code == 404


async def test_marks_every_page_as_a_simulator_and_escapes_what_was_typed(browser: Browser, app: Application) -> None:
    page = await browser.submit(await browser.open(app.asks()), login="<script>alert(1)</script>")
    assert "имулятор" in page.response.text
    assert "<script>" not in page.response.text
    assert page.response.headers["cache-control"] == "no-store"


def quote_bytes(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", "%20")))
