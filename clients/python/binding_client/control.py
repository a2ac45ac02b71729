"""Control of the identity simulator: worlds, persons, inbox, clock, faults. Dictionaries in, dictionaries out."""

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message
from sferum.simulator.v1 import control_service_pb2 as pb
from sferum.simulator.v1 import control_service_pb2_grpc, journal_service_pb2_grpc

from binding_client import _control
from binding_client._control import DEFAULT_WORLD, TIMEOUT_S, ControlError
from binding_client._control_journaling import AsyncJournalCalls, JournalCalls
from binding_client._control_worlds import WorldCalls
from binding_client._control_worlds_aio import AsyncWorldCalls
from binding_client._rpc import channel_options

__all__ = ["DEFAULT_WORLD", "AsyncSimulatorControl", "ControlError", "SimulatorControl"]


# Documents of big worlds are bigger than gRPC's own limit of 4 MB.
_ANY_SIZE = ("grpc.max_receive_message_length", -1)


def _options(target: str) -> list[tuple[str, Any]]:
    return [*channel_options(target), _ANY_SIZE]


class SimulatorControl(WorldCalls, JournalCalls):
    """Control that waits for answers.

    Methods are the RPCs of ControlService and JournalService; dictionaries have the protos' field names, enum values by
    name, documents in the world file's schema. Every method raises `ControlError`. Calls apply to the world of this
    object.

    Attributes:
        world: Name of the world.
    """

    def __init__(
        self, target: str, world: str = DEFAULT_WORLD, *, token: str = "", _channel: grpc.Channel | None = None
    ) -> None:
        """Connects.

        Args:
            target: `host:port` of the simulator's control over gRPC, such as "127.0.0.1:50052".
            world: The world that calls apply to.
            token: The simulator's control token, if it has one.
        """
        self.world = world
        self._target = target
        self._token = token
        self._owns_channel = _channel is None
        self._channel = _channel or grpc.insecure_channel(target, options=_options(target))
        self._stub = control_service_pb2_grpc.ControlServiceStub(self._channel)
        self._journal = journal_service_pb2_grpc.JournalServiceStub(self._channel)

    def using(self, world: str) -> "SimulatorControl":
        """Returns the control of another world over the same connection."""
        return SimulatorControl(self._target, world, token=self._token, _channel=self._channel)

    def create_person(self, person: dict[str, Any]) -> dict[str, Any]:
        """Adds a person; returns `id` and `document`."""
        request = pb.CreatePersonRequest(world=self.world, person=_control.struct(person))
        return self._call(self._stub.CreatePerson, request)

    def update_person(self, id: str, patch: dict[str, Any]) -> dict[str, Any]:
        """Changes a person by a JSON merge patch: lists are replaced whole, None removes."""
        request = pb.UpdatePersonRequest(world=self.world, id=id, patch=_control.struct(patch))
        return self._call(self._stub.UpdatePerson, request)

    def get_person(self, id: str) -> dict[str, Any]:
        """Returns a person: `id` and `document`."""
        return self._call(self._stub.GetPerson, pb.GetPersonRequest(world=self.world, id=id))

    def list_inbox_messages(self, recipient: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Lists what the providers sent, oldest first.

        Args:
            recipient: Only to this phone (`+79…`) or e-mail address.
            after: Only messages with a greater number.
        """
        request = pb.ListInboxMessagesRequest(world=self.world, recipient=recipient, after=after)
        return _control.numbered(self._call(self._stub.ListInboxMessages, request)["messages"])

    def last_code(self, recipient: str) -> str:
        """Returns the newest one-time code that was sent to a phone or an e-mail address; NOT_FOUND if none was."""
        return _control.newest_code(self.list_inbox_messages(recipient))

    def create_fault(
        self,
        *,
        kind: str,
        provider: str = "UNSPECIFIED",
        endpoint: str = "",
        skip: int = 0,
        times: int = 1,
        latency: timedelta | None = None,
        **options: str | float,
    ) -> dict[str, Any]:
        """Arms a fault.

        Args:
            kind: Name of `FaultKind` without its prefix, such as "HANG" or "STATUS".
            provider: "ESIA" or "VK_ID"; either if not said.
            endpoint: End of the path, such as "/oauth2/auth".
            skip: How many matching requests pass before it strikes.
            times: How often it strikes.
            latency: For LATENCY, in real time.
            options: Other fields of the message `Fault`: status, error, client, person, probability, seed, field,
                value, other.
        """
        fault = _control.fault(
            provider=provider, endpoint=endpoint, kind=kind, skip=skip, times=times, latency=latency, **options
        )
        return self._call(self._stub.CreateFault, pb.CreateFaultRequest(world=self.world, fault=fault))

    def list_faults(self) -> list[dict[str, Any]]:
        """Lists the armed faults with how often they have struck."""
        return self._call(self._stub.ListFaults, pb.ListFaultsRequest(world=self.world))["faults"]

    def delete_faults(self, id: str = "") -> None:
        """Disarms one fault, or all of the world's; calls that hang because of one are let go."""
        self._call(self._stub.DeleteFaults, pb.DeleteFaultsRequest(world=self.world, id=id))

    def list_refusals(self, after: int = 0) -> list[dict[str, Any]]:
        """Lists the providers' refusals with their explanation, oldest first."""
        request = pb.ListRefusalsRequest(world=self.world, after=after)
        return _control.numbered(self._call(self._stub.ListRefusals, request)["refusals"])

    def rotate_keys(self, provider: str = "UNSPECIFIED", *, withdraw: bool = False) -> None:
        """Lets a provider (`ESIA`, `VK_ID`, or both) sign with new keys; see the proto for `withdraw`."""
        self._call(self._stub.RotateKeys, _control.rotation(provider, withdraw=withdraw))

    def close(self) -> None:
        """Closes the connection, if this object made it."""
        if self._owns_channel:
            self._channel.close()

    def __enter__(self) -> "SimulatorControl":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Callable[..., Any], request: Message, longer_s: float = 0.0) -> dict[str, Any]:
        try:
            return _control.to_dict(
                method(request, timeout=TIMEOUT_S + longer_s, metadata=_control.metadata(self._token))
            )
        except grpc.RpcError as error:
            raise _control.to_error(error) from None


