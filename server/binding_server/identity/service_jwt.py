"""Tokens that back ends sign for themselves, each with its own registered key."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from binding_server.identity.keys import WatchedKeys, public_pem
from binding_server.use_cases.services import ServiceIdentity, ServiceToken, ServiceTokenRejected

AUDIENCE = "sferum-binding"
LONGEST_LIFE = timedelta(seconds=300)
"""A token that lives longer is not a short-lived one and is refused."""
_CLOCKS_APART = timedelta(seconds=30)
_LONGEST_TOKEN = 8_000
_LONGEST_ID = 200

Key = ECKey | OKPKey | RSAKey


class ServiceJwts:
    """Verifies tokens of registered back ends. Implements the port `ServiceTokens`.

    A key fixes its algorithm (EC P-256: ES256; Ed25519: EdDSA, also called Ed25519; RSA: RS256); what the token's
    header asks for, `none` included, is never followed.
    """

    def __init__(self, services: Collection[tuple[ServiceIdentity, WatchedKeys]]) -> None:
        """Args: `services`: each back end with the keys that it signs with."""
        self._services = {identity.id: (identity, _Keys(keys)) for identity, keys in services}

    def verify(self, token: str, now: datetime) -> ServiceToken:
        """Returns what a token says, if signature, audience and times are right and it has an id.

        Raises:
            ServiceTokenRejected: they are not, or there is no such back end.
        """
        if len(token) > _LONGEST_TOKEN:
            raise ServiceTokenRejected("too long")
        try:
            name = _object(jws.extract_compact(token.encode()).payload).get("iss")
        except (JoseError, ValueError) as error:
            raise ServiceTokenRejected("malformed") from error
        if not isinstance(name, str) or name not in self._services:
            raise ServiceTokenRejected("unknown back end")
        identity, keys = self._services[name]
        claims = _signed_claims(token, keys)
        if claims.get("iss") != name:
            raise ServiceTokenRejected("two readings of one token")
        expires_at = _check(claims, now)
        return ServiceToken(identity, _token_id(claims), expires_at)


class _Keys:
    """A back end's keys, made ready once."""

    def __init__(self, watched: WatchedKeys) -> None:
        self._watched = watched
        self._version = -1
        self._usable: list[tuple[Key, jws.JWSRegistry]] = []

    def current(self) -> Sequence[tuple[Key, jws.JWSRegistry]]:
        """Returns each key with what verifies its own algorithm only."""
        found = self._watched.current()
        if self._watched.version != self._version:
            self._version = self._watched.version
            usable = [pair for pair in map(usable_key, found) if pair]
            self._usable = [
                (key, jws.JWSRegistry(algorithms=list(names), strict_check_header=False)) for key, names in usable
            ]
        return self._usable


def _signed_claims(token: str, keys: _Keys) -> Mapping[str, Any]:
    for key, registry in keys.current():
        try:
            signed = jws.deserialize_compact(token, key, registry=registry)
            return _object(signed.payload or b"")
        except (JoseError, ValueError):
            continue
    raise ServiceTokenRejected("signature")


def usable_key(key: PublicKeyTypes) -> tuple[Key, Sequence[str]] | None:
    """Returns a key with the names of the algorithm that belongs to it; None for kinds that back ends may not use."""
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
        return RSAKey.import_key(public_pem(key)), ("RS256",)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return ECKey.import_key(public_pem(key)), ("ES256",)
    if isinstance(key, Ed25519PublicKey):
        return OKPKey.import_key(public_pem(key)), ("EdDSA", "Ed25519")
    return None


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        claims = json.loads(payload)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(claims, dict):
        raise ValueError("not an object")
    return claims


def _check(claims: Mapping[str, Any], now: datetime) -> datetime:
    """Returns when a token expires, if audience and times are right."""
    audience = claims.get("aud")
    if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
        raise ServiceTokenRejected("audience")
    issued_at, expires_at = _instant(claims.get("iat")), _instant(claims.get("exp"))
    if expires_at <= now or issued_at > now + _CLOCKS_APART:
        raise ServiceTokenRejected("expired or not valid yet")
    if "nbf" in claims and _instant(claims["nbf"]) > now + _CLOCKS_APART:
        raise ServiceTokenRejected("not valid yet")
    if expires_at - issued_at > LONGEST_LIFE:
        raise ServiceTokenRejected("lives too long")
    return expires_at


def _token_id(claims: Mapping[str, Any]) -> str:
    token_id = claims.get("jti")
    # Characters that a database cannot keep must not tell two ids apart here and not there.
    if not isinstance(token_id, str) or not 1 <= len(token_id) <= _LONGEST_ID or not token_id.isprintable():
        raise ServiceTokenRejected("no id")
    return token_id


def _instant(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ServiceTokenRejected("a time is missing")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ServiceTokenRejected("a time is malformed") from error
