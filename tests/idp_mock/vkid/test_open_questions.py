"""The questions about VK ID that nobody has answered: each a setting of the world, or of the application."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from idp_mock.oauth.keys import SigningKeys
from idp_mock.vkid.errors import Wire
from idp_mock.world import VkError, World, WorldErrors, load_document, load_file

from .browser import Application, Browser
from .conftest import document

VERA, RITA = "+79000000111", "+79000000114"


@pytest.fixture
async def result(browser: Browser, app: Application) -> dict[str, str]:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    return (await browser.submit(page, decision="allow")).result


@pytest.mark.parametrize("state", [None, ""])
async def test_takes_no_request_without_a_state_unless_the_world_does(
    browser: Browser, app: Application, world: World, state: str | None
) -> None:
    assert (await browser.open(app.asks(state=state))).result["error"] == "invalid_request"
    world.settings.vk_require_state = False
    page = await browser.sign_in(await browser.open(app.asks(state=state)), VERA)
    result = (await browser.submit(page, decision="allow")).result
    assert result["state"] == ""
    assert (await app.exchange(result))["user_id"] == 7001
    world.settings.vk_strict_state = True
    assert (await browser.open(app.asks(state=state))).result["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("form", "names"), [("described", {"error", "error_description", "state"}), ("bare", {"error"})]
)
async def test_says_as_much_in_an_error_redirect_as_the_world_is_set_to(
    browser: Browser, app: Application, world: World, form: Any, names: set[str]
) -> None:
    world.settings.vk_error_redirect = form
    for asks in (app.asks(prompt="none"), app.asks(scope="everything")):
        assert set((await browser.open(asks)).result) == names
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    assert set((await browser.submit(page, decision="deny")).result) == names


@pytest.mark.parametrize("added", [False, True])
async def test_adds_ext_id_to_a_redirect_only_if_the_world_is_set_so(
    browser: Browser, app: Application, world: World, added: bool
) -> None:
    world.settings.vk_redirect_ext_id = added
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    got = (await browser.submit(page, decision="allow")).result
    assert ("ext_id" in got) is added
    assert "ext_id" not in (await browser.open(app.asks(prompt="none", scope="everything"))).result


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
async def test_names_a_dead_code_in_either_dialect(
    app: Application, world: World, result: dict[str, str], error: Any
) -> None:
    world.settings.vk_code_error = error
    assert (await app.exchange(result, code="unknown"))["error"] == error
    await app.exchange(result)
    assert (await app.exchange(result))["error"] == error
    assert world.refusals.list()[-1].error == error


async def test_lets_an_id_token_live_as_long_as_the_world_is_set_to(
    app: Application, world: World, keys: SigningKeys, result: dict[str, str]
) -> None:
    world.settings.vk_id_token_ttl_s = 60
    token = (await app.exchange(result))["id_token"]
    verified = keys.verify(token)
    assert verified is not None
    assert verified[1]["exp"] - verified[1]["iat"] == 60
    assert "user" in await app.post("/oauth2/public_info", id_token=token, client_id=app.client_id)
    world.clock.advance(timedelta(seconds=60))
    late = await app.post("/oauth2/public_info", id_token=token, client_id=app.client_id)
    assert late["error_description"] == "id_token is missing or invalid"


async def test_slows_an_address_down_that_calls_too_often_a_day(app: Application, world: World) -> None:
    calls = [lambda: app.post("/oauth2/auth", grant_type="x", state="s"), lambda: app.post("/oauth2/user_info")]
    for _ in range(10):
        assert (await calls[1]())["error"] == "invalid_token"
    world.settings.vk_daily_calls = 2
    answers = [(await call())["error"] for call in (*calls, *calls)]
    assert answers == ["unsupported_grant_type", "invalid_token", "slow_down", "slow_down"]
    assert "at most 2 calls a day" in world.refusals.list()[-1].explanation
    world.clock.advance(timedelta(days=1))
    assert (await calls[0]())["error"] == "unsupported_grant_type"


def test_every_error_has_a_name_in_the_settings_and_no_other_is_taken() -> None:
    assert {wire.name.lower() for wire in Wire} == set(get_args(VkError))
    world = {**document(), "settings": {"vk_error_descriptions": {"cod": "x"}}}
    with pytest.raises(WorldErrors) as raised:
        load_document(world)
    assert [error.path[:2] for error in raised.value.errors] == [("settings", "vk_error_descriptions")]


@pytest.mark.parametrize("wire", [Wire.ACCESS_TOKEN, Wire.CLIENT, Wire.GRANT_TYPE, Wire.VERIFIER, Wire.DEVICE_ID])
async def test_says_every_error_in_the_words_of_the_world(
    app: Application, world: World, result: dict[str, str], wire: Wire
) -> None:
    world.settings.vk_error_descriptions = {wire.name.lower(): "other words"}  # pyright: ignore[reportAttributeAccessIssue]
    answers = [
        await app.user_info("unknown"),
        await app.exchange(result, client_id="1"),
        await app.exchange(result, grant_type="x"),
        await app.exchange(result, code_verifier="x"),
        await app.exchange(result, device_id="x"),
    ]
    assert [answer["error"] for answer in answers if answer["error_description"] == "other words"] == [wire.error]


async def test_warns_once_of_a_verifier_that_is_not_as_documented(
    browser: Browser, app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.verifier = "abc123"
    with caplog.at_level(logging.WARNING, "idp_mock.vkid"):
        for _ in range(2):
            page = await browser.open(app.asks())
            if page.step:
                page = await browser.submit(await browser.sign_in(page, VERA), decision="allow")
            assert "access_token" in await app.exchange(page.result)
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("idp_mock.vkid")]
    assert app.client_id in line
    assert app.verifier not in line


@pytest.mark.parametrize(("profile", "kind"), [("7004", 0), ("7005", 2)])
async def test_tells_a_learning_profile_from_a_personal_one_by_inferred_fields(
    browser: Browser, app: Application, profile: str, kind: int
) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), RITA)
    page = await browser.submit(await browser.submit(page, profile=profile), decision="allow")
    token = (await app.exchange(page.result))["access_token"]
    fields = "educational_profile, edu_roles,profile_type is_service_account"
    [user] = (await app.users_get(token, fields))["response"]
    assert (user["profile_type"], user["is_service_account"]) == (kind, False)
    wanted = {"main_roles": "TEACHER,PARENT", "organizations": [{"organization_name": "Школа № 1"}]}
    assert user.get("edu_roles") == (wanted if kind else None)
    assert ("educational_profile" in user) is bool(kind)
    [bare] = (await app.users_get(token, ""))["response"]
    assert set(bare) == {"id", "first_name", "last_name", "can_access_closed", "is_closed"}
    asks = {"access_token": token, "v": "5.199"}
    for user_ids, found in ((profile, 1), (f"1,{profile}", 1), ("1", 0)):
        answer = (await app.http.get("/method/users.get", params={**asks, "user_ids": user_ids})).json()
        assert len(answer["response"]) == found


async def test_gives_a_redirect_to_the_mobile_application_as_registered_by_its_number(
    browser: Browser, app: Application
) -> None:
    page = await browser.open(app.asks(redirect_uri="vk51000066://vk.com/blank.html", prompt="none"))
    assert page.location.startswith("vk51000066://vk.com/blank.html?error=login_required")
    assert parse_qs(urlsplit(page.location).query)["state"] == [app.state]


OLD = """version: 1
persons:
  - id: vera
    name: {last: И, first: В}
    gender: F
    birth_date: 1986-11-02
    vk_id: [{phone: "+79000000111", profiles: [{user_id: 7001, kind: LEARNING}]}]
