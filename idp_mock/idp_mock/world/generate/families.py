"""Families: who the pupils of a school are, and who is responsible for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from idp_mock.world.generate.dice import Dice
from idp_mock.world.generate.names import Gender, Origin, origins, patronymic, surname
from idp_mock.world.generate.shares import Home, Shares

PARALLELS = 11
_YEAR_DAYS = 365
_BETWEEN_SIBLINGS = 25
"""How many days the birthdays of siblings may lie from the family's, so that ten months stay between any two."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a class: key of the class and its parallel, 1 to 11."""

    school_class: str
    parallel: int


@dataclass(slots=True)
class Human:
    """A person before it has any account.

    Attributes:
        last: Family name in the person's own form.
        middle: Patronymic, or nothing.
        seat: A pupil's place.
        parent: Whether the person is a parent or legal representative of a pupil.
        duties: What a member of staff does, in the shape of the world file.
    """

    gender: Gender
    last: str
    first: str
    middle: str | None
    birth: date
    seat: Seat | None = None
    parent: bool = False
    duties: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Family:
    """Grown-ups, children, and who is responsible for whom: numbers of the grown-up and of the child, kind."""

    adults: list[Human]
    children: list[Human]
    guardianships: list[tuple[int, int, str]]


class Seats:
    """The free places of a school by parallel; they run out evenly."""

    def __init__(self, seats: list[Seat], dice: Dice) -> None:
        self._dice = dice
        self._free: list[list[Seat]] = [[] for _ in range(PARALLELS)]
        for seat in seats:
            self._free[seat.parallel - 1].append(seat)
        for parallel in self._free:
            dice.shuffle(parallel)

    def take(self, parallel: int) -> Seat | None:
        """A place in that parallel, if there is one."""
        return self._free[parallel - 1].pop() if self._free[parallel - 1] else None

    def take_any(self, besides: set[int]) -> Seat | None:
        """A place in a parallel other than those; the fuller the parallel still is, the likelier."""
        limits = [0 if n + 1 in besides else len(free) for n, free in enumerate(self._free)]
        *_, total = accumulate(limits)
        if not total:
            return None
        wanted = self._dice.between(1, total)
        return self._free[next(n for n, limit in enumerate(accumulate(limits)) if limit >= wanted)].pop()


