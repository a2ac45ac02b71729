"""What imports have to report: skipped records, and what dry runs have shown."""

from collections.abc import Sequence
from datetime import datetime

from binding_server.store.connection import Connection, insert
from binding_server.store.tables import RosterFindingRow, micros
from binding_server.use_cases.roster_ports import Finding

ADD = insert(RosterFindingRow)
PAGE = """
    SELECT kind, number, content FROM roster_finding
    WHERE run_id = :run AND kind = :kind AND number > :after ORDER BY number LIMIT :limit
"""
ACTOR = "SELECT actor FROM roster_run WHERE id = :run"
OLD = """
    SELECT DISTINCT f.run_id FROM roster_finding f JOIN roster_run r ON r.id = f.run_id
    WHERE r.begun_at < :before LIMIT :limit
"""
FORGET = "DELETE FROM roster_finding WHERE run_id = :run"


def add_findings(connection: Connection, run: int, findings: Sequence[Finding]) -> None:
    """Keeps what an import has to report."""
    rows = [{"run_id": run, "kind": each.kind, "number": each.number, "content": each.content} for each in findings]
    connection.many(ADD, rows)


def findings(connection: Connection, run: int, kind: str, after: int, limit: int) -> Sequence[Finding]:
    """Returns what an import has reported, in order, after a number."""
    rows = connection.all(PAGE, run=run, kind=kind, after=after, limit=limit)
    return [Finding(row["kind"], row["number"], row["content"]) for row in rows]


def actor_of(connection: Connection, run: int) -> str | None:
    """Returns whose import it was; None if there is none of that number."""
    row = connection.one(ACTOR, run=run)
    return None if row is None else row["actor"]


def forget_findings(connection: Connection, before: datetime, limit: int) -> int:
    """Forgets the reports of old imports. Returns of how many."""
    rows = connection.all(OLD, before=micros(before), limit=limit)
    connection.many(FORGET, [{"run": row["run_id"]} for row in rows])
    return len(rows)
