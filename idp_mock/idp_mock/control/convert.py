"""Between the control service's messages and the simulator's own objects, both directions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message as ProtoMessage
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.world import Clock, Fault, FaultKind, Message, Person, Provider, Refusal, World, dump

_PROVIDERS: dict[Provider, pb.Provider] = {"esia": pb.PROVIDER_ESIA, "vk_id": pb.PROVIDER_VK_ID}


def to_document(struct: Struct) -> dict[str, Any]:
    """A Struct as a JSON-like document."""
    return to_json(struct)


def to_json(message: ProtoMessage) -> dict[str, Any]:
    """A message in proto JSON, names as in the proto file, unset fields written out.

    A Struct knows doubles only; here whole numbers are integers again, as they stand in a world file.
    """
    return _whole(
        json_format.MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    )


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def from_document(document: dict[str, Any]) -> Struct:
    """A JSON-like document as a Struct."""
    return json_format.ParseDict(document, Struct())


def to_instant(timestamp: Timestamp) -> datetime:
    """A Timestamp as an aware instant in UTC.

    Raises:
        ValueError: it is outside the years 1 to 9999.
    """
    return timestamp.ToDatetime(UTC)


def from_instant(instant: datetime) -> Timestamp:
    """An aware instant as a Timestamp."""
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp


def from_person(person: Person) -> pb.Person:
    """A person with the document."""
    return pb.Person(id=person.id, document=from_document(dump(person)))


def from_world(world: World, esia_url: str, vk_id_url: str, ttl_s: float | None) -> pb.World:
    """A world with its addresses."""
    prefix = "" if world.name == "default" else f"/w/{world.name}"
    message = pb.World(
        world=world.name,
        esia_url=f"{esia_url}{prefix}",
        vk_id_url=f"{vk_id_url}{prefix}",
        persons=len(world.document.persons),
    )
    if ttl_s is not None:
        message.ttl.FromTimedelta(timedelta(seconds=ttl_s))
    return message


def from_clock(clock: Clock, party: Provider | None) -> pb.Clock:
    """The time of a world, or of a party in it."""
    message = pb.Clock(
        time=from_instant(clock.now()),
        frozen=clock.frozen,
        party=_PROVIDERS[party] if party else "PROVIDER_UNSPECIFIED",
    )
    message.skew.FromTimedelta(clock.skew)
    return message


def from_message(message: Message) -> pb.InboxMessage:
    """A message of the inbox."""
    return pb.InboxMessage(
        number=message.number,
        recipient=message.recipient,
        text=message.text,
        code=message.code,
        send_time=from_instant(message.time),
    )


def from_refusal(refusal: Refusal) -> pb.Refusal:
    """A refusal."""
    return pb.Refusal(
        number=refusal.number,
        provider=_PROVIDERS[refusal.provider],
        endpoint=refusal.endpoint,
        error=refusal.error,
        explanation=refusal.explanation,
        time=from_instant(refusal.time),
        details=refusal.details,
    )


def from_provider(provider: Provider) -> pb.Provider:
    """A provider."""
    return _PROVIDERS[provider]


def to_provider(provider: int, field: str = "fault.provider") -> Provider | None:
    """A provider; None for any.

    Args:
        provider: the enum's value.
        field: where it stands, for the error.

    Raises:
        ValueError: there is no such provider.
    """
    if provider == pb.PROVIDER_UNSPECIFIED:
        return None
    for name, value in _PROVIDERS.items():
        if value == provider:
            return name
    raise ValueError(f"{field}: unknown value")


def to_fault_kind(kind: int) -> FaultKind:
    """What goes wrong.

    Raises:
        ValueError: it is not set, or there is no such kind.
    """
    if kind == pb.FAULT_KIND_UNSPECIFIED or kind not in pb.FaultKind.values():
        raise ValueError("fault.kind: must be set to a known kind")
    return FaultKind[pb.FaultKind.Name(kind).removeprefix("FAULT_KIND_")]


def from_fault(fault: Fault) -> pb.Fault:
    """An armed fault; `latency`, `status` and `error` only where its kind uses them."""
    message = pb.Fault(
        id=fault.id,
        provider=_PROVIDERS[fault.provider] if fault.provider else pb.PROVIDER_UNSPECIFIED,
        endpoint=fault.endpoint,
        kind=f"FAULT_KIND_{fault.kind.name}",
        skip=fault.skip,
        times=fault.times,
        struck=fault.struck,
        client=fault.client,
        person=fault.person,
        probability=fault.probability,
        seed=fault.seed,
        field=fault.member,
        value=fault.value,
        other=fault.other,
    )
    if fault.kind is FaultKind.LATENCY:
        message.latency.FromMilliseconds(round(fault.latency_s * 1000))
    if fault.kind is FaultKind.STATUS:
        message.status = fault.status
    if fault.kind in (FaultKind.STATUS, FaultKind.ERROR_WITH_200):
        message.error = fault.error
    return message
