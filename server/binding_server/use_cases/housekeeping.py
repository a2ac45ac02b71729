"""What has to happen though nobody asks."""

from binding_server.use_cases.services import Services

BATCH = 200
"""How many attempts are ended in one transaction."""


async def expire_overdue(services: Services) -> int:
    """Ends attempts whose time has passed, so that verifier and facts do not stay; returns how many."""
    total = 0
    while True:
        ended = await services.store.expire_overdue(services.clock.now(), BATCH)
        total += ended
        if ended < BATCH:
            return total
