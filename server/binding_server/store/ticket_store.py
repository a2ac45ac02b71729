"""The part of `ports.Store` that tickets use, over an engine."""

from collections.abc import Sequence
from datetime import datetime

from binding_server.domain.tickets import Settlement, Ticket
from binding_server.store import tickets
from binding_server.store.followed import FollowedStore
from binding_server.use_cases.records import AuditEntry, RequestKey
from binding_server.use_cases.ticket_ports import TicketFilter, TicketOrder


class TicketStore(FollowedStore):
    """What each method means is said in `ticket_ports`."""

    async def add_ticket(self, ticket: Ticket, audit: AuditEntry, request: RequestKey | None) -> str:
        """Adds a ticket; returns its id, or that of the one that the same named request made."""
        return await self._engine.write(lambda c: tickets.add_ticket(c, self._vault, ticket, audit, request))

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """Returns a ticket without its picture."""
        return await self._engine.read(lambda c: tickets.ticket(c, self._vault, ticket_id))

    async def screenshot(self, ticket_id: str) -> bytes:
        """Returns the picture of a ticket; empty if it is deleted."""
        return await self._engine.read(lambda c: tickets.screenshot(c, self._vault, ticket_id))

    async def list_tickets(self, wanted: TicketFilter) -> Sequence[Ticket]:
        """Returns tickets, newest first."""
        return await self._engine.read(lambda c: tickets.list_tickets(c, self._vault, wanted))

    async def settle_ticket(self, order: TicketOrder) -> tuple[Ticket, Settlement | None]:
        """Works a ticket off."""
        return await self._engine.write(lambda c: tickets.settle_ticket(c, self._vault, order))

    async def owner_proven(self, ticket: Ticket, since: datetime) -> bool:
        """Tells whether a decision since a time shows that a ticket's profile is its person's own."""
        return await self._engine.read(lambda c: tickets.owner_proven(c, ticket, since))

    async def delete_screenshots(self, before: datetime, now: datetime, limit: int) -> int:
        """Deletes pictures that have had their time. Returns how many."""
        return await self._engine.write(lambda c: tickets.delete_screenshots(c, before, now, limit))
