"""Takes a roster, and lets bindings and chat memberships follow it (I12)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.roster import (
    ContactItem,
    MunicipalityItem,
    RosterChange,
    RosterItem,
    RosterMode,
    RosterOutcome,
    RosterRun,
)
from binding_server.use_cases.callers import require_service
from binding_server.use_cases.follow_roster import follow_roster
from binding_server.use_cases.services import Caller, Services

METHOD = "DirectoryService/ImportRoster"

MAX_ERRORS = 1000
"""How many skipped records are reported one by one."""


@dataclass(frozen=True, slots=True)
class RawContact:
    """A contact that a school has recorded, as the school writes it; kept as a digest only."""

    person_id: str
    value: str = field(repr=False)
    ended: bool


@dataclass(frozen=True, slots=True)
class FaultyRecord:
    """A record that breaks a rule of its form: the offending field, such as `person.id`, what is wrong with it, and the
    ids of the persons whom it names."""

    field: str
    problem: str
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterInput:
    """A record with the line of its source (0 if it has none)."""

    line: int
    item: RosterItem | RawContact | FaultyRecord


@dataclass(frozen=True, slots=True)
class RosterPart:
    """Some records of a roster; `complete` if they are its last."""

    records: Sequence[RosterInput]
    complete: bool = False


@dataclass(frozen=True, slots=True)
class RosterError:
    """A record that was skipped. `index` counts from 0 over the stream."""

    index: int
    line: int
    field: str
    reason: Reason
    problem: str


@dataclass(slots=True)
class RosterReport:
    """What became of a roster. `ended` counts what a FULL one no longer has, `unbound` the bindings that ended."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RosterError] = field(default_factory=list[RosterError])
    ended: int = 0
    unbound: int = 0
    dry_run: bool = False


async def import_roster(
    services: Services,
    caller: Caller,
    parts: AsyncIterator[RosterPart],
    *,
    mode: RosterMode = RosterMode.INCREMENTAL,
    dry_run: bool = False,
) -> RosterReport:
    """Upserts records part by part; a record with an error is skipped whole and reported.

    What a part changes is durable before the next is read. The ACTIVE bindings that it touches follow it: memberships
    are settled, and an account that the roster has left without a role is unbound. A back end that is trusted with some
    municipalities only changes nothing elsewhere: such records are skipped. At the end of a FULL roster that is
    complete, what it does not tell of its municipalities ends.

    Args:
        mode: how the roster is meant.
        dry_run: play all of it on a private copy of the database, so that the report is exact and nothing changes.

    Raises:
        Refusal: CALLER_UNKNOWN, CALLER_NOT_ALLOWED; REQUEST_INVALID for a FULL roster that stops before it is complete,
            or goes on after. Its metadata tell how many records were `applied`.
    """
    require_service(caller, METHOD)
    if not dry_run:
        return await _Import(services, caller).run(parts, mode)
    copy = await services.store.copy()
    try:
        report = await _Import(replace(services, store=copy), caller).run(parts, mode)
    finally:
        await copy.close()
    report.dry_run = True
    return report


class _Import:
    """One import under way."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services = services
        self._caller = caller
        self._report = RosterReport()
        self._taken = 0
        self._named: set[str] = set()
        self._within = caller.service.municipalities if caller.service else frozenset[str]()

    async def run(self, parts: AsyncIterator[RosterPart], mode: RosterMode) -> RosterReport:
        services = self._services
        run = await services.store.begin_roster(self._caller.actor, mode, services.clock.now())
        try:
            complete = await self._take(parts, run)
            if mode is RosterMode.FULL and not complete:
                raise _incomplete("must be set in the last message of a FULL roster")
        except Refusal as refusal:
            refusal.metadata["applied"] = str(self._taken)
            raise
        if mode is RosterMode.FULL:
            await self._sweep(run)
        await services.store.end_roster(run, services.clock.now())
        return self._report

    async def _take(self, parts: AsyncIterator[RosterPart], run: RosterRun) -> bool:
        """Applies all parts; returns whether the roster was told to its end."""
        complete = False
        async for part in parts:
            if complete:
                raise _incomplete("must be set in the last message only")
            await self._apply(part.records, run)
            await self._follow(run)
            complete = part.complete
        return complete

    async def _apply(self, records: Sequence[RosterInput], run: RosterRun) -> None:
        begin = self._taken
        items: list[RosterItem] = []
        places: list[int] = []
        doubtful: set[str] = set()
        for place, record in enumerate(records):
            item = self._item(record.item)
            if isinstance(item, FaultyRecord):
                reason = Reason.CONTACT_INVALID if isinstance(record.item, RawContact) else Reason.REQUEST_INVALID
                self._fail(begin + place, record.line, item.field, reason, item.problem)
                doubtful.update(item.persons)
            else:
                items.append(item)
                places.append(place)
        services = self._services
        outcomes = await services.store.apply_roster(items, services.clock.now(), run, doubtful, self._within)
        self._taken += len(records)
        for item, place, outcome in zip(items, places, outcomes, strict=True):
            self._count(outcome)
            if outcome.change is RosterChange.FAILED:
                name = f"{_record_name(item)}.{outcome.field}"
                reason = Reason.CALLER_NOT_ALLOWED if outcome.problem == "foreign" else Reason.REQUEST_INVALID
                self._fail(begin + place, records[place].line, name, reason, outcome.problem)
            elif isinstance(item, MunicipalityItem):
                self._named.add(item.id)

    async def _sweep(self, run: RosterRun) -> None:
        services = self._services
        for organisation_id in await services.store.organisations_in(self._named):
            self._report.ended += await services.store.sweep_organisation(
                run, organisation_id, self._named, services.clock.now()
            )
            await self._follow(run)
            # A copy is written without waiting for anything: let the others have their turn.
            await asyncio.sleep(0)

    async def _follow(self, run: RosterRun) -> None:
        services = self._services
        self._report.unbound += await follow_roster(services, self._caller, run.number)

    def _item(self, item: RosterItem | RawContact | FaultyRecord) -> RosterItem | FaultyRecord:
        if not isinstance(item, RawContact):
            return item
        try:
            contact = self._services.contacts.parse(item.value)
        except ValueError:
            return FaultyRecord("contact.value", "malformed", (item.person_id,))
        return ContactItem(item.person_id, self._services.vault.contact_digest(contact), item.ended)

    def _count(self, outcome: RosterOutcome) -> None:
        self._report.created += outcome.change is RosterChange.CREATED
        self._report.updated += outcome.change is RosterChange.UPDATED
        self._report.unchanged += outcome.change is RosterChange.UNCHANGED

    def _fail(self, index: int, line: int, name: str, reason: Reason, problem: str) -> None:
        self._report.failed += 1
        if len(self._report.errors) < MAX_ERRORS:
            self._report.errors.append(RosterError(index, line, name, reason, problem))


def _record_name(item: RosterItem) -> str:
    name = type(item).__name__.removesuffix("Item")
    return {"SchoolClass": "school_class"}.get(name, name.lower())


def _incomplete(problem: str) -> Refusal:
    return Refusal(Reason.REQUEST_INVALID, fields=[("complete", problem)])
