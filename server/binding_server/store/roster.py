# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Upserts of roster items: each whole or not at all, with what became of it."""

from collections.abc import Sequence
from datetime import datetime

from binding_server.domain.model import ContactSource
from binding_server.domain.roster import (
    AccountItem,
    ContactItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterChange,
    RosterItem,
    RosterOutcome,
    SchoolClassItem,
)
from binding_server.store.connection import Connection, Value, insert
from binding_server.store.contacts import begin_use, end_use, users_of
from binding_server.store.tables import (
    AccountRow,
    DutyRow,
    EnrolmentRow,
    GuardianshipRow,
    MunicipalityRow,
    OrganisationRow,
    PersonRow,
    SchoolClassRow,
    Table,
    micros,
)

CREATED = RosterOutcome(RosterChange.CREATED)
UPDATED = RosterOutcome(RosterChange.UPDATED)
UNCHANGED = RosterOutcome(RosterChange.UNCHANGED)

EXISTS = {
    table: f"SELECT 1 FROM {table} WHERE id = :id"
    for table in ("municipality", "organisation", "school_class", "person")
}
OID_HOLDER = "SELECT id FROM person WHERE esia_oid = :esia_oid AND id <> :id"
ACCOUNT_PAIR = "SELECT person_id, role FROM account WHERE id = :id"
PAIR_HOLDER = "SELECT id FROM account WHERE person_id = :person_id AND role = :role"


def apply_roster(connection: Connection, items: Sequence[RosterItem], now: datetime) -> Sequence[RosterOutcome]:
    """Upserts items in order and returns one outcome for each."""
    return [_apply(connection, item, now) for item in items]


def _apply(connection: Connection, item: RosterItem, now: datetime) -> RosterOutcome:
    match item:
        case MunicipalityItem():
            return MUNICIPALITY.put(
                connection, {"id": item.id}, {"display_name": item.display_name, "policy": item.policy}
            )
        case OrganisationItem():
            return _unknown(connection, municipality_id=("municipality", item.municipality_id)) or ORGANISATION.put(
                connection,
                {"id": item.id},
                {"municipality_id": item.municipality_id, "display_name": item.display_name, "kind": item.kind},
            )
        case SchoolClassItem():
            return _unknown(connection, organisation_id=("organisation", item.organisation_id)) or SCHOOL_CLASS.put(
                connection,
                {"id": item.id},
                {"organisation_id": item.organisation_id, "year": item.year, "display_name": item.display_name},
            )
        case PersonItem():
            return _person(connection, item)
        case AccountItem():
            return _account(connection, item)
        case EnrolmentItem():
            return _unknown(
                connection, person_id=("person", item.person_id), class_id=("school_class", item.class_id)
            ) or ENROLMENT.put(
                connection, {"person_id": item.person_id, "class_id": item.class_id}, {}, item.ended, now
            )
        case GuardianshipItem():
            return _unknown(
                connection, guardian_id=("person", item.guardian_id), pupil_id=("person", item.pupil_id)
            ) or GUARDIANSHIP.put(
                connection,
                {"guardian_id": item.guardian_id, "pupil_id": item.pupil_id},
                {"kind": item.kind},
                item.ended,
                now,
            )
        case DutyItem():
            return _duty(connection, item, now)
        case ContactItem():
            return _unknown(connection, person_id=("person", item.person_id)) or _contact(connection, item, now)


def _person(connection: Connection, item: PersonItem) -> RosterOutcome:
    if item.esia_oid is not None and connection.one(OID_HOLDER, esia_oid=item.esia_oid, id=item.id):
        return _failed("esia_oid", "taken")
    return PERSON.put(connection, {"id": item.id}, {"esia_oid": item.esia_oid, "display_name": item.display_name})


def _account(connection: Connection, item: AccountItem) -> RosterOutcome:
    unknown = _unknown(connection, person_id=("person", item.person_id))
    if unknown is not None:
        return unknown
    # An account is its person and role: it never passes to somebody else, for bindings hang on it.
    held = connection.one(ACCOUNT_PAIR, id=item.id)
    if held is not None and (held["person_id"], held["role"]) != (item.person_id, item.role):
        return _failed("id", "taken")
    holder = connection.one(PAIR_HOLDER, person_id=item.person_id, role=item.role)
    if holder is not None and holder["id"] != item.id:
        return _failed("role", "taken")
    return ACCOUNT.put(
        connection,
        {"id": item.id},
        {"person_id": item.person_id, "role": item.role, "closed": int(item.closed)},
    )