class AsyncSimulatorControl(AsyncWorldCalls, AsyncJournalCalls):
    """Control for an event loop.

    Methods are the RPCs of ControlService and JournalService; dictionaries have the protos' field names, enum values by
    name, documents in the world file's schema. Every method raises `ControlError`. Calls apply to the world of this
    object.

    Attributes:
        world: Name of the world.
    """

    def __init__(
        self, target: str, world: str = DEFAULT_WORLD, *, token: str = "", _channel: grpc.aio.Channel | None = None
    ) -> None:
        """Connects.

        Args:
            target: `host:port` of the simulator's control over gRPC, such as "127.0.0.1:50052".
            world: The world that calls apply to.
            token: The simulator's control token, if it has one.
        """
        self.world = world
        self._target = target
        self._token = token
        self._owns_channel = _channel is None
        self._channel = _channel or grpc.aio.insecure_channel(target, options=_options(target))
        self._stub = control_service_pb2_grpc.ControlServiceStub(self._channel)
        self._journal = journal_service_pb2_grpc.JournalServiceStub(self._channel)

    def using(self, world: str) -> "AsyncSimulatorControl":
        """Returns the control of another world over the same connection."""
        return AsyncSimulatorControl(self._target, world, token=self._token, _channel=self._channel)

    async def create_person(self, person: dict[str, Any]) -> dict[str, Any]:
        """Adds a person; returns `id` and `document`."""
        request = pb.CreatePersonRequest(world=self.world, person=_control.struct(person))
        return await self._call(self._stub.CreatePerson, request)

    async def update_person(self, id: str, patch: dict[str, Any]) -> dict[str, Any]:
        """Changes a person by a JSON merge patch: lists are replaced whole, None removes."""
        request = pb.UpdatePersonRequest(world=self.world, id=id, patch=_control.struct(patch))
        return await self._call(self._stub.UpdatePerson, request)

    async def get_person(self, id: str) -> dict[str, Any]:
        """Returns a person: `id` and `document`."""
        return await self._call(self._stub.GetPerson, pb.GetPersonRequest(world=self.world, id=id))

    async def list_inbox_messages(self, recipient: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Lists what the providers sent, oldest first.

        Args:
            recipient: Only to this phone (`+79…`) or e-mail address.
            after: Only messages with a greater number.
        """
        request = pb.ListInboxMessagesRequest(world=self.world, recipient=recipient, after=after)
        return _control.numbered((await self._call(self._stub.ListInboxMessages, request))["messages"])

    async def last_code(self, recipient: str) -> str:
        """Returns the newest one-time code that was sent to a phone or an e-mail address; NOT_FOUND if none was."""
        return _control.newest_code(await self.list_inbox_messages(recipient))

    async def create_fault(
        self,
        *,
        kind: str,
        provider: str = "UNSPECIFIED",
        endpoint: str = "",
        skip: int = 0,
        times: int = 1,
        latency: timedelta | None = None,
        **options: str | float,
    ) -> dict[str, Any]:
        """Arms a fault.

        Args:
            kind: Name of `FaultKind` without its prefix, such as "HANG" or "STATUS".
            provider: "ESIA" or "VK_ID"; either if not said.
            endpoint: End of the path, such as "/oauth2/auth".
            skip: How many matching requests pass before it strikes.
            times: How often it strikes.
            latency: For LATENCY, in real time.
            options: Other fields of the message `Fault`: status, error, client, person, probability, seed, field,
                value, other.
        """
        fault = _control.fault(
            provider=provider, endpoint=endpoint, kind=kind, skip=skip, times=times, latency=latency, **options
        )
        return await self._call(self._stub.CreateFault, pb.CreateFaultRequest(world=self.world, fault=fault))

    async def list_faults(self) -> list[dict[str, Any]]:
        """Lists the armed faults with how often they have struck."""
        return (await self._call(self._stub.ListFaults, pb.ListFaultsRequest(world=self.world)))["faults"]

    async def delete_faults(self, id: str = "") -> None:
        """Disarms one fault, or all of the world's; calls that hang because of one are let go."""
        await self._call(self._stub.DeleteFaults, pb.DeleteFaultsRequest(world=self.world, id=id))

    async def list_refusals(self, after: int = 0) -> list[dict[str, Any]]:
        """Lists the providers' refusals with their explanation, oldest first."""
        request = pb.ListRefusalsRequest(world=self.world, after=after)
        return _control.numbered((await self._call(self._stub.ListRefusals, request))["refusals"])

    async def rotate_keys(self, provider: str = "UNSPECIFIED", *, withdraw: bool = False) -> None:
        """Lets a provider (`ESIA`, `VK_ID`, or both) sign with new keys; see the proto for `withdraw`."""
        await self._call(self._stub.RotateKeys, _control.rotation(provider, withdraw=withdraw))

    async def close(self) -> None:
        """Closes the connection, if this object made it."""
        if self._owns_channel:
            await self._channel.close()

    async def __aenter__(self) -> "AsyncSimulatorControl":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: Callable[..., Any], request: Message, longer_s: float = 0.0) -> dict[str, Any]:
        try:
            answer = await method(request, timeout=TIMEOUT_S + longer_s, metadata=_control.metadata(self._token))
            return _control.to_dict(answer)
        except grpc.RpcError as error:
            raise _control.to_error(error) from None
