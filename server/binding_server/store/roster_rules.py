"""What one record of a roster may not say beside the others: who represents whom in a circle, a second class teacher of
a class, a second class of a pupil, a place in a class that goes on as another one."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from binding_server.domain.model import DutyKind
from binding_server.domain.roster import (
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    RosterItem,
    SchoolClassItem,
)
from binding_server.store.connection import Connection, Value
from binding_server.store.roster_picture import Key, Shelf

HAVE_CHATS = "SELECT DISTINCT class_id FROM class_chat WHERE class_id IN (:members)"


class Rules:
    """The rules between records, over the picture of a batch.

    A complete roster is judged by what it tells itself: what it has not told (yet) stands against nothing, for it ends.

    Args:
        classes, enrolments, guardianships, duties: the picture.
        run: number of the import.
        full: whether it tells a complete roster.
    """

    def __init__(
        self, classes: Shelf, enrolments: Shelf, guardianships: Shelf, duties: Shelf, *, run: int, full: bool
    ) -> None:
        self._classes, self._enrolments = classes, enrolments
        self._guardianships, self._duties = guardianships, duties
        self._run, self._full = run, full
        self._ending: set[Key] = set()
        self._with_chats: set[str] = set()
        self._places: defaultdict[str, set[str]] = defaultdict(set)
        self._teachers: defaultdict[str, set[Key]] = defaultdict(set)
        self._pupils: defaultdict[str, set[str]] = defaultdict(set)
        self._successors: dict[str, str] = {}

    def load(self, connection: Connection, items: Sequence[RosterItem]) -> None:
        """Reads what the rules ask for beyond the records themselves; after the rest of the picture."""
        enrolments = [i for i in items if isinstance(i, EnrolmentItem)]
        duties = [i for i in items if isinstance(i, DutyItem) and i.kind is DutyKind.CLASS_TEACHER]
        going_on = [i for i in items if isinstance(i, SchoolClassItem) and i.continues]
        self._ending |= {(i.person_id, i.class_id) for i in enrolments if i.ended}
        self._ending |= {(i.person_id, i.organisation_id, i.kind, i.class_id) for i in duties if i.ended}
        before: set[Value] = {i.continues for i in going_on}
        taught: set[Value] = {i.class_id for i in duties if i.class_id}
        _load(self._enrolments, connection, "class_id", before)
        _load(self._duties, connection, "class_id", before | taught)
        _load(self._classes, connection, "continues", before | taught | {i.class_id for i in enrolments})
        _load(self._classes, connection, "id", {key[1] for key in self._enrolments.items()})
        chats = connection.among(HAVE_CHATS, {i.id for i in going_on})
        self._with_chats = {row["class_id"] for row in chats}
        self._load_guardians(connection, {i.pupil_id for i in items if isinstance(i, GuardianshipItem)})
        for key, values in self._enrolments.items().items():
            if values[-1] is None:
                self._places[str(key[0])].add(str(key[1]))
        for key, values in self._duties.items().items():
            if key[2] == DutyKind.CLASS_TEACHER and values[-1] is None:
                self._teachers[str(key[3])].add(key)
        for key, values in self._guardianships.items().items():
            if values[-1] is None:
                self._pupils[str(key[0])].add(str(key[1]))
        self._successors = {str(values[3]): str(key[0]) for key, values in self._classes.items().items() if values[3]}

    def school_class(self, item: SchoolClassItem) -> str:
        """Returns why a class cannot go on as this one; empty if it can."""
        before = self._classes.get((item.continues,))
        held = self._classes.get((item.id,))
        if before is None or item.continues is None:
            return "unknown"
        if self._successors.get(item.continues, item.id) != item.id:
            return "gone_on"
        if held is not None and held[3] is not None:
            return "taken"
        if before[1] >= item.year:  # pyright: ignore[reportOperatorIssue]
            return "not_earlier"
        if item.id in self._with_chats:
            return "has_chats"
        self._successors[item.continues] = item.id
        # Its chats come along, so nothing can go on as it is told next and bring others.
        self._with_chats.add(item.id)
        return ""

    def enrolment(self, item: EnrolmentItem) -> str:
        """Returns why a pupil cannot be in a class; empty if that is possible."""
        if item.ended:
            self._places[item.person_id].discard(item.class_id)
            return ""
        if item.class_id in self._successors:
            return "gone_on"
        mine = self._of_year(item.class_id)
        for place in self._places[item.person_id]:
            key: Key = (item.person_id, place)
            if place != item.class_id and self._of_year(place) == mine and self._stands(self._enrolments, key):
                return "second_class"
        self._places[item.person_id].add(item.class_id)
        return ""

    def duty(self, item: DutyItem) -> str:
        """Returns why a member of staff cannot have a duty; empty if that is possible."""
        if item.kind is not DutyKind.CLASS_TEACHER or item.class_id is None:
            return ""
        key: Key = (item.person_id, item.organisation_id, item.kind, item.class_id)
        if item.ended:
            self._teachers[item.class_id].discard(key)
            return ""
        if item.class_id in self._successors:
            return "gone_on"
        if any(self._stands(self._duties, other) for other in self._teachers[item.class_id] if other[0] != key[0]):
            return "second_teacher"
        self._teachers[item.class_id].add(key)
        return ""

    def guardianship(self, item: GuardianshipItem) -> str:
        """Returns why somebody cannot represent somebody; empty if that is possible."""
        if item.ended:
            self._pupils[item.guardian_id].discard(item.pupil_id)
            return ""
        if item.guardian_id == item.pupil_id:
            return "self"
        seen: set[str] = set()
        ahead = [item.pupil_id]
        while ahead:
            person = ahead.pop()
            if person == item.guardian_id:
                return "cycle"
            if person not in seen:
                seen.add(person)
                ahead += self._pupils[person]
        self._pupils[item.guardian_id].add(item.pupil_id)
        return ""

    def moved(self, before: str, after: str, person_id: str, teacher: tuple[Key, Key] | None = None) -> None:
        """Notes that a place, or a class teacher's duty, has gone on with its class."""
        if teacher is not None:
            self._teachers[before].discard(teacher[0])
            self._teachers[after].add(teacher[1])
        else:
            self._places[person_id].discard(before)
            self._places[person_id].add(after)

    def _load_guardians(self, connection: Connection, pupil_ids: Collection[str]) -> None:
        # Hardly any pupil represents somebody, so this is mostly one question.
        asked: set[str] = set()
        ahead = set(pupil_ids)
        while ahead:
            _load(self._guardianships, connection, "guardian_id", set(ahead))
            asked |= ahead
            ahead = {str(key[1]) for key in self._guardianships.items() if key[0] in ahead and str(key[1]) not in asked}

    def _of_year(self, class_id: str) -> tuple[Value, Value] | None:
        found = self._classes.get((class_id,))
        return None if found is None else (found[0], found[1])

    def _stands(self, shelf: Shelf, key: Key) -> bool:
        """Tells whether another record stands against one: not if this batch ends it, or a complete roster does not
        tell it."""
        if key in self._ending:
            return False
        return not self._full or shelf.told(key, self._run)


def _load(shelf: Shelf, connection: Connection, by: str, members: Collection[Value]) -> None:
    if members:
        shelf.load(connection, by, members)
