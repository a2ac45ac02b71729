"""How each row of the table is called: so that a call which gets through changes nothing that a later one needs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sferum.binding.v1 import binding_service_pb2 as binding
from sferum.binding.v1 import chat_service_pb2 as chat
from sferum.binding.v1 import contact_service_pb2 as contact
from sferum.binding.v1 import directory_service_pb2 as directory
from sferum.binding.v1 import error_reason_pb2
from sferum.binding.v1 import support_service_pb2 as support
from sferum.binding.v1 import testing_service_pb2 as levers

from .table import FILES, THROUGH

REDIRECT = "http://127.0.0.1:8100/"
ABSENT = "absent"
"""An id that nothing has."""
Metadata = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Places:
    """What there is to ask for, each by its full name."""

    account: str
    binding: str
    chat: str
    organisation: str
    municipality: str
    ticket: str
    visit: str
    decision: str
    new_attempt: Callable[[], str]

    def absent(self) -> Places:
        """Returns places of the same kinds that do not exist."""
        return Places(
            f"accounts/{ABSENT}",
            f"bindings/{ABSENT}",
            f"chats/{ABSENT}",
            f"organisations/{ABSENT}",
            f"municipalities/{ABSENT}",
            f"tickets/{ABSENT}",
            f"visits/{ABSENT}",
            "decisions/999999",
            lambda: f"attempts/{ABSENT}",
        )


def _watch_bindings(kind: str) -> Callable[[Places], Message]:
    return lambda at: binding.WatchBindingsRequest(filter=_filter(at, kind))


def _watch_chats(kind: str) -> Callable[[Places], Message]:
    return lambda at: chat.WatchChatsRequest(filter=_filter(at, kind))


def _filter(at: Places, kind: str) -> binding.WatchFilter:
    return binding.WatchFilter(**({kind: getattr(at, kind)} if kind else {}))


WATCHED = {
    "of an account": "account",
    "of an organisation": "organisation",
    "of a municipality": "municipality",
    "of all that may be read": "",
}
REQUESTS: Mapping[str, Callable[[Places], Message]] = {
    "BindingService/StartBinding": lambda at: binding.StartBindingRequest(
        account=at.account, contact="+79000000102", redirect_uri=REDIRECT
    ),
    # Without a result: refused as incomplete, and the attempt stays as it is.
    "BindingService/CompleteBinding": lambda at: binding.CompleteBindingRequest(name=at.new_attempt()),
    "BindingService/CancelAttempt": lambda at: binding.CancelAttemptRequest(name=at.new_attempt()),
    "BindingService/CreateBinding": lambda at: binding.CreateBindingRequest(
        account=at.account,
        contact="+79000000102",
        code=secrets.token_hex(8),
        code_verifier="v" * 43,
        redirect_uri=REDIRECT,
        device_id="device",
    ),
    "BindingService/Unbind": lambda at: binding.UnbindRequest(name=at.binding, etag='"999"'),
    "BindingService/ExplainBinding": lambda at: binding.ExplainBindingRequest(account=at.account),
    "BindingService/GetBinding by id": lambda at: binding.GetBindingRequest(name=at.binding),
    "BindingService/GetBinding of an account": lambda at: binding.GetBindingRequest(name=f"{at.account}/binding"),
    "BindingService/ListBindings of an account": lambda at: binding.ListBindingsRequest(parent=at.account),
    "BindingService/ListBindings of an organisation": lambda at: binding.ListBindingsRequest(parent=at.organisation),
    "BindingService/ListBindings of a municipality": lambda at: binding.ListBindingsRequest(parent=at.municipality),
    "BindingService/BatchGetBindings": lambda at: binding.BatchGetBindingsRequest(
        names=[at.binding, f"{at.account}/binding"]
    ),
    "BindingService/DiagnoseAccount": lambda at: binding.DiagnoseAccountRequest(name=at.account),
    "ChatService/ListChats": lambda at: chat.ListChatsRequest(parent=at.account),
    "ChatService/GetChat": lambda at: chat.GetChatRequest(name=at.chat),
    "ChatService/ListChatMembers": lambda at: chat.ListChatMembersRequest(parent=at.chat),
    "ChatService/BatchListChats": lambda at: chat.BatchListChatsRequest(parents=[at.account]),
    # Without a contact nothing is sent; without a code that was sent nothing is confirmed.
    "ContactService/SendContactCode": lambda at: contact.SendContactCodeRequest(),
    "ContactService/ConfirmContact": lambda at: contact.ConfirmContactRequest(contact="nobody@example.org", code="1"),
    "DirectoryService/GetAccount": lambda at: directory.GetAccountRequest(name=at.account),
    "DirectoryService/ListAccounts": lambda at: directory.ListAccountsRequest(parent=at.organisation),
    "DirectoryService/ListMyAccounts": lambda at: directory.ListMyAccountsRequest(),
    "DirectoryService/ImportRoster": lambda at: directory.ImportRosterRequest(records=[{"line": 1}], dry_run=True),  # pyright: ignore[reportArgumentType]
    "SupportService/CreateTicket": lambda at: support.CreateTicketRequest(
        account=at.account,
        municipality="Екатеринбург",
        school_name="Школа № 5",
        full_name="Громов Борис",
        vk_user_id="1",
        screenshot=b"no picture",
    ),
    "SupportService/GetTicket": lambda at: support.GetTicketRequest(name=at.ticket),
    "SupportService/ListTickets of an account": lambda at: support.ListTicketsRequest(parent=at.account),
    "SupportService/ListTickets of an organisation": lambda at: support.ListTicketsRequest(parent=at.organisation),
    "SupportService/ListTickets of all that may be read": lambda at: support.ListTicketsRequest(),
    "SupportService/ResolveTicket": lambda at: support.ResolveTicketRequest(
        name=at.ticket, action=support.ResolveTicketRequest.ACTION_UNBIND, agent="agent-7"
    ),
    "SupportService/OpenVisit": lambda at: support.OpenVisitRequest(organisation=at.organisation),
    # One that has ended: closing it changes nothing.
    "SupportService/CloseVisit": lambda at: support.CloseVisitRequest(name=at.visit),
    "SupportService/ListAuditRecords of an account": lambda at: support.ListAuditRecordsRequest(parent=at.account),
    "SupportService/ListAuditRecords of an organisation": lambda at: support.ListAuditRecordsRequest(
        parent=at.organisation
    ),
    "SupportService/ListAuditRecords of a visit": lambda at: support.ListAuditRecordsRequest(parent=at.visit),
    "SupportService/ListAuditRecords of a ticket": lambda at: support.ListAuditRecordsRequest(parent=at.ticket),
    "SupportService/ListAuditRecords of all that may be read": lambda at: support.ListAuditRecordsRequest(),
    "SupportService/GetDecision": lambda at: support.GetDecisionRequest(name=at.decision),
    "DirectoryService/ListRosterErrors": lambda at: directory.ListRosterErrorsRequest(parent="imports/999999999"),
    "DirectoryService/ListRosterEffects": lambda at: directory.ListRosterEffectsRequest(parent="imports/999999999"),
    "DirectoryService/ReconcileChats": lambda at: directory.ReconcileChatsRequest(parent=at.organisation, dry_run=True),
    "TestingService/GetClock": lambda at: levers.GetClockRequest(),
    "TestingService/SetClock": lambda at: levers.SetClockRequest(),
    "TestingService/AdvanceClock": lambda at: levers.AdvanceClockRequest(duration=Duration(seconds=1)),
    "TestingService/ForkWorld": lambda at: levers.ForkWorldRequest(world=f"fork-{secrets.token_hex(4)}"),
    "TestingService/SnapshotWorld": lambda at: levers.SnapshotWorldRequest(),
    "TestingService/ListCalls": lambda at: levers.ListCallsRequest(),
    # Not a snapshot: it is admitted, and refused for that.
    "TestingService/RestoreWorld": lambda at: levers.RestoreWorldRequest(snapshot=b"{}"),
    "TestingService/ResetWorld": lambda at: levers.ResetWorldRequest(),
    "TestingService/DropWorld": lambda at: levers.DropWorldRequest(),
    **{f"BindingService/WatchBindings {asks}": _watch_bindings(kind) for asks, kind in WATCHED.items()},
    **{f"ChatService/WatchChats {asks}": _watch_chats(kind) for asks, kind in WATCHED.items()},
}


@dataclass(frozen=True)
class Answer:
    """What a call led to: `reason` is THROUGH for OK; `details` are those of the error but the request's number."""

    reason: str
    code: grpc.StatusCode = grpc.StatusCode.OK
    details: tuple[str, ...] = ()
    metadata: Mapping[str, str] | None = None