class Families:
    """Fills the places of a school with the children of families.

    Args:
        dice: The school's chance.
        shares: How often things are.
        year: The year in which the school year begins.
    """

    def __init__(self, dice: Dice, shares: Shares, year: int) -> None:
        self._dice = dice
        self._shares = shares
        self._year = year

    def fill(self, places: list[Seat]) -> Iterator[Family]:
        """Families until every place is taken."""
        seats = Seats(places, self._dice)
        while taken := self._siblings(seats):
            yield self._family(taken)

    def adult(self, origin: Origin, gender: Gender, birth: date, last: str | None = None) -> Human:
        """A grown-up with a family name of the origin, or with that one (in the form for men)."""
        dice = self._dice
        middle = patronymic(dice.draw(origin.grandfathers), gender)
        last = last or dice.draw(origin.surnames)
        return Human(gender, surname(last, gender), origin.adult(gender, dice), middle, birth)

    def birth(self, oldest: int, youngest: int) -> date:
        """A birth date of somebody who is from `youngest` to `oldest` years old when the school year begins."""
        first = date(self._year - oldest, 9, 1)
        return first + timedelta(days=self._dice.between(0, (oldest - youngest) * _YEAR_DAYS))

    def _siblings(self, seats: Seats) -> list[tuple[Seat, date]]:
        """Places of siblings, who sit in different parallels but for twins, with birth dates; the oldest first."""
        dice, taken = self._dice, list[tuple[Seat, date]]()
        birthday = dice.between(0, _YEAR_DAYS - 1)
        parallels: set[int] = set()
        for _ in range(dice.draw(self._shares.children)):
            if taken and dice.chance(self._shares.twins) and (twin := seats.take(taken[-1][0].parallel)):
                taken.append((twin, taken[-1][1]))
            elif seat := seats.take_any(parallels):
                parallels.add(seat.parallel)
                day = birthday + dice.between(-_BETWEEN_SIBLINGS, _BETWEEN_SIBLINGS)
                first = date(self._year - seat.parallel - 7, 9, 1)
                taken.append((seat, first + timedelta(days=min(max(day, 0), _YEAR_DAYS - 1))))
        return sorted(taken, key=lambda one: one[1])

    def _family(self, taken: list[tuple[Seat, date]]) -> Family:
        dice, shares = self._dice, self._shares
        origin, home = dice.draw(origins()), dice.draw(shares.homes)
        last = dice.draw(origin.surnames)
        eldest = taken[0][1]
        if home is Home.REPRESENTATIVE:
            guardian = self.adult(origin, "F" if dice.chance(0.75) else "M", self.birth(70, 40))
            children = self._children(origin, last, dice.draw(origin.men), taken)
            return _bound([guardian], children, "LEGAL_REPRESENTATIVE")
        mother = self.adult(origin, "F", self._before(eldest, 19, 38), self._mothers_name(home, origin, last))
        father = self.adult(origin, "M", self._before(eldest, 20, 42), last)
        if home is Home.MOTHER:
            return _bound([mother], self._children(origin, last, dice.draw(origin.men), taken))
        if home is Home.FATHER:
            return _bound([father], self._children(origin, last, father.first, taken))
        if home is Home.TWO_HOMES and len(taken) > 1 and dice.chance(shares.mixed):
            return self._two_fathers(origin, mother, father, last, taken)
        return _bound([mother, father], self._children(origin, last, father.first, taken))

    def _mothers_name(self, home: Home, origin: Origin, last: str) -> str:
        same = {Home.TOGETHER: 0.92, Home.TWO_HOMES: 0.5}.get(home, 1.0)
        return last if self._dice.chance(same) else self._dice.draw(origin.surnames)

    def _two_fathers(
        self, origin: Origin, mother: Human, first: Human, last: str, taken: list[tuple[Seat, date]]
    ) -> Family:
        """The elder children's father lives elsewhere, the younger ones' with the mother, who has his name."""
        split = self._dice.between(1, len(taken) - 1)
        new = self._dice.draw(origin.surnames)
        second = self.adult(origin, "M", self._before(taken[split][1], 20, 42), new)
        mother.last = surname(new, "F")
        elder = self._children(origin, last, first.first, taken[:split])
        younger = self._children(origin, new, second.first, taken[split:])
        bonds = [(0, child, "PARENT") for child in range(len(taken))]
        bonds += [(1 if child < split else 2, child, "PARENT") for child in range(len(taken))]
        mother.parent = first.parent = second.parent = True
        return Family([mother, first, second], elder + younger, bonds)

    def _children(self, origin: Origin, last: str, father: str, taken: list[tuple[Seat, date]]) -> list[Human]:
        children: list[Human] = []
        names: set[str] = set()
        for seat, birth in taken:
            gender: Gender = "F" if self._dice.chance(0.487) else "M"
            first = origin.child(gender, self._dice)
            while first in names:
                first = origin.child(gender, self._dice)
            names.add(first)
            children.append(Human(gender, surname(last, gender), first, patronymic(father, gender), birth, seat))
        return children

    def _before(self, eldest: date, youngest: int, oldest: int) -> date:
        """A birth date of somebody who was that old at the eldest child's birth; the middle is the likeliest."""
        half = (oldest - youngest) * _YEAR_DAYS // 2
        days = self._dice.between(0, half) + self._dice.between(0, half)
        return eldest - timedelta(days=youngest * 366 + days)


def _bound(adults: list[Human], children: list[Human], kind: str = "PARENT") -> Family:
    """A family in which every grown-up is responsible for every child."""
    for adult in adults:
        adult.parent = True
    bonds = [(adult, child, kind) for adult in range(len(adults)) for child in range(len(children))]
    return Family(adults, children, bonds)
