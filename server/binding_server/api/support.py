"""SupportService."""

# ruff: noqa: N802 - the names are those of the contract

from sferum.binding.v1 import audit_pb2, visit_pb2
from sferum.binding.v1 import support_service_pb2 as pb

from binding_server.api import convert_in as given
from binding_server.api import convert_support as convert
from binding_server.api.call import Call
from binding_server.api.tickets import TicketMethods
from binding_server.use_cases.audit import AuditParent, get_decision, list_audit_records
from binding_server.use_cases.visits import close_visit, open_visit


class SupportServicer(TicketMethods):
    """Each method: convert in, one use case, convert out. Those of tickets stand in a room of their own."""

    async def OpenVisit(self, request: pb.OpenVisitRequest, call: Call) -> visit_pb2.Visit:
        """Opens a visit."""
        organisation_id = given.optional_id_of(request.organisation)
        return convert.visit(await open_visit(call.services, call.caller, organisation_id))

    async def CloseVisit(self, request: pb.CloseVisitRequest, call: Call) -> visit_pb2.Visit:
        """Closes a visit."""
        return convert.visit(await close_visit(call.services, call.caller, given.id_of(request.name)))

    async def ListAuditRecords(self, request: pb.ListAuditRecordsRequest, call: Call) -> pb.ListAuditRecordsResponse:
        """Lists who did what for whom."""
        parent = AuditParent(
            account_id=given.id_within("accounts", request.parent),
            organisation_id=given.id_within("organisations", request.parent),
            visit_id=given.id_within("visits", request.parent),
            ticket_id=given.id_within("tickets", request.parent),
        )
        page = await list_audit_records(
            call.services,
            call.caller,
            parent,
            action=request.action or None,
            page_size=given.page_size(request.page_size),
            before=given.page_number(request.page_token),
        )
        return convert.audit_records(page)

    async def GetDecision(self, request: pb.GetDecisionRequest, call: Call) -> audit_pb2.Decision:
        """Returns a decision by its short number."""
        found = await get_decision(call.services, call.caller, given.id_of(request.name))
        return convert.decision(found, call.language)
