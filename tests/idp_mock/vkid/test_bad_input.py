"""Every parameter of every endpoint made bad in every way, and calls that are bad as a whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from idp_mock.body_limit import BodyLimit
from idp_mock.vkid.app import vk_id_app
from idp_mock.vkid.wire import too_large
from idp_mock.web import WorldPrefix
from idp_mock.world import World, Worlds

from .browser import Application, Browser
from .calls import FORM, Call, Calls, outcome_of

ROWS = [
    row for row in Path(__file__).with_name("bad_input.txt").read_text("utf-8").splitlines() if not row.startswith("#")
]
CASES = [
    (call, parameter, kind, outcome, explanation)
    for call, parameter, kinds, outcome, explanation in (re.split(r" \| ?", row) for row in ROWS)
    for kind in kinds.split()
]
JSON = {"content-type": "application/json"}
TOKEN_CALLS = ("user_info", "logout", "revoke")
REFUSED = "expected access_token to be text in JSON, got another type"


@pytest.fixture
def calls(browser: Browser, app: Application, world: World) -> Calls:
    return Calls(browser, app, world)


async def judge(call: Call, response: httpx.Response, world: World, before: int, explanation: str) -> None:
    """What holds of every refusal."""
    assert "Traceback" not in response.text
    if response.request.url.path.startswith("/oauth2/"):
        assert response.headers["access-control-allow-origin"] == "*"
        document = response.json()
        assert ("error" in document) is bool(explanation)
        assert not explanation or isinstance(document["error_description"], str)
    made = world.refusals.list()[before:]
    assert len(made) == bool(explanation)
    if explanation:
        assert made[0].explanation.startswith(explanation)
        assert len(made[0].explanation) < 600
        assert made[0].explanation.isprintable()
        assert not any(secret in made[0].explanation for secret in call.secrets)


@pytest.mark.parametrize(
    ("name", "parameter", "kind", "outcome", "explanation"), CASES, ids=["-".join(case[:3]) for case in CASES]
)
async def test_refuses_and_explains_one_bad_parameter(
    calls: Calls, world: World, name: str, parameter: str, kind: str, outcome: str, explanation: str
) -> None:
    call = await calls.make(name)
    before = len(world.refusals.list())
    response = await call.spoilt(parameter, kind).send(calls.browser.http)
    assert outcome_of(response) == outcome
    await judge(call, response, world, before, explanation)


def test_there_are_enough_rows() -> None:
    assert len(CASES) >= 300
    assert len({case[:3] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("content", "outcome", "explanation"),
    [
        ('{"access_token": ["T"]}', "200 invalid_request", REFUSED),
        ('{"access_token": {"a": "T"}}', "200 invalid_request", REFUSED),
        ('{"access_token": true}', "200 invalid_request", REFUSED),
        ('{"access_token": 1.5}', "200 invalid_request", REFUSED),
        ('{"access_token": 1e999}', "200 invalid_request", REFUSED),
        ('{"access_token": 17}', "200 invalid_token", "expected a live access token, got an unknown one"),
        ('{"access_token": null}', "200 invalid_token", "expected a live access token, got none"),
        ('{"access_token": "\\ud800"}', "200 invalid_token", "expected a live access token, got an unknown one"),
        ('{"access_token": "T", "client_id": [1]}', "200 invalid_request", "expected client_id to be text in JSON"),
        ('{"access_token": "T", "client_id": null}', "200 ok", ""),
        ('{"access_token": "T", "unknown": {"a": [1]}}', "200 ok", ""),
        ('["T"]', "200 invalid_request", "expected a body that says application/json to be a JSON object"),
        ('"T"', "200 invalid_request", "expected a body that says application/json to be a JSON object"),
        ("{", "200 invalid_request", "expected a body that says application/json to be a JSON object"),
        ("[" * 50_000, "200 invalid_request", "expected a body that says application/json to be a JSON object"),
        ("", "200 invalid_token", "expected a live access token, got none"),
    ],
)
@pytest.mark.parametrize("name", TOKEN_CALLS)
async def test_refuses_json_of_wrong_types(
    calls: Calls, world: World, name: str, content: str, outcome: str, explanation: str
) -> None:
    call = await calls.make(name)
    before = len(world.refusals.list())
    sent = content.replace('"T"', json.dumps(call.secrets[0]))
    response = await calls.app.http.post(call.path, content=sent, headers=JSON)
    assert outcome_of(response) == outcome
    await judge(call, response, world, before, explanation)


@pytest.mark.parametrize(
    ("kind", "explanation"),
    [
        ("application/json", "expected application/x-www-form-urlencoded, got a body of «application/json»"),
        ("text/plain", "expected application/x-www-form-urlencoded, got a body of «text/plain»"),
        ("x" * 5000, "expected application/x-www-form-urlencoded, got a body of «xxx"),
    ],
)
async def test_reads_nothing_but_forms_at_the_exchange(calls: Calls, world: World, kind: str, explanation: str) -> None:
    call = await calls.make("code")
    before = len(world.refusals.list())
    headers = {"content-type": kind}
    response = await calls.app.http.post(call.path, content=json.dumps(dict(call.fields)), headers=headers)
    assert outcome_of(response) == "200 invalid_request"
    await judge(call, response, world, before, explanation)
    assert outcome_of(await call.send(calls.app.http)) == "200 ok"


async def test_takes_a_form_in_parts_and_ignores_repeats_of_what_it_does_not_read(calls: Calls) -> None:
    call = await calls.make("code")
    parts: list[Any] = [(name, (None, value)) for name, value in call.fields]
    unread = [("ip", (None, "1")), ("ip", (None, "2")), ("client_secret", (None, "a")), ("client_secret", (None, "b"))]
    assert outcome_of(await calls.app.http.post(call.path, files=[*parts, *unread])) == "200 ok"


@pytest.mark.parametrize("place", ["query", "body", "parts"])
async def test_counts_parameters(calls: Calls, world: World, place: str) -> None:
    call = await calls.make("user_info")
    before = len(world.refusals.list())
    many = "&".join(f"a{number}=b" for number in range(1001))
    if place == "query":
        response = await calls.app.http.post(f"{call.path}?{many}")
    elif place == "body":
        response = await calls.app.http.post(call.path, content=many, headers={"content-type": FORM})
    else:
        response = await calls.app.http.post(call.path, files=[(f"a{n}", (None, "b")) for n in range(1001)])
    assert outcome_of(response) == ("200 invalid_token" if place == "parts" else "200 invalid_request")
    wanted = "expected a live access token" if place == "parts" else "expected at most 1000 parameters"
    await judge(call, response, world, before, wanted)


@pytest.mark.parametrize("endpoint", ["/oauth2/auth", "/oauth2/user_info", "/oauth2/public_info", "/oauth2/logout"])
async def test_reads_no_more_than_a_mebibyte(worlds: Worlds, keys: Any, world: World, endpoint: str) -> None:
    app = WorldPrefix(BodyLimit(vk_id_app(worlds, keys), too_large=too_large), worlds)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vk.test") as http:
        response = await http.post(endpoint, content=b"a=" + b"x" * 1024 * 1024, headers={"content-type": FORM})
    assert outcome_of(response) == "413 invalid_request"
    assert response.headers["access-control-allow-origin"] == "*"
    assert isinstance(response.json()["error_description"], str)
    [refusal] = world.refusals.list()
    assert refusal.endpoint == endpoint
    assert "at most a mebibyte" in refusal.explanation


async def test_explains_whose_the_code_of_another_application_is(calls: Calls, world: World) -> None:
    call = await calls.make("code")
    before = len(world.refusals.list())
    call.fields = [(name, "51000067" if name == "client_id" else value) for name, value in call.fields]
    response = await call.send(calls.app.http)
    assert outcome_of(response) == "200 invalid_grant"
    await judge(call, response, world, before, "expected client_id 51000066, which asked for the code, got another")


async def test_takes_no_verifier_beside_a_challenge(calls: Calls, world: World) -> None:
    call = await calls.make("code")
    before = len(world.refusals.list())
    call.fields.append(("code_challenge", calls.app.challenge))
    response = await call.send(calls.app.http)
    assert outcome_of(response) == "200 invalid_request"
    await judge(call, response, world, before, "expected code_verifier here and code_challenge at /authorize, got both")
