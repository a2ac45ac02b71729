"""A back end's own tokens."""

import stat
from datetime import UTC, datetime
from pathlib import Path

from binding_client.service_credentials import ServiceCredentials, ensure_service_key
from joserfc import jwt
from joserfc.jwk import ECKey

START = datetime(2026, 9, 1, tzinfo=UTC)


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def test_a_token_is_verifiable_and_short__it_is_by_the_public_key(tmp_path: Path) -> None:
    key = ensure_service_key(tmp_path, "roster-feed")
    token = jwt.decode(
        ServiceCredentials("roster-feed", key.key_pem, clock=Hand())(),
        ECKey.import_key(key.public_key_path.read_bytes()),
        algorithms=["ES256"],
    )
    assert token.header["alg"] == "ES256"
    assert "sbt" not in token.header
    assert (token.claims["iss"], token.claims["aud"]) == ("roster-feed", "sferum-binding")
    assert token.claims["iat"] == START.timestamp()
    assert 0 < token.claims["exp"] - token.claims["iat"] <= 300
    assert token.claims["jti"]


def test_each_call_needs_a_token_of_its_own__it_is_made_anew(tmp_path: Path) -> None:
    credentials = ServiceCredentials("s", ensure_service_key(tmp_path, "s").key_pem, clock=Hand())
    key = ECKey.import_key((tmp_path / "s.pem").read_bytes())
    ids = [jwt.decode(credentials(), key, algorithms=["ES256"]).claims["jti"] for _ in range(3)]
    assert len(set(ids)) == 3


def test_the_key_is_made_once__it_is_private(tmp_path: Path) -> None:
    first = ensure_service_key(tmp_path, "s")
    pem = first.key_pem
    first.public_key_path.unlink()
    again = ensure_service_key(tmp_path, "s")
    assert again.key_pem == pem
    assert again.public_key_path.exists()
    assert stat.S_IMODE(first.key_path.stat().st_mode) == 0o600
