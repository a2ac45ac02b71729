"""Streams read by hand: nothing resumes by itself here."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import grpc
from binding_client.errors import ServiceUnavailable, from_rpc_error
from binding_client.service_credentials import ServiceCredentials
from binding_client.testing import Stack, World
from sferum.binding.v1 import binding_service_pb2 as pb
from sferum.binding.v1 import chat_service_pb2 as chat_pb

EVERYWHERE, TAGIL, STRICT_CITY = "everywhere", "tagil", "ekaterinburg"
METHODS = [
    "BindingService/WatchBindings",
    "BindingService/BatchGetBindings",
    "BindingService/ListBindings",
    "ChatService/WatchChats",
    "ChatService/BatchListChats",
]
SERVICES = {
    EVERYWHERE: {"methods": METHODS, "municipalities": "*"},
    STRICT_CITY: {"methods": METHODS, "municipalities": [STRICT_CITY]},
    TAGIL: {"methods": METHODS, "municipalities": [TAGIL]},
}
QUICK = {"BINDING_WATCH_HEARTBEAT_S": "0.3", "BINDING_HOUSEKEEPING_S": "0.1", "BINDING_WATCH_PATIENCE_S": "1"}
"""Settings of a service that says soon what it has to say."""


def metadata(stack: Stack, world: World, caller: str) -> list[tuple[str, str]]:
    """What a back end's call says beside its request; good for one call."""
    key = stack.programs.service_key_pem(caller)
    found = [("authorization", f"Bearer {ServiceCredentials(caller, key, clock=world.clock)()}")]
    return found if world.name == "default" else [*found, ("x-world", world.name)]


class Line:
    """One stream, read by hand."""

    def __init__(self, world: World, stack: Stack, caller: str, method: str, request: Any) -> None:
        stubs = stack.channel.stubs
        stub: Any = stubs.chat if method == "WatchChats" else stubs.binding
        self._call = getattr(stub, method)(request, metadata=metadata(stack, world, caller), timeout=60)
        self.token = ""

    def step(self) -> Any:
        try:
            answer = next(self._call)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        self.token = answer.resume_token or self.token
        return answer

    def snapshot(self) -> list[Any]:
        found: list[Any] = []
        while (answer := self.step()).WhichOneof("step") == "snapshot":
            found.append(answer.snapshot)
            assert not answer.resume_token
        assert answer.WhichOneof("step") == "snapshot_end"
        return found

    def events(self, count: int) -> list[Any]:
        found: list[Any] = []
        while len(found) < count:
            answer = self.step()
            if answer.WhichOneof("step") == "event":
                found.append(answer.event)
        return found

    def until_it_breaks(self) -> list[Any]:
        """Returns the events that come before the service goes away."""
        found: list[Any] = []
        with suppress(ServiceUnavailable):
            while True:
                found += self.events(1)
        return found

    def is_silent(self) -> bool:
        return self.step().WhichOneof("step") == "heartbeat"

    def cancel(self) -> None:
        self._call.cancel()


class Watcher:
    """Opens streams; all are closed after the test."""

    def __init__(self, stack: Stack, world: World) -> None:
        self._stack, self._world = stack, world
        self._lines: list[Line] = []

    def bindings(self, caller: str = EVERYWHERE, *, world: World | None = None, **request: Any) -> Line:
        return self._open(caller, "WatchBindings", pb.WatchBindingsRequest(**request), world)

    def chats(self, caller: str = EVERYWHERE, **request: Any) -> Line:
        return self._open(caller, "WatchChats", chat_pb.WatchChatsRequest(**request), None)

    def at_the_end(self, caller: str = EVERYWHERE, **request: Any) -> Line:
        line = self.bindings(caller, **request)
        line.snapshot()
        return line

    def close(self) -> None:
        for line in self._lines:
            line.cancel()

    def _open(self, caller: str, method: str, request: Any, world: World | None) -> Line:
        line = Line(world or self._world, self._stack, caller, method, request)
        self._lines.append(line)
        return line
