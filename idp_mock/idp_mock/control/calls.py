"""The calls of the control service, one function each, used by gRPC and HTTP alike."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from google.protobuf.message import Message
from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.world import (
    AlreadyExists,
    FaultKind,
    NotFound,
    Person,
    Provider,
    World,
    WorldErrors,
    Worlds,
    dump,
    load_document,
)

SERVICE = pb.DESCRIPTOR.services_by_name["ControlService"]

_MAX_LATENCY_S = 600


class RotateKeys(Protocol):
    """How keys are rotated."""

    def __call__(self, provider: Provider | None = None, *, withdraw: bool = False) -> None:
        """Lets a provider, or both, sign with new keys."""
        ...


class Code(Enum):
    """Why a call failed: name as in gRPC, value the HTTP status."""

    INVALID_ARGUMENT = 400
    NOT_FOUND = 404
    ALREADY_EXISTS = 409


class ControlError(Exception):
    """A call failed for a reason that the caller can mend. The message names the field or the thing."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ControlCalls:
    """What a tester does to the providers.

    Args:
        worlds: the worlds.
        esia_url, vk_id_url: base URLs of the providers, without a world's prefix.
        rotate: lets a provider (None: both) sign with new keys; `withdraw` makes the old ones good for nothing.
    """

    def __init__(self, worlds: Worlds, esia_url: str, vk_id_url: str, rotate: RotateKeys) -> None:
        self._worlds = worlds
        self._esia_url = esia_url
        self._vk_id_url = vk_id_url
        self._rotate = rotate

    def call(self, method: str, request: Message) -> Any:
        """Carries out a call by its name in the proto.

        Raises:
            ControlError: it failed for a reason that the caller can mend.
        """
        function: Callable[[Any], Any] = getattr(self, f"_{_snake(method)}")
        try:
            return function(request)
        except NotFound as error:
            raise ControlError(Code.NOT_FOUND, f"not found: {error}") from None
        except AlreadyExists as error:
            raise ControlError(Code.ALREADY_EXISTS, f"already exists: {error}") from None
        except (WorldErrors, ValueError) as error:
            raise ControlError(Code.INVALID_ARGUMENT, str(error)) from None

    def _world(self, name: str) -> World:
        world = self._worlds.get(name)
        if world is None:
            raise NotFound(f"world {name!r}")
        return world

    def _from_world(self, world: World) -> pb.World:
        return convert.from_world(world, self._esia_url, self._vk_id_url)

    def _create_world(self, request: pb.CreateWorldRequest) -> pb.World:
        document = load_document(convert.to_document(request.document)) if request.HasField("document") else None
        return self._from_world(self._worlds.create(request.world, document))

    def _list_worlds(self, request: pb.ListWorldsRequest) -> pb.ListWorldsResponse:
        return pb.ListWorldsResponse(worlds=map(self._from_world, self._worlds.list()))

    def _get_world_document(self, request: pb.GetWorldDocumentRequest) -> pb.WorldDocument:
        document = dump(self._world(request.world).document)
        return pb.WorldDocument(document=convert.from_document(document))

    def _drop_world(self, request: pb.DropWorldRequest) -> pb.DropWorldResponse:
        if not request.world:
            raise ValueError("world: must be set")
        self._worlds.drop(request.world)
        return pb.DropWorldResponse()

    def _create_person(self, request: pb.CreatePersonRequest) -> pb.Person:
        if not request.HasField("person"):
            raise ValueError("person: must be set")
        person = self._world(request.world).add_person(convert.to_document(request.person))
        return convert.from_person(person)

    def _update_person(self, request: pb.UpdatePersonRequest) -> pb.Person:
        person = self._world(request.world).update_person(request.id, convert.to_document(request.patch))
        return convert.from_person(person)

    def _get_person(self, request: pb.GetPersonRequest) -> pb.Person:
        person: Person | None = self._world(request.world).person(request.id)
        if person is None:
            raise NotFound(f"person {request.id!r}")
        return convert.from_person(person)

    def _list_inbox_messages(self, request: pb.ListInboxMessagesRequest) -> pb.ListInboxMessagesResponse:
        messages = self._world(request.world).inbox.messages(request.recipient, request.after)
        return pb.ListInboxMessagesResponse(messages=map(convert.from_message, messages))

    def _get_clock(self, request: pb.GetClockRequest) -> pb.Clock:
        return convert.from_clock(self._world(request.world))

    def _set_clock(self, request: pb.SetClockRequest) -> pb.Clock:
        world = self._world(request.world)
        if request.HasField("time"):
            world.clock.freeze(convert.to_instant(request.time))
        else:
            world.clock.resume()
        return convert.from_clock(world)

    def _advance_clock(self, request: pb.AdvanceClockRequest) -> pb.Clock:
        world = self._world(request.world)
        if not request.HasField("duration"):
            raise ValueError("duration: must be set")
        world.clock.advance(request.duration.ToTimedelta())
        return convert.from_clock(world)

    def _create_fault(self, request: pb.CreateFaultRequest) -> pb.Fault:
        world, wanted = self._world(request.world), request.fault
        kind = convert.to_fault_kind(wanted.kind)
        latency_s = wanted.latency.ToTimedelta().total_seconds()
        if not wanted.endpoint.strip("/"):
            raise ValueError("fault.endpoint: must be set")
        if wanted.skip < 0 or wanted.times < 0:
            raise ValueError("fault.skip, fault.times: must not be negative")
        if kind is FaultKind.LATENCY and not 0 < latency_s <= _MAX_LATENCY_S:
            raise ValueError(f"fault.latency: must be more than 0 and at most {_MAX_LATENCY_S} s")
        if kind is FaultKind.STATUS and not 200 <= (wanted.status or 503) <= 599:
            raise ValueError("fault.status: must be 200 to 599")
        fault = world.faults.create(
            kind,
            wanted.endpoint,
            convert.to_provider(wanted.provider),
            skip=wanted.skip,
            times=wanted.times or 1,
            latency_s=latency_s,
            status=wanted.status or 503,
            error=wanted.error,
        )
        return convert.from_fault(fault)

    def _list_faults(self, request: pb.ListFaultsRequest) -> pb.ListFaultsResponse:
        return pb.ListFaultsResponse(faults=map(convert.from_fault, self._world(request.world).faults.list()))

    def _delete_faults(self, request: pb.DeleteFaultsRequest) -> pb.DeleteFaultsResponse:
        if not self._world(request.world).faults.delete(request.id or None):
            raise NotFound(f"fault {request.id!r}")
        return pb.DeleteFaultsResponse()

    def _list_refusals(self, request: pb.ListRefusalsRequest) -> pb.ListRefusalsResponse:
        refusals = self._world(request.world).refusals.list(request.after)
        return pb.ListRefusalsResponse(refusals=map(convert.from_refusal, refusals))

    def _rotate_keys(self, request: pb.RotateKeysRequest) -> pb.RotateKeysResponse:
        self._rotate(convert.to_provider(request.provider), withdraw=request.withdraw)
        return pb.RotateKeysResponse()


def _snake(method: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in method).lstrip("_")
