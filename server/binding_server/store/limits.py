"""Counters of limits."""

from datetime import datetime

from binding_server.domain.limits import Limit, Used, after_uses, used_up
from binding_server.store.connection import Connection, insert
from binding_server.store.tables import LimitUseRow, micros, moment

FIND = "SELECT begun_at, uses FROM limit_use WHERE kind = :kind AND subject = :subject"
PUT = insert(
    LimitUseRow, end="ON CONFLICT (kind, subject) DO UPDATE SET begun_at = excluded.begun_at, uses = excluded.uses"
)
FORGET = """
    DELETE FROM limit_use WHERE (kind, subject) IN (
        SELECT kind, subject FROM limit_use WHERE begun_at < :before ORDER BY begun_at LIMIT :limit
    )
"""


def reached(connection: Connection, kind: str, subject: str, limit: Limit, now: datetime) -> datetime | None:
    """Returns until when a limit is used up; None if it is not."""
    return used_up(limit, _used(connection, kind, subject), now)


def use(connection: Connection, kind: str, subject: str, limit: Limit, now: datetime, uses: int) -> datetime | None:
    """Counts uses; where none is left, counts nothing and returns until when."""
    used = _used(connection, kind, subject)
    until = used_up(limit, used, now)
    if until is None:
        after = after_uses(limit, used, now, uses)
        connection.run(PUT, kind=kind, subject=subject, begun_at=micros(after.begun_at), uses=after.uses)
    return until


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Forgets counters that were begun before a time, the oldest first. Returns how many."""
    return connection.run(FORGET, before=micros(before), limit=limit)


def _used(connection: Connection, kind: str, subject: str) -> Used | None:
    row = connection.one(FIND, kind=kind, subject=subject)
    return None if row is None else Used(moment(row["begun_at"]), row["uses"])
