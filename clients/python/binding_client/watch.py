"""Follows bindings and chats: steps of a watch, and watches that come back by themselves.

A watch is an iterator of steps. It outlives breaks of the connection, restarts of the service, drains and reading too
slowly: it waits a little and goes on after the newest token that it gave out. Only what going on cannot cure is raised.
"""

import asyncio
import logging
import random
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import grpc
import grpc.aio

from binding_client._steps import (
    BindingStep,
    ChatStep,
    Event,
    Heartbeat,
    Snapshot,
    SnapshotEnd,
    SnapshotStart,
    decoded,
)
from binding_client.errors import BindingError, ConsumerTooSlow, Internal, ProviderUnavailable, from_rpc_error

__all__ = [
    "AsyncWatch",
    "Backoff",
    "BindingStep",
    "ChatStep",
    "Event",
    "Heartbeat",
    "Snapshot",
    "SnapshotEnd",
    "SnapshotStart",
    "Watch",
    "is_resumed",
]

SILENCE_S = 45.0
"""A connection that says nothing for so long is dead: the service gives a sign of life every 15 seconds."""
_LOG = logging.getLogger("binding_client.watch")
_StepT = TypeVar("_StepT")

_RESUMED = (ConsumerTooSlow, ProviderUnavailable, Internal)
# Without a reason it is the transport that speaks: a lost connection, a drained server, a proxy's limit.
_RESUMED_CODES = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)


def is_resumed(error: BindingError) -> bool:
    """Says whether a watch that ended so goes on with its newest token."""
    return isinstance(error, _RESUMED) or (not error.reason and error.code in _RESUMED_CODES)


