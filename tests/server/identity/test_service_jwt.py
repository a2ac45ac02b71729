"""Tokens that back ends sign for themselves."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from binding_server.identity.keys import WatchedKeys, public_pem
from binding_server.identity.service_jwt import ServiceJwts, usable_key
from binding_server.use_cases.services import ServiceIdentity, ServiceTokenRejected
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from .esia_signer import NOW, base64url

NOW_S = int(NOW.timestamp())
METHODS = frozenset({"DirectoryService/ImportRoster"})
IDENTITY = ServiceIdentity("roster-feed", METHODS, frozenset({"tagil"}), frozenset({"EDIARY66"}))
CLAIMS = {"iss": "roster-feed", "aud": "sferum-binding", "iat": NOW_S, "exp": NOW_S + 300, "jti": "1"}
KINDS = {
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), ECKey),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, OKPKey),
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), RSAKey),
}


class BackEnd:
    def __init__(self, algorithm: str, folder: Path) -> None:
        make, kind = KINDS[algorithm]
        self.algorithm = algorithm
        self.private = make()
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.key = kind.import_key(pem)
        self.file = folder / f"{algorithm}.pem"
        self.file.write_bytes(public_pem(self.private.public_key()))
        self.tokens = ServiceJwts([(IDENTITY, WatchedKeys([self.file], lambda _: None))])

    def sign(self, **changes: object) -> str:
        claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
        header = {"alg": self.algorithm, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims), self.key, algorithms=[self.algorithm])


@pytest.fixture(scope="session", params=KINDS)
def any_back_end(request, tmp_path_factory):
    return BackEnd(request.param, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def back_end(tmp_path_factory):
    return BackEnd("ES256", tmp_path_factory.mktemp("keys"))


def test_knows_a_registered_back_end_by_its_key(any_back_end):
    token = any_back_end.tokens.verify(any_back_end.sign(), NOW)
    assert (token.service, token.id, token.expires_at) == (IDENTITY, "1", NOW + timedelta(seconds=300))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"iss": ["roster-feed"]},
        {"aud": "other"},
        {"aud": None},
        {"exp": NOW_S},
        {"exp": NOW_S + 301},
        {"exp": None},
        {"exp": True},
        {"iat": None},
        {"iat": NOW_S + 60, "exp": NOW_S + 120},
        {"iat": 10**18, "exp": 10**18 + 1},
        {"exp": float("nan")},
        {"nbf": NOW_S + 60},
        {"nbf": "now"},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 201},
        {"jti": "a\x00b"},
        {"jti": "\ud800"},
    ],
)
def test_refuses_claims_that_do_not_fit(back_end, changes):
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(back_end.sign(**changes), NOW)


def test_accepts_one_audience_of_several(back_end):
    assert back_end.tokens.verify(back_end.sign(aud=["x", "sferum-binding"]), NOW).service.id == "roster-feed"


def test_refuses_another_key(back_end, tmp_path):
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(BackEnd("ES256", tmp_path).sign(), NOW)


def test_refuses_a_token_without_a_signature(back_end):
    header, payload = (base64url(json.dumps(part).encode()) for part in ({"alg": "none"}, CLAIMS))
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(f"{header}.{payload}.", NOW)


def test_refuses_a_token_signed_with_the_public_key_as_a_shared_secret(back_end):
    secret = OctKey.import_key(back_end.file.read_bytes().replace(b"-----", b""))
    token = jws.serialize_compact({"alg": "HS256"}, json.dumps(CLAIMS), secret, algorithms=["HS256"])
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(token, NOW)


def test_does_not_follow_a_header_that_says_the_payload_is_to_be_read_otherwise(back_end):
    header = {"alg": "ES256", "b64": False, "crit": ["b64"]}
    key = back_end.private
    payload = base64url(json.dumps(CLAIMS | {"iss": "other"}).encode())
    signing = f"{base64url(json.dumps(header).encode())}.{payload}"
    r, s = decode_dss_signature(key.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(f"{signing}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}", NOW)


def test_follows_a_key_that_is_changed(tmp_path):
    back_end, other = BackEnd("ES256", tmp_path), BackEnd("EdDSA", tmp_path)
    back_end.tokens.verify(back_end.sign(), NOW)
    back_end.file.write_bytes(other.file.read_bytes())
    assert back_end.tokens.verify(other.sign(), NOW).service == IDENTITY
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(back_end.sign(), NOW)


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "é.é.é", "x" * 10_000, "W10.W10.x"])
def test_refuses_what_is_no_token(back_end, token):
    with pytest.raises(ServiceTokenRejected):
        back_end.tokens.verify(token, NOW)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
)
def test_has_no_use_for_weak_or_unusual_keys(make):
    assert usable_key(make().public_key()) is None
