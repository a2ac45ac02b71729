"""Mappings that worlds share until they change them."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_DEEPEST = 8


class Layer(MutableMapping[K, V], Generic[K, V]):
    """A mapping that keeps its own changes beside a base, which others may share and nobody changes meanwhile.

    Args:
        base: what is below.
    """

    __slots__ = ("_base", "_depth", "_gone", "_own")

    def __init__(self, base: Mapping[K, V]) -> None:
        self._base: Any = base
        self._depth: int = base._depth + 1 if isinstance(base, Layer) else 1
        self._own: dict[K, V] = {}
        self._gone: set[K] = set()

    @staticmethod
    def over(base: Mapping[K, V]) -> "Layer[K, V]":
        """A layer over what will not change any more. A pile of many layers is copied into one, so that looking through
        it stays quick.
        """
        return Layer(dict(base) if isinstance(base, Layer) and base._depth >= _DEEPEST else base)

    def __getitem__(self, key: K) -> V:
        """What stands under a key. Raises KeyError if nothing does."""
        if key in self._own:
            return self._own[key]
        if key in self._gone:
            raise KeyError(key)
        return self._base[key]

    def get(self, key: K, default: Any = None) -> Any:
        """What stands under a key, else `default`."""
        if key in self._own:
            return self._own[key]
        return default if key in self._gone else self._base.get(key, default)

    def __contains__(self, key: object) -> bool:
        """Whether anything stands under a key."""
        return key in self._own or (key not in self._gone and key in self._base)

    def __setitem__(self, key: K, value: V) -> None:
        """Puts a value under a key, in this layer only."""
        self._own[key] = value

    def __delitem__(self, key: K) -> None:
        """Takes a key out, of this layer only. Raises KeyError if it is not there."""
        if key not in self:
            raise KeyError(key)
        self._own.pop(key, None)
        if key in self._base:
            self._gone.add(key)

    def __iter__(self) -> Iterator[K]:
        """The keys, those of the base first."""
        yield from (key for key in self._base if key not in self._gone)
        yield from (key for key in self._own if key in self._gone or key not in self._base)

    def __len__(self) -> int:
        """How many keys there are."""
        return sum(1 for _ in self)

    def commit(self) -> None:
        """Makes the changes in the base too, which must be this layer's owner's alone."""
        for key in self._gone:
            del self._base[key]
        self._base.update(self._own)
        self._gone.clear()
        self._own.clear()
