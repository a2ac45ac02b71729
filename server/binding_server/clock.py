"""A world's time. The only place of the server that reads the machine's clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a clock stands: where it is frozen (aware), or how far it is ahead of the machine's."""

    frozen_at: datetime | None = None
    ahead: timedelta = timedelta()


class WorldClock:
    """Runs with the machine's clock, until a test freezes it or moves it forward. Implements the port `Clock`."""

    def __init__(self, state: ClockState | None = None) -> None:
        self.put(state or ClockState())

    @property
    def state(self) -> ClockState:
        """How it stands now."""
        return ClockState(self._frozen_at, self._ahead)

    def put(self, state: ClockState) -> None:
        """Goes on as it stood then."""
        self._frozen_at, self._ahead = state.frozen_at, state.ahead

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

    def run_ahead(self, by: timedelta) -> None:
        """Runs so far ahead of the machine's clock, behind it if negative. Raises OverflowError outside the years 1 to
        9999."""
        _ = datetime.now(UTC) + by
        self._frozen_at, self._ahead = None, by

    def advance(self, by: timedelta) -> None:
        """Moves forward; a running clock goes on running. Raises OverflowError beyond the year 9999."""
        if self._frozen_at is not None:
            self._frozen_at += by
        else:
            _ = datetime.now(UTC) + self._ahead + by
            self._ahead += by
