"""What the server does from time to time, in all of its worlds, though nobody asks."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from binding_server.api.call import World
from binding_server.logs import Log
from binding_server.use_cases.follow_roster import settle_left_over
from binding_server.use_cases.housekeeping import (
    delete_screenshots,
    expire_overdue,
    expire_visits,
    forget_codes_and_limits,
    forget_service_tokens,
    trim_events,
)


async def keep_house(worlds: Callable[[], Sequence[World]], every_s: float, keep_events: timedelta, log: Log) -> None:
    """Cleans up for ever: attempts and visits that are overdue, used tokens and codes, old pictures and events, chats
    that an import left behind.

    Args:
        worlds: tells which worlds there are.
        every_s: seconds between two rounds.
        keep_events: how long events are kept.
        log: is told of faults.
    """
    while True:
        await asyncio.sleep(every_s)
        for world in worlds():
            try:
                await expire_overdue(world.services)
                await expire_visits(world.services)
                await forget_service_tokens(world.services)
                await forget_codes_and_limits(world.services)
                await delete_screenshots(world.services)
                await trim_events(world.services, keep_events)
                await settle_left_over(world.services)
            except Exception as error:  # The next round may do better; the fault is told by its kind alone.
                log.error("housekeeping", world=world.name, problem=type(error).__name__)
