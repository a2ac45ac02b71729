"""Upserts of roster items: each whole or not at all, in order, with what became of it; the database is asked once for
a batch and written once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

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
    RosterMode,
    RosterOutcome,
    RosterRun,
    SchoolClassItem,
)
from binding_server.store import roster_picture as tables
from binding_server.store.connection import Connection, Value
from binding_server.store.directory import guardians_of
from binding_server.store.rollover import Rollover
from binding_server.store.roster_picture import CREATED, UNCHANGED, UPDATED, Key, Shelf, Uses, Values
from binding_server.store.roster_reach import foreign_fields, persons_of
from binding_server.store.roster_rules import Rules
from binding_server.store.roster_runs import queue_accounts, roster_actor, spare
from binding_server.store.staleness import contacts_changed
from binding_server.store.tables import micros

FREE_OID = "UPDATE person SET esia_oid = NULL WHERE id = :id"


def apply_roster(
    connection: Connection,
    items: Sequence[RosterItem],
    now: datetime,
    run: RosterRun | None = None,
    doubtful: Collection[str] = (),
    within: Collection[str] | None = None,
) -> Sequence[RosterOutcome]:
    """Upserts items in order and returns one outcome for each.

    Args:
        run: the import that the items belong to. Its number goes into what they touch, bound accounts that have to
            follow are queued under it; a FULL one marks what stays as it is, too. Without one, neither happens.
        doubtful: persons of whom a record was unreadable: a FULL roster is taken to tell all that is known of them.
        within: the only municipalities that may be changed; all if None.
    """
    number = 0 if run is None else run.number
    batch = _Batch(connection, items, micros(now), number, full=run is not None and run.mode is RosterMode.FULL)
    foreign = [None] * len(items) if within is None else foreign_fields(connection, items, within)
    outcomes = [
        batch.apply(item) if field is None else _failed(field, "foreign")
        for item, field in zip(items, foreign, strict=True)
    ]
    actor = roster_actor(connection, run)
    batch.write()
    batch.rollover.write(connection, actor, now)
    contacts_changed(connection, batch.contacts(), actor, now)
    if run is not None:
        batch.mark(everything=run.mode is RosterMode.FULL)
        if run.mode is RosterMode.FULL:
            failed = [i for i, made in zip(items, outcomes, strict=True) if made.change is RosterChange.FAILED]
            spare(connection, number, {*doubtful, *(person for item in failed for person in persons_of(item))})
        queue_accounts(connection, number, batch.touched(), now)
    return outcomes


class _Batch:
    """What a batch of items touches, and what it makes of that."""

    def __init__(self, connection: Connection, items: Sequence[RosterItem], now: int, run: int, *, full: bool) -> None:
        self._connection, self._now, self._run = connection, now, run
        self._municipalities = Shelf(tables.MUNICIPALITY)
        self._organisations = Shelf(tables.ORGANISATION)
        self._classes = Shelf(tables.SCHOOL_CLASS)
        self._persons = Shelf(tables.PERSON)
        self._accounts = Shelf(tables.ACCOUNT)
        self._enrolments = Shelf(tables.ENROLMENT)
        self._guardianships = Shelf(tables.GUARDIANSHIP)
        self._duties = Shelf(tables.DUTY)
        self._contacts = Uses(tables.CONTACT, now)
        self._load(items)
        swept = (self._classes, self._enrolments, self._guardianships, self._duties)
        self._wrong = Rules(*swept, run=run, full=full)
        self._wrong.load(connection, items)
        self.rollover = Rollover(self._enrolments, self._duties, self._wrong, now)
        self._oids = {values[0]: key[0] for key, values in self._persons.items().items() if values[0] is not None}
        self._pairs = {(values[0], values[1]): key[0] for key, values in self._accounts.items().items()}
        self._pupils: set[str] = set()
        self._touched: set[str] = set()
        self._rules: dict[type[Any], Callable[[Any], RosterOutcome]] = {
            MunicipalityItem: self._municipality,
            OrganisationItem: self._organisation,
            SchoolClassItem: self._school_class,
            PersonItem: self._person,
            AccountItem: self._account,
            EnrolmentItem: self._enrolment,
            GuardianshipItem: self._guardianship,
            DutyItem: self._duty,
            ContactItem: self._contact,
        }

    def apply(self, item: RosterItem) -> RosterOutcome:
        """Applies one item to the picture."""
        return self._rules[type(item)](item)

    def write(self) -> None:
        """Writes everything that has changed."""
        freed = [key for key in self._persons.changed if self._oid_moves(key)]
        # Two persons may have changed oids: none may hold one while the other takes it.
        self._connection.many(FREE_OID, [{"id": key[0]} for key in freed])
        for shelf in self._in_order:
            shelf.write(self._connection, self._run)

    def mark(self, *, everything: bool) -> None:
        """Marks what was told and stays as it is: everything that a complete roster may end, or contacts only."""
        swept = (self._accounts, self._enrolments, self._guardianships, self._duties)
        for shelf in (*(swept if everything else ()), self._contacts):
            shelf.mark(self._connection, self._run)

    def contacts(self) -> set[bytes]:
        """Returns the contacts whose use has changed, by their digests."""
        return {key[0] for key in self._contacts.changed if isinstance(key[0], bytes)}

    def touched(self) -> set[str]:
        """Returns the persons whose chats may have changed."""
        return self._touched | set(guardians_of(self._connection, self._pupils))

    @property
    def _in_order(self) -> Sequence[Shelf]:
        """All shelves, each after those that it refers to."""
        return (
            self._municipalities,
            self._organisations,
            self._classes,
            self._persons,
            self._accounts,
            self._enrolments,
            self._guardianships,
            self._duties,
            self._contacts,
        )

    def _load(self, items: Sequence[RosterItem]) -> None:
        sorts: defaultdict[type[Any], list[Any]] = defaultdict(list)
        for item in items:
            sorts[type(item)].append(item)
        organisations, classes, persons = sorts[OrganisationItem], sorts[SchoolClassItem], sorts[PersonItem]
        accounts, enrolments, duties = sorts[AccountItem], sorts[EnrolmentItem], sorts[DutyItem]
        guardianships, contacts = sorts[GuardianshipItem], sorts[ContactItem]
        wanted: list[tuple[Shelf, str, set[Value]]] = [
            (
                self._municipalities,
                "id",
                {i.id for i in sorts[MunicipalityItem]} | {i.municipality_id for i in organisations},
            ),
            (
                self._organisations,
                "id",
                {i.id for i in organisations} | {i.organisation_id for i in classes + duties},
            ),
            (
                self._classes,
                "id",
                {i.id for i in classes} | {i.class_id for i in enrolments + duties if i.class_id is not None},
            ),
            (
                self._persons,
                "id",
                {i.id for i in persons}
                | {i.person_id for i in accounts + enrolments + duties + contacts}
                | {i.guardian_id for i in guardianships}
                | {i.pupil_id for i in guardianships},
            ),
            (self._persons, "esia_oid", {i.esia_oid for i in persons if i.esia_oid is not None}),
            (self._accounts, "id", {i.id for i in accounts}),
            (self._accounts, "person_id", {i.person_id for i in accounts}),
            (self._enrolments, "person_id", {i.person_id for i in enrolments}),
            (self._guardianships, "guardian_id", {i.guardian_id for i in guardianships}),
            (self._duties, "person_id", {i.person_id for i in duties}),
            (self._contacts, "digest", {i.digest for i in contacts}),
        ]
        for shelf, column, members in wanted:
            if members:
                shelf.load(self._connection, column, members)

    def _municipality(self, item: MunicipalityItem) -> RosterOutcome:
        return self._municipalities.put((item.id,), (item.display_name, item.policy))

    def _organisation(self, item: OrganisationItem) -> RosterOutcome:
        if (item.municipality_id,) not in self._municipalities:
            return _failed("municipality_id", "unknown")
        return self._organisations.put((item.id,), (item.municipality_id, item.display_name, item.kind))

    def _school_class(self, item: SchoolClassItem) -> RosterOutcome:
        if (item.organisation_id,) not in self._organisations:
            return _failed("organisation_id", "unknown")
        held = self._classes.get((item.id,))
        before = held[3] if held is not None else None
        goes_on = item.continues is not None and item.continues != before
        if goes_on and (wrong := self._wrong.school_class(item)):
            return _failed("continues", wrong)
        values = (item.organisation_id, item.year, item.display_name, item.continues or before)
        outcome = self._classes.put((item.id,), values)
        if goes_on:
            pupils, teachers = self.rollover.go_on(item)
            old = self._classes.get((item.continues,))
            # Within an organisation the chats have brought everybody along: nothing is left to settle.
            if old is None or old[0] != item.organisation_id:
                self._pupils.update(pupils)
                self._touched.update(pupils, teachers)
        return outcome

    def _person(self, item: PersonItem) -> RosterOutcome:
        oid = item.esia_oid
        if oid is not None and self._oids.get(oid, item.id) != item.id:
            return _failed("esia_oid", "taken")
        held = self._persons.get((item.id,))
        if held is not None and held[0] is not None:
            del self._oids[held[0]]
        if oid is not None:
            self._oids[oid] = item.id
        birth_date = item.birth_date or (held[2] if held is not None else None)
        return self._persons.put((item.id,), (oid, item.display_name, birth_date))

    def _account(self, item: AccountItem) -> RosterOutcome:
        if (item.person_id,) not in self._persons:
            return _failed("person_id", "unknown")
        # An account is its person and role: it never passes to somebody else, for bindings hang on it.
        held = self._accounts.get((item.id,))
        if held is not None and held[:2] != (item.person_id, item.role):
            return _failed("id", "taken")
        if self._pairs.setdefault((item.person_id, item.role), item.id) != item.id:
            return _failed("role", "taken")
        outcome = self._accounts.put((item.id,), (item.person_id, item.role, int(item.closed)))
        return self._follow(outcome, item.person_id)

    def _enrolment(self, item: EnrolmentItem) -> RosterOutcome:
        if (item.person_id,) not in self._persons:
            return _failed("person_id", "unknown")
        if (item.class_id,) not in self._classes:
            return _failed("class_id", "unknown")
        if wrong := self._wrong.enrolment(item):
            return _failed("class_id", wrong)
        outcome = self._put_while(self._enrolments, (item.person_id, item.class_id), (), item.ended)
        if outcome is not UNCHANGED:
            self._pupils.add(item.person_id)
        return self._follow(outcome, item.person_id)

    def _guardianship(self, item: GuardianshipItem) -> RosterOutcome:
        if (item.guardian_id,) not in self._persons:
            return _failed("guardian_id", "unknown")
        if (item.pupil_id,) not in self._persons:
            return _failed("pupil_id", "unknown")
        if wrong := self._wrong.guardianship(item):
            return _failed("guardian_id", wrong)
        key = (item.guardian_id, item.pupil_id)
        return self._follow(self._put_while(self._guardianships, key, (item.kind,), item.ended), item.guardian_id)

    def _duty(self, item: DutyItem) -> RosterOutcome:
        if (item.person_id,) not in self._persons:
            return _failed("person_id", "unknown")
        if (item.organisation_id,) not in self._organisations:
            return _failed("organisation_id", "unknown")
        if item.class_id is not None and (item.class_id,) not in self._classes:
            return _failed("class_id", "unknown")
        if wrong := self._wrong.duty(item):
            return _failed("class_id", wrong)
        key = (item.person_id, item.organisation_id, item.kind, item.class_id)
        return self._follow(self._put_while(self._duties, key, (), item.ended), item.person_id)

    def _contact(self, item: ContactItem) -> RosterOutcome:
        if (item.person_id,) not in self._persons:
            return _failed("person_id", "unknown")
        key: Key = (item.digest,)
        use = self._contacts.get(key)
        if item.ended:
            if use is None or use[0] != item.person_id:
                return UNCHANGED
            self._contacts.drop(key)
            return UPDATED
        if use is not None and use[:2] == (item.person_id, ContactSource.SCHOOL):
            return self._contacts.put(key, use)
        # Schools record a parent's phone for the child too. One roster must not move it to and fro.
        if use is not None and use[0] != item.person_id and self._contacts.told(key, self._run):
            return UNCHANGED
        self._contacts.put(key, (item.person_id, ContactSource.SCHOOL, self._now, None))
        return CREATED if use is None else UPDATED

    def _put_while(self, shelf: Shelf, key: Key, values: Values, ended: bool) -> RosterOutcome:
        """Creates, updates, ends, begins again or leaves a record that holds for a time. Ending what never was or has
        ended changes nothing."""
        found = shelf.get(key)
        if ended and (found is None or found[-1] is not None):
            return UNCHANGED
        if found is None or (not ended and found[-1] is not None):
            return shelf.put(key, (*values, self._now, None))
        return shelf.put(key, (*values, found[-2], self._now if ended else None))

    def _oid_moves(self, key: Key) -> bool:
        stored, wanted = self._persons.stored(key), self._persons.get(key)
        return stored is not None and stored[0] is not None and wanted is not None and stored[0] != wanted[0]

    def _follow(self, outcome: RosterOutcome, person_id: str) -> RosterOutcome:
        if outcome is not UNCHANGED:
            self._touched.add(person_id)
        return outcome


def _failed(field: str, problem: str) -> RosterOutcome:
    return RosterOutcome(RosterChange.FAILED, field, problem)