clients:
  vk_id:
    - app_id: 51000066
      name: Проверка
      v1_tokens: {"good-old-token": 7001, "bad-old-token": 7009}
"""


def test_refuses_an_old_token_of_nobody_with_file_line_and_path(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(OLD.replace(": 7009", ": 7001"), encoding="utf-8")
    assert load_file(file).clients.vk_id[0].v1_tokens == {"good-old-token": 7001, "bad-old-token": 7001}
    file.write_text(OLD, encoding="utf-8")
    with pytest.raises(WorldErrors) as raised:
        load_file(file)
    [error] = raised.value.errors
    assert (error.file, error.line) == (str(file), 12)
    assert error.path == ("clients", "vk_id", 0, "v1_tokens", 1)
    assert "7009" in str(error)
    assert "old-token" not in str(error)


def test_judges_old_tokens_of_json_lines_when_all_persons_have_come(tmp_path: Path) -> None:
    file = tmp_path / "world.jsonl"
    head = '{"version": 1, "clients": {"vk_id": [{"app_id": 1, "name": "П", "v1_tokens": {"a": 7001, "b": 7002}}]}}'
    person = (
        '{"person": {"id": "v", "name": {"last": "И", "first": "В"}, "gender": "F", "birth_date": "1986-11-02", '
        '"vk_id": [{"phone": "+79000000111", "profiles": [{"user_id": 7001, "kind": "LEARNING"}]}]}}'
    )
    file.write_text(f"{head}\n{person}\n", encoding="utf-8")
    with pytest.raises(WorldErrors) as raised:
        load_file(file)
    assert [(error.line, error.path[-1]) for error in raised.value.errors] == [(1, 1)]
    file.write_text(f"{head.replace('7002', '7001')}\n{person}\n", encoding="utf-8")
    assert len(load_file(file).persons) == 1


def test_writes_the_public_key_that_clients_want_pasted_in(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path, "vk-id")
    keys.export_public_key()
    written = (tmp_path / "vk-id.pem").read_bytes()
    assert written == SigningKeys(tmp_path, "vk-id").public_key_pem
    assert written.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert written.count(b"BEGIN") == 1
