"""Rosters as a back end feeds them to a town."""

from collections.abc import AsyncIterator, Sequence

from binding_server.domain.roster import RosterItem, RosterMode
from binding_server.use_cases.import_roster import METHOD, import_roster
from binding_server.use_cases.roster_report import FaultyRecord, RawContact, RosterInput, RosterPart, RosterReport
from binding_server.use_cases.services import Caller, ServiceIdentity

from .town import Town

FEED = Caller(lambda: 10.0, service=ServiceIdentity("feed", frozenset({METHOD}), municipalities=None))

Record = RosterItem | RawContact | FaultyRecord


class Cut(Exception):
    """The stream breaks, as a connection does."""


async def feed(
    town: Town,
    *parts: Sequence[Record],
    caller: Caller = FEED,
    mode: RosterMode = RosterMode.INCREMENTAL,
    dry_run: bool = False,
    atomic: bool = False,
    complete: bool = True,
    cut: bool = False,
) -> RosterReport:
    """Imports parts; lines count from 1 over all of them.

    Args:
        complete: whether the last part says that it is.
        cut: whether the stream breaks behind the last part.
    """

    async def stream() -> AsyncIterator[RosterPart]:
        line = 0
        for place, part in enumerate(parts, 1):
            records: list[RosterInput] = []
            for item in part:
                line += 1
                records.append(RosterInput(line, item))
            yield RosterPart(records, complete and place == len(parts))
        if cut:
            raise Cut

    return await import_roster(town.services, caller, stream(), mode=mode, dry_run=dry_run, atomic=atomic)


def counts(report: RosterReport) -> tuple[int, int, int, int]:
    """Returns what was created, updated, ended and failed."""
    return report.created, report.updated, report.ended, report.failed
