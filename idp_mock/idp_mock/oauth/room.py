"""What a simulator remembers has an end: nobody signs out of most sign-ins of a load test."""

from typing import Any, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")

MOST = 100_000
"""Sign-ins, browsers and sessions of one world that are remembered at a time."""


def make_room(kept: dict[Key, Item], most: int = MOST) -> list[Item]:
    """Takes out the oldest until one more fits, and returns what was taken out."""
    dropped: list[Any] = []
    while len(kept) >= most:
        dropped.append(kept.pop(next(iter(kept))))
    return dropped
