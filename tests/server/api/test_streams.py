"""Answers in a stream, through the real interceptor and over the wire."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import grpc
import pytest
from binding_server.api.call import Call
from binding_server.api.interceptor import Gate
from binding_server.api.streams import Streams
from binding_server.api.validation import RequestRules
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.logs import make_log
from binding_server.store.errors import StoreError, StoreProblem
from sferum.binding.v1 import chat_service_pb2 as pb
from sferum.binding.v1 import chat_service_pb2_grpc

from .conftest import VERA, FakeWorlds, Refused

BIG = "x" * 100_000


class Chats:
    """Streams what a test says, and notes when a stream is over."""

    def __init__(self) -> None:
        self.script: Callable[[Call], AsyncIterator[pb.WatchChatsResponse]] = silence
        self.over = asyncio.Event()
        self.written = 0

    def __getattr__(self, name: str) -> Any:
        """The other methods of the service, which nobody calls."""
        if not name[0].isupper():
            raise AttributeError(name)
        return None

    async def WatchChats(self, request: pb.WatchChatsRequest, call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
        try:
            async for answer in self.script(call):
                yield answer
                self.written += 1
        finally:
            self.over.set()


async def silence(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
    yield pb.WatchChatsResponse(resume_token="1")
    await asyncio.Event().wait()


async def flood(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
    while True:
        yield pb.WatchChatsResponse(resume_token=BIG)


class Wire:
    def __init__(self, chats: Chats, streams: Streams, channel: grpc.aio.Channel, log: io.StringIO) -> None:
        self.chats, self.streams, self._log = chats, streams, log
        self.stub: Any = chat_service_pb2_grpc.ChatServiceStub(channel)

    def watch(self, *, token: str = VERA, **request: Any) -> Any:
        return self.stub.WatchChats(pb.WatchChatsRequest(**request), metadata=[("authorization", f"Bearer {token}")])

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.getvalue().splitlines()]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    chats, streams, log = Chats(), Streams(patience_s=0.2), io.StringIO()
    gate = Gate(FakeWorlds(), RequestRules(), make_log(log), None, lambda: "made-id", streams)
    server = grpc.aio.server(interceptors=[gate])
    chat_service_pb2_grpc.add_ChatServiceServicer_to_server(cast(Any, chats), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # A small window, so that a client that does not read is soon found out.
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_535)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        yield Wire(chats, streams, channel, log)
    await server.stop(None)


async def end_of(call: Any) -> Refused:
    """Reads a stream to its end, which is an error."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        async for _ in call:
            pass
    return Refused(raised.value)


async def test_it_hands_over_every_answer(wire: Wire) -> None:
    async def three(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
        assert call.caller.person is not None
        for number in "123":
            yield pb.WatchChatsResponse(resume_token=number)

    wire.chats.script = three
    call = wire.watch()
    assert [answer.resume_token async for answer in call] == ["1", "2", "3"]
    assert await call.code() is grpc.StatusCode.OK


async def test_it_tells_the_client_at_once_that_it_is_heard(wire: Wire) -> None:
    async def nothing(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
        await asyncio.Event().wait()
        yield pb.WatchChatsResponse()

    wire.chats.script = nothing
    call = wire.watch()
    await asyncio.wait_for(call.initial_metadata(), 5)
    call.cancel()


async def test_it_refuses_before_the_first_answer(wire: Wire) -> None:
    assert (await end_of(wire.watch(token="nonsense"))).reason == "ESIA_SESSION_REQUIRED"
    error = await end_of(wire.watch(kinds=[0]))
    assert (error.reason, error.fields) == ("REQUEST_INVALID", ["kinds[0]"])


async def test_it_refuses_in_the_middle(wire: Wire) -> None:
    async def expire(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
        yield pb.WatchChatsResponse(resume_token="1")
        raise Refusal(Reason.RESUME_TOKEN_EXPIRED)

    wire.chats.script = expire
    error = await end_of(wire.watch())
    assert (error.code, error.reason) == (grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED")


async def test_it_ends_with_the_client(wire: Wire) -> None:
    call = wire.watch()
    await call.read()
    call.cancel()
    await asyncio.wait_for(wire.chats.over.wait(), 5)


async def test_it_ends_for_one_who_does_not_read_and_keeps_no_more_than_fits_the_window(wire: Wire) -> None:
    wire.chats.script = flood
    call = wire.watch()
    await asyncio.wait_for(wire.chats.over.wait(), 10)
    assert wire.chats.written * len(BIG) < 10_000_000
    error = await asyncio.wait_for(end_of(call), 10)
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "CONSUMER_TOO_SLOW")
    assert wire.log[-1]["reason"] == "CONSUMER_TOO_SLOW"


async def test_it_ends_all_watches_when_the_server_stops(wire: Wire) -> None:
    calls = [wire.watch() for _ in range(3)]
    for call in calls:
        await call.initial_metadata()
    wire.streams.drain()
    for call in calls:
        assert (await asyncio.wait_for(end_of(call), 5)).code is grpc.StatusCode.UNAVAILABLE
    assert (await end_of(wire.watch())).code is grpc.StatusCode.UNAVAILABLE
    assert {line["code"] for line in wire.log} == {"UNAVAILABLE"}


async def test_it_ends_one_who_does_not_read_when_the_server_stops(wire: Wire) -> None:
    wire.chats.script = flood
    call = wire.watch()
    await call.initial_metadata()
    wire.streams.drain()
    await asyncio.wait_for(wire.chats.over.wait(), 5)
    assert (await asyncio.wait_for(end_of(call), 5)).code is grpc.StatusCode.UNAVAILABLE


async def test_it_ends_when_the_database_closes(wire: Wire) -> None:
    async def closed(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
        yield pb.WatchChatsResponse(resume_token="1")
        raise StoreError(StoreProblem.CLOSED, "closed")

    wire.chats.script = closed
    assert (await end_of(wire.watch())).code is grpc.StatusCode.UNAVAILABLE


async def test_it_logs_a_fault_and_hides_it(wire: Wire) -> None:
    async def fail(call: Call) -> AsyncIterator[pb.WatchChatsResponse]:
        yield pb.WatchChatsResponse(resume_token="1")
        raise ValueError("secret")

    wire.chats.script = fail
    error = await end_of(wire.watch())
    assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in error.details
