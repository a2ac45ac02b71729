"""Every place and form of a parameter, what is reused, and what is no parameter at all."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from idp_mock.vkid.flow import Flows
from idp_mock.vkid.sessions import Browsers
from idp_mock.world import World

from .browser import REDIRECT, Application, Browser

VERA = "+79000000111"
FIELDS = ("grant_type", "code", "code_verifier", "client_id", "device_id", "redirect_uri", "state")
TOKEN_ENDPOINTS = ("/oauth2/user_info", "/oauth2/logout", "/oauth2/revoke")
POSTS = ("/oauth2/auth", "/oauth2/public_info", *TOKEN_ENDPOINTS)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def result(browser: Browser, app: Application) -> dict[str, str]:
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    return (await browser.submit(page, decision="allow")).result


def exchange_of(app: Application, result: dict[str, str]) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": result["code"],
        "code_verifier": app.verifier,
        "client_id": app.client_id,
        "device_id": result["device_id"],
        "redirect_uri": REDIRECT,
        "state": "s",
    }


@pytest.mark.parametrize("in_query", [*itertools.combinations(FIELDS, 1), FIELDS[:3], FIELDS[3:], FIELDS, ()])
async def test_takes_each_parameter_of_an_exchange_from_query_or_body(
    app: Application, result: dict[str, str], in_query: tuple[str, ...]
) -> None:
    given = exchange_of(app, result)
    query = {name: value for name, value in given.items() if name in in_query}
    body = {name: value for name, value in given.items() if name not in in_query}
    response = await app.http.post("/oauth2/auth", params=query, data=body)
    assert response.json()["user_id"] == 7001


async def test_takes_a_form_without_a_content_type(app: Application, result: dict[str, str]) -> None:
    request = app.http.build_request("POST", "/oauth2/auth", data=exchange_of(app, result))
    del request.headers["content-type"]
    assert (await app.http.send(request)).json()["user_id"] == 7001


@pytest.mark.parametrize("state", ["", "s", "другое", "x" * 5000, None])
async def test_echoes_any_state_of_an_exchange(app: Application, result: dict[str, str], state: str | None) -> None:
    got = await app.exchange(result, state=state)
    assert got.get("state") == state
    refused = await app.exchange(result, state=state)
    assert refused.get("state") == state


@pytest.mark.parametrize("place", ["body", "query", "header", "json"])
@pytest.mark.parametrize("endpoint", TOKEN_ENDPOINTS)
@pytest.mark.parametrize("client", ["query", "body", "absent"])
async def test_takes_an_access_token_from_anywhere(
    app: Application, result: dict[str, str], endpoint: str, place: str, client: str
) -> None:
    token = (await app.exchange(result))["access_token"]
    query = {"client_id": app.client_id} if client == "query" else {}
    body = {"client_id": app.client_id} if client == "body" else {}
    parts: dict[str, Any] = {"params": query}
    match place:
        case "header":
            parts |= {"headers": {"Authorization": f"Bearer {token}"}, "data": body}
        case "query":
            parts |= {"params": {**query, "access_token": token}, "data": body}
        case "json":
            parts |= {"json": {**body, "access_token": token}}
        case _:
            parts |= {"data": {**body, "access_token": token}}
    answer = (await app.http.post(endpoint, **parts)).json()
    assert answer == {"response": 1} if endpoint != "/oauth2/user_info" else answer["user"]["user_id"] == "7001"


async def test_names_the_person_by_a_number_in_tokens_and_by_digits_elsewhere(
    app: Application, result: dict[str, str]
) -> None:
    got = await app.exchange(result)
    user = (await app.user_info(got["access_token"]))["user"]
    shown = (await app.post("/oauth2/public_info", id_token=got["id_token"], client_id=app.client_id))["user"]
    [api] = (await app.users_get(got["access_token"]))["response"]
    newer = await app.refresh(got, result["device_id"])
    assert [got["user_id"], newer["user_id"], api["id"]] == [7001, 7001, 7001]
    assert [user["user_id"], shown["user_id"]] == ["7001", "7001"]


@pytest.mark.parametrize(
    ("challenge", "taken"),
    [
        ("A" * 43, True),
        ("A" * 42, False),
        ("A" * 44, False),
        ("A" * 43 + "=", False),
        ("A" * 42 + "+", False),
        ("A" * 42 + "/", False),
        ("A" * 43 + "\n", False),
        ("", False),
    ],
)
async def test_takes_no_challenge_but_base64url_of_a_digest(
    browser: Browser, app: Application, challenge: str, taken: bool
) -> None:
    page = await browser.open(app.asks(code_challenge=challenge))
    assert (page.step == "login") is taken
    assert taken or page.result["error"] == "invalid_request"


@pytest.mark.parametrize("change", ["", " ", "upper", "challenge", "longer"])
async def test_takes_no_verifier_but_the_one(
    app: Application, world: World, result: dict[str, str], change: str
) -> None:
    wrong = {"": "", " ": app.verifier + " ", "upper": app.verifier.swapcase(), "challenge": app.challenge}
    refused = await app.exchange(result, code_verifier=wrong.get(change, app.verifier + "x"))
    assert (refused["error"], refused["error_description"]) == ("invalid_request", "verifier is missing or invalid")
    explanation = world.refusals.list()[-1].explanation
    assert app.challenge in explanation
    assert app.verifier not in explanation
    assert "access_token" in await app.exchange(result)


async def test_explains_a_used_code_and_a_foreign_device(
    app: Application, world: World, result: dict[str, str]
) -> None:
    world.clock.freeze()
    first = world.clock.now()
    await app.exchange(result)
    world.clock.advance(timedelta(seconds=30))
    await app.exchange(result)
    explanation = world.refusals.list()[-1].explanation
    assert first.isoformat(timespec="seconds")[:19] in explanation
    assert result["code"] not in explanation


async def test_explains_whose_device_a_code_is(app: Application, world: World, result: dict[str, str]) -> None:
    foreign = world.of(Browsers).new_device()
    assert (await app.exchange(result, device_id=foreign))["error_description"] == "device_id is invalid"
    explanation = world.refusals.list()[-1].explanation
    assert result["device_id"][:8] in explanation
    assert foreign[:8] in explanation


@pytest.mark.parametrize("times", [2, 3])
async def test_lets_nothing_of_a_sign_in_live_after_reuse(app: Application, result: dict[str, str], times: int) -> None:
    tokens = [await app.exchange(result)]
    for _ in range(times):
        tokens.append(await app.refresh(tokens[-1], result["device_id"]))
    assert "error" in await app.refresh(tokens[0], result["device_id"])
    for one in tokens:
        assert (await app.user_info(one["access_token"]))["error"] == "invalid_token"
        assert (await app.refresh(one, result["device_id"]))["error"] == "invalid_request"


@pytest.mark.parametrize("endpoint", POSTS)
@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"", {}),
        (b"\xff\xfe\x00", {}),
        (b"a=%FF%00&access_token=%FF&client_id=%FF&grant_type=%FF", FORM),
        (b"access_token=" + b"x" * 300_000, FORM),
        (b"client_id=51000066&client_id=1&code=a&code=b", FORM),
        (b"[]", {"content-type": "application/json"}),
        (b'{"access_token": {"a": [1]}, "client_id": null, "id_token": 1e999}', {"content-type": "application/json"}),
        (b'{"access_token": "\\ud800"}', {"content-type": "application/json"}),
        (b"{" * 5000, {"content-type": "application/json"}),
        (b"[" * 100_000, {"content-type": "application/json"}),
        (b"--x", {"content-type": "multipart/form-data; boundary=x"}),
        (b"nonsense", {"content-type": "multipart/form-data"}),
        (b"a=b", {"authorization": "Bearer"}),
        (b"a=b", {"authorization": "Basic \xff", "host": "evil.example:1"}),
    ],
)
async def test_answers_nonsense_in_its_own_dialect(
    app: Application, endpoint: str, content: bytes, headers: dict[str, str]
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = await app.http.post(endpoint, content=content, headers=raw)
    assert response.status_code == 200
    document = response.json()
    assert isinstance(document["error"], str)
    assert isinstance(document["error_description"], str)
    assert response.headers["access-control-allow-origin"] == "*"
    assert "Traceback" not in response.text


@pytest.mark.parametrize("endpoint", POSTS)
async def test_gives_a_preflight_nothing(app: Application, endpoint: str) -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    response = await app.http.options(endpoint, headers=headers)
    assert response.status_code in (404, 405)
    assert not any(name.startswith("access-control") for name in response.headers)


@pytest.mark.parametrize("name", ["state", "scope", "prompt", "redirect_uri", "client_id", "origin", "provider"])
@pytest.mark.parametrize("value", ["x" * 60_000, "\0", "%", "я", "\ud800", "[]", "../../etc/passwd", "\r\nX: y"])
async def test_answers_any_value_at_authorize(browser: Browser, app: Application, name: str, value: str) -> None:
    response = await browser.http.get(
        "/authorize", params={**app.asks(), name: value.encode("utf-8", "surrogatepass").decode("latin-1")}
    )
    assert response.status_code in (200, 302, 400)
    assert "x" not in response.headers
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:9999@evil.example/",
        "http://evil.example#http://127.0.0.1",
        "http://127.0.0.1.evil.example/",
        "//127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "https://127.0.0.1/",
        "data:text/html,x",
        "http://user:pass@127.0.0.1/",
        "http://127.0.0.1/#fragment",
        "http://[::1",
    ],
)
async def test_redirects_to_no_hostile_address(browser: Browser, app: Application, uri: str) -> None:
    page = await browser.open(app.asks(redirect_uri=uri))
    assert (page.response.status_code, page.error) == (400, "invalid_request")


async def test_takes_no_broken_form_of_a_page(browser: Browser, app: Application) -> None:
    page = await browser.open(app.asks())
    broken = {"content-type": "multipart/form-data"}
    response = await browser.http.post(page.form.action, content=b"nonsense", headers=broken)
    assert response.status_code == 400
    assert "flow_expired" in response.text


async def test_forgets_half_finished_sign_ins(browser: Browser, app: Application, world: World) -> None:
    flows, browsers = world.of(Flows), world.of(Browsers)
    page = await browser.sign_in(await browser.open(app.asks()), VERA)
    cookie = browser.http.cookies["vkid_sso"]
    flow = flows.get(world, dict(page.form.fields)["flow"], browsers.get(cookie))
    assert flow is not None
    strangers = [browsers.create() for _ in range(10_050)]
    for stranger in strangers:
        flows.keep(world, flows.start(world, stranger, flow.request, flow.client))
    assert len(vars(flows)["_flows"]) == 10_000
    assert browsers.get(strangers[0].id) is None
    assert not browsers.knows_device(strangers[0].device_id)
    assert browsers.get(cookie) is not None
    assert len(vars(browsers)["_strangers"]) == 10_000
