"""Keeps a store in step with the service: every event is applied once, whatever breaks.

The rule behind it: what an event changes and the token after it are stored in one transaction of the consumer's own
database. After a crash the consumer begins with the token that it finds there. With SQLite:

    db = sqlite3.connect("consumer.db")
    db.executescript(
        "CREATE TABLE IF NOT EXISTS bound (account TEXT PRIMARY KEY, binding TEXT);"
        "CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT);"
    )

    def stored_token():
        return (db.execute("SELECT token FROM position").fetchone() or ("",))[0]

    def apply(db, step, token):
        match step:
            case SnapshotStart():
                db.execute("DELETE FROM bound")
            case Snapshot(binding):
                db.execute("INSERT INTO bound VALUES (?, ?)", (binding.account, binding.name))
            case Event(event) if event.kind == BindingEventKind.BINDING_EVENT_KIND_CREATED:
                db.execute("REPLACE INTO bound VALUES (?, ?)", (event.account, event.binding.name))
            case Event(event) if event.kind == BindingEventKind.BINDING_EVENT_KIND_REMOVED:
                db.execute("DELETE FROM bound WHERE binding = ?", (event.binding.name,))
        if token:
            db.execute("REPLACE INTO position VALUES (1, ?)", (token,))

    BindingFollower(client, stored_token=stored_token, transaction=lambda: db, apply=apply).run()

`with db:` is a transaction of `sqlite3`; `engine.begin` is one of SQLAlchemy. One follower at a time writes to a store.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Generic, TypeVar

from sferum.binding.v1.binding_service_pb2 import BindingEventKind, WatchFilter

from binding_client.aio import AsyncBindingClient
from binding_client.client import BindingClient
from binding_client.errors import BindingError, ResumeTokenExpired, ResumeTokenInvalid
from binding_client.watch import AsyncWatch, Backoff, BindingStep, Heartbeat, Snapshot, SnapshotStart, Watch

_LOG = logging.getLogger("binding_client.follow")
_StepT = TypeVar("_StepT")
_TransactionT = TypeVar("_TransactionT")


class _Gathering(Generic[_StepT]):
    """Gathers the steps of a snapshot, so that a transaction takes many; a step with a token ends the gathering."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._steps: list[_StepT] = []
        self._applied = ""

    def take(self, step: _StepT) -> list[_StepT]:
        """Returns the steps to be applied now, in one transaction."""
        if isinstance(step, SnapshotStart):
            # What an unfinished snapshot told and nobody has applied yet is void.
            self._steps = [step]
        elif isinstance(step, Snapshot):
            self._steps.append(step)
        elif isinstance(step, Heartbeat) and step.token == self._applied:
            return []
        else:
            self._applied = getattr(step, "token", "")
            return self._all(step)
        return self._all() if len(self._steps) >= self._at_most else []

    def _all(self, *more: _StepT) -> list[_StepT]:
        steps, self._steps = [*self._steps, *more], []
        return steps


def _begin_anew(error: BindingError, token: str) -> None:
    """Lets a consumer begin with a snapshot after a token that is worth nothing; raises the error if there was none."""
    if not token:
        raise error
    _LOG.warning("follow: %s; a snapshot comes first", error.reason)


class Follower(Generic[_StepT, _TransactionT]):
    """Follows a watch and applies its steps inside transactions of the consumer's own store."""

    def __init__(
        self,
        watch: Callable[[str], Watch[_StepT]],
        *,
        stored_token: Callable[[], str | None],
        transaction: Callable[[], AbstractContextManager[_TransactionT]],
        apply: Callable[[_TransactionT, _StepT, str], None],
        retried: tuple[type[Exception], ...] = (),
        snapshot_batch: int = 500,
    ) -> None:
        """Says what to follow and how to keep it.

        Args:
            watch: Begins a watch after a token, "" for a snapshot first.
            stored_token: Reads the token from the store; "" or None if there is none yet.
            transaction: Opens a transaction of the store: commits at its end, rolls back for an exception.
            apply: Called inside a transaction with what that yields, a step, and the step's token. Stores what the
                step changes, and the token if it is not empty. A `SnapshotStart` means: forget all.
            retried: Exceptions of the store that pass, such as a lost connection. The store is then asked again for
                its token, since nobody knows whether the last transaction was committed. Any other ends `run`.
            snapshot_batch: At most so many steps of a snapshot go into one transaction.
        """
        self._watch = watch
        self._stored_token = stored_token
        self._transaction = transaction
        self._apply = apply
        self._retried = retried
        self._snapshot_batch = snapshot_batch
        self._stopped = threading.Event()
        self._current: Watch[_StepT] | None = None

    def run(self) -> None:
        """Follows until `stop` or an exception. A token that is worth nothing any more makes a snapshot come first.

        Raises:
            BindingError: A refusal that going on cannot cure, such as CallerNotAllowed.
            Exception: Of the store, if it is not one of `retried`.
        """
        backoff = Backoff()
        anew = False
        while not self._stopped.is_set():
            token = ""
            try:
                token = "" if anew else self._stored_token() or ""
                with self._watch(token) as watch:
                    self._current = watch
                    if not self._stopped.is_set():
                        self._follow(watch, backoff)
            except (ResumeTokenInvalid, ResumeTokenExpired) as error:
                _begin_anew(error, token)
                anew = True
            except self._retried as error:
                anew = False
                pause = backoff.pause_s()
                _LOG.warning("follow: the store said %s; going on in %.1f s", type(error).__name__, pause)
                self._stopped.wait(pause)

    def stop(self) -> None:
        """Lets `run` return after the step that it is at; from any thread."""
        self._stopped.set()
        if self._current is not None:
            self._current.close()

    def _follow(self, watch: Watch[_StepT], backoff: Backoff) -> None:
        gathering: _Gathering[_StepT] = _Gathering(self._snapshot_batch)
        for step in watch:
            if steps := gathering.take(step):
                with self._transaction() as transaction:
                    for each in steps:
                        self._apply(transaction, each, getattr(each, "token", ""))
                backoff.succeeded()


