"""Limits on what a person may do how often (V03). They are counted in the database."""

from enum import StrEnum

from binding_server.domain.limits import PROBES, Limit
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.services import Caller, Services


class LimitKind(StrEnum):
    """What is limited; the names are those of `metadata["limit"]`."""

    PROBES = "PROBES"
    START_BINDING = "START_BINDING"
    TICKETS = "TICKETS"


def limit_of(services: Services, kind: LimitKind) -> Limit:
    """Returns a limit as it is set."""
    limits = services.limits
    return {
        LimitKind.PROBES: limits.probes,
        LimitKind.START_BINDING: limits.start_binding,
        LimitKind.TICKETS: limits.tickets,
    }[kind]


async def use(services: Services, caller: Caller, kind: LimitKind) -> None:
    """Counts one use by the person who calls, or for whom a back end does.

    Raises:
        Refusal: RATE_LIMITED with `limit` and when to repeat. Nothing is counted then.
    """
    await _use(services, caller, kind, 1)


async def _use(services: Services, caller: Caller, kind: LimitKind, number: int) -> None:
    subject = _subject(caller)
    if subject is None or number == 0:
        return
    now = services.clock.now()
    until = await services.store.use_limit(kind, subject, limit_of(services, kind), now, number)
    if until is not None:
        raise rate_limited(kind, (until - now).total_seconds())


async def require_left(services: Services, caller: Caller, kind: LimitKind) -> None:
    """Lets only those pass who have not used up a limit. Counts nothing. Raises Refusal: RATE_LIMITED."""
    subject = _subject(caller)
    if subject is None:
        return
    now = services.clock.now()
    until = await services.store.limit_reached(kind, subject, limit_of(services, kind), now)
    if until is not None:
        raise rate_limited(kind, (until - now).total_seconds())


async def probed(services: Services, caller: Caller, refusal: Refusal) -> Refusal:
    """Counts a refusal that tells something of others; returns it, or RATE_LIMITED in its place if that were too many.
    Any other refusal is returned as it is."""
    if refusal.reason not in PROBES:
        return refusal
    try:
        await use(services, caller, LimitKind.PROBES)
    except Refusal as limited:
        return limited
    return refusal


async def count_probes(services: Services, caller: Caller, number: int) -> None:
    """Counts answers that refuse something of others within an answer that is none itself: results of a batch, a row of
    an explanation. Raises Refusal: RATE_LIMITED if there were too many before."""
    await _use(services, caller, LimitKind.PROBES, number)


def rate_limited(limit: str, retry_after_s: float) -> Refusal:
    """Returns RATE_LIMITED. It says when to come back, in whole seconds."""
    return Refusal(
        Reason.RATE_LIMITED, metadata={"limit": limit}, retry_after_s=max(1.0, float(-(-retry_after_s // 1)))
    )


def _subject(caller: Caller) -> str | None:
    """Whose uses are counted together: a person's, through whatever system. A back end by itself is bounded by its
    policy instead."""
    if caller.person is not None:
        return f"person:{caller.person.id}"
    return f"esia:{caller.identity.oid}" if caller.identity is not None else None
