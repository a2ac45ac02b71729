"""Watches against a fake service: what they tell, what they outlive, where they go on."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from binding_client import AsyncBindingClient, BindingClient
from binding_client.errors import (
    CallerNotAllowed,
    ResumeTokenExpired,
    ResumeTokenInvalid,
    ServiceUnavailable,
)
from binding_client.watch import (
    AsyncWatch,
    Backoff,
    Event,
    Heartbeat,
    Snapshot,
    SnapshotEnd,
    SnapshotStart,
    Watch,
    is_resumed,
)
from sferum.binding.v1.binding_service_pb2 import (
    BindingEvent,
    BindingEventKind,
    WatchBindingsRequest,
    WatchFilter,
)
from sferum.binding.v1.binding_service_pb2 import SnapshotEnd as SnapshotEndMessage
from sferum.binding.v1.chat_service_pb2 import AccountChats, ChatEvent, WatchChatsResponse
from sferum.binding.v1.resources_pb2 import Binding

from .fakes import FakeServer, refusal, retry_info
from .watching import Script, complete, happened, quiet, told


def taken(watch: Iterator[Any], count: int) -> list[Any]:
    return [next(watch) for _ in range(count)]


def test_a_watch_tells_typed_steps__it_is_with_their_tokens(script: Script, client: BindingClient) -> None:
    script.plays(([told("bindings/1"), told("bindings/2"), complete("t7"), happened(8), quiet("t9")], "hang"))
    with client.watch_bindings() as watch:
        assert taken(watch, 6) == [
            SnapshotStart(),
            Snapshot(Binding(name="bindings/1")),
            Snapshot(Binding(name="bindings/2")),
            SnapshotEnd("t7"),
            Event(BindingEvent(number=8), "t8"),
            Heartbeat("t9"),
        ]
        assert watch.token == "t9"


def test_an_empty_snapshot_begins_and_ends__it_is_told(script: Script, client: BindingClient) -> None:
    script.plays(([complete("t1")], "hang"))
    with client.watch_bindings() as watch:
        assert taken(watch, 2) == [SnapshotStart(), SnapshotEnd("t1")]


def test_what_is_asked_for_arrives__it_is_in_every_call(script: Script, client: BindingClient) -> None:
    script.plays(([happened(4)], grpc.StatusCode.UNAVAILABLE), ([happened(5)], "hang"))
    wanted = WatchFilter(organisation="organisations/shkola-5")
    removed = BindingEventKind.BINDING_EVENT_KIND_REMOVED
    with client.watch_bindings(filter=wanted, kinds=[removed], resume_token="t3") as watch:
        taken(watch, 2)
    for request in script.server.calls("WatchBindings"):
        assert request.filter == wanted
        assert list(request.kinds) == [removed]
    assert script.tokens == ["t3", "t4"]
    assert all("grpc-timeout" not in metadata for metadata in script.server.metadata)


@pytest.mark.parametrize(
    "end",
    [
        None,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "CONSUMER_TOO_SLOW"),
        refusal(grpc.StatusCode.INTERNAL, "INTERNAL"),
    ],
    ids=["drained", "unavailable", "cancelled", "internal", "unknown", "deadline", "too-slow", "fault"],
)
async def test_a_break_is_outlived__it_is_resumed_after_the_newest_token(server: FakeServer, end: Any) -> None:
    script = Script(server)
    calls = (
        ([complete("t1"), happened(2)], end),
        ([], end),
        ([happened(3), quiet("t5")], end),
        ([happened(6)], "hang"),
    )
    script.plays(*calls)
    numbers = [2, 3, 6]
    with BindingClient.connect(server.target) as client, client.watch_bindings() as watch:
        steps = taken(watch, 6)
    assert [step.event.number for step in steps if isinstance(step, Event)] == numbers
    assert script.tokens == ["", "t2", "t2", "t5"]

    server.requests.clear()
    script.plays(*calls)
    async with AsyncBindingClient.connect(server.target) as client, client.watch_bindings() as watch:
        steps = [await anext(watch) for _ in range(6)]
    assert [step.event.number for step in steps if isinstance(step, Event)] == numbers
    assert script.tokens == ["", "t2", "t2", "t5"]
    script.let_go()


def test_a_snapshot_that_breaks_begins_anew__it_is_told(script: Script, client: BindingClient) -> None:
    gone = grpc.StatusCode.UNAVAILABLE
    script.plays(([told("bindings/1")], gone), ([], gone), ([told("bindings/2"), complete("t1")], "hang"))
    with client.watch_bindings() as watch:
        start = SnapshotStart()
        assert taken(watch, 5) == [
            start,
            Snapshot(Binding(name="bindings/1")),
            start,
            Snapshot(Binding(name="bindings/2")),
            SnapshotEnd("t1"),
        ]
    assert script.tokens == ["", "", ""]


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID", ResumeTokenInvalid),
        (grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", ResumeTokenExpired),
        (grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED", CallerNotAllowed),
    ],
)
async def test_what_going_on_cannot_cure_is_raised__it_is_the_end(
    server: FakeServer, code: grpc.StatusCode, reason: str, error: type[Exception]
) -> None:
    server.on("WatchBindings", refusal(code, reason))
    with BindingClient.connect(server.target) as client:
        watch = client.watch_bindings(resume_token="t1")
        with pytest.raises(error):
            next(watch)
        assert list(watch) == []
    async with AsyncBindingClient.connect(server.target) as client:
        watch = client.watch_bindings(resume_token="t1")
        with pytest.raises(error):
            await anext(watch)
        assert [step async for step in watch] == []
    assert len(server.calls("WatchBindings")) == 2


def test_a_service_that_is_not_there_yet_is_waited_for__it_is_then_followed(free_port: int) -> None:
    servers: list[FakeServer] = []

    def come() -> None:
        servers.append(FakeServer(free_port))
        servers[0].on("WatchBindings", lambda request, context: iter([complete("t1")]))

    coming = threading.Timer(0.3, come)
    with BindingClient.connect(f"127.0.0.1:{free_port}") as client, client.watch_bindings() as watch:
        coming.start()
        assert taken(watch, 2) == [SnapshotStart(), SnapshotEnd("t1")]
    coming.join()
    servers[0].stop()


def test_a_watch_can_be_closed_from_elsewhere__it_is_over(script: Script, client: BindingClient) -> None:
    script.plays(([happened(1)], "hang"))
    watch = client.watch_bindings(resume_token="t0")
    next(watch)
    closing = threading.Timer(0.1, watch.close)
    closing.start()
    assert list(watch) == []
    closing.join()


async def test_an_async_watch_can_be_closed_from_elsewhere__it_is_over(script: Script) -> None:
    script.plays(([happened(1)], "hang"))
    async with AsyncBindingClient.connect(script.server.target) as client:
        watch = client.watch_bindings(resume_token="t0")
        await anext(watch)
        rest = asyncio.create_task(_all(watch))
        await asyncio.sleep(0.1)
        await watch.aclose()
        assert await rest == []


async def test_a_task_that_watches_can_be_cancelled__it_is_not_mistaken_for_a_break(script: Script) -> None:
    script.plays(([happened(1)], "hang"))
    async with AsyncBindingClient.connect(script.server.target) as client:
        watch = client.watch_bindings(resume_token="t0")
        await anext(watch)
        rest = asyncio.create_task(_all(watch))
        await asyncio.sleep(0.1)
        rest.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rest
    assert script.tokens == ["t0"]


async def _all(watch: AsyncWatch[Any]) -> list[Any]:
    return [step async for step in watch]


async def test_a_silent_connection_is_left__it_is_made_anew(script: Script) -> None:
    calls = (([happened(1)], "hang"), ([happened(2)], "hang"))

    def starting(client: Any) -> Callable[[str], Any]:
        return lambda token: client.stubs.binding.WatchBindings(WatchBindingsRequest(resume_token=token))

    script.plays(*calls)
    with BindingClient.connect(script.server.target) as client:
        watch = Watch[Any](starting(client), "t0", silence_s=0.2)
        assert [step.token for step in taken(watch, 2)] == ["t1", "t2"]
        watch.close()
    script.plays(*calls)
    async with AsyncBindingClient.connect(script.server.target) as client:
        watch = AsyncWatch[Any](starting(client), "t0", silence_s=0.2)
        assert [(await anext(watch)).token for _ in range(2)] == ["t1", "t2"]
        await watch.aclose()
    assert script.tokens == ["t0", "t1", "t0", "t1"]


def test_chats_are_watched_alike__it_is_with_their_accounts(server: FakeServer, client: BindingClient) -> None:
    script = Script(server, "WatchChats")
    snapshot = AccountChats(account="accounts/vera-parent")
    script.plays(
        (
            [
                WatchChatsResponse(snapshot=snapshot),
                WatchChatsResponse(snapshot_end=SnapshotEndMessage(), resume_token="t1"),
                WatchChatsResponse(event=ChatEvent(number=2), resume_token="t2"),
            ],
            "hang",
        )
    )
    with client.watch_chats() as watch:
        steps = taken(watch, 4)
    assert steps == [SnapshotStart(), Snapshot(snapshot), SnapshotEnd("t1"), Event(ChatEvent(number=2), "t2")]
    script.let_go()


def test_each_attempt_has_a_token_of_its_own__it_is_asked_for_anew(script: Script, client: BindingClient) -> None:
    tokens = iter(["one", "two"])
    script.plays(([happened(1)], grpc.StatusCode.UNAVAILABLE), ([happened(2)], "hang"))
    with client.using(token=lambda: next(tokens)).watch_bindings(resume_token="t0") as watch:
        taken(watch, 2)
    assert [each["authorization"] for each in script.server.metadata] == ["Bearer one", "Bearer two"]


def test_pauses_grow_and_shrink__it_is_within_limits() -> None:
    backoff = Backoff(first_s=1.0, most_s=8.0)
    pauses = [backoff.pause_s() for _ in range(40)]
    for pause, longest in zip(pauses, [1, 2, 4, 8] + [8] * 36, strict=True):
        assert longest / 2 <= pause <= longest
    backoff.succeeded()
    assert backoff.pause_s() <= 1.0
    assert backoff.pause_s(at_least_s=30.0) == 30.0


def test_the_service_may_ask_for_a_pause__it_is_kept(server: FakeServer, client: BindingClient) -> None:
    handler = refusal(grpc.StatusCode.UNAVAILABLE, "PROVIDER_UNAVAILABLE", details=[retry_info(1)])
    script = Script(server)
    script.plays(([happened(1)], handler), ([happened(2)], "hang"))
    with client.watch_bindings(resume_token="t0") as watch:
        watch._backoff = asked = _Asked()
        taken(watch, 2)
    assert asked.pauses == [1.0]
    script.let_go()


class _Asked(Backoff):
    """Keeps what it is asked for, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def pause_s(self, at_least_s: float = 0.0) -> float:
        self.pauses.append(at_least_s)
        return 0.0


def test_a_refusal_without_a_reason_is_judged_by_its_code__it_is_the_transport() -> None:
    assert is_resumed(ServiceUnavailable(grpc.StatusCode.UNAVAILABLE, "gone"))
    assert not is_resumed(ServiceUnavailable(grpc.StatusCode.UNIMPLEMENTED, "no such method"))
