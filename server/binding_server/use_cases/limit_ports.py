"""What limits on calls need from the database; part of the port `Store`."""

from datetime import datetime
from typing import Protocol

from binding_server.domain.limits import Limit


class LimitStore(Protocol):
    """Counters in the database, so that all servers on it count together."""

    async def use_limit(self, kind: str, subject: str, limit: Limit, now: datetime, uses: int = 1) -> datetime | None:
        """Counts uses of what is limited. Where none is left, nothing is written and the time is returned from when on
        there is."""
        ...

    async def limit_reached(self, kind: str, subject: str, limit: Limit, now: datetime) -> datetime | None:
        """The time until which a limit is used up; None if it is not. Counts nothing."""
        ...

    async def forget_limits(self, before: datetime, limit: int) -> int:
        """Forgets at most `limit` counters that were begun before a time; returns how many."""
        ...
