"""The points where sources on VK ID disagree, each a setting of the world."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from idp_mock.oauth.keys import SigningKeys
from idp_mock.world import World

from .browser import REDIRECT, Application, Browser

VERA = "+79000000111"
ENDPOINTS = {
    "/oauth2/auth": {"grant_type": "authorization_code", "client_id": "51000066"},
    "/oauth2/user_info": {"access_token": "x"},
    "/oauth2/public_info": {"id_token": "x", "client_id": "51000066"},
    "/oauth2/revoke": {"access_token": "x"},
    "/oauth2/logout": {"access_token": "x"},
}


@pytest.fixture
async def result(browser: Browser, app: Application) -> dict[str, str]:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    return (await browser.submit(page, decision="allow")).result


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_takes_the_status_of_one_endpoints_errors_from_the_world(
    app: Application, world: World, endpoint: Any
) -> None:
    for status in (200, 400, 401):
        world.settings.vk_error_statuses = {endpoint: status}
        for other, body in ENDPOINTS.items():
            response = await app.http.post(other, data=body)
            assert response.status_code == (status if other == endpoint else 200)
            assert response.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in response.headers
            assert {"error", "error_description"} <= set(response.json())


async def test_says_other_words_of_an_error(app: Application, world: World, result: dict[str, str]) -> None:
    world.settings.vk_error_descriptions = {"code": "code is expired"}
    assert (await app.exchange(result, code="unknown"))["error_description"] == "code is expired"


@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant"])
async def test_names_a_dead_refresh_token_in_either_dialect(
    app: Application, world: World, result: dict[str, str], error: Any
) -> None:
    world.settings.vk_refresh_error = error
    refused = await app.refresh({"refresh_token": "dead"}, result["device_id"])
    assert (refused["error"], refused["error_description"]) == (error, "refresh_token is missing or invalid")


@pytest.mark.parametrize("error", ["invalid_request", "invalid_id_token"])
async def test_names_a_bad_id_token_in_either_dialect(app: Application, world: World, error: Any) -> None:
    world.settings.vk_id_token_error = error
    assert (await app.post("/oauth2/public_info", id_token="x", client_id=app.client_id))["error"] == error


@pytest.mark.parametrize(("issuer", "names"), [("iis", {"iis"}), ("iss", {"iss"}), ("both", {"iis", "iss"})])
async def test_spells_the_issuer_as_set(
    app: Application, world: World, keys: SigningKeys, result: dict[str, str], issuer: Any, names: set[str]
) -> None:
    world.settings.vk_id_token_issuer = issuer
    token = (await app.exchange(result))["id_token"]
    verified = keys.verify(token)
    assert verified is not None
    assert {name for name in ("iis", "iss") if verified[1].get(name) == "VK"} == names
    assert "user" in await app.post("/oauth2/public_info", id_token=token, client_id=app.client_id)


@pytest.mark.parametrize(
    ("state", "strict", "taken"),
    [
        ("short", False, True),
        ("short", True, False),
        ("a" * 31, True, False),
        ("a" * 32, True, True),
        ("a" * 32 + "!", True, False),
    ],
)
async def test_demands_a_long_state_of_strict_worlds_only(
    browser: Browser, app: Application, world: World, state: str, strict: bool, taken: bool
) -> None:
    world.settings.vk_strict_state = strict
    page = await browser.open(app.asks(state=state))
    assert (page.step == "login") is taken
    assert taken or page.result["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("verifier", "strict", "taken"),
    [
        ("abc123", False, True),
        ("abc123", True, False),
        ("v" * 42, True, False),
        ("v" * 43, True, True),
        ("v" * 128, True, True),
        ("v" * 129, False, True),
        ("v" * 129, True, False),
        ("v" * 42 + "~", False, True),
        ("v" * 42 + "~", True, False),
    ],
)
async def test_demands_a_documented_verifier_of_strict_worlds_only(
    browser: Browser, app: Application, world: World, verifier: str, strict: bool, taken: bool
) -> None:
    world.settings.vk_strict_verifier = strict
    app.verifier = verifier
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    got = await app.exchange((await browser.submit(page, decision="allow")).result)
    assert ("access_token" in got) is taken
    assert taken or got["error_description"] == "verifier is missing or invalid"


async def test_demands_the_service_token_of_applications_that_have_one(
    app: Application, world: World, result: dict[str, str]
) -> None:
    client = world.vk_client(app.client_id)
    assert client is not None
    client.service_token = "service-key"
    for wrong in (None, "another"):
        assert "service_token" in (await app.exchange(result, service_token=wrong))["error_description"]
    assert not any("service-key" in refusal.explanation for refusal in world.refusals.list())
    assert "access_token" in await app.exchange(result, service_token="service-key")


@pytest.mark.parametrize(("form", "top", "inside"), [("top_level", 1, 0), ("payload", 0, 1), ("both", 1, 1)])
async def test_puts_the_answer_where_the_client_looks_for_it(
    browser: Browser, app: Application, world: World, form: Any, top: bool, inside: bool
) -> None:
    world.settings.vk_payload = form
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    location = (await browser.submit(page, decision="allow")).location
    assert location.startswith(REDIRECT)
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    assert ("code" in query, "payload" in query) == (bool(top), bool(inside))
    payload = json.loads(query.get("payload", "{}"))
    if inside:
        assert set(payload) == {"code", "state", "device_id", "type", "expires_in"}
        assert (payload["state"], payload["expires_in"]) == (app.state, 600)
    if top and inside:
        assert payload["code"] == query["code"]
    assert "access_token" in await app.exchange({**query, **payload})


async def test_refreshes_without_a_device_if_the_world_allows_it_and_never_with_a_wrong_one(
    app: Application, world: World, result: dict[str, str]
) -> None:
    world.settings.vk_refresh_device = "optional"
    got = await app.exchange(result)
    assert (await app.refresh(got, "another"))["error_description"] == "device_id is invalid"
    assert "access_token" in await app.refresh(got, result["device_id"], device_id=None)


async def test_only_refuses_a_spent_refresh_token_if_the_world_is_set_so(
    app: Application, world: World, result: dict[str, str]
) -> None:
    world.settings.vk_refresh_reuse = "refused"
    got = await app.exchange(result)
    newer = await app.refresh(got, result["device_id"])
    assert "error" in await app.refresh(got, result["device_id"])
    assert "access_token" in await app.refresh(newer, result["device_id"])


async def test_publishes_the_key_only_if_the_world_is_set_so(app: Application, world: World, keys: SigningKeys) -> None:
    world.settings.vk_jwks = True
    assert (await app.http.get("/.well-known/jwks.json")).json() == {"keys": [keys.jwk]}
    assert (await app.http.get("/.well-known/openid-configuration")).status_code == 404


async def test_migrates_an_old_token_to_a_code_that_is_exchanged_as_any(app: Application, world: World) -> None:
    client = world.vk_client(app.client_id)
    assert client is not None
    client.v1_tokens = {"old-token": 7001}
    asks = {
        "grant_type": "access_token",
        "response_type": "code",
        "access_token": "old-token",
        "client_id": app.client_id,
        "device_id": "the-clients-own",
        "state": "s",
        "code_challenge": app.challenge,
        "code_challenge_method": "s256",
    }
    given = await app.post("/oauth2/auth", **asks)
    assert set(given) == {"code", "state", "device_id"}
    assert given["state"] == "s"
    assert (await app.exchange(given, redirect_uri="https://evil.example/"))["error"] == "invalid_request"
    got = await app.exchange(given, redirect_uri=None)
    assert (got["user_id"], got["scope"]) == (7001, "vkid.personal_info")
    for wrong in ("access_token", "response_type", "device_id", "code_challenge", "code_challenge_method", "client_id"):
        refused = await app.post("/oauth2/auth", **{**asks, wrong: None})
        assert refused["error"] in ("invalid_token", "invalid_request", "invalid_client")
    assert (await app.post("/oauth2/auth", **{**asks, "access_token": "unknown"}))["error"] == "invalid_token"
