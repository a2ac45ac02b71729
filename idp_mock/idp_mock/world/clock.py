"""The time of a world."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _real_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Runs with the real clock, runs with an offset to it, or stands still.

    Everything that a world issues or checks takes its time from here, so that issuing and checking never disagree.
    """

    def __init__(self, real_time: Callable[[], datetime] = _real_time) -> None:
        self._real_time = real_time
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    def now(self) -> datetime:
        """The world's time, aware, in UTC."""
        return self._frozen_at if self._frozen_at is not None else self._real_time() + self._offset

    def timestamp(self) -> int:
        """The world's time in whole seconds since 1970."""
        return int(self.now().timestamp())

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_at is not None

    def freeze(self, instant: datetime | None = None) -> None:
        """Stops the clock at `instant` (aware), or where it is.

        Raises:
            ValueError: `instant` has no time zone.
        """
        if instant is not None and instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._frozen_at = (instant or self.now()).astimezone(UTC)

    def resume(self) -> None:
        """Lets the clock run with the real one again, without an offset."""
        self._frozen_at = None
        self._offset = timedelta()

    def advance(self, duration: timedelta) -> None:
        """Moves the clock forward; it stays frozen or running.

        Raises:
            ValueError: `duration` is negative, or leads beyond the year 9999.
        """
        if duration < timedelta():
            raise ValueError("time does not go back")
        try:
            later = self.now() + duration
        except OverflowError:
            raise ValueError("beyond the year 9999") from None
        if self._frozen_at is not None:
            self._frozen_at = later
        else:
            self._offset += duration
