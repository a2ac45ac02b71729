"""What a reconcile run compares, and the memberships that ended bindings have left behind."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from binding_server.domain.model import ChatKind
from binding_server.domain.watching import EventKind
from binding_server.store.chats import leave_all
from binding_server.store.connection import Connection
from binding_server.store.events import add_event
from binding_server.store.places import places_of_binding, places_of_bindings
from binding_server.store.requests import add_audit
from binding_server.use_cases.records import AuditEntry

PRESENT = """
    SELECT m.binding_id, c.class_id, c.kind, m.educational_role FROM chat_membership m
    JOIN class_chat c ON c.id = m.chat_id WHERE m.removed_at IS NULL AND m.binding_id IN (:members)
"""
LEFT_BEHIND = """
    SELECT DISTINCT b.id, b.account_id FROM chat_membership m JOIN binding b ON b.id = m.binding_id
    WHERE m.removed_at IS NULL AND b.state <> 'ACTIVE' ORDER BY b.id LIMIT :limit
"""
IN_CHATS = """
    SELECT b.account_id FROM chat_membership m JOIN binding b ON b.id = m.binding_id
    WHERE m.removed_at IS NULL AND b.state <> 'ACTIVE' AND b.id = :id LIMIT 1
"""
NAMES = """
    SELECT c.id, c.display_name, o.display_name AS organisation FROM school_class c
    JOIN organisation o ON o.id = c.organisation_id WHERE c.id IN (:members)
"""


def present_chats(
    connection: Connection, binding_ids: Collection[str]
) -> Mapping[str, Mapping[tuple[str, ChatKind], str]]:
    """Returns the chats that each binding is in, with the role that gives it."""
    found: dict[str, dict[tuple[str, ChatKind], str]] = {binding_id: {} for binding_id in binding_ids}
    for row in connection.among(PRESENT, list(found)):
        found[row["binding_id"]][row["class_id"], ChatKind(row["kind"])] = row["educational_role"]
    return found


def noted_places(connection: Connection, binding_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Returns the organisations at which each binding is noted."""
    found = places_of_bindings(connection, binding_ids)
    return {binding_id: frozenset(place.organisation_id for place in places) for binding_id, places in found.items()}


def class_names(connection: Connection, class_ids: Collection[str]) -> Mapping[str, tuple[str, str]]:
    """Returns the names of classes and of their organisations."""
    return {row["id"]: (row["display_name"], row["organisation"]) for row in connection.among(NAMES, set(class_ids))}


def left_behind(connection: Connection, limit: int) -> Sequence[tuple[str, str]]:
    """Returns bindings that have ended and are still in chats, with their accounts."""
    return [(row["id"], row["account_id"]) for row in connection.all(LEFT_BEHIND, limit=limit)]


def leave_behind(connection: Connection, binding_id: str, now: datetime, audit: AuditEntry) -> bool:
    """Takes an ended binding out of all chats; False if it was in none."""
    row = connection.one(IN_CHATS, id=binding_id)
    if row is None:
        return False
    leave_all(connection, binding_id, now)
    places = places_of_binding(connection, binding_id)
    changed = EventKind.CHATS_CHANGED
    add_event(connection, changed, now, places, binding_id=binding_id, account_id=row["account_id"])
    add_audit(connection, audit)
    return True
