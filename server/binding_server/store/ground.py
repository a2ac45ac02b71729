"""What an account stands on at this moment, for the transactions that write chats."""

from binding_server.domain.model import Role
from binding_server.domain.reconcile import Ground
from binding_server.store.connection import Connection

ACCOUNT = "SELECT person_id, role, closed FROM account WHERE id = :id"
OF_PUPIL = "SELECT class_id FROM enrolment WHERE person_id = :person_id AND valid_to IS NULL"
OF_GUARDIAN = """
    SELECT DISTINCT e.class_id FROM guardianship g
    JOIN enrolment e ON e.person_id = g.pupil_id AND e.valid_to IS NULL
    WHERE g.guardian_id = :person_id AND g.valid_to IS NULL
"""
OF_STAFF = "SELECT kind, class_id FROM duty WHERE person_id = :person_id AND valid_to IS NULL"


def ground_now(connection: Connection, account_id: str) -> Ground:
    """Returns what an account stands on now; nothing if there is no such account."""
    row = connection.one(ACCOUNT, id=account_id)
    if row is None:
        return Ground(False, frozenset())
    role, person_id = Role(row["role"]), row["person_id"]
    if role is Role.STAFF:
        duties = connection.all(OF_STAFF, person_id=person_id)
        classes = frozenset(duty["class_id"] for duty in duties if duty["kind"] == "CLASS_TEACHER")
        return Ground(bool(duties) and not row["closed"], classes)
    found = connection.all(OF_PUPIL if role is Role.PUPIL else OF_GUARDIAN, person_id=person_id)
    return Ground(bool(found) and not row["closed"], frozenset(place["class_id"] for place in found))