def _duty(connection: Connection, item: DutyItem, now: datetime) -> RosterOutcome:
    unknown = _unknown(
        connection, person_id=("person", item.person_id), organisation_id=("organisation", item.organisation_id)
    )
    if unknown is None and item.class_id is not None:
        unknown = _unknown(connection, class_id=("school_class", item.class_id))
    key: dict[str, Value] = {
        "person_id": item.person_id,
        "organisation_id": item.organisation_id,
        "kind": item.kind,
        "class_id": item.class_id,
    }
    return unknown or DUTY.put(connection, key, {}, item.ended, now)


def _contact(connection: Connection, item: ContactItem, now: datetime) -> RosterOutcome:
    user = users_of(connection, [item.digest]).get(item.digest)
    if item.ended:
        if user is None or user.person_id != item.person_id:
            return UNCHANGED
        end_use(connection, item.digest, now)
        return UPDATED
    if user is not None and (user.person_id, user.source) == (item.person_id, ContactSource.SCHOOL):
        return UNCHANGED
    end_use(connection, item.digest, now)
    begin_use(connection, item.digest, item.person_id, ContactSource.SCHOOL, now)
    return CREATED if user is None else UPDATED


def _unknown(connection: Connection, **references: tuple[str, str]) -> RosterOutcome | None:
    """Returns the failure for the first reference (field to table and id) that leads nowhere."""
    for field, (table, key) in references.items():
        if connection.one(EXISTS[table], id=key) is None:
            return _failed(field, "unknown")
    return None


def _failed(field: str, problem: str) -> RosterOutcome:
    return RosterOutcome(RosterChange.FAILED, field, problem)


class _Upsert:
    """Statements that bring a record of a table about."""

    def __init__(self, table: type[Table], key: str, values: str) -> None:
        name = str(table.__tablename__)
        # IS, not =, for a part of a key may be missing.
        where = " AND ".join(f"{column} IS :{column}" for column in key.split())
        changes = ", ".join(f"{column} = :{column}" for column in values.split())
        self.select = f"SELECT {', '.join(values.split())} FROM {name} WHERE {where}"
        self.insert = insert(table)
        self.update = f"UPDATE {name} SET {changes} WHERE {where}"

    def put(self, connection: Connection, key: dict[str, Value], values: dict[str, Value]) -> RosterOutcome:
        """Creates, updates or leaves the record."""
        found = connection.one(self.select, **key)
        if found is None:
            connection.run(self.insert, **key, **values)
            return CREATED
        if all(found[column] == value for column, value in values.items()):
            return UNCHANGED
        connection.run(self.update, **key, **values)
        return UPDATED


class _UpsertWhile(_Upsert):
    """The same for records that hold for a time. Ending what never was changes nothing."""

    def __init__(self, table: type[Table], key: str, values: str = "") -> None:
        super().__init__(table, key, f"{values} valid_from valid_to")

    def put(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, connection: Connection, key: dict[str, Value], values: dict[str, Value], ended: bool, now: datetime
    ) -> RosterOutcome:
        """Creates, updates, ends, begins again or leaves the record."""
        found = connection.one(self.select, **key)
        if found is None:
            return UNCHANGED if ended else super().put(connection, key, values | _from(now))
        if ended:
            if found["valid_to"] is not None:
                return UNCHANGED
            return super().put(connection, key, values | {"valid_from": found["valid_from"], "valid_to": micros(now)})
        if found["valid_to"] is not None:
            return super().put(connection, key, values | _from(now))
        return super().put(connection, key, values | {"valid_from": found["valid_from"], "valid_to": None})


def _from(now: datetime) -> dict[str, Value]:
    return {"valid_from": micros(now), "valid_to": None}


MUNICIPALITY = _Upsert(MunicipalityRow, "id", "display_name policy")
ORGANISATION = _Upsert(OrganisationRow, "id", "municipality_id display_name kind")
SCHOOL_CLASS = _Upsert(SchoolClassRow, "id", "organisation_id year display_name")
PERSON = _Upsert(PersonRow, "id", "esia_oid display_name")
ACCOUNT = _Upsert(AccountRow, "id", "person_id role closed")
ENROLMENT = _UpsertWhile(EnrolmentRow, "person_id class_id")
GUARDIANSHIP = _UpsertWhile(GuardianshipRow, "guardian_id pupil_id", "kind")
DUTY = _UpsertWhile(DutyRow, "person_id organisation_id kind class_id")
