"""Who uses a contact: reads for decisions, and what live reads of ESIA teach.

Whoever changes a use calls `contacts_changed` of `store.staleness` in the same transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from binding_server.domain.model import ContactSource
from binding_server.store.connection import Connection, insert
from binding_server.store.staleness import contacts_changed
from binding_server.store.tables import ContactUseRow, micros
from binding_server.use_cases.records import ContactUser

USERS = """
    SELECT u.digest, u.person_id, u.source, c.digest IS NOT NULL AS confirmed FROM contact_use u
    LEFT JOIN contact_confirmation c ON c.digest = u.digest AND c.person_id = u.person_id
    WHERE u.valid_to IS NULL AND u.digest IN (:members)
"""
ESIA_USES = "SELECT digest FROM contact_use WHERE valid_to IS NULL AND person_id = :person_id AND source = 'ESIA'"
TAKEN_FROM = "SELECT digest FROM contact_taken WHERE person_id = :person_id"
GIVE_BACK = "DELETE FROM contact_taken WHERE person_id = :person_id AND digest = :digest"
BEGIN_USE = insert(ContactUseRow)
END_USE = "UPDATE contact_use SET valid_to = :now WHERE valid_to IS NULL AND digest = :digest"


@dataclass(frozen=True, slots=True)
class EsiaNews:
    """What a live read of ESIA changes. `ended` are contacts whose current use ends, `begun` those that the person
    uses from now on, `dropped` those that a code once took from the person and that ESIA does not tell any more."""

    ended: frozenset[bytes]
    begun: frozenset[bytes]
    dropped: frozenset[bytes]

    def __bool__(self) -> bool:
        return bool(self.ended or self.begun or self.dropped)


def users_of(connection: Connection, digests: Collection[bytes]) -> Mapping[bytes, ContactUser]:
    """Returns who uses each contact now; those that nobody is known to use are absent."""
    rows = connection.among(USERS, set(digests))
    return {row["digest"]: ContactUser(row["person_id"], row["source"], bool(row["confirmed"])) for row in rows}


def esia_news(connection: Connection, person_id: str, digests: Collection[bytes]) -> EsiaNews:
    """Returns what a live read of ESIA changes: nothing, most of the time.

    Between ESIA and codes the later word counts: a contact that a code has taken from the person stays taken, though
    ESIA goes on to tell it.
    """
    told = set(digests)
    taken = {row["digest"] for row in connection.all(TAKEN_FROM, person_id=person_id)}
    users = users_of(connection, told)
    movable = {
        digest
        for digest, user in users.items()
        if user.person_id != person_id
        and (user.source == ContactSource.ESIA or (user.source == ContactSource.CODE and digest not in taken))
    }
    former = {row["digest"] for row in connection.all(ESIA_USES, person_id=person_id)} - told
    return EsiaNews(frozenset(movable | former), frozenset((told - users.keys()) | movable), frozenset(taken - told))


def record_esia_uses(connection: Connection, person_id: str, digests: Collection[bytes], now: datetime) -> None:
    """Notes contacts verified at ESIA as the person's; a school's record of a contact stands above it."""
    news = esia_news(connection, person_id, digests)
    for digest in sorted(news.ended):
        end_use(connection, digest, now)
    for digest in sorted(news.begun):
        begin_use(connection, digest, person_id, ContactSource.ESIA, now)
    for digest in sorted(news.dropped):
        connection.run(GIVE_BACK, person_id=person_id, digest=digest)
    contacts_changed(connection, news.ended | news.begun, f"person:{person_id}", now)


def begin_use(connection: Connection, digest: bytes, person_id: str, source: ContactSource, now: datetime) -> None:
    """Makes a person the user of a contact that nobody uses now."""
    connection.run(
        BEGIN_USE, digest=digest, person_id=person_id, source=source, valid_from=micros(now), valid_to=None, seen=0
    )


def end_use(connection: Connection, digest: bytes, now: datetime) -> None:
    """Ends the current use of a contact, if there is one."""
    connection.run(END_USE, digest=digest, now=micros(now))
