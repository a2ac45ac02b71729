"""The two engine rooms of SQLite: batches into a file, and a world in memory.

A file's cost is its fsync. So units of work that arrive in one turn of the event loop share a transaction, with a
savepoint each; statements run inline, since a thread hop costs more than they do, and only COMMIT, which waits for the
disk, goes to a thread. What arrives meanwhile is the next batch: fair, without lock waits, one fsync a batch.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from binding_server.store.connection import SqliteConnection
from binding_server.store.engine import T, Work
from binding_server.store.errors import StoreError, StoreProblem

E = TypeVar("E", bound=BaseException)

BATCH = 128
"""At most this many units of work share a transaction, so that a batch does not hold up the event loop for long."""

COPY_CACHE_KIB = 65_536
"""How much of a copy of a file may stand in memory."""

_TEMPORARY_FILE = ""
"""SQLite's name for a database in a file of its own that it removes by itself."""


@dataclass(slots=True, eq=False)
class _Unit:
    """A unit of work that waits, and later its outcome until the COMMIT."""

    work: Work[Any]
    answer: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Hands the outcome to who waits for it; nobody may any more."""
        if self.answer.done():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


class BatchingEngine:
    """A file: one connection writes in batches, another one reads inline.

    Args:
        writer: the writing connection; used by one thread at a time, the loop's or the committer's.
        reader: a second connection to the same file, in WAL mode, so that it reads while the other commits.
        closed: called after both have been closed.
        batch: at most this many units of work share a transaction.
    """

    def __init__(
        self, writer: SqliteConnection, reader: SqliteConnection, closed: Callable[[], None], batch: int = BATCH
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._after_close = closed
        self._size = batch
        self._committer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-commit")
        self._waiting: deque[_Unit] = deque()
        self._busy = False
        self._closing = False
        self._idle: asyncio.Future[None] | None = None

    async def read(self, work: Work[T]) -> T:
        """Runs reading work inline on one snapshot of what is committed."""
        if self._closing:
            raise _closed()
        return _snapshot(self._reader, work)

    async def write(self, work: Work[T]) -> T:
        """Runs writing work in the next batch; returns once it is durable."""
        if self._closing:
            raise _closed()
        loop = asyncio.get_running_loop()
        unit = _Unit(work, loop.create_future())
        self._waiting.append(unit)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._start_batch, loop)
        return await unit.answer

    async def copy(self) -> "InlineEngine":
        """Returns an engine on a private copy of what is committed. It is made in a thread and kept in a temporary file
        that SQLite removes by itself, even after a crash; others go on reading and writing meanwhile."""
        if self._closing:
            raise _closed()
        path = next(row["file"] for row in self._reader.all("PRAGMA database_list") if row["name"] == "main")
        return InlineEngine(await asyncio.get_running_loop().run_in_executor(None, _copy_of_file, path))

    async def close(self) -> None:
        """Refuses new work, waits for the batches under way, closes both connections."""
        if self._closing:
            return
        self._closing = True
        if self._busy:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._committer.shutdown()
        self._reader.raw.close()
        self._writer.raw.close()
        self._after_close()

    def _start_batch(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._size, len(self._waiting)))]
        # Who has gone away since (a deadline, a dropped connection) wants nothing written.
        batch = [unit for unit in batch if not unit.answer.done()]
        if not batch:
            self._next(loop)
            return
        try:
            self._writer.raw.execute("BEGIN IMMEDIATE")
            for unit in batch:
                _run(self._writer, unit)
        except sqlite3.Error as error:
            self._fail(batch, error)
            self._next(loop)
            return
        committing = loop.run_in_executor(self._committer, self._writer.raw.execute, "COMMIT")
        committing.add_done_callback(lambda done: self._end_batch(loop, batch, done.exception()))

    def _end_batch(self, loop: asyncio.AbstractEventLoop, batch: list[_Unit], error: BaseException | None) -> None:
        if error is not None:
            self._fail(batch, error)
        for unit in batch:
            unit.tell()
        self._next(loop)

    def _fail(self, batch: list[_Unit], cause: BaseException) -> None:
        """Takes the whole transaction back: nothing of the batch happened."""
        with suppress(sqlite3.Error):
            self._writer.raw.execute("ROLLBACK")
        for unit in batch:
            unit.error = broken("the transaction could not be committed", cause)
            unit.tell()

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            loop.call_soon(self._start_batch, loop)
            return
        self._busy = False
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


class InlineEngine:
    """A world in memory: one connection for everything, each unit of work committed on the spot."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._closed = False

    async def read(self, work: Work[T]) -> T:
        """Runs reading work."""
        if self._closed:
            raise _closed()
        return work(self._connection)

    async def write(self, work: Work[T]) -> T:
        """Runs writing work in a transaction."""
        if self._closed:
            raise _closed()
        raw = self._connection.raw
        raw.execute("BEGIN")
        try:
            result = work(self._connection)
        except BaseException as error:
            raw.execute("ROLLBACK")
            raise _outward(error) from error.__cause__
        raw.execute("COMMIT")
        return result

    async def copy(self) -> "InlineEngine":
        """Returns an engine on a copy of the world."""
        if self._closed:
            raise _closed()
        return InlineEngine(_copy(self._connection.raw, ":memory:"))

    async def close(self) -> None:
        """Drops the world."""
        self._closed = True
        self._connection.raw.close()


def broken(what: str, cause: BaseException) -> StoreError:
    """Returns the error for a database that fails in service; the driver's text names no data."""
    error = StoreError(
        StoreProblem.BROKEN, f"database error: {what} ({cause}); check the disk, then repeat the call or restart"
    )
    error.__cause__ = cause
    return error


def _run(connection: SqliteConnection, unit: _Unit) -> None:
    """Runs a unit inside the batch. Its own failure takes back its own statements only; that of a savepoint is the
    batch's."""
    raw = connection.raw
    raw.execute("SAVEPOINT unit")
    try:
        unit.result = unit.work(connection)
    except Exception as error:
        unit.error = _outward(error)
        # A full disk or an I/O error ends the whole transaction by itself: the next statement then says so.
        raw.execute("ROLLBACK TO unit")
    raw.execute("RELEASE unit")


def _outward(error: E) -> E | StoreError:
    """Returns an error as callers may see it: the driver's own stay inside."""
    return broken("a statement failed", error) if isinstance(error, sqlite3.Error) else error


def _copy_of_file(path: str) -> SqliteConnection:
    try:
        with closing(sqlite3.connect(path)) as source:
            return _copy(source, _TEMPORARY_FILE)
    except sqlite3.Error as error:
        raise broken("the database could not be copied", error) from error


def _copy(source: sqlite3.Connection, target: str) -> SqliteConnection:
    # Made in a thread, used on the loop.
    raw = sqlite3.connect(target, check_same_thread=False)
    source.backup(raw)
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA journal_mode = MEMORY")
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute(f"PRAGMA cache_size = -{COPY_CACHE_KIB}")
    return SqliteConnection(raw)


def _snapshot(connection: SqliteConnection, work: Work[T]) -> T:
    raw = connection.raw
    raw.execute("BEGIN")
    try:
        return work(connection)
    finally:
        raw.execute("COMMIT")


def _closed() -> StoreError:
    return StoreError(StoreProblem.CLOSED, "the database is closed: the server is shutting down")
