"""Reads bindings, and ends them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from binding_server.domain.model import Binding, BindingState, Diagnosis, EndReason, EntryPoint
from binding_server.domain.options import guardian_may_unbind
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import (
    is_holder,
    readable_account,
    require_known,
    require_municipality,
    require_organisation,
    require_person,
)
from binding_server.use_cases.outcomes import BindingView, audit, earlier_result, request_key
from binding_server.use_cases.records import BindingFilter, Refuse
from binding_server.use_cases.services import Caller, Services

_ETAG = re.compile(r'"?([0-9]{1,18})"?')


@dataclass(frozen=True, slots=True)
class BindingRef:
    """Names a binding by its id, or as the ACTIVE (else the newest) one of an account."""

    binding_id: str | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class BindingPage:
    """A page of bindings, newest first. `next` is the id after which the next page begins; None on the last. `counts`
    are over all that the parent has; of a municipality on the first page only."""

    bindings: Sequence[BindingView]
    next: str | None
    counts: Mapping[Diagnosis, int]


@dataclass(frozen=True, slots=True)
class Unbound:
    """An ended binding; `already` if it had ended before."""

    view: BindingView
    already: bool


async def get_binding(services: Services, caller: Caller, ref: BindingRef) -> BindingView:
    """Returns a binding that the caller may read; the VK ID number in full for the holder only (H12). Raises
    Refusal."""
    require_known(caller)
    return await _view(services, caller, await _find(services, caller, ref))


async def list_bindings(
    services: Services,
    caller: Caller,
    account_id: str | None,
    organisation_id: str | None,
    state: BindingState | None,
    diagnosis: Diagnosis | None,
    page_size: int,
    before: str | None,
    municipality_id: str | None = None,
) -> BindingPage:
    """Lists an account's bindings, an organisation's for its staff and for back ends of its municipality, or a
    municipality's for its back ends. Raises Refusal.

    Args:
        page_size: how many at most.
        before: the id after which to go on; None for the first page.
    """
    if account_id:
        await readable_account(services, caller, account_id)
    elif municipality_id:
        require_municipality(caller, municipality_id)
    else:
        await require_organisation(services, caller, organisation_id or "")
    wanted = BindingFilter(account_id, organisation_id, state, diagnosis, page_size + 1, before, municipality_id)
    found = await services.store.list_bindings(wanted)
    page = found[:page_size]
    views = [BindingView(binding, in_full=is_holder(caller, binding.person_id)) for binding in page]
    counts: Mapping[Diagnosis, int] = {}
    # Counting a municipality takes long enough to be done once.
    if before is None or not municipality_id:
        counts = await services.store.count_diagnoses(account_id, organisation_id, municipality_id)
    return BindingPage(views, page[-1].id if len(found) > page_size else None, counts)


async def unbind(
    services: Services, caller: Caller, ref: BindingRef, entry_point: EntryPoint, etag: str, request_id: str
) -> Unbound:
    """Ends a binding: account and profile are free at once and no chat of it is visible any more (I4).

    Only the holder may, and an operator for the holder in a visit; where the service allows it, who represents a
    pupil under 14 (A8). Both buttons lead here; the entry point is recorded.

    Args:
        etag: the version that the caller has read; empty to end whatever there is.
        request_id: names the request; empty for none.

    Raises:
        Refusal: RESOURCE_NOT_ACCESSIBLE, CALLER_NOT_ALLOWED, ETAG_MISMATCH, REQUEST_ID_REUSED.
    """
    require_person(caller)
    name = ref.binding_id or f"account:{ref.account_id}"
    key = request_key(services, caller, "Unbind", request_id, name, entry_point, etag)
    earlier = await earlier_result(services, key)
    if earlier and earlier.binding_id:
        kept = await _find(services, caller, BindingRef(binding_id=earlier.binding_id))
        return Unbound(await _view(services, caller, kept), earlier.already)
    view = await _view(services, caller, await _find(services, caller, ref))
    if not view.in_full:
        await _require_guardian(services, caller, view.binding)
    reason = EndReason.USER if view.in_full else EndReason.GUARDIAN
    if caller.operator:
        reason = EndReason.SCHOOL_ASSISTED
    ended = await services.store.unbind(
        view.binding.id,
        reason=reason,
        entry_point=entry_point,
        expected_version=_version(etag),
        now=services.clock.now(),
        audit=audit(
            services,
            caller,
            "binding.unbind",
            view.binding.account_id,
            policy=view.binding.policy,
            entry_point=entry_point,
            reason=reason,
        ),
        request=key,
    )
    if ended is None:
        refusal = Refusal(Reason.ETAG_MISMATCH)
        account_id = view.binding.account_id
        record = audit(services, caller, "binding.unbind", account_id, entry_point=entry_point, reason=refusal.reason)
        # Kept, so that a repeat cannot end a later binding that has this very version (I6).
        await services.store.refuse(Refuse(refusal.record(), None, record, request=key))
        raise refusal
    return Unbound(BindingView(ended[0], in_full=view.in_full), ended[1])


async def _find(services: Services, caller: Caller, ref: BindingRef) -> Binding:
    if ref.binding_id:
        binding = await services.store.binding(ref.binding_id)
    else:
        account_id = ref.account_id or ""
        # Asked first, so that the time of a refusal does not tell either whether anything is bound there (I10).
        await _readable(services, caller, account_id)
        binding = await services.store.active_binding(account_id)
        if binding is None:
            newest = await services.store.list_bindings(BindingFilter(account_id, None, None, None, 1, None))
            binding = newest[0] if newest else None
    if binding is None:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return binding


async def _view(services: Services, caller: Caller, binding: Binding) -> BindingView:
    holder = is_holder(caller, binding.person_id)
    if not holder or caller.operator:
        await _readable(services, caller, binding.account_id)
    return BindingView(binding, in_full=holder)


async def _require_guardian(services: Services, caller: Caller, binding: Binding) -> None:
    person = require_person(caller)
    context = await services.store.account(binding.account_id)
    born = await services.store.birth_date_of(binding.person_id) if services.options.guardian_unbind else None
    today = services.clock.now().date()
    if caller.operator or not context or not guardian_may_unbind(services.options, context, person.id, born, today):
        raise Refusal(Reason.CALLER_NOT_ALLOWED)


async def _readable(services: Services, caller: Caller, account_id: str) -> None:
    try:
        await readable_account(services, caller, account_id)
    except Refusal as refusal:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE) from refusal


def _version(etag: str) -> int | None:
    if not etag:
        return None
    found = _ETAG.fullmatch(etag)
    if found is None:
        raise Refusal(Reason.ETAG_MISMATCH)
    return int(found[1])