class BindingFollower(Follower[BindingStep, _TransactionT]):
    """Follows bindings. The module's text has an example."""

    def __init__(
        self,
        client: BindingClient,
        *,
        stored_token: Callable[[], str | None],
        transaction: Callable[[], AbstractContextManager[_TransactionT]],
        apply: Callable[[_TransactionT, BindingStep, str], None],
        filter: WatchFilter | None = None,
        kinds: Iterable[BindingEventKind] = (),
        retried: tuple[type[Exception], ...] = (),
        snapshot_batch: int = 500,
    ) -> None:
        """Says which bindings to follow, as `BindingClient.watch_bindings`, and how to keep them, as `Follower`."""
        wanted = tuple(kinds)
        super().__init__(
            lambda token: client.watch_bindings(filter=filter, kinds=wanted, resume_token=token),
            stored_token=stored_token,
            transaction=transaction,
            apply=apply,
            retried=retried,
            snapshot_batch=snapshot_batch,
        )


class AsyncFollower(Generic[_StepT, _TransactionT]):
    """`Follower` on an event loop: the store's functions are awaited."""

    def __init__(
        self,
        watch: Callable[[str], AsyncWatch[_StepT]],
        *,
        stored_token: Callable[[], Awaitable[str | None]],
        transaction: Callable[[], AbstractAsyncContextManager[_TransactionT]],
        apply: Callable[[_TransactionT, _StepT, str], Awaitable[None]],
        retried: tuple[type[Exception], ...] = (),
        snapshot_batch: int = 500,
    ) -> None:
        """Says what to follow and how to keep it, as `Follower` does."""
        self._watch = watch
        self._stored_token = stored_token
        self._transaction = transaction
        self._apply = apply
        self._retried = retried
        self._snapshot_batch = snapshot_batch

    async def run(self) -> None:
        """Follows until it is cancelled or an exception ends it, as `Follower.run` does."""
        backoff = Backoff()
        anew = False
        while True:
            token = ""
            try:
                token = "" if anew else await self._stored_token() or ""
                async with self._watch(token) as watch:
                    await self._follow(watch, backoff)
            except (ResumeTokenInvalid, ResumeTokenExpired) as error:
                _begin_anew(error, token)
                anew = True
            except self._retried as error:
                anew = False
                pause = backoff.pause_s()
                _LOG.warning("follow: the store said %s; going on in %.1f s", type(error).__name__, pause)
                await asyncio.sleep(pause)

    async def _follow(self, watch: AsyncWatch[_StepT], backoff: Backoff) -> None:
        gathering: _Gathering[_StepT] = _Gathering(self._snapshot_batch)
        async for step in watch:
            if steps := gathering.take(step):
                async with self._transaction() as transaction:
                    for each in steps:
                        await self._apply(transaction, each, getattr(each, "token", ""))
                backoff.succeeded()


class AsyncBindingFollower(AsyncFollower[BindingStep, _TransactionT]):
    """Follows bindings on an event loop."""

    def __init__(
        self,
        client: AsyncBindingClient,
        *,
        stored_token: Callable[[], Awaitable[str | None]],
        transaction: Callable[[], AbstractAsyncContextManager[_TransactionT]],
        apply: Callable[[_TransactionT, BindingStep, str], Awaitable[None]],
        filter: WatchFilter | None = None,
        kinds: Iterable[BindingEventKind] = (),
        retried: tuple[type[Exception], ...] = (),
        snapshot_batch: int = 500,
    ) -> None:
        """Says which bindings to follow, as `AsyncBindingClient.watch_bindings`, and how to keep them."""
        wanted = tuple(kinds)
        super().__init__(
            lambda token: client.watch_bindings(filter=filter, kinds=wanted, resume_token=token),
            stored_token=stored_token,
            transaction=transaction,
            apply=apply,
            retried=retried,
            snapshot_batch=snapshot_batch,
        )
