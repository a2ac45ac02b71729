"""What every caller must get from every method: the expectation, made from the policy and from what a method is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor import FileDescriptor
from sferum.binding.v1 import (
    binding_service_pb2,
    chat_service_pb2,
    contact_service_pb2,
    directory_service_pb2,
    support_service_pb2,
    testing_service_pb2,
)

POLICY: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("policy.yaml").read_text(encoding="utf-8")
)
FILES: tuple[FileDescriptor, ...] = (
    binding_service_pb2.DESCRIPTOR,
    chat_service_pb2.DESCRIPTOR,
    contact_service_pb2.DESCRIPTOR,
    directory_service_pb2.DESCRIPTOR,
    support_service_pb2.DESCRIPTOR,
    testing_service_pb2.DESCRIPTOR,
)
HERE = "ekaterinburg"
"""The municipality in which everything lies that the calls ask for."""
SYSTEM = "EDIARY66"
"""The ESIA client system that the persons' tokens were given to."""
IMPORT = "DirectoryService/ImportRoster"
RESOLVE = "SupportService/ResolveTicket"
ROSTER_ERRORS, ROSTER_EFFECTS = "DirectoryService/ListRosterErrors", "DirectoryService/ListRosterEffects"
RECONCILE = "DirectoryService/ReconcileChats"
BACK_ENDS = (IMPORT, ROSTER_ERRORS, ROSTER_EFFECTS, RECONCILE, RESOLVE)
"""Methods that only a back end by itself has any use of."""

THROUGH = "yes"
"""The call reaches what it asks for."""


class Relation(Enum):
    """What a person is to the account that is asked for: Boris's."""

    HOLDER = "boris"
    GUARDIAN = "vera"
    STAFF = "ivan"
    STAFF_ELSEWHERE = "kira"
    OTHER = "dina"


HOLDER = frozenset({Relation.HOLDER})
FAMILY_AND_STAFF = frozenset({Relation.HOLDER, Relation.GUARDIAN, Relation.STAFF})
STAFF = frozenset({Relation.STAFF})
EVERYBODY = frozenset(Relation)
NOBODY: frozenset[Relation] = frozenset()


@dataclass(frozen=True)
class Caller:
    """A column: who calls. `token` is "", "person", "service", "forged" or "used"; `behalf` brings a person along."""

    title: str
    token: str
    person: Relation | None = None
    service: str = ""
    behalf: bool = False
    operator: Relation | None = None
    """Who brings the person along in a visit; somebody else than staff if None."""


def _by_itself(title: str, service: str) -> Caller:
    return Caller(title, "service", service=service)


def _for(title: str, service: str, person: Relation) -> Caller:
    return Caller(title, "service", person, service, behalf=True)


CALLERS = (
    Caller("the holder", "person", Relation.HOLDER),
    Caller("a parent of the holder", "person", Relation.GUARDIAN),
    Caller("staff of the school", "person", Relation.STAFF),
    Caller("staff of another school", "person", Relation.STAFF_ELSEWHERE),
    Caller("another person", "person", Relation.OTHER),
    _by_itself("`everywhere`", "everywhere"),
    _by_itself("`here`", "here"),
    _by_itself("`elsewhere`", "elsewhere"),
    _by_itself("`nothing`", "nothing"),
    _for("`here` for the holder", "here", Relation.HOLDER),
    _for("`elsewhere` for the holder", "elsewhere", Relation.HOLDER),
    _for("`everywhere` for another person", "everywhere", Relation.OTHER),
    _for("`other-system` for the holder", "other-system", Relation.HOLDER),
    _for("`nothing` for the holder", "nothing", Relation.HOLDER),
    Caller("another person for the holder", "person", Relation.HOLDER, behalf=True),
    Caller("an operator in a visit", "person", Relation.HOLDER, behalf=True, operator=Relation.STAFF),
    Caller(
        "an operator elsewhere for the holder",
        "person",
        Relation.HOLDER,
        behalf=True,
        operator=Relation.STAFF_ELSEWHERE,
    ),
    Caller("nobody", ""),
    Caller("a forged token", "forged"),
    Caller("a token used before", "used", service="everywhere"),
)


