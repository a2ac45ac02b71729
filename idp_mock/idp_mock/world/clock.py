"""The time of a world, and of each party in it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple


def _real_time() -> datetime:
    return datetime.now(UTC)


class Stand(NamedTuple):
    """How a clock stands: its offset, and where it is frozen."""

    offset: timedelta
    frozen_at: datetime | None


class Clock:
    """Runs with the real clock or with another one, with an offset to it, or stands still.

    Everything that a party issues or checks takes its time from its clock, so that issuing and checking never disagree.

    Args:
        real_time: what a leading clock runs with.
        leader: the clock that this one follows; None for one that leads.
    """

    def __init__(self, real_time: Callable[[], datetime] = _real_time, leader: "Clock | None" = None) -> None:
        self._real_time = real_time
        self._leader = leader
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._frozen_at if self._frozen_at is not None else self._led_by() + self._offset

    def timestamp(self) -> int:
        """The time in whole seconds since 1970."""
        return int(self.now().timestamp())

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still, by itself or because the one that it follows does."""
        return self._frozen_at is not None or (self._leader is not None and self._leader.frozen)

    @property
    def skew(self) -> timedelta:
        """How far it is ahead of the clock that it runs with, negative if behind."""
        return self._frozen_at - self._led_by() if self._frozen_at is not None else self._offset

    def freeze(self, instant: datetime | None = None) -> None:
        """Stops the clock at `instant` (aware), or where it is.

        Raises:
            ValueError: `instant` has no time zone.
        """
        if instant is not None and instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._frozen_at = (instant or self.now()).astimezone(UTC)

    def resume(self) -> None:
        """Lets the clock run again, without an offset."""
        self._frozen_at = None
        self._offset = timedelta()

    def run_ahead(self, skew: timedelta) -> None:
        """Lets the clock run so far ahead of the one that it runs with, behind it if negative.

        Raises:
            ValueError: that is outside the years 1 to 9999.
        """
        try:
            _ = self._led_by() + skew
        except OverflowError:
            raise ValueError("outside the years 1 to 9999") from None
        self._frozen_at = None
        self._offset = skew

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

    @property
    def stand(self) -> "Stand":
        """How it stands: where it is frozen, or how far it is ahead."""
        return Stand(self._offset, self._frozen_at)

    @stand.setter
    def stand(self, stand: "Stand") -> None:
        self._offset, self._frozen_at = stand

    def _led_by(self) -> datetime:
        return self._leader.now() if self._leader is not None else self._real_time()

    def __getstate__(self) -> dict[str, Any]:
        """What a snapshot keeps: not what the real time comes from."""
        return {"leader": self._leader, "offset": self._offset, "frozen_at": self._frozen_at}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Stands as it did in a snapshot."""
        self.__init__(leader=state["leader"])
        self._offset, self._frozen_at = state["offset"], state["frozen_at"]
