"""A world's time. The only place of the server that reads the machine's clock."""

from datetime import UTC, datetime, timedelta


class WorldClock:
    """Runs with the machine's clock, until a test freezes it or moves it forward. Implements the port `Clock`."""

    def __init__(self) -> None:
        self._frozen_at: datetime | None = None
        self._ahead = timedelta()

    @property
    def frozen(self) -> bool:
        """True if the clock stands still."""
        return self._frozen_at is not None

    def now(self) -> datetime:
        """Returns the present as an aware UTC datetime."""
        return self._frozen_at or datetime.now(UTC) + self._ahead

    def freeze(self, at: datetime | None) -> None:
        """Stands still at an aware instant; None: runs again with the machine's clock, with nothing left of earlier
        moves."""
        self._frozen_at = at
        self._ahead = timedelta()

    def advance(self, by: timedelta) -> None:
        """Moves forward; a running clock goes on running. Raises OverflowError beyond the year 9999."""
        if self._frozen_at is not None:
            self._frozen_at += by
        else:
            _ = datetime.now(UTC) + self._ahead + by
            self._ahead += by
