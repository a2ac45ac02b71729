"""Steps of a watch."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sferum.binding.v1.binding_service_pb2 import BindingEvent
from sferum.binding.v1.chat_service_pb2 import AccountChats, ChatEvent
from sferum.binding.v1.resources_pb2 import Binding

_ItemT = TypeVar("_ItemT")
_EventT = TypeVar("_EventT")


@dataclass(frozen=True, slots=True)
class SnapshotStart:
    """A snapshot begins, the first one or anew: forget what an earlier one told. `token` is empty."""

    token: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[_ItemT]):
    """Part of the snapshot: an ACTIVE binding, or the chats of a bound account. `token` is empty."""

    item: _ItemT
    token: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotEnd:
    """The snapshot is complete: what it did not tell is not there. Events follow `token`."""

    token: str


@dataclass(frozen=True, slots=True)
class Event(Generic[_EventT]):
    """An event. Store `token` in the same transaction as what it changes."""

    event: _EventT
    token: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing new; `token` may have moved on past events that the filter leaves out."""

    token: str


BindingStep = SnapshotStart | Snapshot[Binding] | SnapshotEnd | Event[BindingEvent] | Heartbeat
"""What `watch_bindings` yields."""
ChatStep = SnapshotStart | Snapshot[AccountChats] | SnapshotEnd | Event[ChatEvent] | Heartbeat
"""What `watch_chats` yields."""


def decoded(response: Any) -> SnapshotStart | Snapshot[Any] | SnapshotEnd | Event[Any] | Heartbeat:
    """Returns a message of either watch as its step."""
    token: str = response.resume_token
    match response.WhichOneof("step"):
        case "snapshot":
            return Snapshot(response.snapshot, token)
        case "snapshot_end":
            return SnapshotEnd(token)
        case "event":
            return Event(response.event, token)
        case _:
            # Also what a newer service may tell: its token is good in any case.
            return Heartbeat(token)
