"""The token endpoint."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from idp_mock.oauth.keys import SigningKeys
from idp_mock.world import World

from .browser import REDIRECT, Application, Browser

VERA = "+79000000111"


@pytest.fixture
async def result(browser: Browser, app: Application) -> dict[str, str]:
    """What the redirect carried."""
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    return (await browser.submit(page, decision="allow")).result


async def test_answers_with_vk_ids_fields_and_types(
    app: Application, result: dict[str, str], keys: SigningKeys
) -> None:
    got = await app.exchange(result)
    assert set(got) == {
        "access_token",
        "refresh_token",
        "id_token",
        "token_type",
        "expires_in",
        "user_id",
        "state",
        "scope",
    }
    assert isinstance(got["user_id"], int)
    assert (got["token_type"], got["expires_in"]) == ("Bearer", 3600)
    assert got["scope"] == "vkid.personal_info phone email"
    assert got["access_token"].startswith("vk2.a.")
    verified = keys.verify(got["id_token"])
    assert verified is not None
    header, claims = verified
    assert header == {"alg": "RS256", "typ": "JWT"}
    assert set(claims) == {"iis", "sub", "app", "exp", "iat", "jti"}
    assert (claims["iis"], claims["sub"], claims["app"], claims["jti"]) == ("VK", 7001, 51000066, 21)


async def test_echoes_the_state_of_the_exchange_not_of_the_authorization(
    app: Application, result: dict[str, str]
) -> None:
    assert (await app.exchange(result, state="other"))["state"] == "other"


async def test_echoes_no_state_that_was_not_sent(app: Application, result: dict[str, str]) -> None:
    assert "state" not in await app.exchange(result, state=None)


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"code_verifier": "x" * 64}, "invalid_request", "verifier is missing or invalid"),
        ({"code_verifier": None}, "invalid_request", "verifier is missing or invalid"),
        ({"device_id": "another"}, "invalid_request", "device_id is invalid"),
        ({"device_id": None}, "invalid_request", "device_id is invalid"),
        ({"redirect_uri": "http://127.0.0.1:9999/other"}, "invalid_request", None),
        ({"redirect_uri": None}, "invalid_request", None),
        ({"client_id": None}, "invalid_client", None),
        ({"client_id": "51999999"}, "invalid_client", None),
        ({"client_id": "51000067"}, "invalid_grant", None),
        ({"code": "vk2.a.unknown"}, "invalid_grant", None),
        ({"code": None}, "invalid_grant", None),
        ({"grant_type": None}, "unsupported_grant_type", None),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type", None),
        ({"grant_type": "access_token"}, "invalid_request", None),
    ],
)
async def test_refuses_an_exchange_that_does_not_fit_and_still_takes_the_right_one(
    app: Application,
    world: World,
    result: dict[str, str],
    changes: dict[str, str | None],
    error: str,
    description: str | None,
) -> None:
    refused = await app.exchange(result, **changes)
    assert refused["error"] == error
    assert refused["error_description"]
    assert description in (None, refused["error_description"])
    assert refused["state"] == "state-of-the-exchange"
    refusal = world.refusals.list()[-1]
    assert (refusal.endpoint, refusal.error) == ("/oauth2/auth", error)
    assert result["code"] not in refusal.explanation
    assert app.verifier not in refusal.explanation
    assert (await app.exchange(result))["user_id"] == 7001


async def test_refuses_the_device_of_another_browser(
    app: Application, world: World, result: dict[str, str], connect: Callable[..., httpx.AsyncClient]
) -> None:
    other = Browser(connect(), world)
    page = await other.sign_in(await other.open(app.asks()), VERA)
    assert (await app.exchange(result, device_id=page.result["device_id"]))[
        "error_description"
    ] == "device_id is invalid"


async def test_ends_what_came_of_a_code_that_comes_again(app: Application, result: dict[str, str]) -> None:
    got = await app.exchange(result)
    newer = await app.refresh(got, result["device_id"])
    assert (await app.exchange(result))["error"] == "invalid_grant"
    for tokens in (got, newer):
        assert (await app.user_info(tokens["access_token"]))["error"] == "invalid_token"
    assert (await app.refresh(newer, result["device_id"]))["error"] == "invalid_request"


async def test_lets_a_code_expire_by_the_worlds_clock(app: Application, world: World, result: dict[str, str]) -> None:
    world.clock.advance(timedelta(seconds=600))
    assert (await app.exchange(result))["error"] == "invalid_grant"


async def test_takes_a_code_until_it_expires(app: Application, world: World, result: dict[str, str]) -> None:
    world.clock.freeze()
    world.clock.advance(timedelta(seconds=590))
    assert (await app.exchange(result))["user_id"] == 7001


async def test_reads_parameters_from_the_query_too(app: Application, result: dict[str, str]) -> None:
    query = {
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT,
        "client_id": app.client_id,
        "code_verifier": app.verifier,
        "state": "s",
        "device_id": result["device_id"],
    }
    response = await app.http.post("/oauth2/auth", params=query, data={"code": result["code"]})
    assert response.json()["user_id"] == 7001


async def test_ignores_a_client_secret(app: Application, result: dict[str, str]) -> None:
    assert (await app.exchange(result, client_secret="none-of-the-flow"))["user_id"] == 7001


async def test_refuses_two_values_of_one_parameter(app: Application, result: dict[str, str]) -> None:
    body = {"grant_type": "authorization_code", "code": result["code"], "client_id": app.client_id}
    response = await app.http.post("/oauth2/auth", params={"code": "another"}, data=body)
    assert response.json()["error"] == "invalid_request"


async def test_gives_a_new_pair_without_an_id_token_for_a_refresh_token(
    app: Application, result: dict[str, str]
) -> None:
    got = await app.exchange(result)
    newer = await app.refresh(got, result["device_id"])
    assert "id_token" not in newer
    assert newer["state"] == "state-of-the-refresh"
    assert newer["user_id"] == 7001
    assert {newer["access_token"], newer["refresh_token"]}.isdisjoint({got["access_token"], got["refresh_token"]})
    assert (await app.user_info(newer["access_token"]))["user"]["user_id"] == "7001"


async def test_ends_the_family_of_a_spent_refresh_token_that_comes_again(
    app: Application, result: dict[str, str]
) -> None:
    got = await app.exchange(result)
    newer = await app.refresh(got, result["device_id"])
    refused = await app.refresh(got, result["device_id"])
    assert (refused["error"], refused["error_description"]) == (
        "invalid_request",
        "refresh_token is missing or invalid",
    )
    assert (await app.refresh(newer, result["device_id"]))["error"] == "invalid_request"
    assert (await app.user_info(newer["access_token"]))["error"] == "invalid_token"


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"device_id": "another"}, "device_id is invalid"),
        ({"device_id": None}, "device_id is invalid"),
        ({"refresh_token": None}, "refresh_token is missing or invalid"),
        ({"refresh_token": "unknown"}, "refresh_token is missing or invalid"),
        ({"client_id": "51000067"}, "refresh_token is missing or invalid"),
        ({"scope": "vkid.personal_info friends"}, "scope is invalid"),
    ],
)
async def test_refuses_a_refresh_that_does_not_fit_and_still_takes_the_right_one(
    app: Application, result: dict[str, str], changes: dict[str, str | None], description: str
) -> None:
    got = await app.exchange(result)
    assert (await app.refresh(got, result["device_id"], **changes))["error_description"] == description
    assert (await app.refresh(got, result["device_id"]))["user_id"] == 7001


async def test_lets_tokens_expire_by_the_worlds_clock(app: Application, world: World, result: dict[str, str]) -> None:
    got = await app.exchange(result)
    world.clock.advance(timedelta(hours=1))
    assert (await app.user_info(got["access_token"]))["error"] == "invalid_token"
    newer = await app.refresh(got, result["device_id"])
    world.clock.advance(timedelta(days=180))
    assert (await app.refresh(newer, result["device_id"]))["error"] == "invalid_request"


async def test_gives_no_tokens_for_a_removed_profile(app: Application, world: World, result: dict[str, str]) -> None:
    world.update_person("vera", {"vk_id": None})
    assert (await app.exchange(result))["error"] == "access_denied"


async def test_takes_the_status_of_errors_from_the_world(app: Application, world: World) -> None:
    world.document.settings.vk_error_status = 400
    response = await app.http.post("/oauth2/auth", data={"grant_type": "authorization_code"})
    assert response.status_code == 400
    assert response.headers["access-control-allow-origin"] == "*"


async def test_answers_neither_a_preflight_nor_a_get(app: Application) -> None:
    for method in ("OPTIONS", "GET"):
        response = await app.http.request(method, "/oauth2/auth", headers={"Origin": "https://app.example"})
        assert response.status_code in (404, 405)
        assert "access-control-allow-origin" not in response.headers


async def test_shows_a_masked_profile_for_an_id_token(app: Application, result: dict[str, str]) -> None:
    got = await app.exchange(result)
    answer = await app.post("/oauth2/public_info", id_token=got["id_token"], client_id=app.client_id)
    user: dict[str, Any] = answer["user"]
    assert (user["user_id"], user["first_name"], user["last_name"]) == ("7001", "Vera", "И.")
    assert (user["phone"], user["email"]) == ("+7 *** *** ** 11", "ve***@example.org")
    assert set(user).isdisjoint({"sex", "birthday", "verified"})


async def test_refuses_id_tokens_that_are_not_its_own_or_not_the_clients(
    app: Application, world: World, result: dict[str, str]
) -> None:
    token = (await app.exchange(result))["id_token"]
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "sub": 7002}).encode()).decode().rstrip("=")
    for bad in ("", "x.y.z", f"{head}.{forged}.{signature}"):
        refused = await app.post("/oauth2/public_info", id_token=bad, client_id=app.client_id)
        assert refused["error_description"] == "id_token is missing or invalid"
    other = await app.post("/oauth2/public_info", id_token=token, client_id="51000067")
    assert other["error"] == "invalid_request"
    world.clock.advance(timedelta(hours=1))
    late = await app.post("/oauth2/public_info", id_token=token, client_id=app.client_id)
    assert late["error"] == "invalid_request"
