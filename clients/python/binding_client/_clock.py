"""The clock that signed requests and tokens take their time from."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present time, aware, in UTC."""


def system_clock() -> datetime:
    """Returns the real time."""
    return datetime.now(UTC)
