"""Ids and secrets."""

import secrets

from ulid import ULID

from binding_server.domain.contact_codes import DIGITS
from binding_server.use_cases.system_ports import Clock

_RANDOM_BITS = 80


class RandomIds:
    """Implements the port `Ids`. Ids of one instance grow strictly, even if the clock stands still or goes back, so
    that ordering by id is ordering by age."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def new_id(self) -> str:
        """Returns a new ULID in lower case."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        fresh = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
        same_millisecond = fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS
        self._last = self._last + 1 + secrets.randbits(32) if same_millisecond else fresh
        return str(ULID.from_int(self._last)).lower()

    def new_secret(self) -> str:
        """Returns 43 url-safe characters with 256 bits of randomness."""
        return secrets.token_urlsafe(32)

    def new_code(self) -> str:
        """Returns the digits of a one-time code."""
        return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
