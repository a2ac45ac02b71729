"""Checks that the authorization and the token endpoint share. Each raises `EsiaError` with the sheet's code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from idp_mock.esia.client_secret import check_client_secret
from idp_mock.esia.clients import ClientSystem
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.scopes import SCOPES
from idp_mock.esia.signed_string import Order
from idp_mock.world import World

_TIMESTAMP = re.compile(r"^\d{4}\.\d{2}\.\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}$", re.ASCII)
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


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
    scopes = tuple(dict.fromkeys(scope.split()))
    if unknown := [name for name in scopes if name not in SCOPES]:
        raise EsiaError("ESIA-007006", f"неизвестные scope: {' '.join(unknown)}")
    if foreign := [name for name in scopes if name not in client.client.scopes]:
        allowed = " ".join(client.client.scopes)
        raise EsiaError("ESIA-007019", f"системе не разрешены scope {' '.join(foreign)}; разрешены {allowed}")
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
        age = (world.clock.now() - instant).total_seconds()
    except (ValueError, OverflowError):
        raise EsiaError("ESIA-007015", f"timestamp {timestamp!r}: такого времени нет") from None
    skew = world.settings.esia_timestamp_skew_s
    if abs(age) > skew:
        way = "отстаёт от часов на" if age > 0 else "опережает часы на"
        now = f"{world.clock.now():%Y.%m.%d %H:%M:%S +0000}"
        raise EsiaError(
            "ESIA-007015", f"timestamp {timestamp} {way} {abs(age):.0f} с, допустимо {skew} с; сейчас {now}"
        )


def check_secret(world: World, client: ClientSystem, values: Mapping[str, str], order: Order) -> None:
    """The client_secret is the system's signature of the request (ESIA-007002, -007005, -007053)."""
    verdict = check_client_secret(
        values["client_secret"], values, order=order, registration=client.registration(), now=world.clock.now()
    )
    if not verdict.accepted:
        raise EsiaError(verdict.code, verdict.explanation)
