"""Compares who is in which chat with what it has to follow from, and repairs what differs (I12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from binding_server.domain.chats import memberships
from binding_server.domain.model import AccountContext, Binding, ChatKind
from binding_server.domain.ownership import is_eligible
from binding_server.domain.reasons import Reason
from binding_server.domain.reconcile import Effect, EffectKind
from binding_server.domain.refusal import Refusal
from binding_server.domain.watching import Reach
from binding_server.use_cases.callers import require_municipality, require_organisation, require_service
from binding_server.use_cases.follow_roster import named, settle_account
from binding_server.use_cases.outcomes import audit
from binding_server.use_cases.services import Caller, ServiceIdentity, Services

METHOD = "DirectoryService/ReconcileChats"
ACTION = "chats.reconcile"
"""How the audit names a repair."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A page of a reconcile run: how many bindings were looked at, what differed, and where the next page begins (None
    on the last)."""

    checked: int
    changes: Sequence[Effect]
    next: str | None


async def reconcile_chats(
    services: Services,
    caller: Caller,
    *,
    organisation_id: str = "",
    municipality_id: str = "",
    dry_run: bool = False,
    after: str | None = None,
    limit: int = 500,
) -> Reconciled:
    """Compares a page of ACTIVE bindings, by id, and repairs each that differs, with audit and events. The first page
    of a run over everything also takes ended bindings out of chats that they were left in.

    Args:
        organisation_id: only of this one; empty for no such bound.
        municipality_id: only of this one; empty for all that the caller is trusted with.
        dry_run: say what differs, and change nothing.
        after: `next` of the page before.
        limit: at most this many bindings.

    Raises:
        Refusal: CALLER_UNKNOWN, CALLER_NOT_ALLOWED.
    """
    require_service(caller, METHOD)
    if organisation_id:
        await require_organisation(services, caller, organisation_id)
    if municipality_id:
        require_municipality(caller, municipality_id)
    if caller.service is None:
        raise Refusal(Reason.CALLER_UNKNOWN)
    trusted = caller.service.municipalities
    if organisation_id:
        scope = [Reach(organisations=frozenset({organisation_id}))]
    elif municipality_id:
        scope = [Reach(municipalities=frozenset({municipality_id}))]
    else:
        scope = [] if trusted is None else [Reach(municipalities=trusted)]
    changes: list[Effect] = []
    if not scope and not after:
        changes += await _left_behind(services, caller, dry_run=dry_run)
    page = await services.store.snapshot_bindings(scope, after, limit)
    for context, differs in await _compared(services, page.bindings):
        if dry_run:
            changes += differs
        elif differs:
            changes += await settle_account(services, caller, context.account.id, action=ACTION) or []
    return Reconciled(len(page.bindings), await named(services, changes), page.next)


async def reconcile_everything(services: Services) -> list[Effect]:
    """Reconciles all there is, page by page, as the service's own doing; returns what was repaired."""
    own = Caller(lambda: 0.0, service=ServiceIdentity("housekeeping", frozenset({METHOD}), municipalities=None))
    changes: list[Effect] = []
    after: str | None = None
    while True:
        done = await reconcile_chats(services, own, after=after)
        changes += done.changes
        if done.next is None:
            return changes
        after = done.next


async def _compared(services: Services, bindings: Sequence[Binding]) -> list[tuple[AccountContext, list[Effect]]]:
    store = services.store
    contexts = await store.accounts_by_id({binding.account_id for binding in bindings})
    ids = [binding.id for binding in bindings]
    present, places = await store.present_chats(ids), await store.noted_places(ids)
    return [
        (context, _differences(binding, context, present[binding.id], places[binding.id]))
        for binding in bindings
        if (context := contexts.get(binding.account_id)) is not None
    ]


def _differences(
    binding: Binding,
    context: AccountContext,
    present: Mapping[tuple[str, ChatKind], str],
    places: frozenset[str],
) -> list[Effect]:
    account_id = context.account.id
    if not is_eligible(context):
        return [Effect(EffectKind.UNBOUND, account_id, binding.id)]
    wanted = memberships(context.account.role, binding.roles, binding.policy, context.classes)
    told = [(EffectKind.LEFT, place) for place in present if place not in wanted]
    told += [(EffectKind.JOINED, place) for place, role in wanted.items() if present.get(place) != role]
    found = [Effect(kind, account_id, binding.id, class_id=place[0], chat_kind=place[1]) for kind, place in told]
    if places != context.organisations:
        found.append(Effect(EffectKind.MOVED, account_id, binding.id))
    return found


async def _left_behind(services: Services, caller: Caller, *, dry_run: bool) -> list[Effect]:
    changes: list[Effect] = []
    while True:
        found = await services.store.left_behind(LEFT_BEHIND)
        present = await services.store.present_chats([binding_id for binding_id, _ in found])
        for binding_id, account_id in found:
            entry = audit(services, caller, ACTION, account_id)
            if dry_run or await services.store.leave_behind(binding_id, services.clock.now(), entry):
                changes += [
                    Effect(EffectKind.LEFT, account_id, binding_id, class_id=class_id, chat_kind=kind)
                    for class_id, kind in present[binding_id]
                ]
        if dry_run or len(found) < LEFT_BEHIND:
            return changes


LEFT_BEHIND = 500
"""How many ended bindings are taken out of chats at a time."""
