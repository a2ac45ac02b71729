# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""The part of the directory that a batch of roster items touches: read at once, changed in memory, written at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter

from binding_server.domain.roster import RosterChange, RosterOutcome
from binding_server.store.connection import Connection, Row, Value, columns, insert
from binding_server.store.contacts import END_USE
from binding_server.store.tables import (
    AccountRow,
    ContactUseRow,
    DutyRow,
    EnrolmentRow,
    GuardianshipRow,
    MunicipalityRow,
    OrganisationRow,
    PersonRow,
    SchoolClassRow,
    Table,
)

Key = tuple[Value, ...]
Values = tuple[Value, ...]

CREATED = RosterOutcome(RosterChange.CREATED)
UPDATED = RosterOutcome(RosterChange.UPDATED)
UNCHANGED = RosterOutcome(RosterChange.UNCHANGED)


def _reader(names: Sequence[str]) -> Callable[[Row], tuple[Value, ...]]:
    """Returns what reads some columns of a row; it runs for every row."""
    first, *more = names
    return itemgetter(first, *more) if more else lambda row: (row[first],)


class Plan:
    """Statements over a table whose records have a key that the roster tells.

    Args:
        table: the table.
        key: names of the key's columns, separated by blanks.
        values: names of the columns that a record may change.
        swept: whether a complete roster ends what it does not tell, so that rows carry the mark `seen`.
        current: condition of the rows that count, if not all do.
    """

    def __init__(self, table: type[Table], key: str, values: str, *, swept: bool = False, current: str = "") -> None:
        name = str(table.__tablename__)
        self.key, self.values, self.swept = key.split(), values.split(), swept
        self.key_of, self.values_of = _reader(self.key), _reader(self.values)
        also = f" AND {current}" if current else ""
        # IS, not =, for a part of a key may be missing.
        where = " AND ".join(f"{column} IS :{column}" for column in self.key) + also
        written = [*self.values, *(["seen"] if swept else [])]
        self.find = f"SELECT {columns(table, 't')} FROM {name} t WHERE t.{{by}} IN (:members){also}"
        self.insert = insert(table)
        self.update = f"UPDATE {name} SET {', '.join(f'{column} = :{column}' for column in written)} WHERE {where}"
        self.mark = f"UPDATE {name} SET seen = :seen WHERE {where}"


MUNICIPALITY = Plan(MunicipalityRow, "id", "display_name policy")
ORGANISATION = Plan(OrganisationRow, "id", "municipality_id display_name kind")
SCHOOL_CLASS = Plan(SchoolClassRow, "id", "organisation_id year display_name continues")
PERSON = Plan(PersonRow, "id", "esia_oid display_name birth_date")
ACCOUNT = Plan(AccountRow, "id", "person_id role closed", swept=True)
ENROLMENT = Plan(EnrolmentRow, "person_id class_id", "valid_from valid_to", swept=True)
GUARDIANSHIP = Plan(GuardianshipRow, "guardian_id pupil_id", "kind valid_from valid_to", swept=True)
DUTY = Plan(DutyRow, "person_id organisation_id kind class_id", "valid_from valid_to", swept=True)
CONTACT = Plan(ContactUseRow, "digest", "person_id source valid_from valid_to", swept=True, current="valid_to IS NULL")


class Shelf:
    """The records of one table that a batch touches, by key: as they stand, and as they are to be."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._records: dict[Key, Values] = {}
        self._stored: dict[Key, Values] = {}
        self._seen: dict[Key, int] = {}
        self._changed: dict[Key, None] = {}
        self._told: set[Key] = set()
        self._untold: set[Key] = set()

    def load(self, connection: Connection, by: str, members: Collection[Value]) -> None:
        """Reads the records whose column `by` is among some values, into what was read before."""
        plan = self._plan
        for row in connection.among(plan.find.format(by=by), members):
            key = plan.key_of(row)
            self._records[key] = self._stored[key] = plan.values_of(row)
            if plan.swept:
                self._seen[key] = row["seen"]

    def __contains__(self, key: Key) -> bool:
        return key in self._records

    def get(self, key: Key) -> Values | None:
        """Returns a record as it is to be; None if there is none."""
        return self._records.get(key)

    def stored(self, key: Key) -> Values | None:
        """Returns a record as it stands in the database; None if there is none."""
        return self._stored.get(key)

    def items(self) -> Mapping[Key, Values]:
        """Returns all records that were read or made."""
        return self._records

    def put(self, key: Key, values: Values) -> RosterOutcome:
        """Creates, changes or leaves a record."""
        found = self._records.get(key)
        self._untold.discard(key)
        if found == values:
            self._told.add(key)
            return UNCHANGED
        self._records[key] = values
        self._changed[key] = None
        return CREATED if found is None else UPDATED

    def put_untold(self, key: Key, values: Values) -> None:
        """Creates or changes a record that the roster itself has not told."""
        self.put(key, values)
        self._untold.add(key)

    def told(self, key: Key, run: int) -> bool:
        """Tells whether an import has told of a record before; never without one."""
        if key in self._untold:
            return False
        return bool(run) and (key in self._told or key in self._changed or self._seen.get(key) == run)

    @property
    def changed(self) -> Collection[Key]:
        """The keys of all records that are not any more as they were read."""
        return self._changed.keys()

    def write(self, connection: Connection, run: int) -> None:
        """Writes what was made and what was changed; the number of the run goes with it."""
        made: list[dict[str, Value]] = []
        updated: list[dict[str, Value]] = []
        for key in self._changed:
            (updated if key in self._stored else made).append(self._row(key, run))
        if made:
            connection.many(self._plan.insert, made)
        if updated:
            connection.many(self._plan.update, updated)

    def mark(self, connection: Connection, run: int) -> None:
        """Marks the records that the batch told without changing them, if they are not marked yet."""
        told = [key for key in self._told if key not in self._changed and self._seen.get(key, run) < run]
        if told:
            connection.many(self._plan.mark, [dict(zip(self._plan.key, key, strict=True), seen=run) for key in told])

    def _row(self, key: Key, run: int) -> dict[str, Value]:
        row = dict(zip(self._plan.key, key, strict=True))
        row.update(zip(self._plan.values, self._records[key], strict=True))
        if self._plan.swept:
            row["seen"] = self._seen.get(key, 0) if key in self._untold else run
        return row


class Uses(Shelf):
    """The current uses of contacts. A use is never changed: it ends, and another one begins."""

    def __init__(self, plan: Plan, now: int) -> None:
        super().__init__(plan)
        self._now = now

    def drop(self, key: Key) -> None:
        """Ends a use; there must be one."""
        del self._records[key]
        self._changed[key] = None

    def write(self, connection: Connection, run: int) -> None:
        """Ends the uses that are over and begins the new ones."""
        over = [key for key in self._changed if key in self._stored]
        begun = [self._row(key, run) for key in self._changed if key in self._records]
        connection.many(END_USE, [{"digest": key[0], "now": self._now} for key in over])
        connection.many(self._plan.insert, begun)
