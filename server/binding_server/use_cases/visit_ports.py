"""What visits, and those who read audit and decisions, need from the database; part of the port `Store`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from binding_server.domain.model import EntryPoint, Policy
from binding_server.domain.visits import Visit, VisitState
from binding_server.use_cases.records import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What is kept of something that was done; see `AuditEntry`. `id` counts up."""

    id: int
    actor: str
    action: str
    account_id: str | None
    at: datetime
    entry_point: EntryPoint
    policy: Policy | None
    reason: str | None
    client_id: str | None
    on_behalf_of: str | None
    visit_id: str | None
    ticket_id: str | None
    decision: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class AuditScope:
    """Which records somebody may read: all if `everything`; those about `accounts`, of `persons` (as `person:ID`: what
    they did, or was done for them), and what concerned one of these organisations or municipalities when it was
    done."""

    everything: bool = False
    accounts: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    municipalities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What ListAuditRecords asks for, newest first; `before` is the number after which to go on. A record meets all
    that is set. `person` (as `person:ID`) beside `account_id` takes in what is about no account and of that person."""

    scope: AuditScope
    limit: int
    before: int | None = None
    action: str | None = None
    account_id: str | None = None
    person: str | None = None
    organisation_id: str | None = None
    visit_id: str | None = None
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it was kept."""

    number: str
    account_id: str
    attempt_id: str | None
    policy: Policy
    row: str
    accepted: bool
    reason: str | None
    at: datetime
    facts: Mapping[str, str]


class VisitStore(Protocol):
    """The database of visits, and of what is kept about changes."""

    async def open_visit(self, visit: Visit, audit: "AuditEntry") -> Visit:
        """Opens a visit, or returns the pair's one that is OPEN at the same organisation. One whose time is over, or at
        another organisation, ends first."""
        ...

    async def end_visit(self, visit_id: str, state: VisitState, audit: "AuditEntry") -> Visit:
        """Ends an OPEN visit; one that has ended is returned as it is. LookupError for an unknown id."""
        ...

    async def visit(self, visit_id: str) -> Visit | None: ...
    async def newest_visit(self, operator_id: str, holder_id: str) -> Visit | None:
        """The pair's OPEN visit, else the one that was opened last."""
        ...

    async def expire_visits(self, now: datetime, limit: int) -> int:
        """Notes of at most `limit` OPEN visits that their time is over; returns how many."""
        ...

    async def list_audit(self, wanted: AuditFilter) -> Sequence[AuditRecord]:
        """Records, newest first."""
        ...

    async def decision(self, number: int) -> DecisionRecord | None: ...
