"""Where bindings are: the organisations of their accounts, kept beside them so that followers and lists find them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from binding_server.domain.watching import EventKind, Move, Place
from binding_server.store.connection import Connection, insert
from binding_server.store.events import add_event
from binding_server.store.tables import BindingPlaceRow

PLACES_OF_ACCOUNT = """
    SELECT o.id AS organisation_id, o.municipality_id FROM organisation o WHERE o.id IN (
        SELECT c.organisation_id FROM account a
        JOIN enrolment e ON e.person_id = a.person_id AND e.valid_to IS NULL
        JOIN school_class c ON c.id = e.class_id
        WHERE a.id = :account_id AND a.role = 'PUPIL'
        UNION
        SELECT c.organisation_id FROM account a
        JOIN guardianship g ON g.guardian_id = a.person_id AND g.valid_to IS NULL
        JOIN enrolment e ON e.person_id = g.pupil_id AND e.valid_to IS NULL
        JOIN school_class c ON c.id = e.class_id
        WHERE a.id = :account_id AND a.role IN ('PARENT', 'LEGAL_REPRESENTATIVE')
        UNION
        SELECT d.organisation_id FROM account a
        JOIN duty d ON d.person_id = a.person_id AND d.valid_to IS NULL
        WHERE a.id = :account_id AND a.role = 'STAFF'
        UNION
        SELECT c.organisation_id FROM account a
        JOIN duty d ON d.person_id = a.person_id AND d.valid_to IS NULL AND d.kind = 'CLASS_TEACHER'
        JOIN school_class c ON c.id = d.class_id
        WHERE a.id = :account_id AND a.role = 'STAFF'
    ) ORDER BY o.id
"""
PLACES_OF_CLASS = """
    SELECT o.id AS organisation_id, o.municipality_id FROM school_class c
    JOIN organisation o ON o.id = c.organisation_id WHERE c.id = :class_id
"""
PLACES_OF_BINDING = """
    SELECT organisation_id, municipality_id FROM binding_place WHERE binding_id = :binding_id ORDER BY organisation_id
"""
PLACES_OF_BINDINGS = (
    "SELECT binding_id, organisation_id, municipality_id FROM binding_place WHERE binding_id IN (:members)"
)
PUT = insert(BindingPlaceRow)
TAKE = "DELETE FROM binding_place WHERE binding_id = :binding_id AND organisation_id = :organisation_id"
END = "UPDATE binding_place SET active = false WHERE binding_id = :binding_id"


def places_of_account(connection: Connection, account_id: str) -> list[Place]:
    """Returns the organisations that rosters give an account now."""
    return _places(connection, PLACES_OF_ACCOUNT, account_id=account_id)


def places_of_class(connection: Connection, class_id: str) -> list[Place]:
    """Returns the organisation of a class."""
    return _places(connection, PLACES_OF_CLASS, class_id=class_id)


def places_of_binding(connection: Connection, binding_id: str) -> list[Place]:
    """Returns where a binding is, or was when it ended: also if rosters have taken its account's last role."""
    return _places(connection, PLACES_OF_BINDING, binding_id=binding_id)


def places_of_bindings(connection: Connection, binding_ids: Iterable[str]) -> Mapping[str, list[Place]]:
    """Returns where each of these bindings is."""
    found: dict[str, list[Place]] = {binding_id: [] for binding_id in binding_ids}
    for row in connection.among(PLACES_OF_BINDINGS, list(found)):
        found[row["binding_id"]].append(Place(row["organisation_id"], row["municipality_id"]))
    return found


def put_binding(connection: Connection, binding_id: str, diagnosis: str, places: Iterable[Place]) -> None:
    """Notes where an ACTIVE binding is."""
    for place in places:
        connection.run(
            PUT,
            binding_id=binding_id,
            organisation_id=place.organisation_id,
            municipality_id=place.municipality_id,
            active=1,
            diagnosis=diagnosis,
        )


def end_binding(connection: Connection, binding_id: str) -> None:
    """Notes that a binding is where it is for ever."""
    connection.run(END, binding_id=binding_id)


def follow_account(
    connection: Connection, binding_id: str, account_id: str, diagnosis: str, now: datetime
) -> list[Place]:
    """Lets an ACTIVE binding go where its account has gone, with an event if that is elsewhere. Returns where it is."""
    before = {(place.organisation_id, place.municipality_id) for place in places_of_binding(connection, binding_id)}
    places = places_of_account(connection, account_id)
    after = {(place.organisation_id, place.municipality_id) for place in places}
    if before == after:
        return places
    for organisation_id, _ in before - after:
        connection.run(TAKE, binding_id=binding_id, organisation_id=organisation_id)
    put_binding(connection, binding_id, diagnosis, (Place(*pair) for pair in after - before))
    moves = [Place(*pair, Move.LEFT) for pair in before - after]
    moves += [Place(*pair, Move.ENTERED) for pair in after - before]
    moves += [Place(*pair) for pair in before & after]
    add_event(connection, EventKind.BINDING_MOVED, now, moves, binding_id=binding_id, account_id=account_id)
    return places


def _places(connection: Connection, sql: str, **key: str) -> list[Place]:
    return [Place(row["organisation_id"], row["municipality_id"]) for row in connection.all(sql, **key)]
