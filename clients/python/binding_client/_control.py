"""What the blocking and the asyncio control share: messages from dictionaries and back."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import grpc
from google.protobuf import duration_pb2, json_format, struct_pb2
from google.protobuf.message import Message
from sferum.simulator.v1 import control_service_pb2 as pb

TIMEOUT_S = 10.0
DEFAULT_WORLD = "default"


class ControlError(Exception):
    """The simulator refused a control call, or could not be reached.

    Attributes:
        code: gRPC status code, such as NOT_FOUND for an unknown world.
        message: What is wrong; for a document the path of the fault.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message


def struct(document: dict[str, Any]) -> struct_pb2.Struct:
    """Returns a document, as YAML or JSON read it, for the wire."""
    made = struct_pb2.Struct()
    made.update(_plain(document))
    return made


def _plain(value: Any) -> Any:
    """Returns a YAML value as JSON: dates, which YAML reads by itself, become text again."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _whole(value: Any) -> Any:
    """Returns a Struct's value with its whole numbers as int: on the wire all numbers are doubles."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def to_dict(message: Message) -> dict[str, Any]:
    """Returns an answer with its proto field names."""
    return _whole(
        json_format.MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    )


def numbered(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns messages with `number` as int: JSON's form of a 64 bit number is text."""
    return [{**message, "number": int(message["number"])} for message in messages]


def fault(
    *,
    provider: str,
    endpoint: str,
    kind: str,
    skip: int,
    times: int,
    latency: timedelta | None,
    **options: str | float,
) -> pb.Fault:
    """Returns a fault from the names of its provider and its kind; ValueError for a name or a field that there is
    not."""
    made = pb.Fault(
        provider=f"PROVIDER_{provider}",
        endpoint=endpoint,
        kind=f"FAULT_KIND_{kind}",
        skip=skip,
        times=times,
        **options,  # type: ignore[arg-type]
    )
    if latency is not None:
        made.latency.FromTimedelta(latency)
    return made


def numbers(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    """Returns an answer with those members as int: JSON's form of a 64 bit number is text."""
    return {**answer, **{name: int(answer[name]) for name in names}}


def from_base64(text: str) -> bytes:
    """Returns bytes from JSON's form of them."""
    return base64.b64decode(text)


def metadata(token: str) -> tuple[tuple[str, str], ...]:
    """Returns what goes along with a call."""
    return (("authorization", f"Bearer {token}"),) if token else ()


def duration(value: timedelta | None) -> duration_pb2.Duration | None:
    """Returns a duration for the wire; None stays unset."""
    if value is None:
        return None
    made = duration_pb2.Duration()
    made.FromTimedelta(value)
    return made


def party(name: str) -> Any:
    """Returns a party by "ESIA" or "VK_ID"; "" is the world itself."""
    return f"PROVIDER_{name}" if name else pb.PROVIDER_UNSPECIFIED


def set_clock(
    world: str, time: datetime | None, of: str, skew: timedelta | None, *, allow_backwards: bool
) -> pb.SetClockRequest:
    """Returns the request that freezes a clock, sets it apart, or lets it run."""
    request = pb.SetClockRequest(world=world, party=party(of), skew=duration(skew), allow_backwards=allow_backwards)
    if time is not None:
        request.time.FromDatetime(time)
    return request


def advance_clock(world: str, by: timedelta, of: str) -> pb.AdvanceClockRequest:
    """Returns the request that moves a clock."""
    return pb.AdvanceClockRequest(world=world, duration=duration(by), party=party(of))


def family(
    children: int | Sequence[Mapping[str, Any]], *, vk: str, policy: str, **fields: Any
) -> pb.CreateFamilyRequest:
    """Returns the request for a family; ValueError for a name that there is not."""
    wanted = [{}] * children if isinstance(children, int) else children
    return pb.CreateFamilyRequest(
        children=[pb.FamilyChild(**child) for child in wanted],
        vk=f"FAMILY_VK_{vk}",
        policy=f"OWNERSHIP_POLICY_{policy or 'UNSPECIFIED'}",
        **fields,
    )


def newest_code(messages: list[dict[str, Any]]) -> str:
    """Returns the one-time code of the newest message that has one; NOT_FOUND if none has."""
    for message in reversed(messages):
        if message["code"]:
            return message["code"]
    raise ControlError(grpc.StatusCode.NOT_FOUND, "no code was sent to this recipient")


def to_error(error: grpc.RpcError) -> ControlError:
    """Returns a gRPC error as a `ControlError`."""
    call: Any = error
    return ControlError(call.code() or grpc.StatusCode.UNKNOWN, call.details() or "")


def rotation(provider: str, *, withdraw: bool) -> pb.RotateKeysRequest:
    """Returns the request for new keys; `provider` is `ESIA`, `VK_ID` or, for both, `UNSPECIFIED`."""
    return pb.RotateKeysRequest(provider=f"PROVIDER_{provider}", withdraw=withdraw)  # type: ignore[arg-type]
