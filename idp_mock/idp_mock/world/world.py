"""A world: its document and everything that happens in it."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from idp_mock.world.checks import Checker
from idp_mock.world.clock import Clock
from idp_mock.world.errors import WorldError, WorldErrors
from idp_mock.world.esia_schema import EsiaOrganisation
from idp_mock.world.faults import Faults
from idp_mock.world.inbox import Inbox
from idp_mock.world.index import Index, address
from idp_mock.world.loader import dump, read_part
from idp_mock.world.patch import merge_patch
from idp_mock.world.refusals import Refusals
from idp_mock.world.schema import (
    EsiaClient,
    Name,
    Organisation,
    Person,
    Settings,
    Sex,
    VkClient,
    VkLogin,
    VkProfile,
    WorldFile,
)

T = TypeVar("T")

FIRST_NEW_USER_ID = 790_000_001
"""The first VK ID number that a world gives to a new profile."""


class AlreadyExists(Exception):
    """There is one of that name; the message names it."""


class NotFound(Exception):
    """There is none of that name; the message names it."""


class World:
    """Everything that one test, or one developer, owns. All state is in memory and belongs to one event loop.

    Attributes:
        name: its name, part of its URLs.
        document: the world file as it is now; what was given is not changed.
        clock, inbox, faults, refusals: the world's own.
    """

    def __init__(self, name: str, document: WorldFile, user_ids: Iterator[int] | None = None) -> None:
        self.name = name
        # Persons are replaced, never changed, so that worlds may share them.
        own = {"persons": list(document.persons), "settings": document.settings.model_copy()}
        self.document = document.model_copy(update=own)
        self.clock = Clock()
        self.inbox = Inbox(self.clock)
        self.faults = Faults()
        self.refusals = Refusals(self.clock, name)
        self._index = Index(document)
        self._checker: Checker | None = None
        self._rooms: dict[type, Any] = {}
        self._user_ids = user_ids if user_ids is not None else itertools.count(FIRST_NEW_USER_ID)

    @property
    def settings(self) -> Settings:
        """How the providers of this world behave."""
        return self.document.settings

    def of(self, cls: Callable[[], T]) -> T:
        """The world's own instance of a provider's state class, made on first use without arguments."""
        room = self._rooms.get(cls)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if room is None:
            room = self._rooms[cls] = cls()  # pyright: ignore[reportArgumentType]
        return room

    # Look-ups

    def person(self, person_id: str) -> Person | None:
        """The person with this key."""
        return self._index.persons.get(person_id)

    def person_by_oid(self, oid: int) -> Person | None:
        """The person with this ESIA number."""
        return self._index.by_oid.get(oid)

    def esia_by_login(self, text: str) -> Person | None:
        """Who signs in to ESIA with this login name, phone, e-mail address or SNILS; contacts count if verified."""
        return self._index.esia_by_login(text)

    def children(self, person_id: str) -> list[Person]:
        """The pupils whose parent or legal representative this person is now."""
        return [self._index.persons[pupil] for pupil in self._index.children.get(person_id, ())]

    def organisation(self, organisation_id: str) -> Organisation | None:
        """The organisation with this key."""
        return self._index.organisations.get(organisation_id)

    def esia_organisation(self, oid: int) -> EsiaOrganisation | None:
        """The organisation with this ESIA number."""
        return next((item for item in self.document.esia_organisations if item.oid == oid), None)

    def vk_login(self, phone_or_email: str) -> tuple[Person, VkLogin] | None:
        """The VK login with this phone (in any usual spelling) or e-mail address, and whose it is."""
        return self._index.vk_logins.get(address(phone_or_email))

    def vk_profile(self, user_id: int) -> tuple[Person, VkLogin, VkProfile] | None:
        """The VK profile with this number, its login and whose it is."""
        return self._index.vk_profiles.get(user_id)

    def esia_client(self, mnemonic: str) -> EsiaClient | None:
        """The system with this mnemonic."""
        return self._index.esia_clients.get(mnemonic)

    def vk_client(self, app_id: int | str) -> VkClient | None:
        """The application with this number; digits in a string will do."""
        text = str(app_id)
        return self._index.vk_clients.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 17 else None

    # Changes

    def add_person(self, person: Mapping[str, Any] | Person) -> Person:
        """Adds a person.

        Raises:
            AlreadyExists: the key is taken.
            WorldErrors: the person breaks the schema, or does not fit into the world.
        """
        raw = dump(person) if isinstance(person, Person) else dict(person)
        key = raw.get("id")
        if isinstance(key, str) and key in self._index.persons:
            raise AlreadyExists(f"person {key!r}")
        return self._put(raw, len(self.document.persons))

    def update_person(self, person_id: str, patch: Mapping[str, Any]) -> Person:
        """Changes a person by a JSON merge patch (RFC 7396).

        Raises:
            NotFound: there is no such person.
            WorldErrors: what would come out breaks the schema, does not fit into the world, or has another key.
        """
        if person_id not in self._index.persons:
            raise NotFound(f"person {person_id!r}")
        position = self._index.positions[person_id]
        changed = merge_patch(dump(self.document.persons[position]), patch)
        if changed.get("id") != person_id:
            raise WorldErrors([WorldError(("persons", position, "id"), "a person's key does not change")])
        return self._put(changed, position)

    def new_user_id(self) -> int:
        """A VK ID number that no profile of this world has."""
        return next(number for number in self._user_ids if number not in self._index.vk_profiles)

    def register_vk_login(
        self,
        *,
        phone: str | None = None,
        email: str | None = None,
        first_name: str,
        last_name: str,
        birthday: date,
        sex: Sex,
        profiles: list[VkProfile],
    ) -> tuple[Person, VkLogin]:
        """Registers a login at VK ID, as a person does at the first sign-in.

        It becomes the login of the person who alone uses the phone or e-mail address by ESIA or by the school's record;
        if there is none, of a new person with the key `vk-{user_id}`.

        Args:
            phone: as `+79…` or in another usual spelling; phone or email must be set.
            profiles: at least one; numbers from `new_user_id`.

        Raises:
            AlreadyExists: there is a login with that phone or e-mail address.
            WorldErrors: something breaks the schema.
        """
        for value in (phone, email):
            if value and self.vk_login(value):
                raise AlreadyExists("a VK login with that phone or e-mail address")
        login = VkLogin(
            phone=address(phone) if phone else None,
            email=address(email) if email else None,
            first_name=first_name,
            last_name=last_name,
            birthday=birthday,
            sex=sex,
            profiles=profiles,
        )
        users = self._index.users(login.id)
        if len(users) == 1:
            person = users[0]
            self.update_person(person.id, {"vk_id": [*(dump(other) for other in person.vk_id), dump(login)]})
        else:
            self.add_person(
                Person(
                    id=f"vk-{profiles[0].user_id}",
                    name=Name(last=last_name, first=first_name),
                    gender="F" if sex == "female" else "M",
                    birth_date=birthday,
                    vk_id=[login],
                )
            )
        found = self.vk_login(login.id)
        assert found is not None
        return found

    def add_vk_profile(self, login: VkLogin, profile: VkProfile) -> tuple[Person, VkLogin, VkProfile]:
        """Adds a profile to a login.

        Raises:
            NotFound: the login is not one of this world any more.
            WorldErrors: the profile's number is taken, or it breaks the schema.
        """
        found = self.vk_login(login.id)
        if found is None:
            raise NotFound("a VK login with that phone or e-mail address")
        person, current = found
        logins = [
            {**dump(other), "profiles": [*map(dump, other.profiles), dump(profile)]}
            if other is current
            else dump(other)
            for other in person.vk_id
        ]
        self.update_person(person.id, {"vk_id": logins})
        added = self.vk_profile(profile.user_id)
        assert added is not None
        return added

    def _put(self, raw: dict[str, Any], position: int) -> Person:
        """All or nothing: the person is checked against the rest of the world before anything of it is taken."""
        persons, path = self.document.persons, ("persons", position)
        if self._checker is None:
            # Made with the first change: most worlds are only read, and every start would pay for it.
            self._checker = Checker()
            list(self._checker.document(dump(self.document)))
        before = dump(persons[position]) if position < len(persons) else None
        if before is not None:
            self._checker.forget_person(before, path)
        person, errors = read_part(Person, raw, path)
        new = dump(person) if person is not None else raw
        errors += self._checker.part(new, path)
        if person is None or errors:
            self._checker.forget_person(new, path)
            if before is not None:
                list(self._checker.part(before, path))
            raise WorldErrors(sorted(errors, key=str))
        persons[position : position + 1] = [person]
        self._index.add(person)
        return person
