"""Imports of rosters: their numbers, and the bound accounts whose chats still have to follow one."""

from collections.abc import Collection, Sequence
from datetime import datetime

from binding_server.domain.roster import RosterMode, RosterRun
from binding_server.store.connection import Connection, insert
from binding_server.store.tables import RosterRunRow, UnsettledAccountRow, micros, micros_or_none
from binding_server.use_cases.roster_ports import UnsettledAccount

BEGIN = insert(RosterRunRow)
END = "UPDATE roster_run SET ended_at = :now WHERE id = :id"
BOUND = """
    SELECT a.id FROM account a JOIN binding b ON b.account_id = a.id AND b.state = 'ACTIVE'
    WHERE a.person_id IN (:members)
"""
QUEUE = insert(
    UnsettledAccountRow,
    end="ON CONFLICT (account_id) DO UPDATE SET run_id = excluded.run_id, since = excluded.since",
)
ACTOR = "SELECT actor FROM roster_run WHERE id = :id"
UNSETTLED = """
    SELECT u.account_id, u.run_id, r.actor FROM unsettled_account u JOIN roster_run r ON r.id = abs(u.run_id)
    WHERE (:run IS NULL OR u.run_id = :run)
        AND (:until IS NULL OR (u.since <= :until AND (u.run_id > 0 OR r.ended_at IS NOT NULL)))
    ORDER BY u.account_id LIMIT :limit
"""
WAIT = "UPDATE unsettled_account SET run_id = -run_id WHERE account_id = :account_id AND run_id = :run"
ADOPT = """
    UPDATE unsettled_account SET run_id = -:run WHERE abs(run_id) IN (
        SELECT id FROM roster_run
        WHERE ended_at IS NOT NULL AND id < :run AND actor = (SELECT actor FROM roster_run WHERE id = :run)
    )
"""
# The server that led them is gone.
ABANDON = "UPDATE roster_run SET ended_at = begun_at WHERE ended_at IS NULL"
# Another roster may have touched the account since: then it is settled once more.
SETTLED = "DELETE FROM unsettled_account WHERE account_id = :account_id AND run_id = :run"
SPARE = (
    "UPDATE account SET seen = :seen WHERE person_id = :person",
    "UPDATE enrolment SET seen = :seen WHERE person_id = :person",
    "UPDATE guardianship SET seen = :seen WHERE guardian_id = :person",
    "UPDATE guardianship SET seen = :seen WHERE pupil_id = :person",
    "UPDATE duty SET seen = :seen WHERE person_id = :person",
    "UPDATE contact_use SET seen = :seen WHERE person_id = :person AND valid_to IS NULL",
)


def begin_roster(connection: Connection, actor: str, mode: RosterMode, now: datetime) -> RosterRun:
    """Begins an import and gives it a number."""
    return RosterRun(connection.add(BEGIN, actor=actor, mode=mode, begun_at=micros(now), ended_at=None), mode)


def roster_actor(connection: Connection, run: RosterRun | None) -> str:
    """Returns whose import it is, as the audit names it; `unknown` without one."""
    row = None if run is None else connection.one(ACTOR, id=run.number)
    return "unknown" if row is None else row["actor"]


def end_roster(connection: Connection, run: RosterRun, now: datetime) -> None:
    """Notes that an import came to its end."""
    connection.run(END, id=run.number, now=micros(now))


def queue_accounts(connection: Connection, run: int, person_ids: Collection[str], now: datetime) -> None:
    """Queues the bound accounts of persons, in the transaction that changed what stands around them."""
    rows = connection.among(BOUND, person_ids)
    connection.many(QUEUE, [{"account_id": row["id"], "run_id": run, "since": micros(now)} for row in rows])


def unsettled_accounts(
    connection: Connection, run: int | None, until: datetime | None, limit: int
) -> Sequence[UnsettledAccount]:
    """Returns queued accounts, by id: those of an import, or of all; those queued until a time, or all."""
    rows = connection.all(UNSETTLED, run=run, until=micros_or_none(until), limit=limit)
    return [UnsettledAccount(row["account_id"], row["run_id"], row["actor"]) for row in rows]


def adopt_left_over(connection: Connection, run: int) -> None:
    """Lets an import that comes to its end take over those whom earlier ones of the same actor have left behind."""
    connection.run(ADOPT, run=run)


def abandon_rosters(connection: Connection) -> None:
    """Ends all imports: nobody leads them any more."""
    connection.run(ABANDON)


def account_waits(connection: Connection, account: UnsettledAccount) -> None:
    """Lets a queued account wait for the end of its import, under the negative number of that."""
    connection.run(WAIT, account_id=account.account_id, run=account.run)


def account_settled(connection: Connection, account: UnsettledAccount) -> None:
    """Takes an account off the queue."""
    connection.run(SETTLED, account_id=account.account_id, run=account.run)


def spare(connection: Connection, run: int, person_ids: Collection[str]) -> None:
    """Marks all that is known of persons as told by a complete roster."""
    for sql in SPARE:
        connection.many(sql, [{"person": person_id, "seen": run} for person_id in person_ids])
