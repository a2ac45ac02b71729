"""Judges signatures without holding up other requests: GOST is slow in Python, explaining tries many strings."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from idp_mock.esia.certificate_hash import check_certificate_hash
from idp_mock.esia.client_secret import check_client_secret
from idp_mock.esia.gost.signature import is_gost
from idp_mock.esia.registration import Registration, Verdict, der_of
from idp_mock.esia.versions import Version

_AT_A_TIME = 2
# Beyond these a refusal comes without trying other strings: whoever sends garbage without end must not win the threads.
_MOST_EXPLAINED = 16
_KEPT = 256


class Judge:
    """Checks requests' signatures: RSA at once, GOST in at most two threads. Remembers the latest 256 refusals."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_A_TIME)
        self._waiting = 0
        self._refusals: OrderedDict[bytes, Verdict] = OrderedDict()

    async def check(
        self, registration: Registration, values: Mapping[str, str], version: Version, grant: str, now: datetime
    ) -> Verdict:
        """Checks `client_certificate_hash`, if it counts, and `client_secret`.

        Args:
            registration: of the client system.
            values: the request's parameters.
            version: of the endpoint.
            grant: which of the version's signed strings is meant.
            now: the world's time.
        """
        certificate = registration.certificate
        if registration.mode == "off" or certificate is None or not is_gost(certificate):
            return _check(registration, values, version, grant, now, explained=True)
        key = _digest(registration, values, version, grant)
        known = self._refusals.get(key)
        if known is not None:
            return known
        explained = self._waiting < _MOST_EXPLAINED
        self._waiting += 1
        try:
            async with self._slots:
                verdict = await asyncio.to_thread(
                    _check, registration, values, version, grant, now, explained=explained
                )
        finally:
            self._waiting -= 1
        if not verdict.accepted and explained:
            while len(self._refusals) >= _KEPT:
                self._refusals.popitem(last=False)
            self._refusals[key] = verdict
        return verdict


def _check(
    registration: Registration,
    values: Mapping[str, str],
    version: Version,
    grant: str,
    now: datetime,
    *,
    explained: bool,
) -> Verdict:
    came = values.get("client_certificate_hash", "")
    if version.raw and came:
        verdict = check_certificate_hash(came, registration)
        if not verdict.accepted:
            return verdict
    order, *alternatives = version.orders[grant]
    return check_client_secret(
        values["client_secret"],
        values,
        order=order,
        alternatives=alternatives,
        raw=version.raw,
        registration=registration,
        now=now,
        explained=explained,
    )


def _digest(registration: Registration, values: Mapping[str, str], version: Version, grant: str) -> bytes:
    assert registration.certificate is not None
    parts = [
        version.token,
        grant,
        registration.client_id,
        registration.mode,
        *(f"{k}={values[k]}" for k in sorted(values)),
    ]
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(der_of(registration.certificate) + text).digest()
