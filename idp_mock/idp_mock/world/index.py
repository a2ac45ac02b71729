"""Look-ups over a world file."""

import re

from idp_mock.world.schema import EsiaClient, Person, VkClient, VkLogin, VkProfile, WorldFile

_NOT_DIGITS = re.compile(r"[^0-9]")
_PHONE = re.compile(r"^\+?[0-9()\s-]{10,20}$")
_SNILS = re.compile(r"^\d{3}-\d{3}-\d{3}[ -]\d{2}$")


class Index:
    """What is found by which key in a world file, as it was when the index was made."""

    def __init__(self, document: WorldFile) -> None:
        self.persons: dict[str, Person] = {person.id: person for person in document.persons}
        self.by_oid: dict[int, Person] = {}
        self.esia_logins: dict[str, Person] = {}
        self.vk_logins: dict[str, tuple[Person, VkLogin]] = {}
        self.vk_profiles: dict[int, tuple[Person, VkLogin, VkProfile]] = {}
        self.contact_users: dict[str, list[Person]] = {}
        self.esia_clients: dict[str, EsiaClient] = {client.mnemonic: client for client in document.clients.esia}
        self.vk_clients: dict[int, VkClient] = {client.app_id: client for client in document.clients.vk_id}
        for person in document.persons:
            self._add_esia(person)
            for login in person.vk_id:
                self._add_vk(person, login)
        # Login names go before contacts: nobody is locked out by another's contact.
        for person in document.persons:
            self._add_contacts(person)

    def _add_esia(self, person: Person) -> None:
        if person.esia is None:
            return
        self.by_oid[person.esia.oid] = person
        self.esia_logins[person.esia.login.casefold()] = person
        if person.esia.snils:
            self.esia_logins[digits(person.esia.snils)] = person

    def _add_contacts(self, person: Person) -> None:
        contacts = dict.fromkeys(address(contact) for contact in person.recorded_contacts)
        for contact in person.esia.contacts if person.esia else ():
            contacts[address(contact.value)] = None
            if contact.verified:
                self.esia_logins.setdefault(address(contact.value), person)
        for contact in contacts:
            self.contact_users.setdefault(contact, []).append(person)

    def _add_vk(self, person: Person, login: VkLogin) -> None:
        for value in (login.phone, login.email):
            if value:
                self.vk_logins[address(value)] = (person, login)
        for profile in login.profiles:
            self.vk_profiles[profile.user_id] = (person, login, profile)

    def esia_by_login(self, text: str) -> Person | None:
        """Who signs in to ESIA with this login name, phone, e-mail address or SNILS."""
        text = text.strip()
        person = self.esia_logins.get(text.casefold()) or self.esia_logins.get(address(text))
        if person is None and (_SNILS.match(text) or (text.isdigit() and len(text) == 11)):
            person = self.esia_logins.get(digits(text))
        return person


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
