"""The client system of ESIA: what it signs, and what it makes of answers."""

import base64
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from asn1crypto import cms
from binding_client.esia import AsyncEsiaClient, EsiaClient, EsiaError, KeyPair, ensure_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

NOW = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return ensure_key(tmp_path_factory.mktemp("keys"), "TESTSYS")


@pytest.fixture
def esia(key: KeyPair) -> EsiaClient:
    return EsiaClient(
        "http://esia.example/", "TESTSYS", key.key_pem, key.certificate_pem, "http://127.0.0.1/x", clock=lambda: NOW
    )


def signed_text(fields: dict[str, str]) -> str:
    return fields["scope"] + fields["timestamp"] + fields["client_id"] + fields["state"]


def assert_signed(fields: dict[str, str], key: KeyPair) -> None:
    """Verifies a detached CMS signature with signed attributes, by hand."""
    content = cms.ContentInfo.load(base64.urlsafe_b64decode(fields["client_secret"]))["content"]
    assert content["encap_content_info"]["content"].native is None
    signer = content["signer_infos"][0]
    attributes = {item["type"].native: item["values"][0] for item in signer["signed_attrs"]}
    digest = hashes.Hash(hashes.SHA256())
    digest.update(signed_text(fields).encode())
    assert attributes["message_digest"].native == digest.finalize()
    certificate = x509.load_pem_x509_certificate(key.certificate_pem)
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(
        signer["signature"].native, signer["signed_attrs"].untag().dump(), padding.PKCS1v15(), hashes.SHA256()
    )


def access_token(oid: int) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"urn:esia:sbj_id": oid}).encode()).decode().rstrip("=")
    return f"e30.{payload}.sig"


def token_endpoint(requests: list[dict[str, str]], **changed: object) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        fields = dict(parse_qsl(request.content.decode()))
        requests.append({"path": request.url.path, **fields})
        body = {
            "access_token": access_token(1000300103),
            "id_token": "id",
            "refresh_token": "",
            "expires_in": 3600,
            "state": fields["state"],
            **changed,
        }
        return httpx.Response(200, json=body)

    return httpx.MockTransport(answer)


def test_a_key_is_made_once__it_is_private(tmp_path: Path) -> None:
    first = ensure_key(tmp_path / "deep", "A")
    before = first.key_pem
    assert ensure_key(tmp_path / "deep", "A").key_pem == before
    assert stat.S_IMODE(first.key_path.stat().st_mode) == 0o600
    assert [path.name for path in sorted((tmp_path / "deep").iterdir())] == ["A.crt", "A.key"]


def test_the_authorization_url_is_signed__it_is_verifiable(esia: EsiaClient, key: KeyPair) -> None:
    state = "11111111-2222-4333-8444-555555555555"
    url = urlsplit(esia.authorization_url(state))
    fields = dict(parse_qsl(url.query))
    assert url.path == "/aas/oauth2/ac"
    assert (fields["state"], fields["timestamp"]) == (state, "2026.09.01 08:30:00 +0000")
    assert (fields["response_type"], fields["redirect_uri"]) == ("code", "http://127.0.0.1/x")
    assert_signed(fields, key)


def test_a_state_is_made__it_is_another_each_time(esia: EsiaClient) -> None:
    states = {parse_qs(urlsplit(esia.authorization_url()).query)["state"][0] for _ in range(3)}
    assert len(states) == 3


def test_a_code_is_exchanged__it_is_signed_anew(esia: EsiaClient, key: KeyPair) -> None:
    requests: list[dict[str, str]] = []
    with httpx.Client(transport=token_endpoint(requests)) as http:
        tokens = esia.exchange("the-code", http=http)
    assert (tokens.oid, tokens.expires_in, tokens.id_token, tokens.refresh_token) == (1000300103, 3600, "id", "")
    request = requests[0]
    assert (request["path"], request["grant_type"], request["code"]) == (
        "/aas/oauth2/te",
        "authorization_code",
        "the-code",
    )
    assert_signed(request, key)


async def test_a_code_is_exchanged_on_a_loop__it_is_the_same(key: KeyPair) -> None:
    requests: list[dict[str, str]] = []
    esia = AsyncEsiaClient("http://esia.example", "TESTSYS", key.key_pem, key.certificate_pem, "u", clock=lambda: NOW)
    async with httpx.AsyncClient(transport=token_endpoint(requests)) as http:
        assert (await esia.exchange("the-code", http=http)).oid == 1000300103


def test_another_state_is_not_taken__it_is_an_error(esia: EsiaClient) -> None:
    with httpx.Client(transport=token_endpoint([], state="other")) as http, pytest.raises(EsiaError):
        esia.exchange("c", http=http)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(400, json={"error": "invalid_grant", "error_description": "ESIA-007011: x"}), "invalid_grant"),
        (httpx.Response(503, text="<html>"), "server_error"),
        (httpx.Response(200, json=["x"]), "server_error"),
        (httpx.Response(200, json={}), "server_error"),
    ],
)
def test_a_refusal_is_told__it_is_by_its_name(esia: EsiaClient, response: httpx.Response, error: str) -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda _: response)) as http, pytest.raises(EsiaError) as caught:
        esia.exchange("c", http=http)
    assert caught.value.error == error


def test_nobody_there_is_told__it_is_unreachable(esia: EsiaClient) -> None:
    def drop(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with httpx.Client(transport=httpx.MockTransport(drop)) as http, pytest.raises(EsiaError) as caught:
        esia.exchange("c", http=http)
    assert caught.value.error == "unreachable"


def test_logging_out_names_the_system__it_is_an_address(esia: EsiaClient) -> None:
    url = urlsplit(esia.logout_url("http://127.0.0.1/bye"))
    assert url.path == "/idp/ext/Logout"
    assert parse_qs(url.query) == {"client_id": ["TESTSYS"], "redirect_url": ["http://127.0.0.1/bye"]}
