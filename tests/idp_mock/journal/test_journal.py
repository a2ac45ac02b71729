"""The journal of a simulator that runs, over its control: what came, what is shown of it, and waiting for it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from binding_client.control import ControlError
from binding_client.testing import Stack, World

TOKENS = "/oauth2/auth"


@pytest.fixture(scope="module")
def stack():
    with Stack(test_worlds=True) as running:
        yield running


@pytest.fixture
def world(stack: Stack):
    with stack.world() as made:
        yield made


def junk(world: World, **body: str) -> httpx.Response:
    return httpx.post(f"{world.vk_id_url}{TOKENS}", data={"grant_type": "authorization_code", **body})


def test_it_follows_a_sign_in_from_the_redirect_to_the_exchange(world: World) -> None:
    world.person("vera").bind()

    [redirect] = world.control.list_entries(provider="VK_ID", sender="browser", status=302)
    [exchange] = world.control.list_entries(provider="VK_ID", endpoint=TOKENS)

    assert redirect["answer"]["code"] == exchange["parameters"]["code"]
    assert redirect["person"] == exchange["person"] == "vera"
    assert exchange["sender"] == "service"
    assert [entry["number"] for entry in world.control.list_entries()] == sorted(
        entry["number"] for entry in world.control.list_entries()
    )


def test_it_explains_a_refusal_and_names_the_fault_that_struck(world: World) -> None:
    world.control.create_fault(kind="STATUS", provider="VK_ID", endpoint="/oauth2/user_info", status=503)
    junk(world, client_id="1")
    httpx.post(f"{world.vk_id_url}/oauth2/user_info", data={"access_token": "junk"})

    refused, struck = world.control.list_entries()

    assert refused["error"]
    assert refused["explanations"] == [world.control.list_refusals()[0]["explanation"]]
    assert struck["faults"] == ["FAULT_KIND_STATUS"]
    assert struck["status"] == 503


def test_it_shows_no_secret_and_no_contact_in_any_form(world: World) -> None:
    vera = world.person("vera")
    vera.bind()
    tokens = vera.tokens
    assert tokens is not None

    forms = [world.control.export_journal(form) for form in ("JSON", "HAR", "MERMAID", "SVG")]
    shown = "\n".join([*forms, world.timeline(), world.diagram(), json.dumps(world.control.list_entries())])

    for secret in (tokens.access_token, tokens.id_token, tokens.refresh_token, "vera-esia", "9000000103", "vera@"):
        assert secret not in shown
    assert "vk2.a." not in shown
    assert "eyJ" not in shown
    assert "Воронова" not in shown
    for message in world.control.list_inbox_messages():
        assert not re.search(rf"\b{message['code']}\b", shown)


def test_it_waits_for_an_entry(world: World) -> None:
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(world.control.take_entry, endpoint=TOKENS)
        junk(world)
        taken = waiting.result()

    assert taken["path"] == TOKENS
    after = world.control.take_entry(endpoint=TOKENS)
    assert after["number"] == taken["number"]


def test_it_tells_what_came_instead_when_nothing_fits_in_time(world: World) -> None:
    junk(world)

    with pytest.raises(ControlError) as late:
        world.control.take_entry(timeout=timedelta(), endpoint=TOKENS, status=418)

    assert late.value.code.name == "DEADLINE_EXCEEDED"
    assert "status" in str(late.value)


def test_it_counts_and_shows_near_misses(world: World) -> None:
    junk(world, client_id="51000066")
    httpx.get(f"{world.esia_url}/public/esia.zip")

    assert world.control.verify_entries(1, endpoint=TOKENS)["fulfilled"] is True
    wrong = world.control.verify_entries(1, endpoint=TOKENS, method="GET")

    assert (wrong["fulfilled"], wrong["found"]) == (False, 0)
    nearest = wrong["near_misses"][0]
    assert nearest["entry"]["path"] == TOKENS
    assert [text.partition(":")[0] for text in nearest["differences"]] == ["method"]


@pytest.mark.parametrize("matching", [{"colour": "red"}, {"provider": "OK"}])
def test_it_refuses_a_matcher_that_there_is_not(world: World, matching: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        world.control.list_entries(**matching)


def test_it_is_an_archive_that_other_tools_read(world: World) -> None:
    world.person("vera").sign_in()

    log = json.loads(world.control.export_journal("HAR"))["log"]

    assert log["version"] == "1.2"
    first = log["entries"][0]
    assert first["request"]["url"].startswith(f"{world.esia_url}/aas/oauth2/ac?")
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(first)


def test_it_draws_all_six_parties_and_puts_nested_calls_between_call_and_answer(world: World) -> None:
    world.person("vera").bind()

    lines = world.diagram().splitlines()
    drawn = ElementTree.fromstring(world.diagram("SVG"))

    titles = [line.partition(" as ")[2] for line in lines if "participant" in line]
    assert titles == ["Браузер", "Дневник", "ЕСИА", "Сервис привязки", "VK ID", "Мессенджер"]
    texts = [line.partition(": ")[2] for line in lines]
    asked, exchanged = (
        texts.index("CompleteBinding · vera"),
        texts.index("POST /oauth2/auth (authorization_code) · vera"),
    )
    assert asked < exchanged < texts.index("OK", asked)
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}g")) == sum(
        "->" in line or "--x" in line for line in lines
    )


def test_it_lets_something_happen_in_the_middle(world: World) -> None:
    vera = world.person("vera")
    attempt = vera.start_binding()
    redirect = vera.vk_sign_in(attempt)
    seen: list[int] = []

    done = world.meanwhile(
        lambda: vera.complete(attempt, redirect),
        lambda: seen.append(len(world.control.list_entries(endpoint=TOKENS))),
    )

    assert done.binding.name
    assert seen == [0]


def test_it_belongs_to_its_world(stack: Stack, world: World) -> None:
    junk(world)
    with stack.world() as other:
        assert other.control.list_entries() == []
        assert other.client().list_calls().calls == []


def test_it_answers_over_http_too(stack: Stack, world: World) -> None:
    junk(world)
    url = f"{stack.control_http}/control/v1/"

    listed = httpx.post(f"{url}ListEntries", json={"world": world.name, "matcher": {"endpoint": TOKENS}}).json()
    wrong = httpx.post(f"{url}ListEntries", json={"world": world.name, "matcher": {"colour": "red"}})
    described = httpx.get(f"{url}openapi.json").json()

    assert [entry["path"] for entry in listed["entries"]] == [TOKENS]
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_ARGUMENT")
    assert "/control/v1/ListEntries" in described["paths"]
