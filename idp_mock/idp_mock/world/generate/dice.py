"""Chance that is the same for the same seed, on every machine and with every version of Python.

Only `random.Random.random` is used: its sequence is promised not to change, that of `choice` or `shuffle` is not.
"""

from bisect import bisect
from collections.abc import Iterable, Mapping, MutableSequence, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values of which some are drawn more often than others.

    Args:
        weights: Each value with its weight; they need not add up to anything.
    """

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.values = tuple(weights)
        self.shares = {value: weight / sum(weights.values()) for value, weight in weights.items()}
        self.limits = tuple(accumulate(self.shares.values()))[:-1]


def by_rank(values: Iterable[T], flatness: int = 12) -> Weighted[T]:
    """Values from the most to the least frequent, as names are: a few are everywhere, most are rare."""
    return Weighted({value: 1 / (rank + flatness) for rank, value in enumerate(values)})


class Dice:
    """A source of chance.

    Args:
        key: What names its sequence, such as a seed and the number of a school.
    """

    def __init__(self, *key: int | str) -> None:
        # Not for secrets: the whole point is that anybody gets the same again.
        self._random = Random("/".join(map(str, key))).random  # noqa: S311

    def chance(self, share: float) -> bool:
        """True in so large a share of calls, 0 to 1."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """Any of the values."""
        return values[int(self._random() * len(values))]

    def draw(self, values: Weighted[T]) -> T:
        """One of the values by its weight."""
        return values.values[bisect(values.limits, self._random())]

    def shuffle(self, values: MutableSequence[T]) -> None:
        """Puts the values into any order."""
        for last in range(len(values) - 1, 0, -1):
            other = int(self._random() * (last + 1))
            values[last], values[other] = values[other], values[last]

    def several(self, values: Sequence[T], count: int) -> list[T]:
        """So many different ones of the values, or all if there are fewer."""
        order = list(values)
        self.shuffle(order)
        return order[:count]
