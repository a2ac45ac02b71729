"""Look-ups over a world file."""

import re
from collections.abc import Collection, MutableMapping

from idp_mock.world.layers import Layer
from idp_mock.world.schema import EsiaClient, Organisation, Person, VkClient, WorldFile
from idp_mock.world.vk_schema import VkLogin, VkProfile

_NOT_DIGITS = re.compile(r"[^0-9]")
_PHONE = re.compile(r"^\+?[0-9()\s-]{10,20}$")
_SNILS = re.compile(r"^\d{3}-\d{3}-\d{3}[ -]\d{2}$")


_MAPS = (
    "persons",
    "positions",
    "by_oid",
    "vk_logins",
    "vk_profiles",
    "esia_clients",
    "vk_clients",
    "organisations",
    "children",
    "_esia_logins",
    "_verified",
    "_users",
)


class Index:
    """What is found by which key in a world file. Parts come, and persons change."""

    def __init__(self, document: WorldFile) -> None:
        self.persons: MutableMapping[str, Person] = {}
        self.positions: MutableMapping[str, int] = {}
        self.by_oid: MutableMapping[int, Person] = {}
        self.vk_logins: MutableMapping[str, tuple[Person, VkLogin]] = {}
        self.vk_profiles: MutableMapping[int, tuple[Person, VkLogin, VkProfile]] = {}
        self.esia_clients: MutableMapping[str, EsiaClient] = {}
        self.vk_clients: MutableMapping[int, VkClient] = {}
        self.organisations: MutableMapping[str, Organisation] = {}
        self.children: MutableMapping[str, tuple[str, ...]] = {}
        self._esia_logins: MutableMapping[str, Person] = {}
        self._verified: MutableMapping[str, frozenset[str]] = {}
        self._users: MutableMapping[str, frozenset[str]] = {}
        self._count = 0
        self.add_all(document)

    def layer(self) -> "Index":
        """An index that begins with all of this one, which must not change any more."""
        made = Index.__new__(Index)
        for name in _MAPS:
            setattr(made, name, Layer.over(getattr(self, name)))
        made._count = self._count
        return made

    def add_all(self, document: WorldFile) -> None:
        """Lets all that a document holds be found."""
        self.esia_clients.update((client.mnemonic, client) for client in document.clients.esia)
        self.vk_clients.update((client.app_id, client) for client in document.clients.vk_id)
        self.organisations.update((item.id, item) for item in document.organisations)
        for link in document.guardianships:
            if not link.ended:
                self.children[link.guardian] = (*self.children.get(link.guardian, ()), link.pupil)
        for person in document.persons:
            self.add(person)

    def add(self, person: Person) -> None:
        """Lets a person be found, instead of the one who had the key, if there is one."""
        before = self.persons.get(person.id)
        if before is not None:
            self._remove(before)
        else:
            self.positions[person.id] = self._count
            self._count += 1
        self.persons[person.id] = person
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
                holders[contact] = holders.get(contact, frozenset()) | {person.id}

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
                holders[contact] = holders[contact] - {person.id}
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
