"""A follower keeps a store in step: one transaction a step, and again from the stored token."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc
import pytest
from binding_client import AsyncBindingClient, BindingClient
from binding_client.errors import CallerNotAllowed, ResumeTokenInvalid
from binding_client.follow import AsyncBindingFollower, BindingFollower
from binding_client.watch import Event, Snapshot, SnapshotStart

from .fakes import FakeServer, refusal
from .watching import BAD_TOKEN, Script, complete, happened, quiet, told


class LostConnection(Exception):
    """What a store says now and then."""


class Ledger:
    """A consumer's store: what it holds is committed, what a transaction did is not until its end."""

    def __init__(self, token: str = "") -> None:
        self.committed: tuple[tuple[str, ...], str] = ((), token)
        self.transactions = 0
        self.before_commit: Callable[[list[str]], None] = lambda told: None
        self.after_commit: Callable[[list[str]], None] = lambda told: None

    @contextmanager
    def transaction(self) -> Iterator["Draft"]:
        draft = Draft(*self.committed)
        yield draft
        self.before_commit(draft.told)
        self.committed = (tuple(draft.told), draft.token)
        self.transactions += 1
        self.after_commit(draft.told)

    def stored_token(self) -> str:
        return self.committed[1]

    @property
    def told(self) -> list[str]:
        return list(self.committed[0])


class Draft:
    """A transaction."""

    def __init__(self, told: tuple[str, ...], token: str) -> None:
        self.told, self.token = list(told), token


def apply(draft: Draft, step: Any, token: str) -> None:
    match step:
        case SnapshotStart():
            draft.told.clear()
        case Snapshot(binding):
            draft.told.append(binding.name)
        case Event(event):
            draft.told.append(str(event.number))
    draft.token = token or draft.token


def follow(client: BindingClient, ledger: Ledger, until: str, **more: Any) -> None:
    """Follows until the store holds a token."""
    follower = BindingFollower(
        client, stored_token=ledger.stored_token, transaction=ledger.transaction, apply=apply, **more
    )
    done = ledger.after_commit

    def stop_when_there(told: list[str]) -> None:
        done(told)
        if ledger.stored_token() == until:
            follower.stop()

    ledger.after_commit = stop_when_there
    follower.run()


def test_steps_are_applied_with_their_tokens__it_is_a_transaction_each(script: Script, client: BindingClient) -> None:
    ledger = Ledger()
    script.plays(([told("a"), told("b"), complete("t1"), happened(2), quiet("t2"), quiet("t4"), happened(5)], "hang"))
    follow(client, ledger, "t5")
    assert ledger.told == ["a", "b", "2", "5"]
    # The snapshot is one; a heartbeat whose token is stored already needs none.
    assert ledger.transactions == 4


def test_a_large_snapshot_is_applied_in_parts__it_is_bounded(script: Script, client: BindingClient) -> None:
    ledger = Ledger()
    script.plays(([told(str(number)) for number in range(10)] + [complete("t1")], "hang"))
    follow(client, ledger, "t1", snapshot_batch=4)
    assert ledger.told == [str(number) for number in range(10)]
    assert ledger.transactions == 3


def test_a_snapshot_that_breaks_leaves_nothing_behind__it_is_told_anew(script: Script, client: BindingClient) -> None:
    ledger = Ledger()
    gone = grpc.StatusCode.UNAVAILABLE
    script.plays(([told("a"), told("b"), told("c")], gone), ([told("c"), complete("t1")], "hang"))
    follow(client, ledger, "t1", snapshot_batch=2)
    assert ledger.told == ["c"]


def test_it_goes_on_after_the_stored_token__it_is_not_told_again(script: Script, client: BindingClient) -> None:
    ledger = Ledger("t7")
    script.plays(([happened(8)], "hang"))
    follow(client, ledger, "t8")
    assert ledger.told == ["8"]
    assert script.tokens == ["t7"]


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_store_that_fails_is_asked_again__it_is_each_event_once(
    script: Script, client: BindingClient, moment: str
) -> None:
    ledger = Ledger("t1")
    failures = iter([True])

    def fail(told: list[str]) -> None:
        if "3" in told and next(failures, False):
            raise LostConnection

    setattr(ledger, moment, fail)
    second = [happened(3), happened(4)] if moment == "before_commit" else [happened(4)]
    script.plays(([happened(2), happened(3), happened(4)], "hang"), (second, "hang"))
    follow(client, ledger, "t4", retried=(LostConnection,))
    assert ledger.told == ["2", "3", "4"]
    assert script.tokens == ["t1", "t2" if moment == "before_commit" else "t3"]


