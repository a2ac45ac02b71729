"""Which calls a test world has answered, by id and code: no contents."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """One call. `real_time` is when it came; `actor` is "" for nobody known."""

    number: int
    real_time: datetime
    seconds: float
    method: str
    code: str
    reason: str
    row: str
    actor: str
    client: str


@dataclass(slots=True)
class CallJournal:
    """The calls of one world; the oldest are forgotten beyond 2 000."""

    _calls: deque[AnsweredCall] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _last: int = 0

    def add(
        self,
        *,
        real_time: datetime,
        seconds: float,
        method: str,
        code: str,
        reason: str,
        row: str,
        actor: str,
        client: str,
    ) -> None:
        """Notes a call."""
        self._last += 1
        self._calls.append(AnsweredCall(self._last, real_time, seconds, method, code, reason, row, actor, client))

    def after(self, number: int) -> list[AnsweredCall]:
        """Returns the calls with greater numbers, oldest first."""
        return [call for call in self._calls if call.number > number]
