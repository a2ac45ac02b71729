"""Tokens that back ends sign for themselves, each with its own registered key."""

import json
from collections.abc import Mapping, Sequence
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
from binding_server.use_cases.services import ServiceIdentity, ServiceTokenRejected

AUDIENCE = "sferum-binding"
LONGEST_LIFE = timedelta(seconds=300)
"""A token that lives longer is not a short-lived one and is refused."""
_CLOCKS_APART = timedelta(seconds=30)
_LONGEST_TOKEN = 8_000

Key = ECKey | OKPKey | RSAKey


class ServiceJwts:
    """Verifies tokens of registered back ends. Implements the port `ServiceTokens`.

    A key fixes its algorithm (EC P-256: ES256; Ed25519: EdDSA, also called Ed25519; RSA: RS256); what the token's
    header asks for, `none` included, is never followed.
    """

    def __init__(self, keys: Mapping[str, WatchedKeys], methods: Mapping[str, frozenset[str]]) -> None:
        """Args: `keys` and allowed `methods` by the id of a back end."""
        self._keys = keys
        self._methods = methods

    def verify(self, token: str, now: datetime) -> ServiceIdentity:
        """Returns the back end that a token names, if its signature, audience and times are right.

        Raises:
            ServiceTokenRejected: they are not, or there is no such back end.
        """
        if len(token) > _LONGEST_TOKEN:
            raise ServiceTokenRejected("too long")
        try:
            service = _object(jws.extract_compact(token.encode()).payload).get("iss")
        except (JoseError, ValueError) as error:
            raise ServiceTokenRejected("malformed") from error
        if not isinstance(service, str) or service not in self._keys:
            raise ServiceTokenRejected("unknown back end")
        _check(self._signed_claims(token, service), now)
        return ServiceIdentity(service, self._methods.get(service, frozenset()))

    def _signed_claims(self, token: str, service: str) -> Mapping[str, Any]:
        for key in self._keys[service].current():
            usable = usable_key(key)
            if usable is None:
                continue
            joserfc_key, algorithms = usable
            registry = jws.JWSRegistry(algorithms=algorithms, strict_check_header=False)
            try:
                signed = jws.deserialize_compact(token, joserfc_key, registry=registry)
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


def _check(claims: Mapping[str, Any], now: datetime) -> None:
    audience = claims.get("aud")
    if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
        raise ServiceTokenRejected("audience")
    issued_at, expires_at = _instant(claims.get("iat")), _instant(claims.get("exp"))
    if expires_at <= now or issued_at > now + _CLOCKS_APART:
        raise ServiceTokenRejected("expired or not valid yet")
    if expires_at - issued_at > LONGEST_LIFE:
        raise ServiceTokenRejected("lives too long")


def _instant(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ServiceTokenRejected("a time is missing")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ServiceTokenRejected("a time is malformed") from error
