"""Families and copies of worlds, shared by the blocking and the asyncio stack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from binding_client.testing._facts import ClockState

A = TypeVar("A")

_KEYS = {"municipalities": "id", "organisations": "id", "classes": "id", "persons": "id", "guardianships": ""}


@dataclass(frozen=True)
class Family(Generic[A]):
    """A family of a world, made by one call.

    Attributes:
        seed: With it and the same wishes the same family comes again.
        parents: Mother, father.
        guardians: Legal representatives.
        children: The children, in the order of the wishes.
        document: All that was added, with the places that it refers to, in the world file's schema.
    """

    seed: int
    parents: Sequence[A]
    guardians: Sequence[A]
    children: Sequence[A]
    document: Mapping[str, Any]

    @property
    def parent(self) -> A:
        """The first grown-up."""
        return (*self.parents, *self.guardians)[0]

    @property
    def child(self) -> A:
        """The first child."""
        return self.children[0]


@dataclass(frozen=True)
class WorldSnapshot:
    """A world of both products at one moment.

    Attributes:
        simulator, service: What each product returned.
        document: The world's document.
        clock: How its clock stood.
    """

    simulator: bytes
    service: bytes
    document: Mapping[str, Any]
    clock: ClockState


def merged(document: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a world document with what a part of it adds; what is there already stays."""
    result = dict(document)
    for section, key in _KEYS.items():
        known = list(document.get(section) or ())
        seen = {item[key] for item in known} if key else set()
        result[section] = known + [item for item in part.get(section) or () if not key or item[key] not in seen]
    return result
