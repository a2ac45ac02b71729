"""What the server does from time to time, in all of its worlds, though nobody asks."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from binding_server.api.call import World
from binding_server.logs import Log
from binding_server.use_cases.follow_roster import settle_left_over
from binding_server.use_cases.housekeeping import (
    delete_screenshots,
    expire_overdue,
    expire_visits,
    forget_codes_and_limits,
    forget_old_records,
    forget_roster_reports,
    forget_service_tokens,
    trim_events,
)
from binding_server.use_cases.reconcile import reconcile_everything


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept.

    Attributes:
        events: events, and the reports of imports.
        requests: what named requests led to, for their repeats.
        records: audit and decisions; None for ever.
    """

    events: timedelta
    requests: timedelta
    records: timedelta | None


async def keep_house(
    worlds: Callable[[], Sequence[World]],
    every_s: float,
    keep: Keep,
    log: Log,
    reconcile_every: timedelta | None = None,
) -> None:
    """Cleans up for ever: attempts and visits that are overdue, used tokens and codes, old pictures and events, chats
    that an import left behind.

    Args:
        worlds: tells which worlds there are.
        every_s: seconds between two rounds.
        keep: how long what is kept.
        log: is told of faults, and of memberships that had to be repaired.
        reconcile_every: how often all memberships are compared with what they follow from; None for never.
    """
    reconciled: dict[str, datetime] = {}
    while True:
        await asyncio.sleep(every_s)
        for world in worlds():
            try:
                await expire_overdue(world.services)
                await expire_visits(world.services)
                await forget_service_tokens(world.services)
                await forget_codes_and_limits(world.services)
                await delete_screenshots(world.services)
                await trim_events(world.services, keep.events)
                await forget_roster_reports(world.services, keep.events)
                await forget_old_records(world.services, keep.requests, keep.records)
                await settle_left_over(world.services)
                if reconcile_every is not None:
                    await _reconcile(world, reconcile_every, reconciled, log)
            except Exception as error:  # The next round may do better; the fault is told by its kind alone.
                log.error("housekeeping", world=world.name, problem=type(error).__name__)


async def _reconcile(world: World, every: timedelta, reconciled: dict[str, datetime], log: Log) -> None:
    now = world.services.clock.now()
    if now - reconciled.setdefault(world.name, now) < every:
        return
    reconciled[world.name] = now
    if changes := await reconcile_everything(world.services):
        log.error("reconciled", world=world.name, changes=len(changes))
