"""Families for tests: by one call, with names and numbers that follow from a seed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from idp_mock.world.generate.dice import Dice
from idp_mock.world.generate.names import Gender, Origin, origins, patronymic, surname
from idp_mock.world.generate.persons import snils
from idp_mock.world.live_document import LiveDocument, NotFound
from idp_mock.world.loader import dump

Document = dict[str, Any]
Policy = Literal["STRICT", "LENIENT", "ROLE_ONLY"]
Vk = Literal["NONE", "PERSONAL", "LEARNING", "BOTH"]

MOST_SEEDS = 9_999_999
MOST_CHILDREN = 12
MOST_PARENTS = 2
MOST_GUARDIANS = 4

_STEP = 50
"""So many numbers of each kind a seed has."""
_FIRST_PHONE = 79_500_000_000
_FIRST_OID = 2_000_000_000
_FIRST_SNILS = 400_000_000
_FIRST_VK_ID = 1_000_000_000
"""Below are those of generated and of hand-made worlds and of profiles that are registered in the pages."""

_PARENTS: tuple[tuple[str, Gender], ...] = (("mother", "F"), ("father", "M"))
_AGES = (10, 8, 12, 14, 7, 16, 9, 11, 13, 15)
_SCHOOL_AGES = range(6, 19)
_OF_AGE = 14
_CLASS = re.compile(r"^([0-9]{1,2})")
_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True, slots=True)
class Child:
    """A child: age in whole years on the first of September, name of the class, gender; what is empty follows."""

    age: int = 0
    class_name: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class FamilyPlan:
    """What a family shall be like.

    Attributes:
        children: the children.
        parents: how many parents, mother first.
        guardians: how many legal representatives.
        teacher: the first grown-up teaches, the first child's class if there is one.
        vk: what each has at VK ID.
        policy: of their municipality; None: STRICT, or that of `organisation`.
        organisation: key of an organisation of the world; empty: a school of their own.
        prefix: beginning of all keys; empty: `f{seed}`.
        recorded: the school has recorded their contacts.
        verified: ESIA has verified them.
    """

    children: Sequence[Child] = (Child(),)
    parents: int = 1
    guardians: int = 0
    teacher: bool = False
    vk: Vk = "LEARNING"
    policy: Policy | None = None
    organisation: str = ""
    prefix: str = ""
    recorded: bool = True
    verified: bool = True


@dataclass(slots=True)
class Family:
    """A family that was made.

    Attributes:
        seed: by which it comes again.
        parents, guardians, children: keys of the persons.
        added: what the world got, in its file's schema.
        roster: the same with the places that it refers to.
    """

    seed: int
    parents: list[str] = field(default_factory=list)
    guardians: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    added: Document = field(default_factory=dict)
    roster: Document = field(default_factory=dict)


def make_family(world: LiveDocument, plan: FamilyPlan, seed: int, today: date) -> Family:
    """Adds a family to a world, all of it or nothing.

    Args:
        world: the world.
        plan: what it shall be like.
        seed: 1 to 9 999 999.
        today: tells the school year, if the world has no class.

    Raises:
        NotFound: the world has no such organisation.
        ValueError: the plan or the seed cannot be.
        WorldErrors: keys or numbers are taken, as when the seed was used before in this world.
    """
    _check(plan, seed)
    family = _Maker(world, plan, seed, today).family()
    world.fill(family.added)
    return family


def _check(plan: FamilyPlan, seed: int) -> None:
    if not 1 <= seed <= MOST_SEEDS:
        raise ValueError(f"seed: must be 1 to {MOST_SEEDS}, or 0 for a fresh one")
    if plan.prefix and not _PREFIX.fullmatch(plan.prefix):
        raise ValueError("prefix: must be at most 60 of `A-Z a-z 0-9 . _ -`")
    for name, count, most in (
        ("children", len(plan.children), MOST_CHILDREN),
        ("parents", plan.parents, MOST_PARENTS),
        ("guardians", plan.guardians, MOST_GUARDIANS),
    ):
        if not 0 <= count <= most:
            raise ValueError(f"{name}: must be 0 to {most}")
    if not plan.children and not plan.parents and not plan.guardians:
        raise ValueError("children, parents, guardians: a family is somebody")
    if plan.teacher and not plan.parents and not plan.guardians:
        raise ValueError("teacher: there is no grown-up to be one")
    for place, child in enumerate(plan.children):
        if child.age and child.age not in _SCHOOL_AGES:
            raise ValueError(f"children[{place}].age: must be {_SCHOOL_AGES.start} to {_SCHOOL_AGES.stop - 1}")
        if child.gender not in ("", "M", "F"):
            raise ValueError(f"children[{place}].gender: must be M or F")
        if len(child.class_name) > 50:
            raise ValueError(f"children[{place}].class_name: must be at most 50 characters")


class _Maker:
    def __init__(self, world: LiveDocument, plan: FamilyPlan, seed: int, today: date) -> None:
        self._world, self._plan, self._seed = world, plan, seed
        self._dice = Dice("family", seed)
        self._prefix = plan.prefix or f"f{seed}"
        document = world.document
        self._year = max(
            (one.year for one in document.classes), default=today.year if today.month >= 9 else today.year - 1
        )
        self._begin = date(self._year, 9, 1)
        self._numbers = iter(range(_STEP))
        self._vk_ids = iter(range(_FIRST_VK_ID + seed * _STEP, _FIRST_VK_ID + (seed + 1) * _STEP))
        self._school = plan.organisation or f"{self._prefix}-school"
        self._classes: dict[str, Document] = {}
        self._new_classes: list[Document] = []

    def family(self) -> Family:
        plan, dice = self._plan, self._dice
        made, places = Family(self._seed), self._places()
        origin: Origin = dice.draw(origins())
        last, father = dice.draw(origin.surnames), dice.draw(origin.men)
        children = [self._child(number, child, origin, last, father) for number, child in enumerate(plan.children)]
        eldest = min((date.fromisoformat(child["birth_date"]) for child in children), default=self._begin)
        adults: list[Document] = []
        for key, gender in _PARENTS[: plan.parents]:
            first = father if key == "father" else None
            adults.append(self._adult(key, gender, origin, last, eldest, first))
            made.parents.append(adults[-1]["id"])
        for number in range(plan.guardians):
            gender: Gender = "F" if dice.chance(0.75) else "M"
            adults.append(self._adult(f"guardian{number + 1}", gender, origin, dice.draw(origin.surnames), eldest))
            made.guardians.append(adults[-1]["id"])
        if plan.teacher:
            adults[0]["duties"] = [self._duty(children)]
        made.children += [child["id"] for child in children]
        kinds = [(key, "PARENT") for key in made.parents]
        kinds += [(key, "LEGAL_REPRESENTATIVE") for key in made.guardians]
        persons = [*adults, *children]
        for person in adults:
            self._give_vk(person, "PARENT" if children else "TEACHER", teaches=plan.teacher and person is adults[0])
        for person in children:
            self._give_vk(person, "PUPIL")
        bonds = [{"guardian": key, "pupil": pupil, "kind": kind} for key, kind in kinds for pupil in made.children]
        family = {"persons": persons, "guardianships": bonds}
        new_places = {} if plan.organisation else places
        made.added = {**new_places, "classes": self._new_classes, **family}
        made.roster = {"version": 1, **places, "classes": list(self._classes.values()), **family}
        return made

    def _places(self) -> Document:
        plan = self._plan
        if not plan.organisation:
            town = {
                "id": f"{self._prefix}-town",
                "name": f"Городской округ {self._prefix}",
                "ownership_policy": plan.policy or "STRICT",
            }
            school = {"id": self._school, "municipality": town["id"], "name": f"Школа {self._prefix}"}
            return {"municipalities": [town], "organisations": [school]}
        found = self._world.organisation(plan.organisation)
        if found is None:
            raise NotFound(f"organisation {plan.organisation!r}")
        town = next(dump(one) for one in self._world.document.municipalities if one.id == found.municipality)
        if plan.policy and plan.policy != town["ownership_policy"]:
            came = f"{plan.policy}, and {plan.organisation!r} is in a municipality of {town['ownership_policy']}"
            raise ValueError(f"policy: got {came}")
        return {"municipalities": [town], "organisations": [dump(found)]}

    def _class(self, name: str) -> str:
        if name not in self._classes:
            for one in self._world.document.classes if self._plan.organisation else ():
                if (one.organisation, one.name, one.year) == (self._school, name, self._year):
                    self._classes[name] = dump(one)
                    return one.id
            key = f"{self._prefix}-class{len(self._new_classes) + 1}"
            made = {"id": key, "organisation": self._school, "year": self._year, "name": name}
            self._classes[name] = made
            self._new_classes.append(made)
        return self._classes[name]["id"]

    def _child(self, number: int, child: Child, origin: Origin, last: str, father: str) -> Document:
        dice = self._dice
        parallel = _CLASS.match(child.class_name)
        by_class = min(max(int(parallel[1]) + 6, 6), 18) if parallel else 0
        age = child.age or by_class or _AGES[number % len(_AGES)]
        name = child.class_name or f"{min(max(age - 6, 1), 11)}А"
        gender: Gender = "M" if child.gender == "M" or (not child.gender and dice.chance(0.5)) else "F"
        born = date(self._year - age - 1, 9, 2) + timedelta(days=dice.between(0, 363))
        names = {
            "last": surname(last, gender),
            "first": origin.child(gender, dice),
            "middle": patronymic(father, gender),
        }
        person = self._person(f"child{number + 1}", names, gender, born, "CHILD" if age < _OF_AGE else "CONFIRMED")
        return {**person, "enrolments": [self._class(name)]}

    def _adult(
        self, key: str, gender: Gender, origin: Origin, last: str, eldest: date, first: str | None = None
    ) -> Document:
        dice = self._dice
        born = eldest - timedelta(days=dice.between(22 * 366, 36 * 366))
        middle = patronymic(dice.draw(origin.grandfathers), gender)
        names = {"last": surname(last, gender), "first": first or origin.adult(gender, dice), "middle": middle}
        return self._person(key, names, gender, born, "CONFIRMED")

    def _person(self, key: str, names: Document, gender: Gender, born: date, level: str) -> Document:
        number = self._seed * _STEP + next(self._numbers)
        key = f"{self._prefix}-{key}"
        phone, email = f"+{_FIRST_PHONE + number}", f"{key.lower()}@example.org"
        return {
            "id": key,
            "name": names,
            "gender": gender,
            "birth_date": born.isoformat(),
            "recorded_contacts": [phone, email] if self._plan.recorded else [],
            "esia": {
                "oid": _FIRST_OID + number,
                "login": key,
                "password": f"{key}-esia",
                "snils": snils(_FIRST_SNILS + number),
                "level": level,
                "contacts": [
                    {"type": "MBT", "value": phone, "verified": self._plan.verified},
                    {"type": "EML", "value": email, "verified": self._plan.verified},
                ],
            },
        }

    def _duty(self, children: list[Document]) -> Document:
        if not children:
            return {"kind": "TEACHER", "organisation": self._school}
        return {"kind": "CLASS_TEACHER", "organisation": self._school, "class": children[0]["enrolments"][0]}

    def _give_vk(self, person: Document, role: str, *, teaches: bool = False) -> None:
        if self._plan.vk == "NONE":
            return
        roles = [role, "TEACHER"] if teaches and role != "TEACHER" else [role]
        profiles = list(self._profiles(roles))
        phone = person["esia"]["contacts"][0]["value"]
        person["vk_id"] = [{"phone": phone, "profiles": profiles}]

    def _profiles(self, roles: list[str]) -> Iterator[Document]:
        if self._plan.vk in ("PERSONAL", "BOTH"):
            yield {"user_id": next(self._vk_ids), "kind": "PERSONAL"}
        if self._plan.vk in ("LEARNING", "BOTH"):
            learning = {"kind": "LEARNING", "roles": roles, "organisations": [self._school]}
            yield {"user_id": next(self._vk_ids), **learning}
