"""Visits, audit records and decisions as messages of the contract."""

from sferum.binding.v1 import audit_pb2, support_service_pb2, visit_pb2

from binding_server.api import convert_out as out
from binding_server.api.convert_in import page_token
from binding_server.domain import catalogue, texts
from binding_server.domain.model import Diagnosis, EndReason
from binding_server.domain.reasons import Reason
from binding_server.domain.visits import Visit
from binding_server.use_cases.audit import AuditPage
from binding_server.use_cases.visit_ports import AuditRecord, DecisionRecord

_COLLECTIONS = {"person": "persons", "service": "services"}
DIAGNOSE = "binding.diagnose"
"""The action whose reason is a diagnosis."""
_ITSELF = "service:sferum-binding"


def visit(found: Visit) -> visit_pb2.Visit:
    """Returns a visit."""
    return visit_pb2.Visit(
        name=out.name("visits", found.id),
        organisation=out.name("organisations", found.organisation_id),
        operator=out.name("persons", found.operator_id),
        holder=out.name("persons", found.holder_id),
        state=f"STATE_{found.state}",
        create_time=out.timestamp(found.created_at),
        expire_time=out.timestamp(found.expires_at),
        end_time=out.timestamp(found.ended_at),
    )


def audit_records(page: AuditPage) -> support_service_pb2.ListAuditRecordsResponse:
    """Returns a page of audit records."""
    return support_service_pb2.ListAuditRecordsResponse(
        records=[_record(record) for record in page.records], next_page_token=page_token(page.next)
    )


def _record(found: AuditRecord) -> audit_pb2.AuditRecord:
    # What a record is for is told by its action: names of diagnoses are names of reasons as well.
    diagnosed = found.action == DIAGNOSE
    return audit_pb2.AuditRecord(
        name=out.name("auditRecords", str(found.id)),
        actor=_who(found.actor),
        on_behalf_of=_who(found.on_behalf_of or ""),
        action=found.action,
        account=out.name("accounts", found.account_id),
        entry_point=f"ENTRY_POINT_{found.entry_point}",
        policy=out.policy(found.policy),
        reason=out.reason(found.reason if found.reason in Reason.__members__ and not diagnosed else None),
        end_reason=f"END_REASON_{found.reason if found.reason in EndReason.__members__ else 'UNSPECIFIED'}",
        decision=found.decision or "",
        visit=out.name("visits", found.visit_id),
        ticket=out.name("tickets", found.ticket_id),
        client=_who(found.client_id or ""),
        agent=found.agent or "",
        diagnosis=out.diagnosis(Diagnosis(found.reason) if diagnosed and found.reason else None),
        time=out.timestamp(found.at),
    )


def _who(kept: str) -> str:
    """Returns the resource name of `person:ID` or `service:ID`; anything else, such as a mnemonic, as it is."""
    if kept == _ITSELF:
        return "service"
    kind, colon, id_ = kept.partition(":")
    return f"{_COLLECTIONS[kind]}/{id_}" if colon and kind in _COLLECTIONS else kept


def decision(found: DecisionRecord, language: str) -> audit_pb2.Decision:
    """Returns a decision, with its facts by name."""
    if found.reason:
        message = catalogue.message(Reason(found.reason), found.row, language)
    else:
        message = texts.row_text(found.row, language)
    fact = audit_pb2.Decision.Fact
    return audit_pb2.Decision(
        name=out.name("decisions", found.number),
        account=out.name("accounts", found.account_id),
        attempt=out.name("attempts", found.attempt_id),
        policy=out.policy(found.policy),
        row=found.row,
        accepted=found.accepted,
        reason=out.reason(found.reason),
        message=message,
        facts=[fact(name=name, value=value) for name, value in sorted(found.facts.items())],
        time=out.timestamp(found.at),
    )
