# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""The end of a complete roster: what it no longer tells of an organisation ends.

Enrolments and duties belong to the organisation. A guardianship, an account and a recorded contact belong to the
municipalities in which its person has a place now: the pupil, a person in the account's role, a person in any role. One
that reaches beyond the municipalities that the roster names is left alone. That does not change while the roster's own
organisations are swept, so their order does not matter.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from binding_server.domain.model import Role
from binding_server.domain.roster import RosterRun
from binding_server.store.connection import Connection, Row, Value
from binding_server.store.directory import guardians_of
from binding_server.store.roster_runs import queue_accounts, roster_actor
from binding_server.store.staleness import contacts_changed
from binding_server.store.tables import micros
from binding_server.use_cases.roster_ports import Swept

ORGANISATIONS = "SELECT id FROM organisation WHERE municipality_id IN (:members) ORDER BY id"

# Whoever has, or ever had, a place in the organisation.
PUPILS_OF = """
    school_class c JOIN enrolment e ON e.class_id = c.id {join} WHERE c.organisation_id = :organisation_id
"""
GUARDIANS_OF_PUPILS = PUPILS_OF.format(join="JOIN guardianship g ON g.pupil_id = e.person_id {join}")
STAFF_OF = "duty d {join} WHERE d.organisation_id = :organisation_id"


def _unseen(columns: str, join: str, condition: str) -> str:
    """Returns a statement over pupils, guardians and staff of an organisation; `{p}` in the join is the person."""
    sources = ((PUPILS_OF, "e.person_id"), (GUARDIANS_OF_PUPILS, "g.guardian_id"), (STAFF_OF, "d.person_id"))
    return " UNION ".join(
        f"SELECT {columns} FROM {source.format(join=join.format(p=person))} AND {condition}"
        for source, person in sources
    )


ENROLMENTS = f"""
    SELECT e.person_id, e.class_id FROM {PUPILS_OF.format(join="")} AND e.valid_to IS NULL AND e.seen < :run
"""
DUTIES = f"SELECT d.id, d.person_id FROM {STAFF_OF.format(join='')} AND d.valid_to IS NULL AND d.seen < :run"
GUARDIANSHIPS = f"""
    SELECT DISTINCT g.guardian_id, g.pupil_id FROM {GUARDIANS_OF_PUPILS.format(join="")}
    AND g.valid_to IS NULL AND g.seen < :run
"""
ACCOUNTS = _unseen("a.id, a.person_id, a.role", "JOIN account a ON a.person_id = {p}", "NOT a.closed AND a.seen < :run")
CONTACTS = _unseen(
    "u.id, u.person_id, u.digest",
    "JOIN contact_use u ON u.person_id = {p} AND u.valid_to IS NULL",
    "u.source = 'SCHOOL' AND u.seen < :run",
)

END_ENROLMENT = "UPDATE enrolment SET valid_to = :now WHERE person_id = :person_id AND class_id = :class_id"
END_DUTY = "UPDATE duty SET valid_to = :now WHERE id = :id"
END_GUARDIANSHIP = "UPDATE guardianship SET valid_to = :now WHERE guardian_id = :guardian_id AND pupil_id = :pupil_id"
CLOSE_ACCOUNT = "UPDATE account SET closed = 1 WHERE id = :id"
END_CONTACT = "UPDATE contact_use SET valid_to = :now WHERE id = :id"

CLASS_PLACE = """
    JOIN enrolment e ON e.person_id = {pupil} AND e.valid_to IS NULL
    JOIN school_class c ON c.id = e.class_id JOIN organisation o ON o.id = c.organisation_id
"""
PUPIL_PLACES = f"""
    SELECT DISTINCT p.id AS person_id, o.municipality_id FROM person p {CLASS_PLACE.format(pupil="p.id")}
    WHERE p.id IN (:members)
"""
FAMILY_PLACES = f"""
    SELECT DISTINCT g.guardian_id AS person_id, o.municipality_id FROM guardianship g
    {CLASS_PLACE.format(pupil="g.pupil_id")} WHERE g.valid_to IS NULL AND g.guardian_id IN (:members)
"""
STAFF_PLACES = """
    SELECT DISTINCT d.person_id, o.municipality_id FROM duty d JOIN organisation o ON o.id = d.organisation_id
    WHERE d.valid_to IS NULL AND d.person_id IN (:members)
"""
PLACES: Mapping[Role, str] = {
    Role.PUPIL: PUPIL_PLACES,
    Role.PARENT: FAMILY_PLACES,
    Role.LEGAL_REPRESENTATIVE: FAMILY_PLACES,
    Role.STAFF: STAFF_PLACES,
}


