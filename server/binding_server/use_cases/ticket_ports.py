"""What tickets need from the outside; the store's part belongs to the port `Store`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from binding_server.domain.tickets import ImageProblem, Screenshot, Settlement, Ticket, TicketAction, TicketState
from binding_server.use_cases.records import AuditEntry, RequestKey


class UnusableImage(Exception):
    """A screenshot cannot be used; `problem` says why."""

    def __init__(self, problem: ImageProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class ImageWorkBusy(Exception):
    """More pictures wait than may: repeat a little later."""


class Screenshots(Protocol):
    """Makes of what came as a screenshot a picture that holds nothing else."""

    async def prepare(self, content: bytes) -> Screenshot:
        """Returns the picture anew, as PNG without metadata, within the limits of `domain.tickets`.

        Raises:
            UnusableImage: it is no PNG, JPEG or WebP picture, is damaged, moves, or is too large.
            ImageWorkBusy: too many are being looked at.
        """
        ...


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What ListTickets asks for, newest first; `before` is the id after which to go on.

    A ticket meets all that is set. `municipalities` None means everywhere; `concerns` is a person, named as in the
    audit, who filed it or whose account it is about.
    """

    limit: int
    before: str | None = None
    state: TicketState | None = None
    account_id: str | None = None
    organisation_id: str | None = None
    municipalities: frozenset[str] | None = None
    concerns: str | None = None


@dataclass(frozen=True, slots=True)
class TicketOrder:
    """What support orders. `audit` is of the ticket, `unbind_audit` of the binding that ends."""

    ticket_id: str
    action: TicketAction
    target: str
    agent: str
    resolution: str = field(repr=False)
    proof_since: datetime
    audit: "AuditEntry"
    unbind_audit: "AuditEntry"


class TicketStore(Protocol):
    """The database of tickets."""

    async def add_ticket(self, ticket: Ticket, audit: "AuditEntry", request: "RequestKey | None") -> str:
        """Adds a ticket with its screenshot, and notes where its account is and what account and profile are bound by
        now. Returns its id, or that of the one that the same named request made."""
        ...

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """A ticket, without the picture itself."""
        ...

    async def screenshot(self, ticket_id: str) -> bytes:
        """The picture; empty if it is deleted."""
        ...

    async def list_tickets(self, wanted: TicketFilter) -> Sequence[Ticket]:
        """Tickets, newest first, without pictures."""
        ...

    async def settle_ticket(self, order: TicketOrder) -> tuple[Ticket, Settlement | None]:
        """Works an OPEN ticket off in one transaction: the binding's end or not, the ticket's end, audit. Returns the
        ticket, and MISMATCH or UNPROVEN if nothing was changed for that. One that has ended stays as it is."""
        ...

    async def owner_proven(self, ticket: Ticket, since: datetime) -> bool:
        """Whether a decision since a time shows that a ticket's profile is its account's person's own."""
        ...

    async def delete_screenshots(self, before: datetime, now: datetime, limit: int) -> int:
        """Deletes at most `limit` pictures of tickets that ended before a time; returns how many."""
        ...
