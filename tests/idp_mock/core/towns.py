"""Generated worlds to look at, and what to count in them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from idp_mock.world.generate import Region, Shares

SHARES = Shares()
PUPILS = 5500
"""Ten full schools: enough for the shares to show."""

Person = dict[str, Any]


def document(region: Region) -> dict[str, Any]:
    lines = region.lines()
    made: dict[str, Any] = {**next(lines), "classes": [], "persons": [], "guardianships": []}
    for line in lines:
        for kind, item in line.items():
            made[{"class": "classes"}.get(kind, f"{kind}s")].append(item)
    return made


@cache
def town(seed: int) -> dict[str, Any]:
    return document(Region(PUPILS, seed))


def pupils(world: dict[str, Any]) -> list[Person]:
    return [person for person in world["persons"] if "enrolments" in person]


def adults(world: dict[str, Any]) -> list[Person]:
    return [person for person in world["persons"] if "enrolments" not in person]


def parallel(pupil: Person) -> int:
    return int("".join(filter(str.isdigit, pupil["enrolments"][0].rpartition("-")[2])))


def share(part: int | Iterator[Any], whole: int | list[Any]) -> float:
    count = part if isinstance(part, int) else sum(1 for _ in part)
    return count / (whole if isinstance(whole, int) else len(whole))


def about(wanted: float) -> Any:
    """A share of some thousand draws may be off by chance that much."""
    return pytest.approx(wanted, abs=0.035)
