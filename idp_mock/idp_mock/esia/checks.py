"""Checks that the authorization and the token endpoint share. Each raises `EsiaError` with the sheet's code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from idp_mock.esia.certificate_hash import check_certificate_hash
from idp_mock.esia.client_secret import check_client_secret
from idp_mock.esia.clients import ClientSystem
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.scopes import CONSENT_SCOPE, ORG_SCOPES, SCOPES, split
from idp_mock.esia.state import EsiaState
from idp_mock.esia.versions import Version
from idp_mock.world import World

_TIMESTAMP = re.compile(r"^\d{4}\.\d{2}\.\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}$", re.ASCII)
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_OID_DIGITS = 16


def check_mandatory(values: Mapping[str, str], names: Sequence[str]) -> None:
    """Every parameter is there and not empty (ESIA-007014); an empty scope has a code of its own (ESIA-007013)."""
    missing = [name for name in names if not values.get(name) and not (name == "scope" and "scope" in values)]
    if missing:
        text = f"нет обязательных параметров {', '.join(missing)}; пришли {', '.join(sorted(values)) or 'никакие'}"
        raise EsiaError("ESIA-007014", text, parameters=missing)
    if "scope" in names and not values["scope"].strip():
        raise EsiaError("ESIA-007013", "scope пустой")


def check_scope(client: ClientSystem, scope: str) -> tuple[str, ...]:
    """Every scope exists (ESIA-007006) and is allowed to the system (ESIA-007019). Returns them, each once."""
    return _check_names(client, tuple(dict.fromkeys(scope.split())), SCOPES)


def check_org_scope(client: ClientSystem, scope_org: str) -> tuple[str, ...]:
    """The same for the scopes of an organisation; there may be none."""
    return _check_names(client, tuple(dict.fromkeys(scope_org.split())), ORG_SCOPES)


def _check_names(client: ClientSystem, scopes: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    if unknown := [name for name in scopes if name not in known]:
        hint = "; scope в виде адреса больше не принимаются" if any("://" in name for name in unknown) else ""
        if any(name in ORG_SCOPES for name in unknown):
            hint = "; scope организации передаются в scope_org"
        raise EsiaError("ESIA-007006", f"неизвестные scope: {' '.join(unknown)[:300]}{hint}")
    _check_allowed(client, scopes)
    return scopes


def _check_allowed(client: ClientSystem, names: Iterable[str]) -> None:
    if foreign := [name for name in names if name not in client.client.scopes]:
        allowed = " ".join(client.client.scopes)
        raise EsiaError("ESIA-007019", f"системе не разрешены scope {' '.join(foreign)}; разрешены {allowed}")


def check_system_scope(world: World, client: ClientSystem, scope: str) -> tuple[str, ...]:
    """The scopes of a system's own token: `prm_chg?oid=…` of a person who consented, `org_…?org_oid=…`."""
    scopes = tuple(dict.fromkeys(scope.split()))
    for one in scopes:
        name, key, value = split(one)
        wanted = {CONSENT_SCOPE: "oid"}.get(name) or ("org_oid" if name in ORG_SCOPES else None)
        if wanted is None:
            text = f"scope {one[:100]!r} не бывает у токена системы; бывают prm_chg?oid=… и org_…?org_oid=…"
            raise EsiaError("ESIA-007006", text)
        if key != wanted or not (value.isascii() and value.isdigit() and len(value) < _OID_DIGITS):
            raise EsiaError("ESIA-007006", f"scope {one[:100]!r} пишется {name}?{wanted}=число")
    _check_allowed(client, (split(one)[0] for one in scopes))
    for one in scopes:
        name, _, value = split(one)
        oid = int(value)
        if name == CONSENT_SCOPE and not world.of(EsiaState).has_consented(oid, client.client_id):
            raise EsiaError("ESIA-007019", f"пользователь {oid} не давал согласия системе {client.client_id}")
        if name != CONSENT_SCOPE and world.esia_organisation(oid) is None:
            raise EsiaError("ESIA-007019", f"нет организации {oid}")
    return scopes


def check_state(client: ClientSystem, state: str) -> None:
    """The state is a UUID, as the guidelines demand (ESIA-007003); in strict mode, for ESIA may not check it."""
    if client.strict and not _UUID.match(state):
        raise EsiaError("ESIA-007003", f"state должен быть UUID вида 8-4-4-4-12, а пришло знаков: {len(state)}")


def check_timestamp(world: World, timestamp: str) -> None:
    """The request's time is written as ESIA wants it and is near the world's time (ESIA-007015)."""
    if not _TIMESTAMP.match(timestamp):
        hint = ""
        if _TIMESTAMP.match(timestamp.replace("  ", " +")):
            hint = "; «+» зоны превратился в пробел: в адресе он пишется %2B"
        raise EsiaError("ESIA-007015", f"timestamp {timestamp!r} не вида yyyy.MM.dd HH:mm:ss Z (+0300){hint}")
    try:
        instant = datetime.strptime(timestamp, "%Y.%m.%d %H:%M:%S %z")
        age = (world.clock_of("esia").now() - instant).total_seconds()
    except (ValueError, OverflowError):
        raise EsiaError("ESIA-007015", f"timestamp {timestamp!r}: такого времени нет") from None
    skew = world.settings.esia_timestamp_skew_s
    if abs(age) > skew:
        way = "отстаёт от часов на" if age > 0 else "опережает часы на"
        now = f"{world.clock_of('esia').now():%Y.%m.%d %H:%M:%S +0000}"
        raise EsiaError(
            "ESIA-007015", f"timestamp {timestamp} {way} {abs(age):.0f} с, допустимо {skew} с; сейчас {now}"
        )


def check_secret(world: World, client: ClientSystem, values: Mapping[str, str], version: Version, grant: str) -> None:
    """The client_secret is the system's signature of the request (ESIA-007002, -007005, -007053).

    Args:
        world: the world.
        client: the system.
        values: the request's parameters.
        version: of the endpoint.
        grant: which of the version's signed strings is meant.
    """
    registration = client.registration()
    came = values.get("client_certificate_hash", "")
    if version.raw and came:
        verdict = check_certificate_hash(came, registration)
        if not verdict.accepted:
            raise EsiaError(verdict.code, verdict.explanation)
    order, *alternatives = version.orders[grant]
    verdict = check_client_secret(
        values["client_secret"],
        values,
        order=order,
        alternatives=alternatives,
        raw=version.raw,
        registration=registration,
        now=world.clock_of("esia").now(),
    )
    if not verdict.accepted:
        raise EsiaError(verdict.code, verdict.explanation)
