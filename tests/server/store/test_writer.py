"""The batching engine: what shares a transaction, and what a failure takes along."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from binding_server.store.connection import Connection, SqliteConnection
from binding_server.store.errors import StoreError, StoreProblem
from binding_server.store.writer import BatchingEngine


class Recording(sqlite3.Connection):
    """Notes every statement, fails those it is told to, and holds a COMMIT while its gate is shut."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.statements: list[str] = []
        self.failing: str | None = None
        self.gate = threading.Event()
        self.gate.set()

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self.statements.append(sql)
        if sql == self.failing:
            self.failing = None
            raise sqlite3.OperationalError("disk I/O error")
        if sql == "COMMIT":
            assert self.gate.wait(30)
        return super().execute(sql, *args)


class Room:
    """An engine over a file with one table, and its writing connection."""

    def __init__(self, path: Path) -> None:
        self.raw = sqlite3.connect(path, check_same_thread=False, factory=Recording)
        self.raw.execute("PRAGMA journal_mode = WAL")
        self.raw.execute("CREATE TABLE word (text PRIMARY KEY)")
        self.raw.commit()
        reader = sqlite3.connect(path, check_same_thread=False)
        self.engine = BatchingEngine(SqliteConnection(self.raw), SqliteConnection(reader), lambda: None)
        self.raw.statements.clear()

    async def put(self, text: str) -> int:
        return await self.engine.write(lambda connection: put(connection, text))

    async def words(self) -> set[str]:
        return set(await self.engine.read(lambda c: [row["text"] for row in c.all("SELECT text FROM word")]))

    def count(self, sql: str) -> int:
        return self.raw.statements.count(sql)


def put(connection: Connection, text: str) -> int:
    connection.run("INSERT INTO word (text) VALUES (:text)", text=text)
    if text == "bad":
        raise ValueError(text)
    return len(text)


async def until_commit(room: Room) -> None:
    while room.count("COMMIT") == 0:  # noqa: ASYNC110 (the commit is what is watched)
        await asyncio.sleep(0)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "x.sqlite3")
    yield made
    asyncio.run(made.engine.close())


async def test_it_commits_once_for_one_turn_of_the_loop(room: Room) -> None:
    assert await asyncio.gather(*(room.put(text) for text in ("a", "bb", "ccc"))) == [1, 2, 3]
    assert room.count("COMMIT") == 1
    assert await room.words() == {"a", "bb", "ccc"}


async def test_it_collects_what_arrives_during_a_commit(room: Room) -> None:
    room.raw.gate.clear()
    writing = [asyncio.create_task(room.put("a"))]
    await until_commit(room)
    writing += [asyncio.create_task(room.put(text)) for text in ("b", "c", "d")]
    await asyncio.sleep(0)
    assert room.count("SAVEPOINT unit") == 1
    room.raw.gate.set()
    await asyncio.gather(*writing)
    assert room.count("COMMIT") == 2


async def test_it_takes_back_only_what_failed(room: Room) -> None:
    outcomes = await asyncio.gather(*(room.put(text) for text in ("a", "bad", "b")), return_exceptions=True)
    assert isinstance(outcomes[1], ValueError)
    assert await room.words() == {"a", "b"}
    assert room.count("COMMIT") == 1


async def test_it_hides_the_driver_s_errors(room: Room) -> None:
    await room.put("a")
    with pytest.raises(StoreError) as refused:
        await room.put("a")
    assert refused.value.problem is StoreProblem.BROKEN


@pytest.mark.parametrize("statement", ["COMMIT", "BEGIN IMMEDIATE", "SAVEPOINT unit", "RELEASE unit"])
async def test_it_fails_all_of_a_batch_that_cannot_be_committed(room: Room, statement: str) -> None:
    await room.put("before")
    room.raw.failing = statement
    outcomes = await asyncio.gather(*(room.put(text) for text in ("a", "bad", "b")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreError] * 3
    assert await room.words() == {"before"}
    await room.put("after")
    assert await room.words() == {"before", "after"}


async def test_it_drops_what_nobody_waits_for_any_more(room: Room) -> None:
    tasks = [asyncio.create_task(room.put(text)) for text in ("a", "b")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.wait(tasks)
    assert await room.words() == {"b"}


async def test_it_shows_nothing_before_the_commit(room: Room) -> None:
    room.raw.gate.clear()
    writing = asyncio.create_task(room.put("a"))
    await until_commit(room)
    assert await room.words() == set()
    room.raw.gate.set()
    await writing
    assert await room.words() == {"a"}


async def test_it_splits_a_large_turn_into_batches(room: Room) -> None:
    await asyncio.gather(*(room.put(str(number)) for number in range(300)))
    assert room.count("COMMIT") == 3
    assert len(await room.words()) == 300
