"""One-time codes: what was sent, and what a try leads to."""

from datetime import datetime

from binding_server.domain.contact_codes import SEND_WINDOW, ContactCode, Verdict, Wait, judge, must_wait
from binding_server.domain.model import ContactSource
from binding_server.store.connection import Connection, Row, columns, insert
from binding_server.store.contacts import GIVE_BACK, begin_use, end_use, users_of
from binding_server.store.requests import add_audit
from binding_server.store.staleness import contacts_changed
from binding_server.store.tables import ContactCodeRow, ContactConfirmationRow, ContactTakenRow, micros, moment
from binding_server.use_cases.contact_ports import Confirmation
from binding_server.use_cases.records import AuditEntry

_CODE = f"SELECT {columns(ContactCodeRow, 'c')} FROM contact_code c"  # noqa: S608 - names of our own
TO_CONTACT = f"{_CODE} WHERE c.contact = :contact AND c.made_at > :after"
BY_PERSON = f"{_CODE} WHERE c.person_id = :person_id AND c.made_at > :after"
OF_PAIR = f"{_CODE} WHERE c.contact = :contact AND c.person_id = :person_id ORDER BY c.id"
BY_NUMBER = f"{_CODE} WHERE c.id = :id"
ADD = insert(ContactCodeRow)
SENT = "UPDATE contact_code SET delivered = true WHERE id = :id"
VOID_EARLIER = "UPDATE contact_code SET void = true WHERE contact = :contact AND person_id = :person_id AND id < :id"
VOID_ALL = "UPDATE contact_code SET void = true WHERE contact = :contact AND person_id = :person_id"
DROP = "DELETE FROM contact_code WHERE id = :id AND NOT delivered"
COUNT_TRY = "UPDATE contact_code SET tries = tries + 1 WHERE id = :id"
CONFIRM = insert(
    ContactConfirmationRow,
    end="ON CONFLICT (digest) DO UPDATE SET person_id = excluded.person_id, at = excluded.at",
)
TAKE = insert(ContactTakenRow, end="ON CONFLICT DO NOTHING")
FORGET = """
    DELETE FROM contact_code WHERE id IN (
        SELECT id FROM contact_code WHERE made_at < :before ORDER BY made_at LIMIT :limit
    )
"""


def add_code(connection: Connection, person_id: str, contact: bytes, code: bytes, now: datetime) -> int | Wait:
    """Notes a code that is about to be sent and returns its number; or says what limit stands against it."""
    after = micros(now - SEND_WINDOW)
    rows = {row["id"]: row for row in connection.all(TO_CONTACT, contact=contact, after=after)}
    rows |= {row["id"]: row for row in connection.all(BY_PERSON, person_id=person_id, after=after)}
    wait = must_wait([_code(row) for row in rows.values()], person_id, contact, now)
    if wait is not None:
        return wait
    return connection.add(
        ADD, person_id=person_id, contact=contact, code=code, made_at=micros(now), delivered=0, tries=0, void=0
    )


def code_sent(connection: Connection, number: int, audit: AuditEntry) -> None:
    """Notes that a code went out: earlier ones of the same person and contact are void."""
    row = connection.one(BY_NUMBER, id=number)
    if row is None:
        return
    connection.run(SENT, id=number)
    connection.run(VOID_EARLIER, id=number, contact=row["contact"], person_id=row["person_id"])
    add_audit(connection, audit)


def drop_code(connection: Connection, number: int) -> None:
    """Forgets a code that did not go out."""
    connection.run(DROP, id=number)


def confirm(
    connection: Connection, person_id: str, contact: bytes, code: bytes, now: datetime, audit: AuditEntry
) -> Confirmation:
    """Tries a code; a right one makes the person the contact's user, unless a school says otherwise."""
    pair = connection.all(OF_PAIR, contact=contact, person_id=person_id)
    trial = judge([_code(row) for row in pair], code, now)
    if trial.verdict is Verdict.WRONG:
        connection.many(COUNT_TRY, [{"id": row["id"]} for row in pair if _code(row).is_live(now)])
    if trial.verdict is not Verdict.RIGHT:
        return Confirmation(trial)
    connection.run(VOID_ALL, contact=contact, person_id=person_id)
    user = users_of(connection, [contact]).get(contact)
    if user is not None and user.person_id != person_id:
        if user.source == ContactSource.SCHOOL:
            return Confirmation(trial, taken=True)
        connection.run(TAKE, person_id=user.person_id, digest=contact)
        end_use(connection, contact, now)
        user = None
    if user is None:
        begin_use(connection, contact, person_id, ContactSource.CODE, now)
    connection.run(GIVE_BACK, person_id=person_id, digest=contact)
    connection.run(CONFIRM, digest=contact, person_id=person_id, at=micros(now))
    add_audit(connection, audit)
    contacts_changed(connection, [contact], audit.actor, now)
    return Confirmation(trial)


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Forgets codes from before a time, the oldest first. Returns how many."""
    return connection.run(FORGET, before=micros(before), limit=limit)


def _code(row: Row) -> ContactCode:
    return ContactCode(
        person_id=row["person_id"],
        contact=row["contact"],
        code=row["code"],
        made_at=moment(row["made_at"]),
        delivered=bool(row["delivered"]),
        tries=row["tries"],
        void=bool(row["void"]),
    )
