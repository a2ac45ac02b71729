"""Used tokens of back ends: each is good for one call, whichever server gets it."""

from datetime import datetime

from binding_server.store.connection import Connection, insert
from binding_server.store.tables import ServiceJtiRow, micros

USE = insert(ServiceJtiRow, end="ON CONFLICT (service_id, jti) DO NOTHING")
FORGET = """
    DELETE FROM service_jti WHERE (service_id, jti) IN (
        SELECT service_id, jti FROM service_jti WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
    )
"""


def use(connection: Connection, service_id: str, token_id: str, expires_at: datetime) -> bool:
    """Notes a token as used; False if it was before. The unique key judges, not a look beforehand."""
    return connection.run(USE, service_id=service_id, jti=token_id, expires_at=micros(expires_at)) == 1


def forget(connection: Connection, now: datetime, limit: int) -> int:
    """Forgets used tokens that nobody would accept any more, the oldest first. Returns how many."""
    return connection.run(FORGET, now=micros(now), limit=limit)
