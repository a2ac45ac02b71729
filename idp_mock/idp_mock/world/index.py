"""Look-ups over a world file."""

import re
from collections.abc import Collection

from idp_mock.world.schema import EsiaClient, Organisation, Person, VkClient, WorldFile
from idp_mock.world.vk_schema import VkLogin, VkProfile

_NOT_DIGITS = re.compile(r"[^0-9]")
_PHONE = re.compile(r"^\+?[0-9()\s-]{10,20}$")
_SNILS = re.compile(r"^\d{3}-\d{3}-\d{3}[ -]\d{2}$")


class Index:
    """What is found by which key in a world file. Persons come and change; all else stays as it was at first."""

    def __init__(self, document: WorldFile) -> None:
        self.persons: dict[str, Person] = {}
        self.positions: dict[str, int] = {}
        self.by_oid: dict[int, Person] = {}
        self.vk_logins: dict[str, tuple[Person, VkLogin]] = {}
        self.vk_profiles: dict[int, tuple[Person, VkLogin, VkProfile]] = {}
        self.esia_clients: dict[str, EsiaClient] = {client.mnemonic: client for client in document.clients.esia}
        self.vk_clients: dict[int, VkClient] = {client.app_id: client for client in document.clients.vk_id}
        self.organisations: dict[str, Organisation] = {item.id: item for item in document.organisations}
        self.children: dict[str, list[str]] = {}
        self._esia_logins: dict[str, Person] = {}
        self._verified: dict[str, set[str]] = {}
        self._users: dict[str, set[str]] = {}
        for link in document.guardianships:
            if not link.ended:
                self.children.setdefault(link.guardian, []).append(link.pupil)
        for person in document.persons:
            self.add(person)

    def add(self, person: Person) -> None:
        """Lets a person be found, instead of the one who had the key, if there is one."""
        before = self.persons.get(person.id)
        if before is not None:
            self._remove(before)
        self.persons[person.id] = person
        self.positions.setdefault(person.id, len(self.positions))
        if person.esia is not None:
            self.by_oid[person.esia.oid] = person
            for login in _logins(person):
                self._esia_logins[login] = person
        for login in person.vk_id:
            for key in _vk_keys(login):
                self.vk_logins[key] = (person, login)
            for profile in login.profiles:
                self.vk_profiles[profile.user_id] = (person, login, profile)
        for holders, contacts in ((self._verified, _verified(person)), (self._users, _contacts(person))):
            for contact in contacts:
                holders.setdefault(contact, set()).add(person.id)

    def _remove(self, person: Person) -> None:
        if person.esia is not None:
            del self.by_oid[person.esia.oid]
            for login in _logins(person):
                # One's login name may be the digits of another's SNILS.
                if self._esia_logins.get(login) is person:
                    del self._esia_logins[login]
        for login in person.vk_id:
            for key in _vk_keys(login):
                self.vk_logins.pop(key, None)
            for profile in login.profiles:
                del self.vk_profiles[profile.user_id]
        for holders, contacts in ((self._verified, _verified(person)), (self._users, _contacts(person))):
            for contact in contacts:
                holders[contact].discard(person.id)
                if not holders[contact]:
                    del holders[contact]

    def users(self, contact: str) -> list[Person]:
        """Whose contact this is by ESIA or by the school's record, in the order of the document."""
        return self._ordered(self._users.get(address(contact), ()))

    def esia_by_login(self, text: str) -> Person | None:
        """Who signs in to ESIA with this login name, phone, e-mail address or SNILS.

        Login names go before contacts: nobody is locked out by another's contact.
        """
        text = text.strip()
        for key in (text.casefold(), address(text)):
            if key in self._esia_logins:
                return self._esia_logins[key]
            if key in self._verified:
                return self._ordered(self._verified[key])[0]
        if _SNILS.match(text) or (text.isdigit() and len(text) == 11):
            return self._esia_logins.get(digits(text))
        return None

    def _ordered(self, keys: Collection[str]) -> list[Person]:
        return [self.persons[key] for key in sorted(keys, key=self.positions.__getitem__)]


def _logins(person: Person) -> list[str]:
    if person.esia is None:
        return []
    snils = person.esia.snils
    return [person.esia.login.casefold(), *([digits(snils)] if snils else [])]


def _vk_keys(login: VkLogin) -> list[str]:
    return [address(value) for value in (login.phone, login.email) if value]


def _verified(person: Person) -> set[str]:
    return {address(contact.value) for contact in (person.esia.contacts if person.esia else ()) if contact.verified}


def _contacts(person: Person) -> set[str]:
    stated = [contact.value for contact in (person.esia.contacts if person.esia else ())]
    return {address(contact) for contact in (*person.recorded_contacts, *stated)}


def digits(text: str) -> str:
    """The digits of `text`."""
    return _NOT_DIGITS.sub("", text)


def address(text: str) -> str:
    """A phone or e-mail address as it is compared: `+79…`, or lower case.

    People write a Russian phone as `8 (900) 000-01-02`, `7900…` or `+7 900 …`; other text is lowered.
    """
    text = text.strip()
    if not _PHONE.match(text):
        return text.casefold()
    number = digits(text)
    if text.startswith("+"):
        return f"+{number}"
    if len(number) == 11 and number[0] in "78":
        return f"+7{number[1:]}"
    return f"+7{number}" if len(number) == 10 else f"+{number}"