class Api:
    """The methods of the service by name, over one channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._methods = {
            f"{service.name}/{method.name}": method
            for file in FILES
            for service in file.services_by_name.values()
            for method in service.methods
        }

    def call(self, method: str, request: Message, metadata: Metadata) -> Answer:
        """Calls a method and returns the answer; of a stream, what the first message says."""
        described = self._methods[method]
        kind = ("stream" if described.client_streaming else "unary") + (
            "_stream" if described.server_streaming else "_unary"
        )
        invoke = getattr(self._channel, kind)(
            f"/{described.containing_service.full_name}/{described.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=lambda raw: raw,
        )
        given = iter([request]) if described.client_streaming else request
        try:
            answer = invoke(given, metadata=metadata, timeout=20)
            if described.server_streaming:
                raw = next(answer)
                answer.cancel()
            else:
                raw = answer
        except grpc.RpcError as error:
            return _refused(error)
        return Answer(_of_results(described, raw))


def _of_results(described: Any, raw: bytes) -> str:
    """The reason of a batch's results, if it has one; that of the first and of all others."""
    found = {
        "BatchGetBindings": binding.BatchGetBindingsResponse,
        "BatchListChats": chat.BatchListChatsResponse,
    }.get(described.name)
    if found is None:
        return THROUGH
    reasons = {result.reason for result in found.FromString(raw).results}
    assert len(reasons) == 1
    [reason] = reasons
    return error_reason_pb2.ErrorReason.Name(reason).removeprefix("ERROR_REASON_") if reason else THROUGH


def _refused(error: grpc.RpcError) -> Answer:
    status = rpc_status.from_call(cast(grpc.Call, error))
    assert status is not None, error
    info = error_details_pb2.ErrorInfo()
    details: list[str] = [status.message]
    for packed in status.details:
        if packed.Is(error_details_pb2.RequestInfo.DESCRIPTOR):
            continue
        packed.Unpack(info)
        details.append(f"{packed.type_url} {packed.value.hex()}")
    return Answer(info.reason, cast(grpc.Call, error).code(), tuple(details), dict(info.metadata))
