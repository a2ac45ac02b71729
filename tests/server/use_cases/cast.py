"""The cast: who lives in the town, and what VK ID says of them."""

from datetime import UTC, datetime

from binding_server.domain.model import Contact, DutyKind, EducationalRole, Policy, Role
from binding_server.domain.roster import (
    AccountItem,
    ContactItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterItem,
    SchoolClassItem,
)
from binding_server.identity.contacts import ContactForms
from binding_server.store.vault import Vault
from binding_server.use_cases.identity_ports import VkProfile

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
REDIRECT = "https://dnevnik.example/vk"
CLIENT = "EDIARY66"
FORMS = ContactForms()
PUPIL, PARENT, STAFF = EducationalRole.PUPIL, EducationalRole.PARENT, EducationalRole.STAFF

PHONES = {
    "boris": "+79000000102",
    "vera": "+79000000103",
    "gleb": "+79000000104",
    "dina": "+79000000106",
    "zhanna": "+79000000107",
    "ivan": "+79000000109",
    "kira": "+79000000110",
    "polina": "+79000000121",
}
EMAILS = {"anya": "anya@example.org", "egor": "egor@example.org", "lev": "lev@example.org"}
CONTACTS = {**PHONES, **EMAILS}
OIDS = {name: 1000 + place for place, name in enumerate(sorted([*CONTACTS, "zoya"]))}
PROFILES = {name: str(7000 + oid) for name, oid in OIDS.items()}

ACCOUNTS = {
    "anya": Role.PUPIL,
    "boris": Role.PUPIL,
    "egor": Role.PUPIL,
    "zoya": Role.PUPIL,
    "lev": Role.PUPIL,
    "vera": Role.PARENT,
    "gleb": Role.PARENT,
    "polina": Role.PARENT,
    "kira": Role.PARENT,
    "dina": Role.LEGAL_REPRESENTATIVE,
    "ivan": Role.STAFF,
    "zhanna": Role.STAFF,
}
"""One account of each person, under the person's own name; Жанна has `zhanna-parent` beside it."""


def directory(vault: Vault) -> list[RosterItem]:
    """The cast, in a strict and a lenient school; Лев and his mother Полина are of the lenient one."""
    items: list[RosterItem] = [
        MunicipalityItem("strict", "Строгий", Policy.STRICT),
        MunicipalityItem("lenient", "Мягкий", Policy.LENIENT),
        OrganisationItem("s5", "strict", "Школа № 5", "SCHOOL"),
        OrganisationItem("s7", "lenient", "Школа № 7", "SCHOOL"),
        SchoolClassItem("s5-5a", "s5", 2026, "5А"),
        SchoolClassItem("s5-9b", "s5", 2026, "9Б"),
        SchoolClassItem("s5-1v", "s5", 2026, "1В"),
        SchoolClassItem("s7-5a", "s7", 2026, "5А"),
    ]
    items += [PersonItem(name, oid, name.title()) for name, oid in OIDS.items()]
    items += [AccountItem(name, name, role, closed=False) for name, role in ACCOUNTS.items()]
    items += [AccountItem("zhanna-parent", "zhanna", Role.PARENT, closed=False)]
    places = [("anya", "s5-5a"), ("egor", "s5-5a"), ("boris", "s5-9b"), ("zoya", "s5-1v"), ("lev", "s7-5a")]
    items += [EnrolmentItem(name, place, ended=False) for name, place in places]
    families = [("vera", "anya"), ("vera", "boris"), ("gleb", "anya"), ("gleb", "boris"), ("zhanna", "zoya")]
    families += [("polina", "lev"), ("kira", "lev")]
    items += [GuardianshipItem(adult, child, "PARENT", ended=False) for adult, child in families]
    items += [GuardianshipItem("dina", "egor", "LEGAL_REPRESENTATIVE", ended=False)]
    items += [
        DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", ended=False),
        DutyItem("ivan", "s5", DutyKind.OPERATOR, None, ended=False),
    ]
    items += [
        ContactItem(name, vault.contact_digest(FORMS.parse(text)), ended=False) for name, text in CONTACTS.items()
    ]
    return items


def profile(
    name: str,
    *roles: EducationalRole,
    phone: str | None = "",
    email: str | None = None,
    learning: bool = True,
) -> VkProfile:
    """Returns what VK ID says of a person's learning profile; by default with the contact that the school knows."""
    contact = FORMS.parse(CONTACTS[name])
    own_phone, own_email = (contact, None) if name in PHONES else (None, contact)
    return VkProfile(
        vk_user_id=PROFILES[name],
        name=name.title(),
        phone=own_phone if phone == "" else _parsed(phone),
        email=own_email if email is None and phone == "" else _parsed(email),
        learning=learning,
        roles=frozenset(roles),
    )


def _parsed(text: str | None) -> Contact | None:
    return FORMS.parse(text) if text else None
