"""How often somebody may do something: a number of uses within a window that begins with the first of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from binding_server.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` uses within a window."""

    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Used:
    """How often it was used in the window that began then."""

    begun_at: datetime
    uses: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one service, each by person."""

    probes: Limit = Limit(30, timedelta(minutes=10))
    """Refusals that tell something of others."""
    start_binding: Limit = Limit(60, timedelta(hours=1))
    """Attempts that are started, CreateBinding included."""
    tickets: Limit = Limit(10, timedelta(days=1))
    """Tickets that are filed."""


PROBES = frozenset(
    {
        Reason.ACCOUNT_NOT_ACCESSIBLE,
        Reason.RESOURCE_NOT_ACCESSIBLE,
        Reason.CONTACT_NOT_OWNED,
        Reason.VK_PROFILE_ALREADY_BOUND,
        Reason.VK_PROFILE_NOT_OWNED,
    }
)
"""Refusals that tell something of others, be it only that there is something: who collects them is slowed down."""


def used_up(limit: Limit, used: Used | None, now: datetime) -> datetime | None:
    """Returns from when on there are uses again, if there are none left now."""
    if used is None or not _lasts(limit, used, now) or used.uses < limit.most:
        return None
    return used.begun_at + limit.window


def after_uses(limit: Limit, used: Used | None, now: datetime, uses: int = 1) -> Used:
    """Returns what is counted after some uses more."""
    if used is None or not _lasts(limit, used, now):
        return Used(now, uses)
    return Used(used.begun_at, used.uses + uses)


def _lasts(limit: Limit, used: Used, now: datetime) -> bool:
    # A clock that was set back must not lock anybody out for long.
    return used.begun_at <= now < used.begun_at + limit.window
