"""Visits (приём в школе): staff with duty OPERATOR helps a holder who is there with both sign-ins (S19, S20)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from binding_server.domain.model import AccountContext, Duty, DutyKind

VISIT_LIFE = timedelta(minutes=30)
"""How long a visit lasts unless a service says otherwise: as long as a binding attempt."""


class VisitState(StrEnum):
    """Whether the operator may act; all but OPEN are final."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    EXPIRED = "EXPIRED"
    SIGNED_OUT = "SIGNED_OUT"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit: who helps whom at which organisation. `ended_at` is None while it is OPEN."""

    id: str
    organisation_id: str
    operator_id: str
    holder_id: str
    state: VisitState
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


def operated_by(duties: Iterable[Duty]) -> frozenset[str]:
    """Returns the organisations in which somebody with these duties is OPERATOR."""
    return frozenset(duty.organisation_id for duty in duties if duty.kind is DutyKind.OPERATOR)


def in_common(operated: Collection[str], accounts: Iterable[AccountContext]) -> frozenset[str]:
    """Returns the organisations of a holder's accounts in which an operator may open a visit."""
    return frozenset(operated) & frozenset[str]().union(*(context.organisations for context in accounts))


def reaches(visit: Visit, context: AccountContext) -> bool:
    """Tells whether a visit lets the operator act on an account: an own one of the holder, at the visit's school."""
    return context.person.id == visit.holder_id and visit.organisation_id in context.organisations


def as_of(visit: Visit, now: datetime) -> Visit:
    """Returns a visit as it stands now: an OPEN one whose time is over has expired, though nobody has noted it yet."""
    if visit.state is VisitState.OPEN and visit.expires_at <= now:
        return replace(visit, state=VisitState.EXPIRED, ended_at=visit.expires_at)
    return visit