class Backoff:
    """Pauses between attempts: twice as long each time, of random length, up to a limit; short again after success."""

    def __init__(self, first_s: float = 0.1, most_s: float = 15.0) -> None:
        """Takes the first and the longest pause in seconds."""
        self._first_s, self._most_s = first_s, most_s
        self._failures = 0

    def succeeded(self) -> None:
        """Makes the next pause a short one."""
        self._failures = 0

    def pause_s(self, at_least_s: float = 0.0) -> float:
        """Returns the next pause in seconds."""
        # 2 ** 20 pauses are beyond any limit, and floats end somewhere.
        longest = min(self._most_s, self._first_s * 2 ** min(self._failures, 20))
        self._failures += 1
        return max(at_least_s, longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreads callers, keeps no secret


class _Steps(Generic[_StepT]):
    """The state of a watch that does not depend on how it waits."""

    def __init__(self, token: str, backoff: Backoff | None) -> None:
        self.token = token
        self._backoff = backoff or Backoff()
        self._pending: Any = None

    def _step_of(self, response: Any, *, first: bool) -> _StepT:
        """Returns a message as its step; a snapshot that begins is told first, and its message kept for later."""
        if first and response.WhichOneof("step") in ("snapshot", "snapshot_end"):
            self._pending = response
            return cast(_StepT, SnapshotStart())
        step = decoded(response)
        if step.token:
            self.token = step.token
            self._backoff.succeeded()
        return cast(_StepT, step)

    def _pause_after(self, error: BindingError | None) -> float:
        """Returns how long to wait before going on. Raises the error if it cannot be cured so."""
        if error is not None and not is_resumed(error):
            raise error
        pause = self._backoff.pause_s((error.retry_after_s if error else None) or 0.0)
        why = "the stream ended" if error is None else error.reason or error.code.name
        # A restart is part of life; a fault of the service is not, though the watch goes on.
        level = logging.WARNING if isinstance(error, Internal) else logging.INFO
        _LOG.log(level, "watch: %s; going on in %.1f s", why, pause)
        return pause


class Watch(_Steps[_StepT], Iterator[_StepT]):
    """A blocking watch: `for step in watch`. Close it, or use it as a context manager, when nothing more is wanted.

    Attributes:
        token: Newest token that was given out; the watch goes on after it.
    """

    def __init__(
        self,
        start: Callable[[str], Any],
        token: str = "",
        *,
        backoff: Backoff | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Takes what a watch needs; the first step makes the first call.

        Args:
            start: Begins the call that follows a token, "" for a snapshot first.
            token: Where to begin.
            backoff: Pauses after breaks.
            silence_s: Seconds without a step after which the connection is held to be dead.
        """
        super().__init__(token, backoff)
        self._start = start
        self._silence_s = silence_s
        self._closed = threading.Event()
        self._call: Any = None
        self._guarded = False
        self._reading_since: float | None = None

    def __next__(self) -> _StepT:
        while not self._closed.is_set():
            if self._pending is not None:
                response, self._pending = self._pending, None
                return self._step_of(response, first=False)
            fresh = self._call is None
            error: BindingError | None = None
            try:
                response = self._read()
                if response is not None:
                    return self._step_of(response, first=fresh)
            except grpc.RpcError as broken:
                error = from_rpc_error(broken)
            self._call = None
            if not self._closed.is_set():
                try:
                    pause = self._pause_after(error)
                except BindingError:
                    self.close()
                    raise
                self._closed.wait(pause)
        raise StopIteration

    def close(self) -> None:
        """Ends the watch, from any thread: a step that is waited for does not come."""
        self._closed.set()
        call = self._call
        if call is not None:
            call.cancel()

    def __enter__(self) -> "Watch[_StepT]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Any:
        """Returns the next message; None if the stream has ended in good order."""
        call = self._call
        if call is None:
            call = self._call = self._start(self.token)
            if self._closed.is_set():
                call.cancel()
        if not self._guarded:
            self._guarded = True
            threading.Thread(
                target=_guard, args=(weakref.ref(self), self._closed, self._silence_s / 4), daemon=True
            ).start()
        self._reading_since = time.monotonic()
        try:
            return next(call, None)
        finally:
            self._reading_since = None

    def _end_silence(self) -> None:
        since, call = self._reading_since, self._call
        if since is not None and call is not None and time.monotonic() - since > self._silence_s:
            call.cancel()


def _guard(watch: "weakref.ref[Watch[Any]]", closed: threading.Event, period_s: float) -> None:
    """Cancels calls that have fallen silent, for as long as there is a watch: blocking reads have no time limit."""
    while not closed.wait(period_s):
        seen = watch()
        if seen is None:
            return
        seen._end_silence()
        del seen


class AsyncWatch(_Steps[_StepT], AsyncIterator[_StepT]):
    """A watch on an event loop: `async for step in watch`. Close it, or use it as an async context manager.

    Attributes:
        token: Newest token that was given out; the watch goes on after it.
    """

    def __init__(
        self,
        start: Callable[[str], Any],
        token: str = "",
        *,
        backoff: Backoff | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Takes what a watch needs, as `Watch` does."""
        super().__init__(token, backoff)
        self._start = start
        self._silence_s = silence_s
        self._closed = asyncio.Event()
        self._call: Any = None

    async def __anext__(self) -> _StepT:
        while not self._closed.is_set():
            if self._pending is not None:
                response, self._pending = self._pending, None
                return self._step_of(response, first=False)
            fresh = self._call is None
            error: BindingError | None = None
            try:
                response = await self._read()
                if response is not None:
                    return self._step_of(response, first=fresh)
            except grpc.RpcError as broken:
                error = from_rpc_error(broken)
            self._call = None
            if not self._closed.is_set():
                try:
                    pause = self._pause_after(error)
                except BindingError:
                    await self.aclose()
                    raise
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._closed.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Ends the watch: a step that another task waits for does not come."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> "AsyncWatch[_StepT]":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _read(self) -> Any:
        """Returns the next message; None if the stream has ended, in good order or by silence."""
        if self._call is None:
            self._call = self._start(self.token)
        try:
            async with asyncio.timeout(self._silence_s):
                response = await self._call.read()
        except TimeoutError:
            return None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # grpc.aio tells so that the call was cancelled: by `aclose`, or by a server whose drain ended.
            return None
        end = grpc.aio.EOF  # pyright: ignore[reportAttributeAccessIssue] - the stubs lack it
        return None if response is end else response
