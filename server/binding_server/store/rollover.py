"""A class goes on as the class of a later year, at one stroke: its pupils, its class teacher and its chats become that
class's, in the transaction that takes the record."""

from collections.abc import Sequence
from datetime import datetime

from binding_server.domain.model import DutyKind
from binding_server.domain.roster import SchoolClassItem
from binding_server.domain.watching import EventKind
from binding_server.store.connection import Connection
from binding_server.store.events import add_event
from binding_server.store.places import places_of_bindings
from binding_server.store.requests import add_audit
from binding_server.store.roster_picture import Key, Shelf
from binding_server.store.roster_rules import Rules
from binding_server.use_cases.records import AuditEntry

TAKE_CHATS = "UPDATE class_chat SET class_id = :after WHERE class_id = :before"
MEMBERS = """
    SELECT DISTINCT b.id, b.account_id FROM class_chat h
    JOIN chat_membership m ON m.chat_id = h.id AND m.removed_at IS NULL
    JOIN binding b ON b.id = m.binding_id AND b.state = 'ACTIVE' WHERE h.class_id = :class_id ORDER BY b.id
"""


class Rollover:
    """The classes of a batch that go on."""

    def __init__(self, enrolments: Shelf, duties: Shelf, rules: Rules, now: int) -> None:
        self._enrolments, self._duties, self._rules, self._now = enrolments, duties, rules, now
        self._gone: list[tuple[str, str]] = []

    def go_on(self, item: SchoolClassItem) -> tuple[list[str], list[str]]:
        """Lets pupils and class teacher of a class go on with it. Returns the pupils and the teachers."""
        before, after = item.continues or "", item.id
        self._gone.append((before, after))
        pupils = [str(key[0]) for key in _current(self._enrolments) if key[1] == before]
        for pupil in pupils:
            self._move(self._enrolments, (pupil, before), (pupil, after))
            self._rules.moved(before, after, pupil)
        teachers = [key for key in _current(self._duties) if key[3] == before and key[2] == DutyKind.CLASS_TEACHER]
        for key in teachers:
            new = (key[0], item.organisation_id, key[2], after)
            self._move(self._duties, key, new)
            self._rules.moved(before, after, "", (key, new))
        return pupils, [str(key[0]) for key in teachers]

    def write(self, connection: Connection, actor: str, now: datetime) -> None:
        """Hands the chats over, after the classes have been written, and tells those who are in them."""
        for before, after in self._gone:
            connection.run(TAKE_CHATS, before=before, after=after)
            add_audit(connection, AuditEntry(actor, "class.continue", None, now, reason=f"{before} -> {after}"))
            members = connection.all(MEMBERS, class_id=after)
            places = places_of_bindings(connection, [row["id"] for row in members])
            for row in members:
                add_event(
                    connection,
                    EventKind.CHATS_CHANGED,
                    now,
                    places[row["id"]],
                    binding_id=row["id"],
                    account_id=row["account_id"],
                )

    def _move(self, shelf: Shelf, before: Key, after: Key) -> None:
        """Ends a record and begins its like. A complete roster has not told it by that: who left in summer still has
        to be told as gone by being left out."""
        begun, _ = (shelf.get(before) or (self._now, None))[-2:]
        shelf.put(before, (begun, self._now))
        found = shelf.get(after)
        if found is None or found[-1] is not None:
            shelf.put_untold(after, (self._now, None))


def _current(shelf: Shelf) -> Sequence[Key]:
    return [key for key, values in shelf.items().items() if values[-1] is None]
