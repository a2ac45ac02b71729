"""What a back end that is trusted with some municipalities only may not change."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from binding_server.domain.model import Role
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
from binding_server.store.connection import Connection
from binding_server.store.contacts import users_of
from binding_server.store.roster_sweep import reaching_beyond

PLACE_OF = "SELECT id, municipality_id FROM organisation WHERE id IN (:members)"
ORGANISATION_OF = "SELECT id, organisation_id FROM school_class WHERE id IN (:members)"


def foreign_fields(
    connection: Connection, items: Sequence[RosterItem], municipality_ids: Collection[str]
) -> list[str | None]:
    """Returns, for each item, the field by which it belongs to another municipality than these, or None.

    Organisations, classes, enrolments and duties belong where the organisation lies. A person and a recorded contact
    belong to every municipality in which the person has a place, an account to those of its role, a guardianship to
    those of its pupil: one such place elsewhere is enough. Who has no place yet belongs to nobody.
    """
    reach = _Reach(connection, items, municipality_ids)
    return [reach.foreign(item) for item in items]


class _Reach:
    def __init__(self, connection: Connection, items: Sequence[RosterItem], municipality_ids: Collection[str]) -> None:
        self._named = frozenset(municipality_ids)
        classes = {i.class_id for i in items if isinstance(i, EnrolmentItem)}
        classes |= {i.id for i in items if isinstance(i, SchoolClassItem)}
        self._classes = {row["id"]: row["organisation_id"] for row in connection.among(ORGANISATION_OF, classes)}
        places = set(self._classes.values()) | {i.id for i in items if isinstance(i, OrganisationItem)}
        places |= {i.organisation_id for i in items if isinstance(i, SchoolClassItem | DutyItem)}
        self._places = {row["id"]: row["municipality_id"] for row in connection.among(PLACE_OF, places)}
        contacts = [i for i in items if isinstance(i, ContactItem)]
        self._users = {
            digest: user.person_id for digest, user in users_of(connection, [i.digest for i in contacts]).items()
        }
        pupils = {i.pupil_id for i in items if isinstance(i, GuardianshipItem)}
        persons = {i.id for i in items if isinstance(i, PersonItem)}
        persons |= {i.person_id for i in items if isinstance(i, AccountItem | ContactItem)} | set(self._users.values())
        self._beyond = {
            role: reaching_beyond(connection, persons | (pupils if role is Role.PUPIL else set()), self._named, role)
            for role in Role
        }
        self._anywhere = set[str]().union(*self._beyond.values())
        self._rules: dict[type[Any], Callable[[Any], str | None]] = {
            MunicipalityItem: lambda item: None if item.id in self._named else "id",
            OrganisationItem: self._organisation,
            SchoolClassItem: self._school_class,
            PersonItem: lambda item: "id" if item.id in self._anywhere else None,
            AccountItem: lambda item: "person_id" if item.person_id in self._beyond[item.role] else None,
            EnrolmentItem: lambda item: "class_id" if self._elsewhere(self._classes.get(item.class_id)) else None,
            GuardianshipItem: lambda item: "pupil_id" if item.pupil_id in self._beyond[Role.PUPIL] else None,
            DutyItem: lambda item: "organisation_id" if self._elsewhere(item.organisation_id) else None,
            ContactItem: self._contact,
        }

    def foreign(self, item: RosterItem) -> str | None:
        """Returns the offending field; items are to be asked for in order."""
        return self._rules[type(item)](item)

    def _organisation(self, item: OrganisationItem) -> str | None:
        if self._elsewhere(item.id):
            return "id"
        if item.municipality_id not in self._named:
            return "municipality_id"
        self._places[item.id] = item.municipality_id
        return None

    def _school_class(self, item: SchoolClassItem) -> str | None:
        if self._elsewhere(self._classes.get(item.id)):
            return "id"
        if self._elsewhere(item.organisation_id):
            return "organisation_id"
        self._classes[item.id] = item.organisation_id
        return None

    def _contact(self, item: ContactItem) -> str | None:
        if item.person_id in self._anywhere:
            return "person_id"
        return "value" if self._users.get(item.digest) in self._anywhere else None

    def _elsewhere(self, organisation_id: str | None) -> bool:
        """Tells whether an organisation that there is lies elsewhere."""
        place = self._places.get(organisation_id or "")
        return place is not None and place not in self._named


def persons_of(item: RosterItem) -> tuple[str, ...]:
    """Returns the persons whom an item is about."""
    match item:
        case PersonItem():
            return (item.id,)
        case AccountItem() | EnrolmentItem() | DutyItem() | ContactItem():
            return (item.person_id,)
        case GuardianshipItem():
            return (item.guardian_id, item.pupil_id)
        case _:
            return ()
