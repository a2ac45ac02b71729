"""Checks that the authorization and the token endpoint share. Each raises `EsiaError` with the sheet's code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from idp_mock.esia.clients import ClientSystem
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.judge import Judge
from idp_mock.esia.scopes import CONSENT_SCOPE, ORG_SCOPES, SCOPES, split
from idp_mock.esia.signed_string import describe, show
from idp_mock.esia.state import EsiaState
from idp_mock.esia.versions import Version
from idp_mock.world import World

_TIMESTAMP = re.compile(r"\d{4}\.\d{2}\.\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_OID_DIGITS = 16
#: A state longer than this is no state, in whatever mode: it is kept while the person signs in.
_STATE_LENGTH = 500
_TIME_FORM = "yyyy.MM.dd HH:mm:ss Z"


def check_mandatory(values: Mapping[str, str], names: Sequence[str]) -> None:
    """Every parameter is there and not empty (ESIA-007014); an empty scope has a code of its own (ESIA-007013)."""
    missing = [name for name in names if not values.get(name) and not (name == "scope" and "scope" in values)]
    if missing:
        text = f"нет обязательных параметров {', '.join(missing)}; пришли {', '.join(sorted(values)) or 'никакие'}"
        expected = f"the mandatory parameters {', '.join(names)}"
        raise EsiaError("ESIA-007014", text, parameters=missing, expected=expected, parameter=", ".join(missing))
    if "scope" in names and not values["scope"].strip():
        raise EsiaError("ESIA-007013", "scope пустой", expected="a scope", parameter="scope")


def check_scope(client: ClientSystem, scope: str) -> tuple[str, ...]:
    """Every scope exists (ESIA-007006) and is allowed to the system (ESIA-007019). Returns them, each once."""
    return _check_names(client, tuple(dict.fromkeys(scope.split())), SCOPES, "scope")


def check_org_scope(client: ClientSystem, scope_org: str) -> tuple[str, ...]:
    """The same for the scopes of an organisation; there may be none."""
    return _check_names(client, tuple(dict.fromkeys(scope_org.split())), ORG_SCOPES, "scope_org")


def _check_names(
    client: ClientSystem, scopes: tuple[str, ...], known: Collection[str], parameter: str
) -> tuple[str, ...]:
    if unknown := [name for name in scopes if name not in known]:
        hint = "; scope в виде адреса больше не принимаются" if any("://" in name for name in unknown) else ""
        if any(name in ORG_SCOPES for name in unknown):
            hint = "; scope организации передаются в scope_org"
        text = f"неизвестные scope: {' '.join(unknown)[:300]}{hint}"
        details = {"parameter": parameter, "came": " ".join(unknown)[:300]}
        raise EsiaError("ESIA-007006", text, expected=f"known scopes: {' '.join(known)}", **details)
    _check_allowed(client, scopes, parameter)
    return scopes


def _check_allowed(client: ClientSystem, names: Iterable[str], parameter: str = "scope") -> None:
    if foreign := [name for name in names if name not in client.client.scopes]:
        allowed = " ".join(client.client.scopes)
        text = f"системе не разрешены scope {' '.join(foreign)}; разрешены {allowed}"
        details = {"parameter": parameter, "came": " ".join(foreign)}
        raise EsiaError("ESIA-007019", text, expected=f"scopes of the system: {allowed}", **details)


def check_system_scope(world: World, client: ClientSystem, scope: str) -> tuple[str, ...]:
    """The scopes of a system's own token: `prm_chg?oid=…` of a person who consented, `org_…?org_oid=…`."""
    scopes = tuple(dict.fromkeys(scope.split()))
    for one in scopes:
        name, key, value = split(one)
        wanted = {CONSENT_SCOPE: "oid"}.get(name) or ("org_oid" if name in ORG_SCOPES else None)
        if wanted is None:
            text = f"scope {one[:100]!r} не бывает у токена системы; бывают prm_chg?oid=… и org_…?org_oid=…"
            raise EsiaError("ESIA-007006", text, expected="prm_chg?oid= or org_…?org_oid=", parameter="scope")
        if key != wanted or not (value.isascii() and value.isdigit() and len(value) < _OID_DIGITS):
            text = f"scope {one[:100]!r} пишется {name}?{wanted}=число"
            raise EsiaError("ESIA-007006", text, expected=f"{name}?{wanted}=", parameter="scope")
    _check_allowed(client, (split(one)[0] for one in scopes))
    for one in scopes:
        name, _, value = split(one)
        oid = int(value)
        if name == CONSENT_SCOPE and not world.of(EsiaState).has_consented(oid, client.client_id):
            text = f"пользователь {oid} не давал согласия системе {client.client_id}"
            raise EsiaError("ESIA-007019", text, expected="a person who consented", parameter="scope")
        if name != CONSENT_SCOPE and world.esia_organisation(oid) is None:
            text = f"нет организации {oid}"
            raise EsiaError("ESIA-007019", text, expected="an organisation of the world", parameter="scope")
    return scopes


