"""Schools: classes with their letters, and the staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from idp_mock.world.generate.dice import Dice
from idp_mock.world.generate.families import PARALLELS, Families, Family, Human, Seat
from idp_mock.world.generate.names import origins
from idp_mock.world.generate.persons import Numbers, Registry
from idp_mock.world.generate.shares import Shares

Line = dict[str, Any]

_LETTERS = {"а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "к": "k"}
_WOMEN = 0.87
"""Of those members of staff who have no pupil of their own in the school."""


@dataclass(frozen=True)
class School:
    """A school to be filled: its number from 1, and how many pupils it has."""

    number: int
    pupils: int

    @property
    def key(self) -> str:
        """Key of the organisation."""
        return f"shkola-{self.number}"

    def classes(self, shares: Shares, year: int) -> list[tuple[Line, Seat, int]]:
        """The classes as the world file writes them, a seat in each, and how many pupils it holds.

        They lie evenly over the parallels, so that a small school has older and younger pupils too.
        """
        count = max(1, round(self.pupils / shares.pupils_per_class))
        made: list[tuple[Line, Seat, int]] = []
        letters = [0] * (PARALLELS + 1)
        for number in range(count):
            parallel = number * PARALLELS // count + 1
            name, latin = _letter(letters[parallel])
            letters[parallel] += 1
            key = f"s{self.number}-{year}-{parallel}{latin}"
            line = {"id": key, "organisation": self.key, "year": year, "name": f"{parallel}{name.upper()}"}
            size = (number + 1) * self.pupils // count - number * self.pupils // count
            made.append((line, Seat(key, parallel), size))
        return made


def _letter(number: int) -> tuple[str, str]:
    """The letter of a parallel's first, second, … class; beyond ten with a number: А2."""
    name, latin = list(_LETTERS.items())[number % len(_LETTERS)]
    again = "" if number < len(_LETTERS) else str(number // len(_LETTERS) + 1)
    return name + again, latin + again


def school_lines(school: School, seed: int, shares: Shares, year: int, numbers: Numbers) -> Iterator[Line]:
    """Everything in a school, one line each: classes, persons, guardianships, each after what it refers to."""
    dice = Dice(seed, school.number)
    classes = school.classes(shares, year)
    for line, _, _ in classes:
        yield {"class": line}
    making = Families(dice, shares, year)
    families = list(making.fill([seat for _, seat, size in classes for _ in range(size)]))
    others = _staff(school, [line["id"] for line, _, _ in classes], families, making, dice, shares)
    registry = Registry(dice, shares, numbers, year, school.key)
    for family in families:
        persons, guardianships = registry.family(family)
        for person in persons:
            yield {"person": person}
        for guardianship in guardianships:
            yield {"guardianship": guardianship}
    for human in others:
        yield {"person": registry.single(human)}


def _staff(
    school: School, classes: list[str], families: list[Family], making: Families, dice: Dice, shares: Shares
) -> list[Human]:
    """Gives the duties to parents of the school as far as promised, and makes the other members of staff."""
    duties = [{"kind": "OPERATOR", "organisation": school.key}]
    duties += [{"kind": "CLASS_TEACHER", "organisation": school.key, "class": key} for key in classes]
    more = round(school.pupils * shares.staff_per_pupil) - len(duties)
    duties += [{"kind": "TEACHER", "organisation": school.key} for _ in range(more)]
    dice.shuffle(duties)
    adults = [adult for family in families for adult in family.adults]
    parents = dice.several(adults, round(len(duties) * shares.staff_with_own_pupils))
    for parent, duty in zip(parents, duties, strict=False):
        parent.duties.append(duty)
    others: list[Human] = []
    for duty in duties[len(parents) :]:
        human = making.adult(dice.draw(origins()), "F" if dice.chance(_WOMEN) else "M", making.birth(66, 22))
        human.duties.append(duty)
        others.append(human)
    return others