@dataclass(frozen=True)
class Row:
    """A row: a method and what it asks for.

    `persons` get through; to others `hidden` is said. `itself`: a back end by itself may, within its municipalities;
    to one of others `hidden` is said. `reached` is the reason that a call which got through is answered with, if the
    call is made so that it changes nothing ("" for OK). `said` has relations to whom another reason is said.
    """

    method: str
    asks: str
    persons: frozenset[Relation]
    hidden: str
    itself: bool = True
    reached: str = ""
    anywhere: bool = False
    said: Mapping[Relation, str] | None = None

    @property
    def id(self) -> str:
        """Names the row."""
        return f"{self.method} {self.asks}".strip()


ACCOUNT, RESOURCE, CALLER = "ACCOUNT_NOT_ACCESSIBLE", "RESOURCE_NOT_ACCESSIBLE", "CALLER_NOT_ALLOWED"
_B, _C, _D, _T = "BindingService/", "ChatService/", "DirectoryService/", "TestingService/"
_K = "ContactService/"
_S = "SupportService/"
UNKNOWN = "CALLER_UNKNOWN"
SIGN_IN = "ESIA_SESSION_REQUIRED"
IN_VISITS = frozenset(
    {
        _B + "StartBinding",
        _B + "CompleteBinding",
        _B + "CancelAttempt",
        _B + "Unbind",
        _B + "ExplainBinding",
        _B + "GetBinding",
        _B + "DiagnoseAccount",
        _C + "ListChats",
        _K + "SendContactCode",
        _K + "ConfirmContact",
        _S + "OpenVisit",
        _S + "CloseVisit",
        _S + "CreateTicket",
    }
)
"""What an operator may call with the holder's token beside the own one."""
ROWS = (
    Row(_B + "StartBinding", "", HOLDER, ACCOUNT, itself=False),
    Row(_B + "CompleteBinding", "", HOLDER, RESOURCE, itself=False, reached="REQUEST_INVALID"),
    Row(_B + "CancelAttempt", "", HOLDER, RESOURCE, itself=False),
    Row(_B + "CreateBinding", "", HOLDER, ACCOUNT, itself=False, reached="VK_AUTH_FAILED"),
    Row(
        _B + "Unbind",
        "",
        HOLDER,
        RESOURCE,
        itself=False,
        reached="ETAG_MISMATCH",
        said={Relation.GUARDIAN: CALLER, Relation.STAFF: CALLER},
    ),
    Row(_B + "ExplainBinding", "", HOLDER, ACCOUNT, itself=False),
    Row(_B + "GetBinding", "by id", FAMILY_AND_STAFF, RESOURCE),
    Row(_B + "GetBinding", "of an account", FAMILY_AND_STAFF, RESOURCE),
    Row(_B + "ListBindings", "of an account", FAMILY_AND_STAFF, ACCOUNT),
    Row(_B + "ListBindings", "of an organisation", STAFF, CALLER),
    Row(_B + "ListBindings", "of a municipality", NOBODY, CALLER),
    Row(_B + "BatchGetBindings", "", FAMILY_AND_STAFF, RESOURCE),
    Row(_B + "DiagnoseAccount", "", FAMILY_AND_STAFF, ACCOUNT),
    Row(_B + "WatchBindings", "of an account", FAMILY_AND_STAFF, ACCOUNT),
    Row(_B + "WatchBindings", "of an organisation", STAFF, CALLER),
    Row(_B + "WatchBindings", "of a municipality", NOBODY, CALLER),
    Row(_B + "WatchBindings", "of all that may be read", EVERYBODY, CALLER, anywhere=True),
    Row(_C + "ListChats", "", FAMILY_AND_STAFF, ACCOUNT),
    Row(_C + "GetChat", "", FAMILY_AND_STAFF, RESOURCE),
    Row(_C + "ListChatMembers", "", FAMILY_AND_STAFF, RESOURCE),
    Row(_C + "BatchListChats", "", FAMILY_AND_STAFF, ACCOUNT),
    Row(_C + "WatchChats", "of an account", FAMILY_AND_STAFF, ACCOUNT),
    Row(_C + "WatchChats", "of an organisation", STAFF, CALLER),
    Row(_C + "WatchChats", "of a municipality", NOBODY, CALLER),
    Row(_C + "WatchChats", "of all that may be read", EVERYBODY, CALLER, anywhere=True),
    Row(_K + "SendContactCode", "", EVERYBODY, "", itself=False, reached="CONTACT_REQUIRED"),
    Row(_K + "ConfirmContact", "", EVERYBODY, "", itself=False, reached="CONTACT_CODE_INVALID"),
    Row(_D + "GetAccount", "", FAMILY_AND_STAFF, ACCOUNT),
    Row(_D + "ListAccounts", "", STAFF, CALLER),
    Row(_D + "ListMyAccounts", "", EVERYBODY, "", itself=False),
    Row(IMPORT, "", NOBODY, UNKNOWN),
    Row(ROSTER_ERRORS, "", NOBODY, UNKNOWN, reached=RESOURCE),
    Row(ROSTER_EFFECTS, "", NOBODY, UNKNOWN, reached=RESOURCE),
    Row(RECONCILE, "", NOBODY, UNKNOWN),
    # An operator is told that the holder's sign-in is missing.
    Row(
        _S + "OpenVisit",
        "",
        NOBODY,
        CALLER,
        itself=False,
        said={Relation.STAFF: SIGN_IN, Relation.STAFF_ELSEWHERE: SIGN_IN},
    ),
    Row(_S + "CloseVisit", "", HOLDER | STAFF, RESOURCE, itself=False),
    # A picture that is none: whoever may file a ticket is told so.
    Row(_S + "CreateTicket", "", HOLDER | STAFF, ACCOUNT, reached="ATTACHMENT_INVALID"),
    Row(_S + "GetTicket", "", HOLDER, RESOURCE),
    Row(_S + "ListTickets", "of an account", HOLDER | STAFF, ACCOUNT),
    Row(_S + "ListTickets", "of an organisation", STAFF, CALLER),
    Row(_S + "ListTickets", "of all that may be read", EVERYBODY, CALLER, anywhere=True),
    Row(RESOLVE, "", NOBODY, RESOURCE, said=dict.fromkeys(Relation, UNKNOWN), reached="TICKET_MISMATCH"),
    Row(_S + "ListAuditRecords", "of an account", HOLDER | STAFF, ACCOUNT),
    Row(_S + "ListAuditRecords", "of an organisation", STAFF, CALLER),
    Row(_S + "ListAuditRecords", "of a visit", HOLDER | STAFF, RESOURCE),
    Row(_S + "ListAuditRecords", "of a ticket", HOLDER | STAFF, RESOURCE),
    Row(_S + "ListAuditRecords", "of all that may be read", NOBODY, CALLER, anywhere=True),
    Row(_S + "GetDecision", "", HOLDER | STAFF, RESOURCE),
    Row(_T + "GetClock", "", EVERYBODY, ""),
    Row(_T + "SetClock", "", EVERYBODY, ""),
    Row(_T + "AdvanceClock", "", EVERYBODY, ""),
    Row(_T + "ForkWorld", "", EVERYBODY, ""),
    Row(_T + "SnapshotWorld", "", EVERYBODY, ""),
    Row(_T + "ListCalls", "", EVERYBODY, ""),
    Row(_T + "RestoreWorld", "", EVERYBODY, "", reached="REQUEST_INVALID"),
    Row(_T + "ResetWorld", "", EVERYBODY, ""),
    Row(_T + "DropWorld", "", EVERYBODY, ""),
)


