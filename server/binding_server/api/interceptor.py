"""The one interceptor: everything that is the same for every method, in one place and in one order."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

from binding_server.api import metadata
from binding_server.api.access import PACKAGE, admit
from binding_server.api.call import DEFAULT_WORLD, Call, Worlds
from binding_server.api.call_journal import CallJournal
from binding_server.api.errors import status_of
from binding_server.api.metrics import Metrics
from binding_server.api.streams import GoingDown, Streams
from binding_server.api.validation import RequestRules
from binding_server.clock import WorldClock
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.logs import Log, describe_fault
from binding_server.store.errors import StoreError, StoreProblem
from binding_server.use_cases.limits import probed

DEFAULT_DEADLINE_S = 20.0
"""For a unary call whose client sets none; also the longest that anything in a call waits for a provider."""
_ANSWER_MARGIN_S = 0.3
"""Providers are given up so long before the client gives us up: it then learns why."""
_PREFIX = f"/{PACKAGE}."

Answer = TypeVar("Answer")
Behavior = Callable[[Any, Call], Awaitable[Answer]]
Answers = Callable[[Any, Call], AsyncGenerator[Message]]

_UNREADABLE: Any = object()
"""What stands for bytes that are no message of the method's type."""


@dataclass(slots=True)
class _Visit:
    """What is told of a call in log and metrics."""

    method: str
    request_id: str
    language: str
    world: str
    came: datetime
    actor: str = ""
    client: str = ""
    code: str = "OK"
    reason: str = ""
    row: str = ""
    journal: CallJournal | None = None


