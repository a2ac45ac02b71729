# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Searches the accounts of an organisation."""

from collections.abc import Sequence

from binding_server.domain.model import AccountContext
from binding_server.domain.names import meets
from binding_server.store.connection import Connection, Row
from binding_server.store.directory import OF_ORGANISATION, accounts_by_id
from binding_server.use_cases.records import AccountSearch

OF_CLASS = """
    SELECT a.id FROM account a JOIN enrolment e ON e.person_id = a.person_id AND e.valid_to IS NULL
    WHERE e.class_id = :class_id AND a.role = 'PUPIL'
    UNION
    SELECT a.id FROM account a JOIN guardianship g ON g.guardian_id = a.person_id AND g.valid_to IS NULL
    JOIN enrolment e ON e.person_id = g.pupil_id AND e.valid_to IS NULL
    WHERE e.class_id = :class_id AND a.role IN ('PARENT', 'LEGAL_REPRESENTATIVE')
    UNION
    SELECT a.id FROM account a JOIN duty d ON d.person_id = a.person_id AND d.valid_to IS NULL
    WHERE d.class_id = :class_id AND a.role = 'STAFF'
"""
BOUND = "EXISTS (SELECT 1 FROM binding b WHERE b.account_id = a.id AND b.state = 'ACTIVE')"
PORTION = 500
"""How many names are looked at between two questions to the database: it knows no Russian letters."""


def accounts_of_organisation(
    connection: Connection, organisation_id: str, limit: int, after: str | None, wanted: AccountSearch
) -> Sequence[AccountContext]:
    """Returns the accounts that an organisation gives and a search asks for, by id, those after an id, at most
    `limit`."""
    conditions = [f"a.id IN ({OF_ORGANISATION})", "a.id > :after"]
    if wanted.class_id is not None:
        conditions.append(f"a.id IN ({OF_CLASS})")
    if wanted.bound is not None:
        conditions.append(BOUND if wanted.bound else f"NOT {BOUND}")
    sql = f"""
        SELECT a.id, p.display_name FROM account a JOIN person p ON p.id = a.person_id
        WHERE {" AND ".join(conditions)} ORDER BY a.id LIMIT :limit
    """
    portion = PORTION if wanted.words else limit
    found: list[str] = []
    begin = after or ""
    while True:
        rows: Sequence[Row] = connection.all(
            sql, organisation_id=organisation_id, class_id=wanted.class_id, after=begin, limit=portion
        )
        found += [row["id"] for row in rows if meets(row["display_name"], wanted.words)]
        if len(rows) < portion or len(found) >= limit:
            break
        begin = rows[-1]["id"]
    contexts = accounts_by_id(connection, found[:limit])
    return [contexts[account_id] for account_id in found[:limit]]
