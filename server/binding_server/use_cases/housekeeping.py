"""What has to happen though nobody asks."""

from datetime import timedelta

from binding_server.domain.contact_codes import SEND_WINDOW
from binding_server.use_cases.services import Services

BATCH = 200
"""How many attempts are ended, or used tokens or events forgotten, in one transaction."""


async def expire_overdue(services: Services) -> int:
    """Ends attempts whose time has passed, so that verifier and facts do not stay; returns how many."""
    total = 0
    while True:
        ended = await services.store.expire_overdue(services.clock.now(), BATCH)
        total += ended
        if ended < BATCH:
            return total


async def expire_visits(services: Services) -> int:
    """Ends visits whose time has passed; returns how many."""
    total = 0
    while True:
        ended = await services.store.expire_visits(services.clock.now(), BATCH)
        total += ended
        if ended < BATCH:
            return total


async def forget_service_tokens(services: Services) -> int:
    """Forgets the ids of back ends' tokens that have expired; returns how many."""
    total = 0
    while True:
        forgotten = await services.store.forget_service_tokens(services.clock.now(), BATCH)
        total += forgotten
        if forgotten < BATCH:
            return total


async def forget_codes_and_limits(services: Services) -> int:
    """Forgets one-time codes and counters that count for no limit any more; returns how many."""
    now, limits = services.clock.now(), services.limits
    longest = max(limit.window for limit in (limits.probes, limits.start_binding, limits.tickets))
    total = 0
    while True:
        forgotten = await services.store.forget_contact_codes(now - SEND_WINDOW, BATCH)
        forgotten += await services.store.forget_limits(now - longest, BATCH)
        total += forgotten
        if forgotten < BATCH:
            return total


async def delete_screenshots(services: Services) -> int:
    """Deletes pictures of tickets that ended long enough ago; returns how many."""
    total = 0
    while True:
        now = services.clock.now()
        deleted = await services.store.delete_screenshots(now - services.keep_screenshots, now, BATCH)
        total += deleted
        if deleted < BATCH:
            return total


async def trim_events(services: Services, keep: timedelta) -> int:
    """Forgets events that are older than that; returns how many. Followers that have not read them need a snapshot."""
    total = 0
    while True:
        forgotten = await services.store.trim_events(services.clock.now() - keep, BATCH)
        total += forgotten
        if forgotten < BATCH:
            return total


async def forget_old_records(services: Services, keep_requests: timedelta, keep_records: timedelta | None) -> int:
    """Forgets named requests, audit records and decisions that are older than that; returns how many.

    Args:
        keep_requests: how long a repeat of a named request gets its answer.
        keep_records: how long audit and decisions are kept; None for ever.
    """
    total = 0
    while True:
        now = services.clock.now()
        forgotten = await services.store.forget_requests(now - keep_requests, BATCH)
        if keep_records is not None:
            forgotten += await services.store.forget_records(now - keep_records, BATCH)
        total += forgotten
        if not forgotten:
            return total


async def forget_roster_reports(services: Services, keep: timedelta) -> int:
    """Forgets the reports of imports that are older than that; returns of how many."""
    total = 0
    while True:
        forgotten = await services.store.forget_findings(services.clock.now() - keep, 1)
        total += forgotten
        if not forgotten:
            return total
