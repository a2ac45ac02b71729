"""Reads what is kept about changes: who did what for whom, and why it was decided so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from binding_server.domain.model import AccountContext
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.visits import operated_by
from binding_server.use_cases.callers import readable_account, require_organisation, require_person
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.visit_ports import AuditFilter, AuditRecord, AuditScope, DecisionRecord

LONGEST_NUMBER = 18
"""Digits of a decision's number at most: what a database can count to."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of records, newest first. `next` is the number after which the next page begins; None on the last."""

    records: Sequence[AuditRecord]
    next: str | None


@dataclass(frozen=True, slots=True)
class AuditParent:
    """What records are asked for, by id; nothing for all that support may read."""

    account_id: str | None = None
    organisation_id: str | None = None
    visit_id: str | None = None
    ticket_id: str | None = None


async def list_audit_records(
    services: Services, caller: Caller, parent: AuditParent, action: str | None, page_size: int, before: int | None
) -> AuditPage:
    """Lists what was done, newest first: about an account for its holder and the operators of its school, at a school
    for its operators, in a visit or for a ticket what of it the caller may read, and all of its municipalities for
    support.

    Args:
        action: only this action, such as `binding.unbind`; None for all.
        page_size: how many at most.
        before: the number after which to go on; None for the first page.

    Raises:
        Refusal: ACCOUNT_NOT_ACCESSIBLE, CALLER_NOT_ALLOWED, RESOURCE_NOT_ACCESSIBLE.
    """
    wanted = AuditFilter(AuditScope(), page_size + 1, before, action, visit_id=parent.visit_id)
    wanted = replace(wanted, ticket_id=parent.ticket_id)
    if parent.account_id:
        wanted = await _of_account(services, caller, parent.account_id, wanted)
    elif parent.organisation_id:
        await _require_operator(services, caller, parent.organisation_id)
        everything = AuditScope(everything=True)
        wanted = replace(wanted, scope=everything, organisation_id=parent.organisation_id)
    elif parent.visit_id or parent.ticket_id:
        wanted = replace(wanted, scope=await _scope(services, caller))
        if not await services.store.list_audit(replace(wanted, limit=1, before=None, action=None)):
            raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    elif caller.service_itself:
        wanted = replace(wanted, scope=await _scope(services, caller))
    else:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    found = await services.store.list_audit(wanted)
    page = found[:page_size]
    return AuditPage(page, str(page[-1].id) if len(found) > page_size else None)


async def get_decision(services: Services, caller: Caller, number: str) -> DecisionRecord:
    """Returns a decision by its short number, to the account's holder, operators of its school, and support.

    Raises:
        Refusal: RESOURCE_NOT_ACCESSIBLE for any other, existing or not.
    """
    if caller.service_itself is None:
        require_person(caller)
    known = number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER
    found = await services.store.decision(int(number)) if known else None
    context = await services.store.account(found.account_id) if found else None
    if found is None or context is None or not await _concerns(services, caller, context):
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return found


async def _of_account(services: Services, caller: Caller, account_id: str, wanted: AuditFilter) -> AuditFilter:
    """Returns the filter for an account: its holder reads all of it, others what concerned their school or
    municipalities. Raises Refusal."""
    if caller.service_itself:
        context = await readable_account(services, caller, account_id)
    else:
        require_person(caller)
        found = await services.store.account(account_id)
        if found is None or not await _concerns(services, caller, found):
            raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
        context = found
    own = caller.person is not None and caller.person.id == context.person.id
    scope = AuditScope(everything=True) if own else await _scope(services, caller)
    return replace(wanted, scope=scope, account_id=account_id, person=f"person:{context.person.id}")


async def _concerns(services: Services, caller: Caller, context: AccountContext) -> bool:
    """Tells whether a caller has to do with an account: as its holder, an operator of its school, or support."""
    if service := caller.service_itself:
        return service.municipalities is None or not service.municipalities.isdisjoint(context.municipalities)
    person = require_person(caller)
    if context.person.id == person.id:
        return True
    return not operated_by(await services.store.duties_of(person.id)).isdisjoint(context.organisations)


async def _scope(services: Services, caller: Caller) -> AuditScope:
    if service := caller.service_itself:
        if service.municipalities is None:
            return AuditScope(everything=True)
        return AuditScope(municipalities=service.municipalities)
    person = require_person(caller)
    own = await services.store.accounts_of(person.id)
    return AuditScope(
        accounts=frozenset(context.account.id for context in own),
        persons=frozenset({f"person:{person.id}"}),
        organisations=operated_by(await services.store.duties_of(person.id)),
    )


async def _require_operator(services: Services, caller: Caller, organisation_id: str) -> None:
    if caller.service_itself:
        await require_organisation(services, caller, organisation_id)
    elif organisation_id not in operated_by(await services.store.duties_of(require_person(caller).id)):
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
