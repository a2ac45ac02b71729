"""Authorization codes that work once, and whose first use is remembered."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")

_KEPT_AFTER_EXPIRY_S = 3600
_KEPT = 100_000


class Use(Enum):
    """What became of an attempt to use a code or a refresh token."""

    FRESH = "works now, and not again"
    UNKNOWN = "never issued, or long forgotten"
    EXPIRED = "too old"
    REUSED = "has been used before"
    CLOSED = "withdrawn"


@dataclass(slots=True)
class Code(Generic[T]):
    """A code: what it stands for, and its life. Times in seconds since 1970, by the world's clock.

    `tokens` is for whoever exchanges it: values of the tokens that came of its first use, to be withdrawn at a second.
    """

    value: str
    data: T
    issued_at: int
    expires_at: int
    used_at: int | None = None
    tokens: list[str] = field(default_factory=list)


class Codes(Generic[T]):
    """The codes of one provider in one world. Forgets a code an hour after its end, or beyond 100 000.

    Attributes:
        last_issued: when the newest of all was issued; None before the first.
    """

    def __init__(self) -> None:
        self._codes: OrderedDict[str, Code[T]] = OrderedDict()
        self.last_issued: int | None = None

    def issue(self, data: T, *, now: int, ttl_s: int, value: str | None = None) -> Code[T]:
        """Makes a code that stands for `data`. `value` if the provider has a form of its own for it."""
        self._forget(now)
        code = Code(value or secrets.token_urlsafe(32), data, now, now + ttl_s)
        self._codes[code.value] = code
        self.last_issued = max(now, self.last_issued or now)
        return code

    def find(self, value: str) -> Code[T] | None:
        """The code, used or not, without using it."""
        return self._codes.get(value)

    def use(self, value: str, *, now: int) -> tuple[Use, Code[T] | None]:
        """Uses a code.

        Returns:
            FRESH with the code, the only time; UNKNOWN without one; EXPIRED or REUSED with it.
        """
        code = self._codes.get(value)
        if code is None:
            return Use.UNKNOWN, None
        if code.used_at is not None:
            return Use.REUSED, code
        if now >= code.expires_at:
            return Use.EXPIRED, code
        code.used_at = now
        return Use.FRESH, code

    def _forget(self, now: int) -> None:
        while self._codes:
            oldest = next(iter(self._codes.values()))
            if oldest.expires_at + _KEPT_AFTER_EXPIRY_S > now and len(self._codes) < _KEPT:
                break
            self._codes.popitem(last=False)
