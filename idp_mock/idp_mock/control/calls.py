"""The calls of the control service, one function each, used by gRPC and HTTP alike."""

import inspect
from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message
from sferum.simulator.v1 import control_service_pb2 as pb
from sferum.simulator.v1 import journal_service_pb2

from idp_mock.control import convert
from idp_mock.control.arming import arm
from idp_mock.control.clock_calls import ClockCalls
from idp_mock.control.errors import Code, ControlError
from idp_mock.control.journal_calls import JournalCalls
from idp_mock.control.person_calls import PersonCalls
from idp_mock.control.world_calls import WorldCalls
from idp_mock.world import AlreadyExists, NotFound, OtherVersion, SnapshotError, WorldErrors

__all__ = ["METHODS", "SERVICES", "Code", "ControlCalls", "ControlError"]

SERVICES = (
    pb.DESCRIPTOR.services_by_name["ControlService"],
    journal_service_pb2.DESCRIPTOR.services_by_name["JournalService"],
)
METHODS = {method.name: method for service in SERVICES for method in service.methods}
"""Every method by its name, which no two services share."""


class ControlCalls(WorldCalls, PersonCalls, ClockCalls, JournalCalls):
    """What a tester does to the providers."""

    async def call(self, method: str, request: Message) -> Any:
        """Carries out a call by its name in the proto. Only those that wait for something let others run.

        Raises:
            ControlError: it failed for a reason that the caller can mend.
        """
        function: Callable[[Any], Any] = getattr(self, f"_{_snake(method)}")
        try:
            answer = function(request)
            return await answer if inspect.isawaitable(answer) else answer
        except NotFound as error:
            raise ControlError(Code.NOT_FOUND, f"not found: {error}") from None
        except AlreadyExists as error:
            raise ControlError(Code.ALREADY_EXISTS, f"already exists: {error}") from None
        except OtherVersion as error:
            raise ControlError(Code.FAILED_PRECONDITION, f"snapshot: {error}") from None
        except SnapshotError as error:
            raise ControlError(Code.INVALID_ARGUMENT, f"snapshot: {error}") from None
        except (WorldErrors, ValueError) as error:
            raise ControlError(Code.INVALID_ARGUMENT, str(error)) from None

    def deliver(self, world: str, recipient: str, text: str, code: str) -> int:
        """Puts somebody else's message into the inbox of a world and returns its number.

        Raises:
            ControlError: there is no such world.
        """
        try:
            return self.world(world).inbox.send(recipient, text, code).number
        except NotFound as error:
            raise ControlError(Code.NOT_FOUND, f"not found: {error}") from None

    def _list_inbox_messages(self, request: pb.ListInboxMessagesRequest) -> pb.ListInboxMessagesResponse:
        messages = self.world(request.world).inbox.messages(request.recipient, request.after)
        return pb.ListInboxMessagesResponse(messages=map(convert.from_message, messages))

    def _create_fault(self, request: pb.CreateFaultRequest) -> pb.Fault:
        return convert.from_fault(arm(self.world(request.world), request.fault))

    def _list_faults(self, request: pb.ListFaultsRequest) -> pb.ListFaultsResponse:
        return pb.ListFaultsResponse(faults=map(convert.from_fault, self.world(request.world).faults.list()))

    def _delete_faults(self, request: pb.DeleteFaultsRequest) -> pb.DeleteFaultsResponse:
        if not self.world(request.world).faults.delete(request.id or None):
            raise NotFound(f"fault {request.id!r}")
        return pb.DeleteFaultsResponse()

    def _list_refusals(self, request: pb.ListRefusalsRequest) -> pb.ListRefusalsResponse:
        refusals = self.world(request.world).refusals.list(request.after)
        return pb.ListRefusalsResponse(refusals=map(convert.from_refusal, refusals))

    def _rotate_keys(self, request: pb.RotateKeysRequest) -> pb.RotateKeysResponse:
        self.rotate(convert.to_provider(request.provider), withdraw=request.withdraw)
        return pb.RotateKeysResponse()


def _snake(method: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in method).lstrip("_")
