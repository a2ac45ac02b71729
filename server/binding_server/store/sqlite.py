"""Opens SQLite: a file for a server, a copy of a template in memory for a world."""

import os
import secrets
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from binding_server.store import attempts, files, roster_runs
from binding_server.store.connection import SqliteConnection
from binding_server.store.errors import StoreError, StoreProblem
from binding_server.store.migrations import migrate, migrate_engine
from binding_server.store.store import SqlStore
from binding_server.store.tables import moment_or_none
from binding_server.store.vault import Vault
from binding_server.store.writer import BATCH, BatchingEngine, InlineEngine

PAGE_BYTES = 1024
"""Page size of a world: most tables hold a few rows, and each takes a page at least."""

BUSY_MS = 5000
"""How long a batch waits for a foreign program that writes to the file, such as an administrator's shell."""

KEEP_CHECK = "INSERT INTO server_meta (name, value) VALUES ('secret_check', :value) ON CONFLICT DO NOTHING"
NEW_ID = (
    "INSERT INTO server_meta (name, value) VALUES ('database_id', :value) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
NEWEST = (
    "SELECT max(at) AS at FROM (SELECT max(created_at) AS at FROM attempt UNION ALL "
    "SELECT max(max(created_at, coalesce(ended_at, 0))) FROM binding UNION ALL SELECT max(committed_at) FROM event "
    "UNION ALL SELECT max(at) FROM decision)"
)
KEEP_ID = "INSERT INTO server_meta (name, value) VALUES ('database_id', :value) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class WorldTemplate:
    """A migrated, empty database, to be copied for each world."""

    image: bytes

    @staticmethod
    def build() -> "WorldTemplate":
        """Migrates an empty database in memory; takes some tenths of a second, so do it once."""
        raw = sqlite3.connect(":memory:")
        raw.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        migrate_engine(engine)
        image = raw.serialize()
        engine.dispose()
        return WorldTemplate(image)


class SqliteStore(SqlStore):
    """`ports.Store` on SQLite."""

    @staticmethod
    def open(path: Path, vault: Vault, *, batch: int = BATCH) -> "SqliteStore":
        """Opens a database file, made and migrated if need be, and ends the leases of the server that was before.

        Args:
            path: the file; folders on the way are made.
            vault: of the secret that the file was first opened with.
            batch: at most this many writes share a commit.

        Raises:
            StoreError: another server has it open, it cannot be written, is not ours, comes from a newer version, or
                was written with another secret. The file is as it was then.
        """
        with ExitStack() as undo:
            lock = files.lock(path)
            undo.callback(os.close, lock)
            files.examine(path, vault)
            try:
                migrate(URL.create("sqlite", database=str(path)).render_as_string())
                writer, reader = _connect(path, undo), _connect(path, undo)
                writer.run(KEEP_CHECK, value=vault.check())
                writer.run(KEEP_ID, value=secrets.token_hex(16))
                attempts.clear_leases(writer)
                roster_runs.abandon_rosters(writer)
            except (sqlite3.Error, DBAPIError) as error:
                raise files.unwritable(path, error.orig if isinstance(error, DBAPIError) else error) from error
            undo.pop_all()
        return SqliteStore(BatchingEngine(writer, reader, lambda: os.close(lock), batch), vault)

    @staticmethod
    def in_memory(template: WorldTemplate, vault: Vault) -> "WorldStore":
        """Opens a world's own copy of a template. It is gone when it is closed."""
        raw = sqlite3.connect(":memory:")
        raw.deserialize(template.image)
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA journal_mode = MEMORY")
        raw.execute("PRAGMA synchronous = OFF")
        connection = SqliteConnection(raw)
        # A copy is another database: what was read of the first is no place to go on from in the second.
        connection.run(NEW_ID, value=secrets.token_hex(16))
        attempts.clear_leases(connection)
        return WorldStore(connection, vault)


class WorldStore(SqliteStore):
    """The store of a world in memory.

    Args:
        connection: the one connection to it.
        vault: seals and opens what only the service may read.
    """

    def __init__(self, connection: SqliteConnection, vault: Vault) -> None:
        super().__init__(InlineEngine(connection), vault)
        self._connection = connection
        self._image: tuple[int, WorldTemplate] | None = None

    def template(self) -> WorldTemplate:
        """Returns the database as it is now, to be copied. Copies of an unchanged database share it."""
        changes = self._connection.raw.total_changes
        if self._image is None or self._image[0] != changes:
            self._image = changes, WorldTemplate(self._connection.raw.serialize())
        return self._image[1]

    def newest(self) -> datetime | None:
        """Returns when the newest record of what happened was made; None if nothing has."""
        row = self._connection.one(NEWEST)
        return moment_or_none(row["at"] if row is not None else None)


def open_store(url: str, vault: Vault) -> SqlStore:
    """Opens the database of a URL, such as `sqlite:////var/lib/sferum/binding.sqlite3`.

    Raises:
        StoreError: as `SqliteStore.open`, and for a URL that is none or names a database that is not supported.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unsupported("the database URL is malformed") from error
    if parsed.get_backend_name() != "sqlite":
        raise _unsupported(f"databases of the kind {parsed.get_backend_name()} are not supported")
    if not parsed.database or parsed.database == ":memory:":
        raise _unsupported("a server's database must be a file")
    return SqliteStore.open(Path(parsed.database), vault)


def _connect(path: Path, undo: ExitStack) -> SqliteConnection:
    # The committing thread and the loop's take turns with the writer.
    raw = sqlite3.connect(path, check_same_thread=False, cached_statements=512)
    undo.callback(raw.close)
    connection = SqliteConnection(raw)
    raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("PRAGMA foreign_keys = ON")
    return connection


def _unsupported(what: str) -> StoreError:
    return StoreError(StoreProblem.UNSUPPORTED, f"{what}; use sqlite:////absolute/path/binding.sqlite3")
