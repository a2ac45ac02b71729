"""Who may call which method at all. What a person may see or do is the use cases' business."""

from collections.abc import Callable, Mapping
from enum import Enum

from sferum.binding.v1 import (
    binding_service_pb2,
    chat_service_pb2,
    contact_service_pb2,
    directory_service_pb2,
    support_service_pb2,
)

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import authenticate, on_behalf_of, require_service
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.visits import in_visit

PACKAGE = "sferum.binding.v1"


class Use(Enum):
    """Who has any use of a method; whom it then serves is the use case's business."""

    PERSON = "person"
    """A person, or a back end on behalf of one: it changes what is the person's own, or needs a live ESIA session."""
    READ = "read"
    """A person, a back end on behalf of one, and a back end by itself within its municipalities."""
    BACK_END = "back end"
    """A back end by itself."""


USES: Mapping[str, Use] = {
    "BindingService/StartBinding": Use.PERSON,
    "BindingService/CompleteBinding": Use.PERSON,
    "BindingService/CancelAttempt": Use.PERSON,
    "BindingService/CreateBinding": Use.PERSON,
    "BindingService/Unbind": Use.PERSON,
    "BindingService/ExplainBinding": Use.PERSON,
    "ContactService/SendContactCode": Use.PERSON,
    "ContactService/ConfirmContact": Use.PERSON,
    "BindingService/GetBinding": Use.READ,
    "BindingService/ListBindings": Use.READ,
    "BindingService/BatchGetBindings": Use.READ,
    "BindingService/DiagnoseAccount": Use.READ,
    "BindingService/WatchBindings": Use.READ,
    "ChatService/ListChats": Use.READ,
    "ChatService/GetChat": Use.READ,
    "ChatService/ListChatMembers": Use.READ,
    "ChatService/BatchListChats": Use.READ,
    "ChatService/WatchChats": Use.READ,
    "DirectoryService/GetAccount": Use.READ,
    "DirectoryService/ListAccounts": Use.READ,
    "DirectoryService/ListMyAccounts": Use.PERSON,
    "DirectoryService/ImportRoster": Use.BACK_END,
    "DirectoryService/ListRosterErrors": Use.BACK_END,
    "DirectoryService/ListRosterEffects": Use.BACK_END,
    "DirectoryService/ReconcileChats": Use.BACK_END,
    "SupportService/OpenVisit": Use.PERSON,
    "SupportService/CloseVisit": Use.PERSON,
    "SupportService/CreateTicket": Use.READ,
    "SupportService/GetTicket": Use.READ,
    "SupportService/ListTickets": Use.READ,
    "SupportService/ResolveTicket": Use.BACK_END,
    "SupportService/ListAuditRecords": Use.READ,
    "SupportService/GetDecision": Use.READ,
}
"""Every method, written as `Service/Method`. One that is not here serves nobody."""

_CONTRACT = (
    binding_service_pb2.DESCRIPTOR,
    chat_service_pb2.DESCRIPTOR,
    contact_service_pb2.DESCRIPTOR,
    directory_service_pb2.DESCRIPTOR,
    support_service_pb2.DESCRIPTOR,
)
_OPEN_SERVICE = "TestingService/"
"""Needs no caller: it is there only where nobody but this machine can call it."""


def all_methods() -> frozenset[str]:
    """Returns every method of the contract, written as `Service/Method`."""
    services = [service for file in _CONTRACT for service in file.services_by_name.values()]
    return frozenset(f"{service.name}/{method.name}" for service in services for method in service.methods)


async def admit(
    method: str, services: Services, token: str, behalf_token: str | None, time_left_s: Callable[[], float]
) -> Caller:
    """Returns who calls a method.

    Args:
        method: written as `Service/Method`.
        token: the caller's own; empty for none.
        behalf_token: a person's ESIA access token that a back end, or an operator in a visit, brings along; None if
            nothing is said of a person.

    Raises:
        Refusal: ESIA_SESSION_REQUIRED; VISIT_REQUIRED for an operator without an open visit; CALLER_UNKNOWN at a back
            end's method without a back end's token; CALLER_NOT_ALLOWED for a back end whose policy does not list the
            method or that may not act for the person, or that calls by itself what is for persons, and for a person who
            may not act for the other one.
    """
    if method.startswith(_OPEN_SERVICE):
        return Caller(time_left_s)
    use = USES.get(method)
    if use is Use.BACK_END and not token:
        raise Refusal(Reason.CALLER_UNKNOWN)
    caller = await authenticate(services, token, time_left_s)
    if use is None or (caller.service and method not in caller.service.methods):
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    if behalf_token is not None and caller.service is None:
        caller = await in_visit(services, caller, behalf_token, method)
    elif behalf_token is not None:
        caller = await on_behalf_of(services, caller, behalf_token)
    if use is Use.BACK_END:
        require_service(caller, method)
    elif use is Use.PERSON and caller.service_itself:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    return caller