def test_another_exception_ends_it__it_is_rolled_back(script: Script, client: BindingClient) -> None:
    ledger = Ledger("t1")

    def fail(told: list[str]) -> None:
        raise ZeroDivisionError

    ledger.before_commit = fail
    script.plays(([happened(2)], "hang"))
    with pytest.raises(ZeroDivisionError):
        follow(client, ledger, "t2")
    assert (ledger.told, ledger.stored_token()) == ([], "t1")


@pytest.mark.parametrize("reason", ["RESUME_TOKEN_INVALID", "RESUME_TOKEN_EXPIRED"])
def test_a_token_that_is_worth_nothing_makes_a_snapshot_come_first__it_is_told(
    script: Script, client: BindingClient, reason: str
) -> None:
    ledger = Ledger("old")
    worthless = refusal(grpc.StatusCode.OUT_OF_RANGE, reason)
    script.plays(([], worthless), ([told("a"), complete("t9"), happened(10)], "hang"))
    follow(client, ledger, "t10")
    assert ledger.told == ["a", "10"]
    assert script.tokens == ["old", ""]


def test_refusals_that_nothing_cures_end_it__it_is_raised(server: FakeServer, client: BindingClient) -> None:
    server.on("WatchBindings", refusal(grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED"))
    with pytest.raises(CallerNotAllowed):
        follow(client, Ledger("t1"), "never")
    server.on("WatchBindings", BAD_TOKEN)
    with pytest.raises(ResumeTokenInvalid):
        follow(client, Ledger(""), "never")


def test_it_can_be_stopped_while_it_waits__it_is_over(script: Script, client: BindingClient) -> None:
    script.plays(([happened(2)], "hang"))
    ledger = Ledger("t1")
    follower = BindingFollower(client, stored_token=ledger.stored_token, transaction=ledger.transaction, apply=apply)
    ledger.after_commit = lambda told: threading.Timer(0.1, follower.stop).start()
    follower.run()
    assert ledger.told == ["2"]
    assert follower.run() is None


def test_a_connection_of_sqlite_is_a_transaction__it_is_rolled_back_whole(
    script: Script, client: BindingClient
) -> None:
    db = sqlite3.connect(":memory:")
    db.executescript("CREATE TABLE seen (number INTEGER PRIMARY KEY); CREATE TABLE position (token TEXT);")
    db.execute("INSERT INTO position VALUES ('t1')")
    db.commit()

    def insert(db: sqlite3.Connection, step: Any, token: str) -> None:
        db.execute("UPDATE position SET token = ?", (token,))
        db.execute("INSERT INTO seen VALUES (?)", (step.event.number,))

    script.plays(([happened(2), happened(2)], "hang"))
    follower = BindingFollower(
        client,
        stored_token=lambda: db.execute("SELECT token FROM position").fetchone()[0],
        transaction=lambda: db,
        apply=insert,
    )
    with pytest.raises(sqlite3.IntegrityError):
        follower.run()
    assert db.execute("SELECT * FROM seen").fetchall() == [(2,)]
    assert db.execute("SELECT token FROM position").fetchall() == [("t2",)]


async def test_the_async_follower_does_the_same__it_is_awaited(script: Script) -> None:
    ledger = Ledger("old")
    failures = iter([True])

    def fail(told: list[str]) -> None:
        if "10" in told and next(failures, False):
            raise LostConnection

    ledger.before_commit = fail

    @asynccontextmanager
    async def transaction() -> AsyncIterator[Draft]:
        with ledger.transaction() as draft:
            yield draft

    async def stored_token() -> str:
        return ledger.stored_token()

    async def apply_async(draft: Draft, step: Any, token: str) -> None:
        apply(draft, step, token)

    expired = refusal(grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED")
    script.plays(([], expired), ([told("a"), complete("t9"), happened(10)], "hang"), ([happened(10)], "hang"))
    there = asyncio.Event()
    ledger.after_commit = lambda told: there.set() if "10" in told else None
    async with AsyncBindingClient.connect(script.server.target) as client:
        follower = AsyncBindingFollower(
            client,
            stored_token=stored_token,
            transaction=transaction,
            apply=apply_async,
            retried=(LostConnection,),
        )
        following = asyncio.create_task(follower.run())
        await there.wait()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
    assert ledger.told == ["a", "10"]
    assert script.tokens == ["old", "", "t9"]
