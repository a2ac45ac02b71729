"""Takes a roster, and lets bindings and chat memberships follow it (I12)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from binding_server.domain.reasons import Reason
from binding_server.domain.reconcile import Effect, EffectKind
from binding_server.domain.refusal import Refusal
from binding_server.domain.roster import (
    AccountItem,
    ContactItem,
    MunicipalityItem,
    RosterChange,
    RosterItem,
    RosterMode,
    RosterOutcome,
    RosterRun,
)
from binding_server.use_cases.callers import require_service
from binding_server.use_cases.follow_roster import follow_roster, named, unbind_those_without_a_role
from binding_server.use_cases.ports import Store
from binding_server.use_cases.roster_ports import Finding
from binding_server.use_cases.roster_report import (
    EFFECT,
    ERROR,
    FaultyRecord,
    RawContact,
    RosterError,
    RosterInput,
    RosterPart,
    RosterReport,
    effect_finding,
    effect_of,
    error_finding,
    error_of,
)
from binding_server.use_cases.roster_spool import RosterSpool
from binding_server.use_cases.services import Caller, Services

METHOD = "DirectoryService/ImportRoster"

MAX_ERRORS = 1000
"""How many skipped records, or effects of a dry run, are in the report itself."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where an import reports to: always the database itself, under the import's number there. `effects` are reported
    by dry runs only."""

    store: Store
    run: int
    effects: bool = False


async def import_roster(
    services: Services,
    caller: Caller,
    parts: AsyncIterator[RosterPart],
    *,
    mode: RosterMode = RosterMode.INCREMENTAL,
    dry_run: bool = False,
    atomic: bool = False,
) -> RosterReport:
    """Upserts records part by part; a record with an error is skipped whole and reported.

    What a part changes is durable before the next is read. The ACTIVE bindings that it touches follow it: memberships
    are settled; an account that the roster has left without a role sees no chat at once, and is unbound at the end, if
    no later part has given it a role again. A back end that is trusted with some municipalities only changes nothing
    elsewhere: such records are skipped. At the end of a FULL roster that is complete, what it does not tell of its
    municipalities ends.

    Args:
        mode: how the roster is meant.
        dry_run: play all of it on a private copy of the database, so that the report is exact and nothing changes.
        atomic: try it like that first, and apply it only if no record had an error.

    Raises:
        Refusal: CALLER_UNKNOWN, CALLER_NOT_ALLOWED; REQUEST_INVALID for a FULL roster that stops before it is complete,
            or goes on after. Its metadata tell how many records were `applied`.
    """
    require_service(caller, METHOD)
    run = await services.store.begin_roster(caller.actor, mode, services.clock.now())
    told = _told(services, parts)
    if dry_run:
        return await _tried(services, caller, told, mode, _Desk(services.store, run.number, effects=True))
    desk = _Desk(services.store, run.number)
    if not atomic:
        return await _Import(services, caller, desk).run(told, run)
    with RosterSpool() as spool:
        trial = await _tried(services, caller, spool.taking(told), mode, desk)
        return trial if trial.failed else await _Import(services, caller, desk).run(spool.parts(), run)


async def _tried(
    services: Services, caller: Caller, parts: AsyncIterator[RosterPart], mode: RosterMode, desk: _Desk
) -> RosterReport:
    copy = await services.store.copy()
    try:
        run = await copy.begin_roster(caller.actor, mode, services.clock.now())
        report = await _Import(replace(services, store=copy), caller, desk).run(parts, run)
    except Refusal as refusal:
        refusal.metadata["applied"] = "0"
        raise
    finally:
        await copy.close()
    report.dry_run = True
    return report


async def _told(services: Services, parts: AsyncIterator[RosterPart]) -> AsyncIterator[RosterPart]:
    """Passes parts on with contacts as digests."""
    async for part in parts:
        records = [
            RosterInput(record.line, _digested(services, record.item))
            if isinstance(record.item, RawContact)
            else record
            for record in part.records
        ]
        yield RosterPart(records, part.complete)


def _digested(services: Services, item: RawContact) -> ContactItem | FaultyRecord:
    try:
        contact = services.contacts.parse(item.value)
    except ValueError:
        return FaultyRecord("contact.value", "malformed", (item.person_id,), Reason.CONTACT_INVALID)
    return ContactItem(item.person_id, services.vault.contact_digest(contact), item.ended)


async def list_errors(
    services: Services, caller: Caller, run: int, after: int, limit: int
) -> tuple[list[RosterError], int | None]:
    """Returns records that an import of the caller's own skipped, after a number, and the number after which the next
    page begins. Raises Refusal: RESOURCE_NOT_ACCESSIBLE."""
    found, following = await _findings(services, caller, run, ERROR, after, limit)
    return [error_of(finding) for finding in found], following


async def list_effects(
    services: Services, caller: Caller, run: int, after: int, limit: int
) -> tuple[list[Effect], int | None]:
    """Returns what a dry run of the caller's own has shown, as `list_errors` does."""
    found, following = await _findings(services, caller, run, EFFECT, after, limit)
    return [effect_of(finding) for finding in found], following


