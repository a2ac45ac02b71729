"""Faults of tokens: whose they are, who signed them, and what they claim.

Only what the fault is about changes: a token of the wrong issuer is signed by the right key, and the provider knows it.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from idp_mock.faults.dialect import Dialect
from idp_mock.faults.spoiling import Spoiling
from idp_mock.world import World

Claims = dict[str, Any]
Signer = Callable[[Mapping[str, Any], Mapping[str, Any]], str]

_NAMES = ("access_token", "id_token")
_HOUR_S = 3600


def another(world: World, dialect: Dialect, wanted: str, person_id: str) -> Any | None:
    """What the provider knows another person as: the one asked for, else who represents the person, else anybody."""
    guardians = [link.guardian for link in world.document.guardianships if link.pupil == person_id and not link.ended]
    everybody = [person.id for person in world.document.persons if person.id != person_id]
    for key in [wanted] if wanted else [*guardians, *everybody]:
        person = world.person(key)
        owner = dialect.owner_of(world, person) if person is not None else None
        if owner is not None:
            return owner
    return None


def of_another(spoiling: Spoiling) -> bool:
    """A token that works, but opens another person's data."""
    document, dialect, world = spoiling.answer.document, spoiling.dialect, spoiling.world
    if not isinstance(document, dict) or not isinstance(document.get("access_token"), str):
        return False
    token = dialect.tokens(world).find(document["access_token"])
    if token is None:
        return False
    owner = another(world, dialect, spoiling.fault.other, dialect.person_of(world, token.owner))
    if owner is None:
        return False
    changed = _resigned(document, dialect.sign, lambda claims: dialect.rename(claims, owner))
    spoiling.answer.document = dialect.rename(changed, owner)
    spoiling.effects.append(lambda: setattr(token, "owner", owner))
    _follow(spoiling, document, changed)
    return True


def with_wrong_signature(spoiling: Spoiling) -> bool:
    """JWTs whose signature belongs to another text."""
    sign = spoiling.dialect.sign

    def spoil(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        signature = sign(header, {**claims, "of": "another text"}).rpartition(".")[2]
        return f"{sign(header, claims).rpartition('.')[0]}.{signature}"

    return _changed(spoiling, spoil)


def signed_by_a_stranger(spoiling: Spoiling) -> bool:
    """JWTs signed by a key that the provider has never published."""
    return _changed(spoiling, spoiling.stranger().sign)


def expired(spoiling: Spoiling) -> bool:
    """Tokens whose time is over already; the provider takes them for that, too."""
    document, world = spoiling.answer.document, spoiling.world
    if not isinstance(document, dict) or "access_token" not in document:
        return False
    token = spoiling.dialect.tokens(world).find(str(document["access_token"]))
    if token is not None:
        over = world.clock_of(spoiling.dialect.provider).timestamp() - _HOUR_S
        spoiling.effects.append(lambda: setattr(token, "expires_at", over))
    _changed(spoiling, spoiling.dialect.sign, lambda claims: _shifted(claims, -2 * _HOUR_S, only=("exp",)))
    return True


def of_the_future(spoiling: Spoiling) -> bool:
    """JWTs that are not yet good."""
    return _changed(spoiling, spoiling.dialect.sign, lambda claims: _shifted(claims, _HOUR_S))


def claiming(*names: str) -> Callable[[Spoiling], bool]:
    """JWTs that say something else under these names, as far as they have them."""

    def lie(claims: Claims) -> Claims:
        lies = {
            name: value + 1 if isinstance(value, int) else f"{value}.elsewhere.example"
            for name, value in claims.items()
            if name in names
        }
        return {**claims, **lies}

    return lambda spoiling: _changed(spoiling, spoiling.dialect.sign, lie)


def rotated(spoiling: Spoiling) -> bool:
    """After a change of keys with overlap: new tokens are signed by the next key, and both keys are published."""
    if spoiling.dialect.keys(spoiling.path):
        spoiling.answer.body = spoiling.dialect.published(spoiling.answer.body, spoiling.stranger(), instead=False)
        return True
    return signed_by_a_stranger(spoiling)


def withdrawn(spoiling: Spoiling) -> bool:
    """Only the next key is published, though tokens of the present one are still about."""
    if not spoiling.dialect.keys(spoiling.path):
        return False
    spoiling.answer.body = spoiling.dialect.published(spoiling.answer.body, spoiling.stranger(), instead=True)
    return True


def _changed(spoiling: Spoiling, sign: Signer, change: Callable[[Claims], Claims] = lambda claims: claims) -> bool:
    document = spoiling.answer.document
    if not isinstance(document, dict):
        return False
    changed = _resigned(document, sign, change)
    if changed == document:
        return False
    spoiling.answer.document = changed
    _follow(spoiling, document, changed)
    return True


def _follow(spoiling: Spoiling, document: Claims, changed: Claims) -> None:
    """The provider knows the new access token as it knew the old one."""
    old, new = document.get("access_token"), changed.get("access_token")
    if isinstance(old, str) and isinstance(new, str) and old != new:
        registry = spoiling.dialect.tokens(spoiling.world)
        spoiling.effects.append(lambda: registry.rename(old, new))


def _resigned(document: Claims, sign: Signer, change: Callable[[Claims], Claims]) -> Claims:
    """The answer with its JWTs signed anew. GOST signatures stay: another key of that kind is not at hand."""
    result = dict(document)
    for name in _NAMES:
        parts = _read(document.get(name))
        if parts is not None and parts[0].get("alg") == "RS256":
            result[name] = sign(parts[0], change(parts[1]))
    return result


def _shifted(claims: Claims, seconds: int, only: tuple[str, ...] = ("nbf", "iat", "exp")) -> Claims:
    moved = {name: value + seconds for name, value in claims.items() if name in only and isinstance(value, int)}
    return {**claims, **moved}


def _read(token: Any) -> tuple[Claims, Claims] | None:
    try:
        head, body, _ = token.split(".")
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, body))
    except (AttributeError, ValueError):
        return None
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else None
