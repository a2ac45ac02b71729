"""Persons as the world file writes them: with numbers, contacts, ESIA accounts and VK logins, all invented."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from idp_mock.world.generate.dice import Dice
from idp_mock.world.generate.families import Family, Human
from idp_mock.world.generate.names import latin
from idp_mock.world.generate.shares import Shares

Document = dict[str, Any]

_FIRST_PHONE = 79_000_001_000
_FIRST_OID = 1_100_000_000
_FIRST_VK_ID = 710_000_000
_FIRST_SNILS = 900_000_000
_OF_AGE = 14
_YOUNGEST_PARALLELS = 4


@dataclass(slots=True)
class Numbers:
    """The next free numbers of a world: each is given once.

    Phones begin at `+79000001000` and go up: a small world stays among the `+7900000…` that hand-made worlds use below
    it, ten millions are `+7900…`, and a whole country ends before `+7910…`.
    """

    persons: int = 0
    phones: int = 0
    vk_profiles: int = 0

    def person(self) -> int:
        """Number of a new person, from 1."""
        self.persons += 1
        return self.persons

    def phone(self) -> str:
        """A phone that nobody has."""
        self.phones += 1
        return f"+{_FIRST_PHONE + self.phones}"

    def vk_profile(self) -> int:
        """A VK ID number that no profile has, below those that a running simulator gives to new ones."""
        self.vk_profiles += 1
        return _FIRST_VK_ID + self.vk_profiles


def snils(number: int) -> str:
    """An insurance number of nine digits with its check sum, such as `900-000-001 82`.

    The sum of the digits, times nine to one from left to right, modulo 101; 100 is written 00. Source: the Pension
    Fund's rule for numbers above 001-001-998.
    """
    digits = f"{number:09}"
    check = sum(int(digit) * (9 - place) for place, digit in enumerate(digits)) % 101 % 100
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {check:02}"


@dataclass(slots=True)
class _Contacts:
    """What a person has; `borrowed` is a parent's phone that stands for a child's."""

    phone: str | None
    email: str | None
    borrowed: str | None = None


class Registry:
    """Gives persons their numbers and accounts.

    Args:
        dice: The school's chance.
        shares: How often things are.
        numbers: The world's numbers, which go on from school to school.
        year: The year in which the school year begins.
        organisation: Key of the school.
    """

    def __init__(self, dice: Dice, shares: Shares, numbers: Numbers, year: int, organisation: str) -> None:
        self._dice = dice
        self._shares = shares
        self._numbers = numbers
        self._begin = date(year, 9, 1)
        self._organisation = organisation

    def family(self, family: Family) -> tuple[list[Document], list[Document]]:
        """The persons of a family, grown-ups first, and the guardianships between them."""
        dice = self._dice
        home = self._numbers.phone() if dice.chance(self._shares.home_phone) else None
        adults: list[Document] = []
        phone: str | None = None
        for human in family.adults:
            contacts, number = self._contacts(human)
            phone = phone or contacts.phone
            adults.append(self._document(human, number, contacts, home))
        children: list[Document] = []
        for human in family.children:
            contacts, number = self._contacts(human)
            if contacts.phone is None and _is_young(human) and dice.chance(self._shares.parents_phone):
                contacts.borrowed = phone
            children.append(self._document(human, number, contacts, home))
        guardianships = [
            {"guardian": adults[adult]["id"], "pupil": children[child]["id"], "kind": kind}
            for adult, child, kind in family.guardianships
        ]
        return adults + children, guardianships

    def single(self, human: Human) -> Document:
        """A person without a family in the world."""
        contacts, number = self._contacts(human)
        return self._document(human, number, contacts, None)

    def _contacts(self, human: Human) -> tuple[_Contacts, int]:
        shares, chance = self._shares, self._dice.chance
        number = self._numbers.person()
        if human.seat is None:
            has_phone, has_email = chance(shares.phone), chance(shares.email)
        else:
            has_phone, has_email = chance(shares.pupil_phone[not _is_young(human)]), chance(shares.pupil_email)
        phone = self._numbers.phone() if has_phone else None
        return _Contacts(phone, f"{latin(human.first)}.{number}@example.org" if has_email else None), number

    def _document(self, human: Human, number: int, contacts: _Contacts, home: str | None) -> Document:
        name = {"last": human.last, "first": human.first}
        if human.middle:
            name["middle"] = human.middle
        document: Document = {
            "id": f"p{number}",
            "name": name,
            "gender": human.gender,
            "birth_date": human.birth.isoformat(),
        }
        if human.seat:
            document["enrolments"] = [human.seat.school_class]
        if human.duties:
            document["duties"] = human.duties
        if recorded := self._recorded(contacts):
            document["recorded_contacts"] = recorded
        if esia := self._esia(human, number, contacts, home):
            document["esia"] = esia
        if logins := self._vk_id(human, contacts):
            document["vk_id"] = logins
        return document

    def _recorded(self, contacts: _Contacts) -> list[str]:
        wanted = self._dice.draw(self._shares.recorded)
        if wanted == "none":
            return []
        both = (contacts.phone or contacts.borrowed, contacts.email)
        chosen = {"phone": both[:1], "email": both[1:]}.get(wanted, both)
        return [value for value in chosen if value] or [value for value in both if value]

    def _esia(self, human: Human, number: int, contacts: _Contacts, home: str | None) -> Document | None:
        adult, young, older = self._shares.esia
        child = human.seat is not None and self._age(human) < _OF_AGE
        if not self._dice.chance(adult if human.seat is None else young if child else older):
            return None
        account: Document = {
            "oid": _FIRST_OID + number,
            "snils": snils(_FIRST_SNILS + number),
            "login": f"p{number}",
            "password": f"p{number}-esia",
        }
        level = "CHILD" if child else self._dice.draw(self._shares.levels)
        if level != "CONFIRMED":
            account["level"] = level
        if stated := self._at_esia(contacts, home):
            account["contacts"] = stated
        return account

    def _at_esia(self, contacts: _Contacts, home: str | None) -> list[Document]:
        stated: list[Document] = []
        for kind, value, states in (
            ("MBT", contacts.phone, self._shares.phone_at_esia),
            ("EML", contacts.email, self._shares.email_at_esia),
        ):
            state = self._dice.draw(states)
            if value and state != "none":
                stated.append({"type": kind, "value": value, **({"verified": True} if state == "verified" else {})})
        # ESIA lets one account only verify a number: the parent's.
        if contacts.borrowed:
            stated.append({"type": "MBT", "value": contacts.borrowed})
        if home:
            stated.append({"type": "PHN", "value": home})
        return stated

    def _vk_id(self, human: Human, contacts: _Contacts) -> list[Document]:
        shares, chance = self._shares, self._dice.chance
        adult, young, older = shares.vk_id
        has_login = chance(adult if human.seat is None else young if _is_young(human) else older)
        if not has_login or not (contacts.phone or contacts.email):
            return []
        login: Document = {"phone": contacts.phone} if contacts.phone else {"email": contacts.email}
        login["profiles"] = self._profiles(human, self._dice.draw(shares.vk_profiles))
        if contacts.phone and chance(shares.vk_hides_phone):
            login["share"] = {"phone": False}
        logins = [login]
        if contacts.phone and contacts.email and chance(shares.second_vk_login):
            logins.append({"email": contacts.email, "profiles": self._profiles(human, "personal")})
        elif contacts.phone and contacts.email and chance(0.5):
            login["email"] = contacts.email
        return logins

    def _profiles(self, human: Human, kinds: str) -> list[Document]:
        profiles: list[Document] = []
        if kinds != "learning":
            profiles.append({"user_id": self._numbers.vk_profile(), "kind": "PERSONAL"})
        if kinds != "personal":
            roles = ["PUPIL"] if human.seat else []
            roles += ["TEACHER"] if human.duties else []
            roles += ["PARENT"] if human.parent else []
            learning: Document = {"user_id": self._numbers.vk_profile(), "kind": "LEARNING", "roles": roles}
            profiles.append({**learning, "organisations": [self._organisation]})
        return profiles

    def _age(self, human: Human) -> int:
        """Whole years when the school year begins."""
        birth, begin = human.birth, self._begin
        return begin.year - birth.year - ((begin.month, begin.day) < (birth.month, birth.day))


def _is_young(human: Human) -> bool:
    return human.seat is not None and human.seat.parallel <= _YOUNGEST_PARALLELS