class Gate(grpc.aio.ServerInterceptor):
    """Finds the world, admits the caller, checks the request against its rules, bounds the time, maps errors, and
    writes one log line and the metrics of every call. Health and reflection pass untouched."""

    def __init__(
        self,
        worlds: Worlds,
        rules: RequestRules,
        log: Log,
        metrics: Metrics | None,
        new_request_id: Callable[[], str],
        streams: Streams | None = None,
    ) -> None:
        self._worlds = worlds
        self._rules = rules
        self._log = log
        self._metrics = metrics
        self._new_request_id = new_request_id
        self._streams = streams or Streams()
        self._handlers: dict[str, Any] = {}
        self._real_clock = WorldClock()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the guarded handler of a method; made once for each."""
        method: str = handler_call_details.method  # pyright: ignore[reportAttributeAccessIssue]
        handler = self._handlers.get(method)
        if handler is None:
            handler = await continuation(handler_call_details)
            if handler is not None:
                if method.startswith(_PREFIX):
                    handler = self._guarded(method.removeprefix(_PREFIX), handler)
                self._handlers[method] = handler
        return handler

    def _guarded(self, method: str, handler: Any) -> Any:
        codecs = {
            "request_deserializer": _reader(handler.request_deserializer),
            "response_serializer": handler.response_serializer,
        }
        if handler.response_streaming:
            answers: Answers = handler.unary_stream

            async def serve_answers(request: Message, context: Any) -> None:
                async def send(request: Message, call: Call) -> None:
                    await self._streams.send(answers(request, call), context)

                await self._serve(method, send, request, context, None)

            return grpc.unary_stream_rpc_method_handler(serve_answers, **codecs)
        if handler.request_streaming:
            many: Behavior[Message] = handler.stream_unary

            async def serve_stream(requests: AsyncIterable[Message], context: Any) -> Message:
                return await self._serve(method, many, _readable(requests), context, None)

            return grpc.stream_unary_rpc_method_handler(serve_stream, **codecs)
        one: Behavior[Message] = handler.unary_unary

        async def serve(request: Message, context: Any) -> Message:
            return await self._serve(method, one, request, context, DEFAULT_DEADLINE_S)

        return grpc.unary_unary_rpc_method_handler(serve, **codecs)

    async def _serve(
        self, method: str, behavior: Behavior[Answer], request: Any, context: Any, default_deadline_s: float | None
    ) -> Answer:
        started = perf_counter()
        entries = metadata.text_metadata(context.invocation_metadata() or ())
        visit = _Visit(
            method,
            metadata.request_id(entries) or self._new_request_id(),
            metadata.language(entries),
            entries.get("x-world") or DEFAULT_WORLD,
            self._real_clock.now(),
        )
        # The client's own deadline is watched by gRPC, which cancels this task.
        remaining_s = context.time_remaining()
        limit = asyncio.timeout(default_deadline_s if remaining_s is None else None)
        status: status_pb2.Status | None = None
        call: Call | None = None
        try:
            async with limit:
                call = await self._admitted(visit, entries, _time_left(remaining_s))
                if request is _UNREADABLE:
                    raise _unreadable()
                if isinstance(request, Message):
                    self._rules.check(request)
                return await behavior(request, call)
        except Refusal as refusal:
            status = self._refused(visit, await _counted(call, refusal))
        except GoingDown:
            status = _going_down(visit)
        except asyncio.CancelledError:
            visit.code = "CANCELLED"
            raise
        except Exception as error:
            if limit.expired():
                status = _too_slow(visit)
            elif isinstance(error, StoreError) and error.problem is StoreProblem.CLOSED:
                status = _going_down(visit)
            else:
                self._log.error("fault", method=method, request=visit.request_id, **describe_fault(error))
                status = self._refused(visit, Refusal(Reason.INTERNAL))
        finally:
            self._tell(visit, perf_counter() - started)
        await context.abort_with_status(rpc_status.to_status(status))
        raise AssertionError("abort always raises")

    async def _admitted(self, visit: _Visit, entries: Mapping[str, str], time_left_s: Callable[[], float]) -> Call:
        world = await self._worlds.get(visit.world)
        # What a tester does to the service is no part of what it did.
        visit.journal = None if visit.method.startswith("TestingService/") else world.journal
        token, behalf_token = metadata.bearer(entries), metadata.behalf_token(entries)
        caller = await admit(visit.method, world.services, token, behalf_token, time_left_s)
        visit.client, visit.actor = caller.client_id, caller.actor
        return Call(world, caller, visit.language, visit.request_id)

    def _refused(self, visit: _Visit, refusal: Refusal) -> status_pb2.Status:
        status = status_of(refusal, visit.language, visit.request_id)
        visit.code, visit.reason = code_pb2.Code.Name(status.code), refusal.reason.value
        visit.row = refusal.row or ""
        return status

    def _tell(self, visit: _Visit, seconds: float) -> None:
        self._log.info(
            "call",
            method=visit.method,
            code=visit.code,
            reason=visit.reason,
            milliseconds=round(seconds * 1000, 2),
            request=visit.request_id,
            world=visit.world[:64],
            client=visit.client,
        )
        if visit.journal is not None:
            visit.journal.add(
                real_time=visit.came,
                seconds=seconds,
                method=visit.method,
                code=visit.code,
                reason=visit.reason,
                row=visit.row,
                actor=visit.actor,
                client=visit.client,
            )
        if self._metrics is not None:
            self._metrics.called(visit.method, visit.code, visit.reason, seconds)


async def _counted(call: Call | None, refusal: Refusal) -> Refusal:
    """Counts a refusal that tells something of others; too many of them become RATE_LIMITED."""
    if call is None:
        return refusal
    try:
        return await probed(call.services, call.caller, refusal)
    except StoreError:
        # A database that does not answer counts nothing.
        return refusal


def _reader(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    # gRPC would answer UNKNOWN and name the library's exception.
    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError:
            return _UNREADABLE

    return read


async def _readable(requests: AsyncIterable[Any]) -> AsyncIterator[Message]:
    async for request in requests:
        if request is _UNREADABLE:
            raise _unreadable()
        yield request


def _unreadable() -> Refusal:
    return Refusal(Reason.REQUEST_INVALID, fields=[("request", "not a message of the method's type")])


def _too_slow(visit: _Visit) -> status_pb2.Status:
    visit.code = "DEADLINE_EXCEEDED"
    return status_pb2.Status(code=code_pb2.DEADLINE_EXCEEDED, message="the call took too long")


def _going_down(visit: _Visit) -> status_pb2.Status:
    visit.code = "UNAVAILABLE"
    return status_pb2.Status(code=code_pb2.UNAVAILABLE, message="the server goes down: repeat, or resume, the call")


def _time_left(remaining_s: float | None) -> Callable[[], float]:
    """Returns how long a provider may still take, in seconds, whenever it is asked."""
    allowed_s = DEFAULT_DEADLINE_S if remaining_s is None else min(remaining_s, DEFAULT_DEADLINE_S)
    clock = asyncio.get_running_loop().time
    ends = clock() + allowed_s - _ANSWER_MARGIN_S
    return lambda: max(0.0, ends - clock())
