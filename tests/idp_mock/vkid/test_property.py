"""Valid calls changed at random: whatever comes, the answer is VK ID's own, explained, and never an accident."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from idp_mock.oauth.keys import SigningKeys
from idp_mock.vkid.app import vk_id_app
from idp_mock.web import WorldPrefix
from idp_mock.world import Worlds, load_document

from .browser import Application, Browser
from .calls import FORM, Call, Calls, outcome_of
from .conftest import document


def encodable(text: str) -> bool:
    return text.encode("utf-8", "replace").decode() == text


NAMES = (
    *("authorize", "code", "refresh", "old token", "user_info", "logout", "revoke", "public_info", "users.get"),
    *("one tap", "page login", "page code", "page register", "page consent"),
)
NASTY = ("", "x" * 5000, "51000067", "none", "null", "-1", "1e9", "[]", "<script>", "../..", "%00", "\r\nA: b")
VALUES = st.one_of(st.text(max_size=40).filter(encodable), st.binary(max_size=40), st.sampled_from(NASTY))
KINDS = st.sampled_from(["drop", "replace", "repeat", "add", "swap", "to the query"])
CHANGES = st.lists(st.tuples(KINDS, st.integers(0, 20), VALUES), min_size=1, max_size=4)
TYPES = st.sampled_from([FORM, FORM, None, "application/json", "x/y"])


@pytest.fixture(scope="module")
def keys() -> SigningKeys:
    return SigningKeys(None, "vk-id")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(NAMES), changes=CHANGES, kind=TYPES)
def test_no_change_of_a_valid_call_ends_in_an_accident(
    keys: SigningKeys, name: str, changes: list[tuple[str, int, Any]], kind: str | None
) -> None:
    asyncio.run(play(keys, name, changes, kind))


async def play(keys: SigningKeys, name: str, changes: list[tuple[str, int, Any]], kind: str | None) -> None:
    worlds = Worlds(load_document(document()))
    world = worlds.default
    transport = httpx.ASGITransport(WorldPrefix(vk_id_app(worlds, keys), worlds))
    async with httpx.AsyncClient(transport=transport, base_url="http://vk.test") as http:
        call = await Calls(Browser(http, world), Application(http), world).make(name)
        query = changed(call, changes)
        before = len(world.refusals.list())
        if call.method == "GET":
            both = Call("GET", call.path, [*query.fields, *call.fields])
            response = await http.get(f"{call.path}?{both.encoded()}")
        else:
            headers = {"content-type": kind} if kind else {}
            address = call.path + (f"?{query.encoded()}" if query.fields else "")
            response = await http.post(address, content=call.encoded().encode(), headers=headers)
        judge(call, response, [refusal.explanation for refusal in world.refusals.list()[before:]])


def changed(call: Call, changes: list[tuple[str, int, Any]]) -> Call:
    """Changes the call, and returns what goes to the query instead."""
    query = Call("GET", call.path, [])
    for change, place, value in changes:
        at = place % len(call.fields) if call.fields else 0
        match change:
            case "add":
                call.fields.append((str(value)[:10] or "a", value))
            case _ if not call.fields:
                pass
            case "drop":
                del call.fields[at]
            case "replace":
                call.fields[at] = (call.fields[at][0], value)
            case "repeat":
                call.fields.append((call.fields[at][0], value))
            case "swap":
                call.fields[at], call.fields[0] = call.fields[0], call.fields[at]
            case _:
                query.fields.append(call.fields.pop(at))
    return query


def judge(call: Call, response: httpx.Response, explanations: list[str]) -> None:
    assert response.status_code in (200, 302, 400)
    assert "Traceback" not in response.text
    assert "a" not in response.headers
    outcome = outcome_of(response).split(" ", 1)[1]
    taken = outcome == "ok" or outcome.startswith("step ")
    assert len(explanations) == (0 if taken else 1)
    for explanation in explanations:
        assert explanation.isprintable()
        assert not any(secret in explanation for secret in call.secrets)
    if call.path.startswith("/oauth2/"):
        assert response.headers["access-control-allow-origin"] == "*"
        document: dict[str, Any] = response.json()
        assert taken or {"error", "error_description"} <= set(document)
    if response.status_code == 302:
        assert response.headers["location"].startswith("http://127.0.0.1:9999/")
