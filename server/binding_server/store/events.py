"""The outbox: events are written with the change that they tell of, read by number, and forgotten after a while.

On SQLite one transaction writes at a time, so the number that it takes is in commit order, and what it takes back
leaves no gap. Another database needs a sequencer that numbers committed rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from binding_server.domain.watching import Event, EventKind, Move, Place
from binding_server.store.codec import refusal_of
from binding_server.store.connection import Connection, Row, insert
from binding_server.store.tables import EventPlaceRow, EventRow, micros, moment

NEWEST = "SELECT max(number) AS number FROM event WHERE number IS NOT NULL"
ADD_EVENT = insert(EventRow)
ADD_PLACE = insert(EventPlaceRow)
AFTER = """
    SELECT e.number, e.kind, e.committed_at, e.account_id, e.binding_id, e.chat_id, t.refusal
    FROM event e LEFT JOIN attempt t ON t.id = e.attempt_id
    WHERE e.number IS NOT NULL AND e.number > :after ORDER BY e.number LIMIT :limit
"""
PLACES_BETWEEN = """
    SELECT number, organisation_id, municipality_id, move FROM event_place WHERE number > :after AND number <= :upto
"""
OLDEST = """
    SELECT number, committed_at FROM event
    WHERE number IS NOT NULL AND number < :newest ORDER BY number LIMIT :limit
"""
FORGET = "DELETE FROM event WHERE number IS NOT NULL AND number <= :upto"
FORGET_PLACES = "DELETE FROM event_place WHERE number <= :upto"


def add_event(
    connection: Connection,
    kind: EventKind,
    at: datetime,
    places: Iterable[Place],
    *,
    account_id: str | None,
    binding_id: str | None = None,
    attempt_id: str | None = None,
    chat_id: str | None = None,
) -> None:
    """Puts an event into the outbox, with the next number.

    Args:
        places: the organisations that it concerns.
        account_id: whose binding, attempt or first chat it is.
    """
    number = newest_event_number(connection) + 1
    connection.run(
        ADD_EVENT,
        kind=kind,
        binding_id=binding_id,
        account_id=account_id,
        attempt_id=attempt_id,
        chat_id=chat_id,
        committed_at=micros(at),
        number=number,
    )
    for place in places:
        connection.run(
            ADD_PLACE,
            number=number,
            organisation_id=place.organisation_id,
            municipality_id=place.municipality_id,
            move=place.move,
        )


def newest_event_number(connection: Connection) -> int:
    """Returns the number of the newest event; 0 if there never was one."""
    row = connection.one(NEWEST)
    return 0 if row is None or row["number"] is None else row["number"]


def events_after(connection: Connection, number: int, limit: int) -> Sequence[Event]:
    """Returns events with greater numbers, in order."""
    rows = connection.all(AFTER, after=number, limit=limit)
    if not rows:
        return []
    places: defaultdict[int, list[Place]] = defaultdict(list)
    for row in connection.all(PLACES_BETWEEN, after=number, upto=rows[-1]["number"]):
        place = Place(row["organisation_id"], row["municipality_id"], Move(row["move"]))
        places[row["number"]].append(place)
    return [_event(row, tuple(places[row["number"]])) for row in rows]


def trim_events(connection: Connection, before: datetime, limit: int) -> int:
    """Forgets the oldest events from the front, so that no gap comes between two that stay. The newest stays, for the
    next number is counted from it."""
    old = 0
    upto = 0
    for row in connection.all(OLDEST, newest=newest_event_number(connection), limit=limit):
        if row["committed_at"] >= micros(before):
            break
        old, upto = old + 1, row["number"]
    if old:
        connection.run(FORGET, upto=upto)
        connection.run(FORGET_PLACES, upto=upto)
    return old


def _event(row: Row, places: tuple[Place, ...]) -> Event:
    refusal = refusal_of(row["refusal"])
    return Event(
        number=row["number"],
        kind=EventKind(row["kind"]),
        at=moment(row["committed_at"]),
        account_id=row["account_id"] or "",
        binding_id=row["binding_id"],
        chat_id=row["chat_id"],
        refusal=refusal.reason if refusal else None,
        places=places,
    )
