"""Tickets between the contract and the domain."""

from sferum.binding.v1 import support_service_pb2 as pb
from sferum.binding.v1 import ticket_pb2

from binding_server.api import convert_in as given
from binding_server.api import convert_out as out
from binding_server.domain.tickets import Screenshot, TicketItems
from binding_server.use_cases.tickets import TicketPage, TicketView

MEDIA_TYPE = "image/png"
_COLLECTIONS = {"person": "persons", "service": "services"}


def items(request: pb.CreateTicketRequest) -> TicketItems:
    """Returns what a ticket says, without blanks around it."""
    return TicketItems(
        municipality=request.municipality.strip(),
        school_name=request.school_name.strip(),
        full_name=request.full_name.strip(),
        vk_user_id=request.vk_user_id,
        school_steps=request.school_steps.strip(),
    )


def ticket(view: TicketView) -> ticket_pb2.SupportTicket:
    """Returns a ticket; the VK ID number in full only in the view of support and of who filed it."""
    found = view.ticket
    kind, _, id_ = found.filed_by.partition(":")
    number = found.items.vk_user_id
    return ticket_pb2.SupportTicket(
        name=out.name("tickets", found.id),
        state=f"STATE_{found.state}",
        account=out.name("accounts", found.account_id),
        filed_by=out.name(_COLLECTIONS[kind], id_),
        municipality=found.items.municipality,
        school_name=found.items.school_name,
        full_name=found.items.full_name,
        vk_user_id=number if view.in_full else out.mask_number(number),
        screenshot=_screenshot(found.screenshot),
        school_steps=found.items.school_steps,
        decision=found.decision or "",
        resolution=found.resolution,
        create_time=out.timestamp(found.created_at),
        end_time=out.timestamp(found.ended_at),
    )


def tickets(page: TicketPage) -> pb.ListTicketsResponse:
    """Returns a page of tickets."""
    return pb.ListTicketsResponse(
        tickets=[ticket(view) for view in page.tickets], next_page_token=given.page_token(page.next)
    )


def _screenshot(found: Screenshot) -> ticket_pb2.Screenshot:
    return ticket_pb2.Screenshot(
        media_type=MEDIA_TYPE,
        width=found.width,
        height=found.height,
        content=found.content,
        delete_time=out.timestamp(found.deleted_at),
    )
