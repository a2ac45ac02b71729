"""What has to happen though nobody asks."""

from datetime import timedelta

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


async def forget_service_tokens(services: Services) -> int:
    """Forgets the ids of back ends' tokens that have expired; returns how many."""
    total = 0
    while True:
        forgotten = await services.store.forget_service_tokens(services.clock.now(), BATCH)
        total += forgotten
        if forgotten < BATCH:
            return total


async def trim_events(services: Services, keep: timedelta) -> int:
    """Forgets events that are older than that; returns how many. Followers that have not read them need a snapshot."""
    total = 0
    while True:
        forgotten = await services.store.trim_events(services.clock.now() - keep, BATCH)
        total += forgotten
        if forgotten < BATCH:
            return total