def organisations_in(connection: Connection, municipality_ids: Collection[str]) -> Sequence[str]:
    """Returns the ids of all organisations of municipalities, in order."""
    return sorted(row["id"] for row in connection.among(ORGANISATIONS, municipality_ids))


def sweep_organisation(
    connection: Connection, run: RosterRun, organisation_id: str, municipality_ids: Collection[str], now: datetime
) -> Swept:
    """Ends what a complete roster did not tell of an organisation, and queues the bound accounts that have to follow.

    Args:
        run: the import, whose number is the mark of what it told.
        municipality_ids: all municipalities that the roster named.
    """
    sweep = _Sweep(connection, municipality_ids)
    found = {"organisation_id": organisation_id, "run": run.number}
    enrolments = connection.all(ENROLMENTS, **found)
    duties = connection.all(DUTIES, **found)
    guardianships = sweep.within(connection.all(GUARDIANSHIPS, **found), "pupil_id", [Role.PUPIL])
    accounts = connection.all(ACCOUNTS, **found)
    closed = [
        row
        for role in Role
        for row in sweep.within([row for row in accounts if row["role"] == role], "person_id", [role])
    ]
    contacts = sweep.within(connection.all(CONTACTS, **found), "person_id", list(Role))
    touched = {row["person_id"] for row in (*enrolments, *duties, *closed)}
    touched |= {row["guardian_id"] for row in guardianships}
    # Before the guardianships end, so that nobody is missed.
    touched |= set(guardians_of(connection, {row["person_id"] for row in enrolments}))
    at = micros(now)
    connection.many(END_ENROLMENT, [{**_ids(row, "person_id", "class_id"), "now": at} for row in enrolments])
    connection.many(END_DUTY, [{"id": row["id"], "now": at} for row in duties])
    connection.many(END_GUARDIANSHIP, [{**_ids(row, "guardian_id", "pupil_id"), "now": at} for row in guardianships])
    connection.many(CLOSE_ACCOUNT, [{"id": row["id"]} for row in closed])
    connection.many(END_CONTACT, [{"id": row["id"], "now": at} for row in contacts])
    ended = {row["digest"] for row in contacts}
    contacts_changed(connection, ended, roster_actor(connection, run), now)
    queue_accounts(connection, run.number, touched, now)
    count = sum(map(len, (enrolments, duties, guardianships, closed, contacts)))
    return Swept(count, tuple(sorted(row["id"] for row in closed)))


class _Sweep:
    """Tells what lies wholly within the municipalities that a roster names."""

    def __init__(self, connection: Connection, municipality_ids: Collection[str]) -> None:
        self._connection = connection
        self._named = municipality_ids

    def within(self, rows: Sequence[Row], person: str, roles: Sequence[Role]) -> list[Row]:
        """Returns the rows whose person (the column of that name) has, in these roles, no place beyond."""
        persons = {row[person] for row in rows}
        beyond = {one for role in roles for one in reaching_beyond(self._connection, persons, self._named, role)}
        return [row for row in rows if row[person] not in beyond]


def _ids(row: Row, *names: str) -> dict[str, Value]:
    return {name: row[name] for name in names}


def reaching_beyond(
    connection: Connection, person_ids: Collection[str], municipality_ids: Collection[str], role: Role
) -> set[str]:
    """Returns those of the persons who have, in a role, a place now outside of some municipalities."""
    rows = connection.among(PLACES[role], person_ids)
    return {row["person_id"] for row in rows if row["municipality_id"] not in municipality_ids}
