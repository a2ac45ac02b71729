"""`permissions`: a request for consents of the digital profile, base64url of a JSON array without padding."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from idp_mock.esia.errors import EsiaError
from idp_mock.esia.scopes import SCOPES
from idp_mock.esia.state import Permission
from idp_mock.world import EsiaConsent, World


def check_permissions(world: World, value: str) -> tuple[Permission, ...]:
    """Reads and checks the parameter.

    Raises:
        EsiaError: ESIA-007003 it cannot be read, ESIA-0367xx what is asked for is not among the world's consents.
    """
    if not value:
        return ()
    known = {consent.sysname: consent for consent in world.document.esia_consents}
    permissions = _read(value)
    for permission in permissions:
        sysname = permission.get("sysname")
        if not isinstance(sysname, str) or not sysname:
            raise _refusal("ESIA-036700", "в permissions нет sysname типа согласия")
        if sysname not in known:
            names = ", ".join(known) or "никаких"
            raise _refusal("ESIA-036701", f"нет типа согласия {sysname[:100]!r}; есть {names}")
        _check(permission, known[sysname])
    return tuple(permissions)


def asked_scopes(permissions: Iterable[Permission]) -> tuple[str, ...]:
    """The scopes that consents ask for: they, not `scope`, carry the wanted data."""
    return tuple(dict.fromkeys(name for permission in permissions for name in _names(permission, "scopes")))


def _read(value: str) -> list[dict[str, Any]]:
    if "=" in value or "+" in value or "/" in value:
        raise _refusal("ESIA-007003", "permissions должен быть base64url без дополнения «=»")
    try:
        document = json.loads(base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _refusal("ESIA-007003", "permissions не читается: нужен base64url от JSON") from None
    if not isinstance(document, list) or not document or not all(isinstance(item, dict) for item in document):
        raise _refusal("ESIA-007003", "permissions должен быть непустым массивом JSON из объектов")
    return document


def _names(permission: Permission, key: str) -> list[str]:
    items = permission.get(key) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _refusal("ESIA-007003", f"{key} в permissions должен быть массивом объектов с sysname")
    names = [item.get("sysname") for item in items]
    if not all(isinstance(name, str) and name for name in names):
        raise _refusal("ESIA-007003", f"в {key} permissions не у всех есть sysname")
    return [str(name) for name in names]


def _check(permission: Permission, consent: EsiaConsent) -> None:
    where = f"согласие {consent.sysname}"
    scopes = _names(permission, "scopes")
    allowed = [item.scope for item in consent.scopes]
    if scopes and not allowed:
        raise _refusal("ESIA-036704", f"{where} не даёт scope, а запрошены {' '.join(scopes)[:300]}")
    if foreign := [name for name in scopes if name not in allowed or name not in SCOPES]:
        raise _refusal("ESIA-036703", f"{where} не даёт {' '.join(foreign)[:300]}; даёт {' '.join(allowed)}")
    if missing := [item.scope for item in consent.scopes if item.mandatory and item.scope not in scopes]:
        raise _refusal("ESIA-036702", f"{where} требует {' '.join(missing)}")
    actions = _names(permission, "actions")
    if not actions:
        raise _refusal("ESIA-036705", f"{where}: нет действия (actions); бывают {', '.join(consent.actions)}")
    if unknown := [name for name in actions if name not in consent.actions]:
        raise _refusal(
            "ESIA-036706", f"{where}: нет действия {unknown[0][:100]!r}; бывают {', '.join(consent.actions)}"
        )
    purposes = _names(permission, "purposes")
    if not purposes:
        raise _refusal("ESIA-036707", f"{where}: нет цели (purposes); бывают {', '.join(consent.purposes)}")
    if unknown := [name for name in purposes if name not in consent.purposes]:
        raise _refusal("ESIA-036726", f"{where}: нет цели {unknown[0][:100]!r}; бывают {', '.join(consent.purposes)}")
    if consent.one_purpose and len(purposes) != 1:
        raise _refusal("ESIA-036727", f"{where}: целей {len(purposes)}, а нужна одна")
    _check_expiry(permission.get("expire"), consent)


def _check_expiry(expire: object, consent: EsiaConsent) -> None:
    if expire is None:
        return
    longest = consent.max_expire_minutes
    if isinstance(expire, bool) or not isinstance(expire, int) or not 0 < expire <= longest:
        raise _refusal("ESIA-036716", f"expire согласия {consent.sysname} - минуты, от 1 до {longest}")


_EXPECTED = {
    "ESIA-007003": "base64url without padding of a JSON array of objects",
    "ESIA-036700": "the sysname of a consent type",
    "ESIA-036701": "a consent type of the world",
    "ESIA-036702": "the mandatory scopes of the consent",
    "ESIA-036703": "scopes of the consent",
    "ESIA-036704": "no scopes",
    "ESIA-036705": "an action",
    "ESIA-036706": "an action of the consent",
    "ESIA-036707": "a purpose",
    "ESIA-036716": "minutes within the limit of the consent",
    "ESIA-036726": "a purpose of the consent",
    "ESIA-036727": "exactly one purpose",
}


def _refusal(code: str, explanation: str) -> EsiaError:
    return EsiaError(code, explanation, expected=_EXPECTED[code], parameter="permissions")
