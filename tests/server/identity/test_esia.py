"""Contacts of a person, read live from ESIA."""

import asyncio

import httpx
import pytest
from binding_server.domain.model import ContactKind
from binding_server.identity.esia import Esia
from binding_server.use_cases.identity_ports import EsiaScopeMissing, EsiaSessionEnded, ProviderUnavailable

from .esia_signer import NOW, OID

ELEMENTS = [
    {"id": 1, "type": "MBT", "vrfStu": "VERIFIED", "value": "+7(900)0000103"},
    {"id": 2, "type": "EML", "vrfStu": "NOT_VERIFIED", "value": "Vera@Example.org"},
    {"id": 3, "type": "PHN", "vrfStu": "VERIFIED", "value": "+7(343)3710000"},
    {"id": 4, "type": "OFX", "vrfStu": "VERIFIED", "value": "+7(900)0000104"},
    {"id": 5, "type": "EML", "vrfStu": "VERIFIED", "value": "nonsense"},
    {"id": 6, "type": "EML", "vrfStu": "VERIFIED"},
    {"id": 7, "type": "MBT", "vrfStu": "VERIFIED", "value": "vera@example.org"},
]


@pytest.fixture
def read(http_to, make_tokens, signer, contacts):
    """Reads the contacts from an ESIA that answers by a function."""

    async def read(handler, timeout_s: float = 5.0):
        tokens = make_tokens()
        esia = Esia(http_to(handler), "http://esia/w/one/", tokens, contacts)
        token = signer.access_token()
        return await esia.contacts(token, esia.verify(token, NOW), timeout_s)

    return read


async def test_returns_contacts_in_their_normal_form(read):
    found = await read(lambda _: httpx.Response(200, json={"size": 7, "elements": ELEMENTS}))
    assert [(each.contact.kind, each.contact.value, each.verified) for each in found] == [
        (ContactKind.PHONE, "+79000000103", True),
        (ContactKind.EMAIL, "vera@example.org", False),
        (ContactKind.PHONE, "+73433710000", False),
    ]


async def test_asks_for_the_persons_own_contacts_with_the_persons_token(read, signer):
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"elements": []})

    assert await read(handler) == []
    assert asked[0].url.path == f"/w/one/rs/prns/{OID}/ctts"
    assert asked[0].url.params["embed"] == "(elements)"
    assert asked[0].headers["authorization"] == f"Bearer {signer.access_token()}"


async def test_says_that_the_session_has_ended(read):
    with pytest.raises(EsiaSessionEnded) as raised:
        await read(lambda _: httpx.Response(401, json={"code": "ESIA-005011"}))
    assert raised.value.cause == "ENDED"


async def test_names_the_scopes_that_are_missing(read):
    with pytest.raises(EsiaScopeMissing) as raised:
        await read(lambda _: httpx.Response(403, json={"code": "ESIA-005029"}))
    assert raised.value.scopes == "email mobile"


ODD_ANSWERS = [
    httpx.Response(500),
    httpx.Response(503, text="<html>"),
    httpx.Response(404, json={}),
    httpx.Response(429, json={}),
    httpx.Response(302, headers={"location": "http://esia/maintenance"}),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, content=b"\xff\xfe{"),
    httpx.Response(200, text="[" * 100_000),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={}),
    httpx.Response(200, json={"elements": {}}),
    httpx.Response(200, json={"elements": ["http://esia/rs/prns/1/ctts/1"]}),
]


@pytest.mark.parametrize("answer", ODD_ANSWERS, ids=lambda answer: f"{answer.status_code}-{answer.text[:12]}")
async def test_takes_an_odd_answer_for_unavailable(read, answer):
    with pytest.raises(ProviderUnavailable) as raised:
        await read(lambda _: answer)
    assert raised.value.provider == "ESIA"


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_takes_a_broken_connection_for_unavailable(read, error):
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    with pytest.raises(ProviderUnavailable):
        await read(handler)


async def test_gives_up_when_the_time_is_over(read):
    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(ProviderUnavailable):
        await read(handler, timeout_s=0.05)
