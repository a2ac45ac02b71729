"""A back end's consumer as a program of its own: follows bindings into a SQLite file until it is killed.

The interpreter that loads everything stays, and forks: "start" on its standard input makes a consumer and answers its
process id, "wait" answers how that one ended. So a consumer begins in milliseconds, and dies alone.
"""

import os
import sqlite3
import sys
from pathlib import Path

from binding_client import BindingClient
from binding_client.follow import BindingFollower
from binding_client.service_credentials import ServiceCredentials
from binding_client.watch import BindingStep, Event, Snapshot, SnapshotEnd, SnapshotStart
from sferum.binding.v1.binding_service_pb2 import BindingEvent, BindingEventKind

_TABLES = """
    CREATE TABLE IF NOT EXISTS bound (account TEXT PRIMARY KEY, binding TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS seen (id INTEGER PRIMARY KEY, number INTEGER, kind TEXT, account TEXT, binding TEXT);
    CREATE TABLE IF NOT EXISTS first_snapshot (binding TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL);
"""


def consume(target: str, service: str, key: str, file: str) -> None:
    """Follows for ever."""
    db = sqlite3.connect(file, timeout=30)
    db.executescript(_TABLES)
    with BindingClient.connect(target, token=ServiceCredentials(service, Path(key).read_bytes())) as client:
        BindingFollower(
            client,
            stored_token=lambda: (db.execute("SELECT token FROM position").fetchone() or ("",))[0],
            transaction=lambda: db,
            apply=_apply,
        ).run()


def _apply(db: sqlite3.Connection, step: BindingStep, token: str) -> None:
    match step:
        case SnapshotStart():
            db.execute("DELETE FROM bound")
        case Snapshot(binding):
            db.execute("INSERT INTO bound VALUES (?, ?)", (binding.account, binding.name))
        case SnapshotEnd():
            db.execute("INSERT INTO first_snapshot SELECT binding FROM bound")
        case Event(event):
            kind = BindingEventKind.Name(event.kind).removeprefix("BINDING_EVENT_KIND_")
            row = (event.number, kind, event.account, event.binding.name)
            db.execute("INSERT INTO seen (number, kind, account, binding) VALUES (?, ?, ?, ?)", row)
            _change(db, kind, event)
    if token:
        db.execute("REPLACE INTO position VALUES (1, ?)", (token,))


def _change(db: sqlite3.Connection, kind: str, event: BindingEvent) -> None:
    # Neither forgives: an event that came twice, or out of order, breaks the consumer.
    if kind == "CREATED":
        db.execute("INSERT INTO bound VALUES (?, ?)", (event.account, event.binding.name))
    elif kind == "REMOVED":
        gone = db.execute("DELETE FROM bound WHERE binding = ?", (event.binding.name,))
        assert gone.rowcount == 1, event


def main() -> None:
    """Forks consumers on command."""
    child = 0
    for command in sys.stdin:
        if command.strip() == "start":
            child = os.fork()
            if child == 0:
                sys.stdin.close()
                consume(*sys.argv[1:])
                os._exit(3)
            print(child, flush=True)
        else:
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
