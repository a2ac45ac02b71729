"""The error catalogue: each code is reached, in the shape of each endpoint; and hostile requests get one of them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from idp_mock.esia.errors import CATALOGUE
from idp_mock.world import FaultKind

from .conftest import Stand
from .parties import CURRENT_ORDER, REDIRECT_URI, code_of, refused

#: Codes whose real trigger is not known, or which no rule of the simulator makes: a named fault gives them.
BY_FAULT_ONLY = {"ESIA-007007", "ESIA-007008", "ESIA-007046", "ESIA-007060", "ESIA-007061"}
HERE = Path(__file__).parent
ENDPOINTS = ["/aas/oauth2/ac", "/aas/oauth2/v2/ac"]


@pytest.mark.parametrize("code", CATALOGUE)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_named_fault_sends_any_code_back_through_the_browser_with_it(
    stand: Stand, endpoint: str, code: str
) -> None:
    stand.world.faults.create(FaultKind.STATUS, endpoint, "esia", status=400, error=code)
    url = stand.system.authorization_url() if endpoint == ENDPOINTS[0] else stand.current.authorization_url()
    page = await stand.browser.open(url)
    assert page.response.status_code == 302
    assert list(page.back) == ["error_description", "state", "error"]
    assert (code_of(page.back["error_description"]), page.back["error"]) == (code, CATALOGUE[code][0])


@pytest.mark.parametrize("code", CATALOGUE)
@pytest.mark.parametrize("endpoint", ["/aas/oauth2/te", "/aas/oauth2/v3/te"])
async def test_a_named_fault_puts_any_code_into_the_body_of_it(stand: Stand, endpoint: str, code: str) -> None:
    stand.world.faults.create(FaultKind.STATUS, endpoint, "esia", status=400, error=code)
    response = await stand.system.http.post(endpoint, data={})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["error_description", "error"]
    assert (code_of(body["error_description"]), body["error"]) == (code, CATALOGUE[code][0])


@pytest.mark.parametrize("uri", ["https://evil.example/", ""])
async def test_a_named_fault_sends_no_browser_to_a_foreign_address_with_it(stand: Stand, uri: str) -> None:
    stand.world.faults.create(FaultKind.STATUS, "/v2/ac", "esia", status=400, error="ESIA-007060")
    response = await stand.system.http.get(stand.current.authorization_url(redirect_uri=uri))
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


def test_every_code_that_no_fault_is_needed_for_is_expected_by_a_test_of_it() -> None:
    expected = set()
    for file in HERE.glob("test_*.py"):
        if file.name != Path(__file__).name:
            expected |= set(re.findall(r"ESIA-\d{6}", file.read_text()))
    assert set(CATALOGUE) - expected - {"ESIA-007002", "ESIA-007038"} <= BY_FAULT_ONLY
    assert {"ESIA-007002", "ESIA-007038"} <= expected


async def test_a_failure_of_the_simulator_itself_is_a_server_error_in_the_dialect_of_it(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(stand.world), "esia_client", broken)
    async with httpx.AsyncClient(base_url=stand.base) as http:
        response = await http.post("/aas/oauth2/te", data={"client_id": "TESTSYS"})
    assert response.status_code == 500
    assert code_of(response.json()["error_description"]) == "ESIA-007007"
    assert "secret detail" not in response.text
    assert refused(stand.world)[0] == "ESIA-007007"


NAMES = (*CURRENT_ORDER, "client_secret", "client_certificate_hash", "response_type", "permissions", "code_challenge")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["\0", "й" * 50, "'\"><script>", "%", "\r\nx: y", "9" * 5000, "-1"], ids=str)
async def test_garbage_in_any_parameter_is_answered_with_a_code_of_the_catalogue_for_it(
    stand: Stand, endpoint: str, name: str, value: str
) -> None:
    make = stand.system if endpoint == ENDPOINTS[0] else stand.current
    response = await stand.system.http.get(make.authorization_url(**{name: value}))
    assert response.status_code in {302, 400}
    assert "Traceback" not in response.text
    assert "<script>" not in response.text
    assert "\n" not in response.headers.get("location", "")


@pytest.mark.parametrize("endpoint", ["/aas/oauth2/te", "/aas/oauth2/v3/te"])
@pytest.mark.parametrize(
    "body",
    [
        b"x" * 1_000_000,
        b"client_secret=" + b"A" * 1_000_000,
        b"client_id=" + b"%F0%9F" * 10_000,
        b"a=%zz&b=%",
        b"&&&===",
        b"scope=a&scope=b",
        b"\xff\xfe\x00",
        b"",
    ],
    ids=["1 MB", "1 MB secret", "broken UTF-8", "broken percents", "separators", "repeated", "bytes", "empty"],
)
async def test_a_hostile_body_is_answered_with_a_code_of_the_catalogue_for_it(
    stand: Stand, endpoint: str, body: bytes
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await stand.system.http.post(endpoint, content=body, headers=headers)
    assert response.status_code == 400
    assert code_of(response.json()["error_description"]) in CATALOGUE


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from((*NAMES, "grant_type", "code", "refresh_token", "code_verifier")),
    cut=st.integers(0, 100),
    put=st.text(max_size=20),
    endpoint=st.sampled_from([*ENDPOINTS, "/aas/oauth2/te", "/aas/oauth2/v3/te"]),
    again=st.booleans(),
)
def test_mutated_requests_are_taken_or_refused_by_the_catalogue_and_nothing_breaks_over_it(
    base_of_esia: Stand, name: str, cut: int, put: str, endpoint: str, again: bool
) -> None:
    stand = base_of_esia
    values = stand.current.signed(
        (*CURRENT_ORDER, "code"),
        redirect_uri=REDIRECT_URI,
        response_type="code",
        grant_type="authorization_code",
        code="a.b.c",
    )
    value = values.get(name, "")
    mutated = {**values, name: value[:cut] + put + value[cut + 1 :]}
    pairs = [*mutated.items(), *([(name, put)] if again else [])]
    with httpx.Client(base_url=stand.base) as http:
        query = urlencode(pairs, errors="surrogatepass")
        if endpoint.endswith("/ac"):
            response = http.get(f"{endpoint}?{query}")
            assert response.status_code in {302, 400}
        else:
            response = http.post(endpoint, content=query, headers={"content-type": "application/x-www-form-urlencoded"})
            assert response.status_code == 400
            document = json.loads(response.text)
            assert code_of(document["error_description"]) in CATALOGUE
    assert refused(stand.world)[1] or endpoint.endswith("/ac")


@pytest.fixture
async def base_of_esia(stand: Stand) -> Stand:
    await asyncio.sleep(0)
    return stand
