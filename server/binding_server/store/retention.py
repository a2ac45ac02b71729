"""Forgets what was kept for a time: named requests, audit records and decisions."""

from datetime import datetime

from binding_server.store.connection import Connection
from binding_server.store.tables import micros

FORGET_REQUESTS = """
    DELETE FROM request WHERE (caller, method, request_id) IN (
        SELECT caller, method, request_id FROM request WHERE at < :before ORDER BY at LIMIT :limit
    )
"""
OLDEST_AUDIT = "SELECT id, at FROM audit ORDER BY id LIMIT :limit"
OLDEST_DECISIONS = "SELECT id, at FROM decision ORDER BY id LIMIT :limit"
"""By number, which needs no index of times: numbers are given in the order of time."""


def forget_requests(connection: Connection, before: datetime, limit: int) -> int:
    """Forgets what named requests from before a time led to, the oldest first. Returns how many."""
    return connection.run(FORGET_REQUESTS, before=micros(before), limit=limit)


def forget_records(connection: Connection, before: datetime, limit: int) -> int:
    """Forgets audit records and decisions from before a time, at most `limit` of each, the oldest first.

    A clock that was set back leaves a younger record before older ones: those wait until it is old enough too.

    Returns:
        How many.
    """
    last = _last_before(connection, OLDEST_AUDIT, before, limit)
    connection.run("DELETE FROM audit_place WHERE audit_id <= :last", last=last)
    forgotten = connection.run("DELETE FROM audit WHERE id <= :last", last=last)
    last = _last_before(connection, OLDEST_DECISIONS, before, limit)
    return forgotten + connection.run("DELETE FROM decision WHERE id <= :last", last=last)


def _last_before(connection: Connection, oldest: str, before: datetime, limit: int) -> int:
    last = 0
    for row in connection.all(oldest, limit=limit):
        if row["at"] >= micros(before):
            break
        last = row["id"]
    return last