def methods() -> set[str]:
    """Returns every method that any service declares."""
    services = [service for file in FILES for service in file.services_by_name.values()]
    return {f"{service.name}/{method.name}" for service in services for method in service.methods}


def expected(row: Row, caller: Caller) -> str:
    """Returns what a caller is answered: THROUGH, or the reason of the refusal."""
    if row.method.startswith(_T):
        return THROUGH
    if not caller.token:
        return "CALLER_UNKNOWN" if row.method in BACK_ENDS else "ESIA_SESSION_REQUIRED"
    if caller.token in ("forged", "used"):
        return "CALLER_UNKNOWN"
    if caller.token == "person" and caller.behalf:
        return _in_visit(row, caller)
    if caller.token == "person":
        return _to_person(row, caller.person)
    policy = POLICY[caller.service]
    if row.method not in policy["methods"]:
        return CALLER
    if caller.behalf:
        if SYSTEM not in policy["acts_for"] or row.method in BACK_ENDS:
            return CALLER
        return _to_person(row, caller.person)
    if not row.itself:
        return CALLER
    within = row.anywhere or policy["municipalities"] == "*" or HERE in policy["municipalities"]
    return THROUGH if within else row.hidden


def _in_visit(row: Row, caller: Caller) -> str:
    if caller.operator is not Relation.STAFF or row.method not in IN_VISITS:
        return CALLER
    return THROUGH if row.method == _S + "OpenVisit" else _to_person(row, caller.person)


def _to_person(row: Row, person: Relation | None) -> str:
    assert person is not None
    if person in row.persons:
        return THROUGH
    return (row.said or {}).get(person, row.hidden)
