"""The ticket methods of SupportService."""

# ruff: noqa: N802 - the names are those of the contract

from sferum.binding.v1 import support_service_pb2 as pb
from sferum.binding.v1 import ticket_pb2

from binding_server.api import convert_in as given
from binding_server.api import convert_tickets as convert
from binding_server.api.call import Call
from binding_server.domain.tickets import TicketAction, TicketState
from binding_server.use_cases.tickets import create_ticket, get_ticket, list_tickets, resolve_ticket


class TicketMethods:
    """Each method: convert in, one use case, convert out."""

    async def CreateTicket(self, request: pb.CreateTicketRequest, call: Call) -> ticket_pb2.SupportTicket:
        """Files a ticket."""
        view = await create_ticket(
            call.services,
            call.caller,
            account_id=given.id_of(request.account),
            items=convert.items(request),
            screenshot=request.screenshot,
            decision=request.decision or None,
            request_id=request.request_id,
        )
        return convert.ticket(view)

    async def GetTicket(self, request: pb.GetTicketRequest, call: Call) -> ticket_pb2.SupportTicket:
        """Returns a ticket with its screenshot."""
        return convert.ticket(await get_ticket(call.services, call.caller, given.id_of(request.name)))

    async def ListTickets(self, request: pb.ListTicketsRequest, call: Call) -> pb.ListTicketsResponse:
        """Lists tickets."""
        page = await list_tickets(
            call.services,
            call.caller,
            account_id=given.id_within("accounts", request.parent),
            organisation_id=given.id_within("organisations", request.parent),
            state=given.member(ticket_pb2.SupportTicket.State, "STATE_", request.state, TicketState),
            page_size=given.page_size(request.page_size),
            before=given.page_start(request.page_token),
        )
        return convert.tickets(page)

    async def ResolveTicket(self, request: pb.ResolveTicketRequest, call: Call) -> ticket_pb2.SupportTicket:
        """Works a ticket off."""
        action = given.member(pb.ResolveTicketRequest.Action, "ACTION_", request.action, TicketAction)
        view = await resolve_ticket(
            call.services,
            call.caller,
            ticket_id=given.id_of(request.name),
            action=action or TicketAction.CLOSE,
            account_id=given.optional_id_of(request.account),
            agent=request.agent,
            resolution=request.resolution.strip(),
            request_id=request.request_id,
        )
        return convert.ticket(view)
