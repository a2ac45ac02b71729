"""Takes a roster, and lets chat memberships follow it (I12)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from binding_server.domain.model import EndReason, EntryPoint
from binding_server.domain.ownership import is_eligible
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import (
    AccountItem,
    ContactItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    RosterChange,
    RosterItem,
    RosterOutcome,
)
from binding_server.use_cases.callers import require_service
from binding_server.use_cases.outcomes import audit, wanted_chats
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
    """A record that breaks a rule of its form: the offending field, such as `person.id`, and what is wrong with it."""

    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class RosterInput:
    """A record with the line of its source (0 if it has none)."""

    line: int
    item: RosterItem | RawContact | FaultyRecord


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
    """What became of a roster."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RosterError] = field(default_factory=list[RosterError])


async def import_roster(
    services: Services, caller: Caller, batches: AsyncIterator[Sequence[RosterInput]]
) -> RosterReport:
    """Upserts records batch by batch; a record with an error is skipped whole and reported.

    Memberships of the ACTIVE bindings that a batch touches are settled after it; an account that the roster has left
    without a role
    is unbound.

    Raises:
        Refusal: CALLER_UNKNOWN, CALLER_NOT_ALLOWED.
    """
    require_service(caller, METHOD)
    report = RosterReport()
    index = 0
    async for batch in batches:
        changed = await _apply(services, batch, index, report)
        index += len(batch)
        await _follow(services, caller, changed)
    return report


async def _apply(
    services: Services, batch: Sequence[RosterInput], begin: int, report: RosterReport
) -> Sequence[RosterItem]:
    items: list[RosterItem] = []
    places: list[int] = []
    for place, record in enumerate(batch):
        if isinstance(record.item, FaultyRecord):
            fault = record.item
            _fail(report, begin + place, record.line, fault.field, Reason.REQUEST_INVALID, fault.problem)
            continue
        item = _item(services, record.item)
        if item is None:
            _fail(report, begin + place, record.line, "contact.value", Reason.CONTACT_INVALID, "malformed")
        else:
            items.append(item)
            places.append(place)
    outcomes = await services.store.apply_roster(items, services.clock.now())
    changed: list[RosterItem] = []
    for item, place, outcome in zip(items, places, outcomes, strict=True):
        if outcome.change is RosterChange.FAILED:
            name = f"{_record_name(item)}.{outcome.field}"
            _fail(report, begin + place, batch[place].line, name, Reason.REQUEST_INVALID, outcome.problem)
        else:
            _count(report, outcome)
        if outcome.change in (RosterChange.CREATED, RosterChange.UPDATED):
            changed.append(item)
    return changed


def _item(services: Services, item: RosterItem | RawContact) -> RosterItem | None:
    if not isinstance(item, RawContact):
        return item
    try:
        contact = services.contacts.parse(item.value)
    except ValueError:
        return None
    return ContactItem(item.person_id, services.vault.contact_digest(contact), item.ended)


def _record_name(item: RosterItem) -> str:
    name = type(item).__name__.removesuffix("Item")
    return {"SchoolClass": "school_class"}.get(name, name.lower())


def _count(report: RosterReport, outcome: RosterOutcome) -> None:
    report.created += outcome.change is RosterChange.CREATED
    report.updated += outcome.change is RosterChange.UPDATED
    report.unchanged += outcome.change is RosterChange.UNCHANGED


def _fail(report: RosterReport, index: int, line: int, name: str, reason: Reason, problem: str) -> None:
    report.failed += 1
    if len(report.errors) < MAX_ERRORS:
        report.errors.append(RosterError(index, line, name, reason, problem))


async def _follow(services: Services, caller: Caller, changed: Sequence[RosterItem]) -> None:
    persons: set[str] = set()
    for item in changed:
        if isinstance(item, GuardianshipItem):
            persons.add(item.guardian_id)
        elif isinstance(item, EnrolmentItem | DutyItem | AccountItem):
            persons.add(item.person_id)
    if not persons:
        return
    accounts = set(await services.store.accounts_of_persons(persons))
    enrolled = {item.person_id for item in changed if isinstance(item, EnrolmentItem)}
    accounts |= set(await services.store.accounts_of_persons(await services.store.guardians_of(enrolled)))
    if not accounts or not await services.store.any_active_binding(accounts):
        return
    for account_id in sorted(accounts):
        await settle_account(services, caller, account_id)


async def settle_account(services: Services, caller: Caller, account_id: str) -> None:
    """Makes the memberships of an account's ACTIVE binding what rosters, roles and policy say; unbinds it if no role
    is left."""
    binding = await services.store.active_binding(account_id)
    context = await services.store.account(account_id) if binding else None
    if binding is None or context is None:
        return
    if not is_eligible(context):
        reason = EndReason.ROSTER
        await services.store.unbind(
            binding.id,
            reason=reason,
            entry_point=EntryPoint.API,
            expected_version=None,
            now=services.clock.now(),
            audit=audit(services, caller, "binding.unbind", account_id, policy=binding.policy, reason=reason),
            request=None,
        )
        return
    await services.store.set_memberships(
        binding.id,
        wanted_chats(services, context, binding.roles, binding.policy),
        services.chats.settles_inline,
        services.clock.now(),
        audit(services, caller, "chats.settle", account_id, policy=binding.policy),
    )
