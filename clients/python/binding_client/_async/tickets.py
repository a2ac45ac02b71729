"""How clients file and work off support tickets."""

from sferum.binding.v1.support_service_pb2 import (
    CreateTicketRequest,
    GetTicketRequest,
    ListTicketsRequest,
    ListTicketsResponse,
    ResolveTicketRequest,
)
from sferum.binding.v1.ticket_pb2 import SupportTicket

from binding_client._async.calls import Calls
from binding_client._rpc import new_request_id


class TicketCalls(Calls):
    """Tickets."""

    # SupportService: tickets

    async def create_ticket(
        self,
        *,
        account: str,
        municipality: str,
        school_name: str,
        full_name: str,
        vk_user_id: str,
        screenshot: bytes,
        school_steps: str = "",
        decision: str = "",
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> SupportTicket:
        """Files a ticket with technical support; five items are mandatory.

        Args:
            account: `accounts/{account}` of the person whom the ticket is about.
            municipality: Item 1.
            school_name: Item 2.
            full_name: Item 3: surname, name and patronymic of that person.
            vk_user_id: Item 4: the VK ID number, decimal digits.
            screenshot: Item 5: a PNG, JPEG or WebP picture of at most 3 MiB.
            school_steps: What the school tried.
            decision: Short number of the decision that refused.
            request_id: Name of the request; made here if empty, so that the call may be repeated safely.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = CreateTicketRequest(
            account=account,
            municipality=municipality,
            school_name=school_name,
            full_name=full_name,
            vk_user_id=vk_user_id,
            screenshot=screenshot,
            school_steps=school_steps,
            decision=decision,
            request_id=request_id or new_request_id(),
        )
        return await self._call(self.stubs.support.CreateTicket, request, timeout_s)

    async def get_ticket(self, *, name: str, timeout_s: float | None = None) -> SupportTicket:
        """Returns `tickets/{ticket}` with its screenshot, to support and to who filed it."""
        return await self._call(self.stubs.support.GetTicket, GetTicketRequest(name=name), timeout_s)

    async def list_tickets(
        self,
        *,
        parent: str = "",
        state: SupportTicket.State = SupportTicket.STATE_UNSPECIFIED,
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> ListTicketsResponse:
        """Lists tickets of `accounts/{account}`, of `organisations/{organisation}`, or all that the caller may see,
        newest first, without pictures."""
        request = ListTicketsRequest(parent=parent, state=state, page_size=page_size, page_token=page_token)
        return await self._call(self.stubs.support.ListTickets, request, timeout_s)

    async def resolve_ticket(
        self,
        *,
        name: str,
        action: ResolveTicketRequest.Action,
        agent: str,
        account: str = "",
        resolution: str = "",
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> SupportTicket:
        """Works a ticket off, for support.

        Args:
            name: `tickets/{ticket}`.
            action: End the binding, or close the ticket and change nothing.
            agent: Who of support's staff acts, by an id of support's own.
            account: `accounts/{account}` whose binding to end; the ticket's own if empty.
            resolution: What to tell who filed it.
            request_id: Name of the request; made here if empty, so that the call may be repeated safely.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = ResolveTicketRequest(
            name=name,
            action=action,
            agent=agent,
            account=account,
            resolution=resolution,
            request_id=request_id or new_request_id(),
        )
        return await self._call(self.stubs.support.ResolveTicket, request, timeout_s)
