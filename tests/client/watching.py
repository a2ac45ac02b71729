"""Watch calls that a test plays."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
from sferum.binding.v1.binding_service_pb2 import BindingEvent, WatchBindingsResponse
from sferum.binding.v1.binding_service_pb2 import Heartbeat as HeartbeatMessage
from sferum.binding.v1.binding_service_pb2 import SnapshotEnd as SnapshotEndMessage
from sferum.binding.v1.resources_pb2 import Binding

from .fakes import FakeServer, refusal

BAD_TOKEN = refusal(grpc.StatusCode.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")


def told(name: str) -> WatchBindingsResponse:
    return WatchBindingsResponse(snapshot=Binding(name=name))


def complete(token: str) -> WatchBindingsResponse:
    return WatchBindingsResponse(snapshot_end=SnapshotEndMessage(), resume_token=token)


def happened(number: int) -> WatchBindingsResponse:
    return WatchBindingsResponse(event=BindingEvent(number=number), resume_token=f"t{number}")


def quiet(token: str) -> WatchBindingsResponse:
    return WatchBindingsResponse(heartbeat=HeartbeatMessage(), resume_token=token)


class Script:
    """What each watch call answers in turn: messages, then what ends the stream. The last call stays open."""

    def __init__(self, server: FakeServer, method: str = "WatchBindings") -> None:
        self.server = server
        self.method = method
        self._let_go = threading.Event()

    def plays(self, *calls: tuple[list[Any], Any]) -> None:
        turns = iter(calls)
        server, method = self.server, self.method

        def handle(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            messages, end = next(turns, ([], None))
            yield from messages
            if end == "hang":
                self._let_go.wait(20)
            elif isinstance(end, grpc.StatusCode):
                context.abort(end, "over")
            elif end is not None:
                end(request, context)

        server.on(method, handle)

    @property
    def tokens(self) -> list[str]:
        return [request.resume_token for request in self.server.calls(self.method)]

    def let_go(self) -> None:
        self._let_go.set()
