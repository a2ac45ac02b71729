"""Who uses a contact: reads for decisions, and what live reads of ESIA teach."""

from collections.abc import Collection, Mapping
from datetime import datetime

from binding_server.domain.model import ContactSource
from binding_server.store.connection import Connection, insert
from binding_server.store.tables import ContactUseRow, micros
from binding_server.use_cases.ports import ContactUser

USERS = "SELECT digest, person_id, source FROM contact_use WHERE valid_to IS NULL AND digest IN (:members)"
ESIA_USES = "SELECT digest FROM contact_use WHERE valid_to IS NULL AND person_id = :person_id AND source = 'ESIA'"
BEGIN_USE = insert(ContactUseRow)
END_USE = "UPDATE contact_use SET valid_to = :now WHERE valid_to IS NULL AND digest = :digest"


def users_of(connection: Connection, digests: Collection[bytes]) -> Mapping[bytes, ContactUser]:
    """Returns who uses each contact now; those that nobody is known to use are absent."""
    rows = connection.among(USERS, set(digests))
    return {row["digest"]: ContactUser(row["person_id"], row["source"]) for row in rows}


def esia_news(connection: Connection, person_id: str, digests: Collection[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Returns what a live read of ESIA changes: the contacts whose current use ends, and those that the person uses
    from now on. Both are empty most of the time."""
    users = users_of(connection, digests)
    foreign = {
        digest for digest, user in users.items() if user.source == ContactSource.ESIA and user.person_id != person_id
    }
    former = {row["digest"] for row in connection.all(ESIA_USES, person_id=person_id)} - set(digests)
    return foreign | former, (set(digests) - users.keys()) | foreign


def record_esia_uses(connection: Connection, person_id: str, digests: Collection[bytes], now: datetime) -> None:
    """Notes contacts verified at ESIA as the person's; a school's record of a contact stands above it."""
    ended, begun = esia_news(connection, person_id, digests)
    for digest in sorted(ended):
        end_use(connection, digest, now)
    for digest in sorted(begun):
        begin_use(connection, digest, person_id, ContactSource.ESIA, now)


def begin_use(connection: Connection, digest: bytes, person_id: str, source: ContactSource, now: datetime) -> None:
    """Makes a person the user of a contact that nobody uses now."""
    connection.run(
        BEGIN_USE, digest=digest, person_id=person_id, source=source, valid_from=micros(now), valid_to=None, seen=0
    )


def end_use(connection: Connection, digest: bytes, now: datetime) -> None:
    """Ends the current use of a contact, if there is one."""
    connection.run(END_USE, digest=digest, now=micros(now))
