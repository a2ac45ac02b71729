"""ESIA access tokens, checked offline."""

from datetime import timedelta

import pytest
from binding_server.identity.keys import KeyFileError, WatchedKeys
from binding_server.use_cases.identity_ports import EsiaSessionEnded

from .esia_signer import ISSUER, NOW, OID, base64url

HOUR = 3600
NOW_S = int(NOW.timestamp())


def cause(tokens, token: str, now=NOW) -> str:
    with pytest.raises(EsiaSessionEnded) as raised:
        tokens.verify(token, now)
    return raised.value.cause


def test_says_who_signed_in_through_which_system(make_tokens, signer):
    identity = make_tokens().verify(signer.access_token(), NOW)
    assert (identity.oid, identity.client_id) == (OID, "EDIARY66")
    assert identity.scopes == {"openid", "email", "mobile"}
    assert identity.expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("form", ["certificate_pem", "certificate_der", "public_pem", "archive"])
def test_trusts_keys_in_every_form_that_esia_hands_out(make_tokens, signer, form):
    assert make_tokens(getattr(signer, form)).verify(signer.access_token(), NOW).oid == OID


def test_tries_each_of_several_keys(make_tokens, signer, other_signer):
    tokens = make_tokens(other_signer.certificate_pem, signer.public_pem)
    assert tokens.verify(signer.access_token(), NOW).oid == OID
    assert tokens.verify(other_signer.access_token(), NOW).oid == OID


def test_tries_each_of_several_keys_in_one_file(make_tokens, signer, other_signer):
    tokens = make_tokens(other_signer.public_pem + b"a comment\n" + signer.certificate_pem)
    assert tokens.verify(signer.access_token(), NOW).oid == OID


@pytest.mark.parametrize("sbt", ["id", "authorization_code", "refresh", None])
def test_takes_access_tokens_only(make_tokens, signer, sbt):
    assert cause(make_tokens(), signer.access_token({"sbt": sbt})) == "NOT_ACCESS_TOKEN"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": "http://esia.example/"}, "ISSUER"),
        ({"iss": ISSUER.rstrip("/")}, "ISSUER"),
        ({"client_id": "OTHERSYS"}, "CLIENT"),
        ({"client_id": None}, "CLIENT"),
        ({"client_id": "SFERUM_CLI ", "scope": "x"}, "CLIENT"),
        ({"exp": NOW_S}, "EXPIRED"),
        ({"exp": NOW_S - HOUR}, "EXPIRED"),
        ({"nbf": NOW_S + 61}, "EXPIRED"),
        ({"exp": None}, "MALFORMED"),
        ({"exp": "soon"}, "MALFORMED"),
        ({"exp": 10**18}, "MALFORMED"),
        ({"exp": True}, "MALFORMED"),
        ({"urn:esia:sbj_id": None}, "MALFORMED"),
        ({"urn:esia:sbj_id": "1000x"}, "MALFORMED"),
        ({"scope": None}, "MALFORMED"),
    ],
)
def test_refuses_what_the_claims_do_not_allow(make_tokens, signer, claims, expected):
    assert cause(make_tokens(), signer.access_token(**claims)) == expected


def test_allows_esias_clock_to_run_a_minute_before_ours(make_tokens, signer):
    assert make_tokens().verify(signer.access_token(nbf=NOW_S + 59), NOW).oid == OID


def test_reads_an_oid_that_is_text(make_tokens, signer):
    assert make_tokens().verify(signer.access_token(**{"urn:esia:sbj_id": str(OID)}), NOW).oid == OID


def test_counts_only_scopes_of_the_person(make_tokens, signer):
    scope = f"openid email?oid={OID} mobile?oid=5 org_emps?org_oid={OID}"
    assert make_tokens().verify(signer.access_token(scope=scope), NOW).scopes == {"openid", "email"}


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "GOST3410_2012_256", None])
def test_refuses_other_algorithms(make_tokens, signer, algorithm):
    assert cause(make_tokens(), signer.access_token({"alg": algorithm})) == "SIGNATURE"


def test_refuses_a_foreign_signature(make_tokens, other_signer):
    assert cause(make_tokens(), other_signer.access_token()) == "SIGNATURE"


def test_refuses_changed_claims(make_tokens, signer):
    header, _, signature = signer.access_token().split(".")
    forged = signer.access_token(**{"urn:esia:sbj_id": 1}).split(".")[1]
    assert cause(make_tokens(), f"{header}.{forged}.{signature}") == "SIGNATURE"


def test_refuses_a_token_without_a_signature(make_tokens, signer):
    assert cause(make_tokens(), signer.access_token().rpartition(".")[0] + ".") == "SIGNATURE"


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "....", "é.b.c", "x" * 20_000, f"{base64url(b'[]')}.b.c"])
def test_refuses_what_is_no_token(make_tokens, token):
    assert cause(make_tokens(), token) == "MALFORMED"


def test_refuses_no_token(make_tokens):
    assert cause(make_tokens(), "") == "MISSING"


def test_forgets_a_verified_token_when_it_expires(make_tokens, signer):
    tokens, token = make_tokens(), signer.access_token()
    tokens.verify(token, NOW)
    assert tokens.verify(token, NOW + timedelta(seconds=HOUR - 1)).oid == OID
    assert cause(tokens, token, NOW + timedelta(seconds=HOUR)) == "EXPIRED"


def test_remembers_only_so_many(make_tokens, signer):
    tokens = make_tokens(remembered=2)
    for number in range(5):
        tokens.verify(signer.access_token(**{"urn:esia:sid": str(number)}), NOW)
    assert len(tokens) == 2


def test_follows_a_changed_key_file(make_tokens, tmp_path, signer, other_signer):
    tokens = make_tokens(signer.certificate_pem)
    tokens.verify(signer.access_token(), NOW)
    (tmp_path / "0.key").write_bytes(other_signer.certificate_pem + b"\n")
    assert tokens.verify(other_signer.access_token(), NOW).oid == OID
    assert cause(tokens, signer.access_token()) == "SIGNATURE"


def test_keeps_the_keys_of_a_file_that_breaks(tmp_path, signer):
    path = tmp_path / "esia.pem"
    path.write_bytes(signer.public_pem)
    problems: list[KeyFileError] = []
    keys = WatchedKeys([path], problems.append)
    path.write_bytes(b"half a f")
    assert len(keys.current()) == 1
    assert len(problems) == 1
    path.unlink()
    assert len(keys.current()) == 1


@pytest.mark.parametrize("content", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_names_a_file_without_keys(tmp_path, content):
    path = tmp_path / "esia.pem"
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=r"esia\.pem"):
        WatchedKeys([path], lambda _: None)


def test_names_a_missing_key_file(tmp_path):
    with pytest.raises(KeyFileError, match=r"absent\.pem"):
        WatchedKeys([tmp_path / "absent.pem"], lambda _: None)
