"""Codes, tokens, refresh families, PKCE and keys."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from idp_mock.oauth import pkce
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.codes import Codes, Use
from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.room import make_room
from idp_mock.oauth.tokens import Families, Tokens
from idp_mock.world import EsiaClient
from joserfc import jws
from joserfc.jwk import RSAKey

HEADER = {"ver": 1, "typ": "JWT", "sbt": "access", "alg": "RS256"}


def test_a_code_works_once_and_its_first_use_is_remembered() -> None:
    codes: Codes[str] = Codes()
    code = codes.issue("vera", now=100, ttl_s=60)

    use, found = codes.use(code.value, now=159)
    assert (use, found) == (Use.FRESH, code)
    code.tokens.append("token")

    use, found = codes.use(code.value, now=1000)
    assert use is Use.REUSED
    assert found is not None
    assert (found.tokens, found.used_at) == (["token"], 159)


def test_a_code_ends_with_its_time_and_stays_unused() -> None:
    codes: Codes[str] = Codes()
    code = codes.issue("vera", now=100, ttl_s=60, value="mine")

    assert codes.use("mine", now=160) == (Use.EXPIRED, code)
    assert code.used_at is None
    assert codes.use("other", now=100) == (Use.UNKNOWN, None)


def test_a_code_is_forgotten_long_after_its_end() -> None:
    codes: Codes[str] = Codes()
    code = codes.issue("vera", now=100, ttl_s=60)
    codes.issue("vera", now=100 + 86400, ttl_s=60)

    assert codes.find(code.value) is None


def test_a_token_works_until_its_end_or_its_withdrawal() -> None:
    tokens: Tokens[int] = Tokens()
    token = tokens.issue(7, "app", ("email",), now=100, ttl_s=60)
    other = tokens.issue(8, "app", (), now=100, ttl_s=60)

    assert tokens.active(token.value, now=159) is token
    assert tokens.active(token.value, now=160) is None
    tokens.revoke(token.value)
    tokens.revoke("junk")
    assert tokens.active(token.value, now=100) is None
    assert tokens.revoke_where(lambda item: item.owner == 8) == 1
    assert tokens.active(other.value, now=100) is None


def test_a_refresh_token_is_spent_for_the_next() -> None:
    families: Families[int] = Families()
    family = families.open(7, "app", ("email",), now=100, ttl_s=60, device_id="d")
    first = family.current

    assert families.rotate(first, now=150, ttl_s=60) == (Use.FRESH, family)
    assert family.current != first
    assert families.peek(family.current, now=209) == (Use.FRESH, family)
    assert families.peek(family.current, now=210) == (Use.EXPIRED, family)
    assert families.rotate("junk", now=150, ttl_s=60) == (Use.UNKNOWN, None)


def test_a_spent_refresh_token_closes_the_family() -> None:
    families: Families[int] = Families()
    tokens: Tokens[int] = Tokens()
    family = families.open(7, "app", (), now=100, ttl_s=600)
    token = tokens.issue(7, "app", (), now=100, ttl_s=600, family=family.id)
    unrelated = tokens.issue(7, "app", (), now=100, ttl_s=600)
    first = family.current
    families.rotate(first, now=101, ttl_s=600)

    assert families.rotate(first, now=102, ttl_s=600) == (Use.REUSED, family)
    assert tokens.revoke_family(family.id) == 1

    assert families.rotate(family.current, now=103, ttl_s=600) == (Use.CLOSED, family)
    assert tokens.active(token.value, now=103) is None
    assert tokens.active(unrelated.value, now=103) is unrelated


def test_the_oldest_is_forgotten_when_there_is_no_room() -> None:
    kept = dict.fromkeys(range(5))

    assert make_room(kept, 3) == [None, None, None]
    assert list(kept) == [3, 4]
    assert make_room(kept, 3) == []


def test_a_peek_at_a_spent_token_changes_nothing() -> None:
    families: Families[int] = Families()
    family = families.open(7, "app", (), now=100, ttl_s=600)
    first = family.current
    families.rotate(first, now=101, ttl_s=600)

    assert families.peek(first, now=102) == (Use.REUSED, family)
    assert not family.closed


def test_pkce_is_that_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert pkce.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce.proves(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")
    assert not pkce.proves(verifier + "x", pkce.challenge(verifier))
    assert not pkce.proves(verifier, verifier)
    assert pkce.well_formed(verifier)
    assert not pkce.well_formed("short")


def test_a_signature_is_verified_by_others_and_keeps_the_header_as_given() -> None:
    keys = SigningKeys(None, "esia")
    token = keys.sign(HEADER, {"iss": "http://esia.gosuslugi.ru/", "urn:esia:sbj_id": 1000300103})

    registry = jws.JWSRegistry(strict_check_header=False)
    verified = jws.deserialize_compact(token, RSAKey.import_key(keys.public_key_pem), registry=registry)

    assert list(verified.headers().items()) == list(HEADER.items())
    assert verified.payload == b'{"iss":"http://esia.gosuslugi.ru/","urn:esia:sbj_id":1000300103}'
    assert keys.verify(token) == (HEADER, json.loads(verified.payload))


@pytest.mark.parametrize("junk", ["", "a.b", "a.b.c", "é.b.c", "{token}x", "x{token}"])
def test_what_was_not_signed_is_not_verified(junk: str) -> None:
    keys = SigningKeys(None, "esia")
    token = SigningKeys(None, "esia").sign(HEADER, {})

    assert keys.verify(token) is None
    assert keys.verify(junk.format(token=keys.sign(HEADER, {})[:-4])) is None


def test_keys_outlive_the_program(tmp_path: Path) -> None:
    first, second = SigningKeys(tmp_path / "state", "esia"), SigningKeys(tmp_path / "state", "esia")
    first.export()
    token = first.sign(HEADER, {"a": 1})

    assert second.verify(token) == (HEADER, {"a": 1})
    assert second.certificate_pem == first.certificate_pem
    assert second.zip == first.zip
    assert (tmp_path / "state" / "esia.key").stat().st_mode & 0o077 == 0


def test_exported_files_hold_certificate_and_public_key(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path, "esia")
    keys.export()

    pem = (tmp_path / "esia.pem").read_bytes()
    assert x509.load_pem_x509_certificate(pem).public_key() == keys.private_key.public_key()
    assert keys.public_key_pem in pem
    assert b"PRIVATE" not in pem
    with zipfile.ZipFile(io.BytesIO((tmp_path / "esia.zip").read_bytes())) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".cer")]
        assert archive.read(name) == keys.certificate_der


def test_exported_files_follow_the_key(tmp_path: Path) -> None:
    SigningKeys(tmp_path, "esia").export()
    old = (tmp_path / "esia.pem").read_bytes()
    for name in ("esia.key", "esia.crt"):
        (tmp_path / name).unlink()

    SigningKeys(tmp_path, "esia").export()

    assert (tmp_path / "esia.pem").read_bytes() != old


def test_client_certificates_are_read_when_they_come_and_when_they_change(tmp_path: Path) -> None:
    client = EsiaClient(mnemonic="DIARY", name="x", scopes=[])
    certificates = ClientCertificates(tmp_path / "clients")
    file = tmp_path / "clients" / "DIARY.crt"
    assert certificates.find(client) is None

    file.parent.mkdir()
    for name in ("one", "a longer name"):
        keys = SigningKeys(None, name)
        file.write_bytes(keys.certificate_pem)
        assert certificates.find(client) == keys.certificate
    file.write_text("junk")
    assert certificates.find(client) is None


def test_a_client_certificate_in_the_world_goes_before_the_folder(tmp_path: Path) -> None:
    inline, lying = SigningKeys(None, "inline"), SigningKeys(None, "lying")
    (tmp_path / "DIARY.crt").write_bytes(lying.certificate_pem)
    client = EsiaClient(mnemonic="DIARY", name="x", scopes=[], certificate=inline.certificate_pem.decode())

    assert ClientCertificates(tmp_path).find(client) == inline.certificate
    assert ClientCertificates(None).find(client.model_copy(update={"certificate": None})) is None
