"""What a token opens: `user_info`, the VK API, telemetry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from idp_mock.vkid.faults import fault_response
from idp_mock.world import World

from .browser import Application, Browser

VERA = "+79000000111"


@pytest.fixture
async def token(browser: Browser, app: Application) -> str:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    return (await app.exchange((await browser.submit(page, decision="allow")).result))["access_token"]


async def test_takes_the_token_from_every_place_that_clients_use(app: Application, token: str) -> None:
    calls: list[dict[str, Any]] = [
        {"data": {"access_token": token}, "params": {"client_id": app.client_id}},
        {"params": {"access_token": token}},
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"json": {"access_token": token, "client_id": 51000066}},
    ]
    for call in calls:
        user = (await app.http.post("/oauth2/user_info", **call)).json()["user"]
        assert user["user_id"] == "7001"
        assert (user["sex"], user["birthday"], user["verified"]) == (1, "02.11.1986", False)


async def test_serves_the_avatar(app: Application, token: str) -> None:
    response = await app.http.get((await app.user_info(token))["user"]["avatar"])
    assert response.headers["content-type"] == "image/png"


async def test_wants_a_live_token_of_the_same_client(app: Application, world: World, token: str) -> None:
    for bad in ("", "unknown"):
        refused = await app.user_info(bad)
        assert (refused["error"], refused["error_description"]) == (
            "invalid_token",
            "access_token is missing or invalid",
        )
    other = await app.post("/oauth2/user_info", access_token=token, client_id="51000067")
    assert other["error"] == "invalid_client"
    assert [refusal.endpoint for refusal in world.refusals.list()] == ["/oauth2/user_info"] * 3


async def test_answers_users_get_with_the_tokens_user(app: Application, token: str) -> None:
    user = (await app.users_get(token, fields=""))["response"][0]
    assert (user["id"], user["first_name"], user["last_name"]) == (7001, "Vera", "Иванова")
    assert "educational_profile" not in user
    asked = (await app.users_get(token, fields="sex,educational_profile"))["response"][0]
    assert asked["educational_profile"]["roles"] == ["PARENT"]
    bearer = await app.http.post("/method/users.get", data={"v": "5.199"}, headers={"Authorization": f"Bearer {token}"})
    assert bearer.json()["response"][0]["id"] == 7001


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("users.get", {"access_token": "bad", "v": "5.199"}, 5),
        ("users.get", {"v": "5.199"}, 5),
        ("users.get", {"access_token": "bad"}, 8),
        ("users.get", {"access_token": "bad", "v": "5.80"}, 8),
        ("wall.get", {"v": "5.199"}, 3),
    ],
)
async def test_answers_api_errors_in_their_own_shape(
    app: Application, world: World, method: str, parameters: dict[str, str], code: int
) -> None:
    response = await app.http.get(f"/method/{method}", params=parameters)
    assert response.status_code == 200
    assert response.json()["error"]["error_code"] == code
    assert world.refusals.list()[-1].error == str(code)


async def test_answers_the_web_sdks_telemetry(app: Application) -> None:
    headers = {"Origin": "https://app.example"}
    config = await app.http.post("/vkid_sdk_get_config?app_id=1", data={"v": "5.207"}, headers=headers)
    assert config.json()["response"]["active"] == 0
    events = await app.http.post("/stat_events_vkid_sdk?app_id=1", data={"events": "[]"}, headers=headers)
    for response in (config, events):
        assert response.headers["access-control-allow-origin"] == "https://app.example"
        assert response.headers["access-control-allow-credentials"] == "true"


def test_speaks_the_dialect_of_the_endpoint_that_a_fault_strikes() -> None:
    oauth = fault_response("/oauth2/auth", "server_error", 200)
    assert json.loads(bytes(oauth.body))["error"] == "server_error"
    api = fault_response("/method/users.get", "anything", 503)
    assert api.status_code == 503
    assert json.loads(bytes(api.body))["error"]["error_code"] == 10
    assert fault_response("/authorize", "server_error", 503).media_type == "text/html"
