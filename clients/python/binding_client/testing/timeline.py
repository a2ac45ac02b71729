"""One time line of a world: what came to the providers, and what the service was asked."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from sferum.binding.v1.testing_service_pb2 import AnsweredCall

_JOINS = {"BindingService/CompleteBinding", "BindingService/CreateBinding"}
_LEAVES = {"BindingService/Unbind"}
_BACK_END = "service:"


def arrows(calls: Iterable[AnsweredCall]) -> list[dict[str, Any]]:
    """Returns the service's calls as arrows of a sequence diagram, and what follows from them for the messenger."""
    found = []
    for call in calls:
        came = call.real_time.ToJsonString()
        asked = call.method.partition("/")[2]
        by = f" · {call.actor.partition(':')[2]}" if call.actor else ""
        found.append(
            {
                "real_time": came,
                "sender": call.actor.removeprefix(_BACK_END) if call.actor.startswith(_BACK_END) else "diary",
                "receiver": "service",
                "text": f"{asked}{by}",
                "answer": " ".join(part for part in (call.code, call.reason, call.row) if part),
                "refused": call.code != "OK",
                "duration": call.duration.ToJsonString(),
            }
        )
        if call.code == "OK" and call.method in _JOINS | _LEAVES:
            text = "участник добавлен в чаты класса" if call.method in _JOINS else "участник удалён из чатов класса"
            then = Timestamp()
            then.FromDatetime(call.real_time.ToDatetime(UTC) + call.duration.ToTimedelta())
            found.append({"real_time": then.ToJsonString(), "sender": "service", "receiver": "messenger", "text": text})
    return found


def lines(entries: Iterable[dict[str, Any]], calls: Iterable[AnsweredCall]) -> list[str]:
    """Returns the time line as text, a line for each request and call, in the order in which they came."""
    rows = [(entry["real_time"], _entry(entry)) for entry in entries]
    rows += [(call.real_time.ToDatetime(UTC).isoformat().replace("+00:00", "Z"), _call(call)) for call in calls]
    return [f"{when[11:23]} {text}" for when, text in sorted(rows, key=lambda row: row[0])]


def _entry(entry: dict[str, Any]) -> str:
    provider = entry["provider"].removeprefix("PROVIDER_")
    faults = "".join(f" [fault {kind.removeprefix('FAULT_KIND_')}]" for kind in entry["faults"])
    why = f": {' | '.join(entry['explanations'])}" if entry["explanations"] else ""
    error = f" {entry['error']}{why}" if entry["error"] else ""
    who = f" ({entry['person']})" if entry["person"] else ""
    return (
        f"{entry['sender']:>8} → {provider:<7} {entry['method']} {entry['path']}{who} {entry['status']}{error}{faults}"
    )


def _call(call: AnsweredCall) -> str:
    said = " ".join(part for part in (call.code, call.reason, call.row) if part)
    return f"{call.actor or 'nobody':>8} → service {call.method} {said}"
