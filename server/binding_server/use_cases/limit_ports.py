"""What limits on calls, and on how long records are kept, need from the database; part of the port `Store`."""

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


class RetentionStore(Protocol):
    """Records that are kept for a time."""

    async def forget_requests(self, before: datetime, limit: int) -> int:
        """Forgets what at most `limit` named requests from before a time led to; returns how many."""
        ...

    async def forget_records(self, before: datetime, limit: int) -> int:
        """Forgets at most `limit` audit records and as many decisions from before a time; returns how many."""
        ...
