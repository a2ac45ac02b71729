"""What stands in a world: look-ups, and changes that are made whole or not at all."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from idp_mock.world.checks import Checker
from idp_mock.world.errors import WorldError, WorldErrors
from idp_mock.world.esia_schema import EsiaOrganisation
from idp_mock.world.index import address
from idp_mock.world.loader import dump, read_part
from idp_mock.world.patch import merge_patch
from idp_mock.world.schema import (
    Clients,
    EsiaClient,
    Name,
    Organisation,
    Person,
    Settings,
    VkClient,
    WorldFile,
)
from idp_mock.world.template import Template, with_own_settings
from idp_mock.world.vk_schema import Sex, VkLogin, VkProfile

_LISTS = (
    "municipalities",
    "organisations",
    "classes",
    "persons",
    "guardianships",
    "esia_organisations",
    "esia_consents",
)

FIRST_NEW_USER_ID = 790_000_001
"""The first VK ID number that a world gives to a new profile."""


class AlreadyExists(Exception):
    """There is one of that name; the message names it."""


class NotFound(Exception):
    """There is none of that name; the message names it."""


class LiveDocument:
    """The document of a world as it is now, and what is found in it.

    Args:
        source: what it is made of; it is not changed.
        user_ids: VK ID numbers for new profiles.

    Attributes:
        document: the world file as it is now.
    """

    def __init__(self, source: WorldFile | Template, user_ids: Iterator[int] | None = None) -> None:
        self._template = source if isinstance(source, Template) else Template(source)
        self.document = with_own_settings(self._template.document)
        self._index = self._template.index
        self._checker: Checker | None = None
        self._user_ids = user_ids if user_ids is not None else itertools.count(FIRST_NEW_USER_ID)

    @property
    def settings(self) -> Settings:
        """How the providers of this world behave."""
        return self.document.settings

    def template(self) -> Template:
        """The document as it is now, to make worlds of. Worlds made of an unchanged world share all of it."""
        if self._checker is not None or self.document.settings != self._template.document.settings:
            # From here on this world's own changes lie above what the template shares.
            self._template = Template(with_own_settings(self.document), self._index, self._checker)
            self._index, self._checker = self._template.index, None
        return self._template

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

    def update_settings(self, patch: Mapping[str, Any]) -> Settings:
        """Changes how the providers behave, by a JSON merge patch (RFC 7396); null restores a default.

        Raises:
            WorldErrors: what would come out breaks the schema.
        """
        raw = merge_patch(dump(self.settings), patch)
        settings, errors = read_part(Settings, raw, ("settings",))
        if settings is None:
            raise WorldErrors(errors)
        self.document = self.document.model_copy(update={"settings": settings})
        return settings

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

    def fill(self, raw: Mapping[str, Any]) -> WorldFile:
        """Adds what a document holds, all of it or nothing. It may refer to what the world has.

        Args:
            raw: a world document; `version` may be left out.

        Returns:
            What was added.

        Raises:
            WorldErrors: it breaks the schema, does not fit into the world, or holds `settings`.
        """
        document = {"version": 1, **raw}
        if "settings" in document:
            raise WorldErrors([WorldError(("settings",), "a world that is there has settings: change them")])
        offsets = {section: len(getattr(self.document, section)) for section in _LISTS}
        offsets |= {"clients.esia": len(self.document.clients.esia), "clients.vk_id": len(self.document.clients.vk_id)}
        draft = self._own_checker().draft()
        errors = [_without(error, offsets) for error in (*draft.document(document, offsets), *draft.finish())]
        part, found = read_part(WorldFile, document, ())
        if part is None or errors or found:
            raise WorldErrors(sorted([*errors, *found], key=str))
        draft.commit()
        self._own()
        now = self.document
        clients = Clients(esia=[*now.clients.esia, *part.clients.esia], vk_id=[*now.clients.vk_id, *part.clients.vk_id])
        lists = {section: [*getattr(now, section), *getattr(part, section)] for section in _LISTS}
        self.document = now.model_copy(update={**lists, "clients": clients})
        self._index.add_all(part)
        return part

    def _put(self, raw: dict[str, Any], position: int) -> Person:
        """All or nothing: the person is checked against the rest of the world before anything of it is taken."""
        persons, path = self.document.persons, ("persons", position)
        checker = self._own_checker()
        before = dump(persons[position]) if position < len(persons) else None
        if before is not None:
            checker.forget_person(before, path)
        person, errors = read_part(Person, raw, path)
        new = dump(person) if person is not None else raw
        errors += checker.part(new, path)
        if person is None or errors:
            checker.forget_person(new, path)
            if before is not None:
                list(checker.part(before, path))
            raise WorldErrors(sorted(errors, key=str))
        self._own()
        self.document.persons[position : position + 1] = [person]
        self._index.add(person)
        return person

    def _own_checker(self) -> Checker:
        if self._checker is None:
            self._checker = self._template.checker()
        return self._checker

    def _own(self) -> None:
        """Before the first change: what was shared until now is the world's own."""
        if self._index is self._template.index:
            self._index = self._template.index.layer()
            self.document = self.document.model_copy(update={"persons": list(self.document.persons)})


def _without(error: WorldError, offsets: Mapping[str, int]) -> WorldError:
    """An error of a part with its path in the part's own document."""
    *sections, position = error.path[:3] if error.path[0] == "clients" else error.path[:2]
    offset = offsets[".".join(map(str, sections))]
    assert isinstance(position, int)
    path = (*sections, position - offset, *error.path[len(sections) + 1 :])
    return WorldError(path, error.message)
