"""The journal of a world: raw exchanges, bounded, with a bell for those who wait."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from idp_mock.world.refusals import Provider

_KEPT = 2_000
_KEPT_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, as they came. It is looked into when somebody asks, not while a client waits.

    Args:
        number: running, from 1.
        time: by the provider's clock; `real_time` by the machine's.
        duration_s: of the answer, in real time.
        body: of the request, if it is a form or JSON; shortened ones are not kept.
        answer_body: if it is JSON.
        status: 0 if no answer was sent.
        refusals: numbers of the refusals that were recorded meanwhile at this path.
        faults: names of the kinds that struck.
    """

    number: int
    provider: Provider
    time: datetime
    real_time: datetime
    duration_s: float
    method: str
    path: str
    query: bytes
    content_type: str
    body: bytes
    user_agent: str
    status: int
    answer_type: str
    location: str
    answer_body: bytes
    client: str
    person: str
    refusals: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many bytes it keeps."""
        return len(self.query) + len(self.body) + len(self.answer_body) + len(self.location) + 500


@dataclass(eq=False)
class Journal:
    """The exchanges of a world; the oldest are forgotten beyond 2 000, or 4 MB."""

    last: int = 0
    _kept: deque[Exchange] = field(default_factory=deque)
    _bytes: int = 0
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        """Takes an exchange in and wakes who waits."""
        self.last = exchange.number
        self._kept.append(exchange)
        self._bytes += exchange.size
        while len(self._kept) > _KEPT or (self._bytes > _KEPT_BYTES and len(self._kept) > 1):
            self._bytes -= self._kept.popleft().size
        self.wake()

    def after(self, number: int) -> Sequence[Exchange]:
        """The exchanges with greater numbers, oldest first."""
        return list(self._newer(number))

    async def more(self) -> None:
        """Waits until there is a new exchange, or the world is closed."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await waiting
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    def wake(self) -> None:
        """Lets everybody look again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _newer(self, number: int) -> Iterator[Exchange]:
        # Counted from the end: those who follow the journal ask for the newest few.
        skipped = max(len(self._kept) - (self.last - number), 0)
        for position in range(skipped, len(self._kept)):
            yield self._kept[position]
