"""Tells those who wait for events that some were committed."""

import asyncio
from contextlib import suppress

from binding_server.store.engine import Engine, T, Work
from binding_server.store.errors import StoreError
from binding_server.store.events import newest_event_number


class AnnouncingEngine:
    """An engine that wakes waiters after a commit with events. Costs nothing while nobody waits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: set[asyncio.Future[None]] = set()
        self._told = 0
        self._looking: asyncio.Task[None] | None = None

    async def read(self, work: Work[T]) -> T:
        """Runs reading work."""
        return await self._engine.read(work)

    async def write(self, work: Work[T]) -> T:
        """Runs writing work; then those wake who wait for what it wrote."""
        result = await self._engine.write(work)
        # One look serves all that was committed with this one.
        if self._waiting and self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return result

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Returns as soon as there is an event with a greater number, the time is over, or the database closes.

        Raises:
            StoreError: the database is closed.
        """
        awaited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(awaited)
        try:
            newest = await self.read(newest_event_number)
            self._told = max(self._told, newest)
            if newest <= after:
                await asyncio.wait([awaited], timeout=timeout_s)
        finally:
            self._waiting.discard(awaited)

    async def copy(self) -> Engine:
        """Returns an engine on a private copy; nobody follows that."""
        return await self._engine.copy()

    async def close(self) -> None:
        """Closes the engine and wakes everybody, to find that out."""
        await self._engine.close()
        self._wake()

    async def _look(self) -> None:
        self._looking = None
        # A database that is closed meanwhile has woken everybody by itself.
        with suppress(StoreError):
            newest = await self.read(newest_event_number)
            if newest > self._told:
                self._told = newest
                self._wake()

    def _wake(self) -> None:
        for awaited in self._waiting:
            if not awaited.done():
                awaited.set_result(None)