def check_state(client: ClientSystem, state: str) -> None:
    """The state is a UUID, as the guidelines demand (ESIA-007003); in strict mode, for ESIA may not check it."""
    if (client.strict and not _UUID.fullmatch(state)) or len(state) > _STATE_LENGTH:
        text = f"state должен быть UUID вида 8-4-4-4-12, а пришло знаков: {len(state)}"
        raise EsiaError("ESIA-007003", text, expected="a UUID 8-4-4-4-12", parameter="state")


def read_timestamp(timestamp: str) -> datetime | None:
    """The instant that a request states, None if it is not written in ESIA's way or there is no such time."""
    if not _TIMESTAMP.fullmatch(timestamp):
        return None
    zone = f"{timestamp[-5:-2]}:{timestamp[-2:]}"
    try:
        return datetime.fromisoformat(f"{timestamp[:10].replace('.', '-')}T{timestamp[11:19]}{zone}")
    except ValueError:
        return None


def age_s(world: World, timestamp: str) -> float | None:
    """How long ago a request says it was made, in seconds by the world's clock; None if it does not say."""
    instant = read_timestamp(timestamp)
    try:
        return None if instant is None else (world.clock_of("esia").now() - instant).total_seconds()
    except OverflowError:
        return None


def check_timestamp(world: World, timestamp: str) -> None:
    """The request's time is written as ESIA wants it and is near the world's time (ESIA-007015)."""
    details = {"parameter": "timestamp", "came": timestamp[:60]}
    if not _TIMESTAMP.fullmatch(timestamp):
        hint = ""
        if _TIMESTAMP.fullmatch(timestamp.replace("  ", " +")):
            hint = "; «+» зоны превратился в пробел: в адресе он пишется %2B"
        text = f"timestamp {timestamp[:60]!r} не вида {_TIME_FORM} (+0300){hint}"
        raise EsiaError("ESIA-007015", text, expected=_TIME_FORM, **details)
    age = age_s(world, timestamp)
    if age is None:
        raise EsiaError("ESIA-007015", f"timestamp {timestamp!r}: такого времени нет", expected=_TIME_FORM, **details)
    skew = world.settings.esia_timestamp_skew_s
    if abs(age) > skew:
        way = "отстаёт от часов на" if age > 0 else "опережает часы на"
        now = f"{world.clock_of('esia').now():%Y.%m.%d %H:%M:%S +0000}"
        text = f"timestamp {timestamp} {way} {abs(age):.0f} с, допустимо {skew} с; сейчас {now}"
        raise EsiaError("ESIA-007015", text, expected=f"at most {skew} s from {now}", **details)


async def check_secret(
    judge: Judge, world: World, client: ClientSystem, values: Mapping[str, str], version: Version, grant: str
) -> None:
    """The client_secret is the system's signature of the request (ESIA-007002, -007005, -007053).

    Args:
        judge: who looks at the signature.
        world: the world.
        client: the system.
        values: the request's parameters.
        version: of the endpoint.
        grant: which of the version's signed strings is meant.
    """
    verdict = await judge.check(client.registration(), values, version, grant, world.clock_of("esia").now())
    if not verdict.accepted:
        details = {"parameter": "client_secret", **verdict.details}
        raise EsiaError(verdict.code, verdict.explanation, expected=details.pop("expected"), **details)


def common_details(world: World, values: Mapping[str, str], version: Version, grant: str) -> dict[str, str]:
    """What is told with every refusal of a signed request: the age of its time and the string to be signed."""
    details: dict[str, str] = {}
    age = age_s(world, values.get("timestamp", ""))
    if age is not None:
        details["timestamp_age_s"] = f"{age:.0f}"
    orders = version.orders.get(grant)
    if orders and values.get("client_id"):
        details["expected_order"] = describe(orders[0])
        details["expected_string"] = show(orders[0], values)[:1000]
    return details
