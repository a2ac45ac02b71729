"""Who may call which method at all. What a person may see or do is the use cases' business."""

from collections.abc import Callable

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import authenticate, require_service
from binding_server.use_cases.services import Caller, Services

PACKAGE = "sferum.binding.v1"
SERVICE_METHODS = frozenset({"DirectoryService/ImportRoster"})
"""Methods for back ends, which call with a token of their own; all others are for persons."""
_OPEN_SERVICE = "TestingService/"
"""Needs no caller: it is there only where nobody but this machine can call it."""


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
