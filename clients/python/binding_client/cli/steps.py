"""Steps of a watch as lines."""

import json
from typing import Any

from google.protobuf import json_format
from sferum.binding.v1.binding_service_pb2 import BindingEvent, BindingEventKind
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding

from binding_client.cli.texts import Say
from binding_client.watch import BindingStep, Event, Heartbeat, Snapshot, SnapshotEnd, SnapshotStart

_KINDS = {
    BindingEventKind.BINDING_EVENT_KIND_CREATED: ("привязан", "bound"),
    BindingEventKind.BINDING_EVENT_KIND_REMOVED: ("отвязан", "unbound"),
    BindingEventKind.BINDING_EVENT_KIND_REFUSED: ("отказ", "refused"),
    BindingEventKind.BINDING_EVENT_KIND_DIAGNOSED: ("проверен", "diagnosed"),
}


def as_json(step: BindingStep) -> str:
    """Returns a step as one line of JSON: `step`, `token`, and the `binding` or the `event` in proto JSON."""
    line: dict[str, Any] = {"step": _NAMES[type(step)], "token": step.token}
    if isinstance(step, Snapshot):
        line["binding"] = json_format.MessageToDict(step.item)
    elif isinstance(step, Event):
        line["event"] = json_format.MessageToDict(step.event)
    return json.dumps(line, ensure_ascii=False)


def as_text(step: BindingStep, say: Say) -> str:
    """Returns a step as a line for people."""
    match step:
        case SnapshotStart():
            return say("Действующие привязки:", "Active bindings:")
        case Snapshot(item):
            return f"  {_binding(item, say)}"
        case SnapshotEnd():
            return say("Теперь события:", "Events from now on:")
        case Event(event):
            return _event(event, say)
        case _:
            return say("… ничего нового", "… nothing new")


def _event(event: BindingEvent, say: Say) -> str:
    time = event.event_time.ToDatetime().isoformat(sep=" ", timespec="seconds")
    what = say(*_KINDS[event.kind]) if event.kind in _KINDS else BindingEventKind.Name(event.kind)
    if event.kind == BindingEventKind.BINDING_EVENT_KIND_REFUSED:
        rest = f"{event.account}  {ErrorReason.Name(event.refusal).removeprefix('ERROR_REASON_')}"
    else:
        rest = _binding(event.binding, say) if event.HasField("binding") else event.account
    return f"{event.number:>6}  {time}Z  {what:<9} {rest}"


def _binding(binding: Binding, say: Say) -> str:
    return f"{binding.account}  {binding.name}  {say.diagnosis(binding.diagnosis)}"


_NAMES: dict[type, str] = {
    SnapshotStart: "snapshot_start",
    Snapshot: "snapshot",
    SnapshotEnd: "snapshot_end",
    Event: "event",
    Heartbeat: "heartbeat",
}
