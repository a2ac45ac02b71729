"""Who may call which method at all. What a person may see or do is the use cases' business."""

from collections.abc import Callable

from sferum.binding.v1 import binding_service_pb2, chat_service_pb2, directory_service_pb2

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import authenticate, require_service
from binding_server.use_cases.services import Caller, Services

PACKAGE = "sferum.binding.v1"
SERVICE_METHODS = frozenset({"DirectoryService/ImportRoster"})
"""Methods for back ends, which call with a token of their own; all others are for persons."""
_CONTRACT = (
    binding_service_pb2.DESCRIPTOR,
    chat_service_pb2.DESCRIPTOR,
    directory_service_pb2.DESCRIPTOR,
)
_OPEN_SERVICE = "TestingService/"
"""Needs no caller: it is there only where nobody but this machine can call it."""


def all_methods() -> frozenset[str]:
    """Returns every method of the contract, written as `Service/Method`."""
    services = [service for file in _CONTRACT for service in file.services_by_name.values()]
    return frozenset(f"{service.name}/{method.name}" for service in services for method in service.methods)


async def admit(method: str, services: Services, token: str, time_left_s: Callable[[], float]) -> Caller:
    """Returns who calls a method, written as `Service/Method`.

    Raises:
        Refusal: ESIA_SESSION_REQUIRED; CALLER_UNKNOWN at a back end's method without a back end's token;
            CALLER_NOT_ALLOWED for a back end at a method that its policy does not list or that is for persons.
    """
    if method.startswith(_OPEN_SERVICE):
        return Caller(time_left_s)
    if method in SERVICE_METHODS and not token:
        raise Refusal(Reason.CALLER_UNKNOWN)
    caller = await authenticate(services, token, time_left_s)
    if method in SERVICE_METHODS:
        require_service(caller, method)
    elif caller.service is not None:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    return caller
