"""ESIA access tokens, checked without a call to ESIA."""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from binding_server.identity.keys import WatchedKeys, public_pem
from binding_server.use_cases.identity_ports import EsiaIdentity, EsiaSessionEnded

_LONGEST_TOKEN = 16_000
_CLOCKS_APART = timedelta(seconds=60)
"""How far ESIA's clock may run before ours; known client libraries allow the same."""


@dataclass(frozen=True, slots=True)
class _Verified:
    identity: EsiaIdentity
    not_before: datetime


class EsiaTokens:
    """Verifies access tokens and remembers those that passed, until they expire.

    ESIA's tokens name no key, so each known key is tried. They carry no `aud`: whose token it is says `client_id`.
    """

    def __init__(self, keys: WatchedKeys, issuer: str, client_ids: Collection[str], remembered: int = 20_000) -> None:
        """Args: `issuer` as ESIA writes it, which is not its address; `client_ids` the mnemonics whose tokens are
        taken; `remembered` at most so many verified tokens are kept, as digests."""
        self._keys = keys
        self._issuer = issuer
        self._client_ids = frozenset(client_ids)
        self._remembered = remembered
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self._registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
        self._rsa_keys: list[RSAKey] = []
        self._keys_version = -1

    def verify(self, token: str, now: datetime) -> EsiaIdentity:
        """Returns what a token says if it is an access token of a known system that holds now.

        Raises:
            EsiaSessionEnded: it is not; the cause is one of those that the port lists.
        """
        if not token:
            raise EsiaSessionEnded("MISSING")
        self._follow_keys()
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        verified = self._verified.get(digest)
        if verified is None:
            verified = self._check(token)
            self._remember(digest, verified, now)
        if verified.identity.expires_at <= now or verified.not_before > now + _CLOCKS_APART:
            self._verified.pop(digest, None)
            raise EsiaSessionEnded("EXPIRED")
        return verified.identity

    def __len__(self) -> int:
        """How many verified tokens are remembered."""
        return len(self._verified)

    def _follow_keys(self) -> None:
        keys = self._keys.current()
        if self._keys.version != self._keys_version:
            self._keys_version = self._keys.version
            self._rsa_keys = [RSAKey.import_key(public_pem(key)) for key in keys if isinstance(key, RSAPublicKey)]
            self._verified.clear()

    def _remember(self, digest: bytes, verified: _Verified, now: datetime) -> None:
        if verified.identity.expires_at <= now:
            return
        self._verified[digest] = verified
        while len(self._verified) > self._remembered:
            self._verified.popitem(last=False)

    def _check(self, token: str) -> _Verified:
        if len(token) > _LONGEST_TOKEN or token.count(".") != 2:
            raise EsiaSessionEnded("MALFORMED")
        unverified_header = _header(token.partition(".")[0])
        # ESIA signs id tokens and authorization codes with the same key: only `sbt` tells them apart.
        if unverified_header.get("sbt") != "access":
            raise EsiaSessionEnded("NOT_ACCESS_TOKEN")
        claims = self._signed_claims(token)
        if claims.get("iss") != self._issuer:
            raise EsiaSessionEnded("ISSUER")
        if claims.get("client_id") not in self._client_ids:
            raise EsiaSessionEnded("CLIENT")
        return _read(claims)

    def _signed_claims(self, token: str) -> dict[str, Any]:
        for key in self._rsa_keys:
            try:
                signed = jws.deserialize_compact(token, key, registry=self._registry)
            except (JoseError, ValueError):
                continue
            return _claims(signed.payload or b"")
        raise EsiaSessionEnded("SIGNATURE")


def _header(part: str) -> dict[str, Any]:
    try:
        return _claims(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError as error:
        raise EsiaSessionEnded("MALFORMED") from error


def _claims(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise EsiaSessionEnded("MALFORMED")
    return value


def _read(claims: dict[str, Any]) -> _Verified:
    oid = _whole(claims.get("urn:esia:sbj_id"))
    expires, not_before = _whole(claims.get("exp")), _whole(claims.get("nbf", 0))
    scope = claims.get("scope")
    if oid is None or expires is None or not_before is None or not isinstance(scope, str):
        raise EsiaSessionEnded("MALFORMED")
    try:
        expires_at, holds_from = datetime.fromtimestamp(expires, UTC), datetime.fromtimestamp(not_before, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise EsiaSessionEnded("MALFORMED") from error
    identity = EsiaIdentity(
        oid=oid, client_id=str(claims["client_id"]), scopes=_own_scopes(scope, oid), expires_at=expires_at
    )
    return _Verified(identity, holds_from)


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _own_scopes(scope: str, oid: int) -> frozenset[str]:
    """Each granted scope names its owner: `email?oid=1000300103`. Those of an organisation or another person do not
    count."""
    own: set[str] = set()
    for element in scope.split():
        name, _, owner = element.partition("?")
        if owner in ("", f"oid={oid}"):
            own.add(name)
    return frozenset(own)