async def _findings(
    services: Services, caller: Caller, run: int, kind: str, after: int, limit: int
) -> tuple[Sequence[Finding], int | None]:
    if await services.store.roster_actor(run) != caller.actor:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    found = await services.store.findings(run, kind, after, limit)
    return found, found[-1].number if len(found) == limit else None


class _Import:
    """One import under way."""

    def __init__(self, services: Services, caller: Caller, desk: _Desk) -> None:
        self._services = services
        self._caller = caller
        self._desk = desk
        self._report = RosterReport(run=desk.run)
        self._findings: list[Finding] = []
        self._taken = 0
        self._named: set[str] = set()
        self._within = caller.service.municipalities if caller.service else frozenset[str]()

    async def run(self, parts: AsyncIterator[RosterPart], run: RosterRun) -> RosterReport:
        """Takes all of a roster; returns what became of it."""
        services = self._services
        try:
            complete = await self._take(parts, run)
            if run.mode is RosterMode.FULL:
                if not complete:
                    raise _incomplete("must be set in the last message of a FULL roster")
                await self._sweep(run)
            await services.store.adopt_left_over(run)
            async for effects in unbind_those_without_a_role(services, self._caller, run.number):
                await self._note(effects)
        except BaseException as error:
            if isinstance(error, Refusal):
                error.metadata["applied"] = str(self._taken)
            # Who waits for the end of it is settled by the next import, or by the housekeeping.
            await self._hand_in()
            await services.store.end_roster(run, services.clock.now())
            raise
        await services.store.end_roster(run, services.clock.now())
        await self._hand_in()
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
        faults: list[RosterError] = []
        for place, record in enumerate(records):
            item = record.item
            if isinstance(item, FaultyRecord):
                faults.append(RosterError(begin + place, record.line, item.field, item.reason, item.problem))
                doubtful.update(item.persons)
            elif not isinstance(item, RawContact):
                items.append(item)
                places.append(place)
        services = self._services
        outcomes = await services.store.apply_roster(items, services.clock.now(), run, doubtful, self._within)
        self._taken += len(records)
        effects: list[Effect] = []
        for item, place, outcome in zip(items, places, outcomes, strict=True):
            self._count(outcome)
            if outcome.change is RosterChange.FAILED:
                name = f"{_record_name(item)}.{outcome.field}"
                reason = Reason.CALLER_NOT_ALLOWED if outcome.problem == "foreign" else Reason.REQUEST_INVALID
                faults.append(RosterError(begin + place, records[place].line, name, reason, outcome.problem))
            elif isinstance(item, MunicipalityItem):
                self._named.add(item.id)
            elif isinstance(item, AccountItem) and outcome.change is not RosterChange.UNCHANGED:
                kind = EffectKind.ACCOUNT_CLOSED if item.closed else EffectKind.ACCOUNT_OPENED
                effects.append(Effect(kind, item.id))
        for fault in sorted(faults, key=lambda each: each.index):
            self._fail(fault)
        await self._note(effects)

    async def _sweep(self, run: RosterRun) -> None:
        services = self._services
        for organisation_id in await services.store.organisations_in(self._named):
            swept = await services.store.sweep_organisation(run, organisation_id, self._named, services.clock.now())
            self._report.ended += swept.count
            await self._note([Effect(EffectKind.ACCOUNT_CLOSED, account_id) for account_id in swept.closed])
            await self._follow(run)
            # A copy is written without waiting for anything: let the others have their turn.
            await asyncio.sleep(0)

    async def _follow(self, run: RosterRun) -> None:
        async for effects in follow_roster(self._services, self._caller, run.number):
            await self._note(effects)
        await self._hand_in()

    async def _note(self, effects: Sequence[Effect]) -> None:
        self._report.unbound += sum(effect.kind is EffectKind.UNBOUND for effect in effects)
        if not self._desk.effects or not effects:
            return
        for effect in await named(self._services, effects):
            self._report.effect_count += 1
            self._findings.append(effect_finding(effect, self._report.effect_count))
            if len(self._report.effects) < MAX_ERRORS:
                self._report.effects.append(effect)

    def _count(self, outcome: RosterOutcome) -> None:
        self._report.created += outcome.change is RosterChange.CREATED
        self._report.updated += outcome.change is RosterChange.UPDATED
        self._report.unchanged += outcome.change is RosterChange.UNCHANGED

    def _fail(self, error: RosterError) -> None:
        self._report.failed += 1
        self._findings.append(error_finding(error, self._report.failed))
        if len(self._report.errors) < MAX_ERRORS:
            self._report.errors.append(error)

    async def _hand_in(self) -> None:
        """Keeps what was found since the last time."""
        found, self._findings = self._findings, []
        if found:
            await self._desk.store.add_findings(self._desk.run, found)


def _record_name(item: RosterItem) -> str:
    name = type(item).__name__.removesuffix("Item")
    return {"SchoolClass": "school_class"}.get(name, name.lower())


def _incomplete(problem: str) -> Refusal:
    return Refusal(Reason.REQUEST_INVALID, fields=[("complete", problem)])
