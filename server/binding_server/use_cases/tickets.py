"""Support tickets: filed by the person, the school or support; worked off by support, which only unbinds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from binding_server.domain.model import AccountContext, DutyKind, EndReason, EntryPoint
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.tickets import (
    MAX_SCREENSHOT_BYTES,
    PROOF_LASTS,
    ImageProblem,
    Screenshot,
    Settlement,
    Ticket,
    TicketAction,
    TicketItems,
    TicketState,
    missing_items,
)
from binding_server.use_cases.callers import (
    readable_account,
    require_organisation,
    require_person,
)
from binding_server.use_cases.limits import LimitKind, use
from binding_server.use_cases.outcomes import audit, earlier_result, request_key
from binding_server.use_cases.records import Refuse
from binding_server.use_cases.services import Caller, ServiceIdentity, Services
from binding_server.use_cases.ticket_ports import ImageWorkBusy, TicketFilter, TicketOrder, UnusableImage
from binding_server.use_cases.visit_ends import within_visit

CREATE = "ticket.create"
RESOLVE = "ticket.resolve"
BUSY_RETRY_S = 2.0
"""After how many seconds a repeat may help when too many pictures are being looked at."""

_REFUSED = {Settlement.MISMATCH: Reason.TICKET_MISMATCH, Settlement.UNPROVEN: Reason.TICKET_UNPROVEN}


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as its reader may see it: `in_full`, with the VK ID number, for support and for who filed it."""

    ticket: Ticket
    in_full: bool


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A page of tickets, newest first. `next` is the id after which the next page begins; None on the last."""

    tickets: Sequence[TicketView]
    next: str | None


async def create_ticket(
    services: Services,
    caller: Caller,
    account_id: str,
    items: TicketItems,
    screenshot: bytes,
    decision: str | None,
    request_id: str,
) -> TicketView:
    """Files a ticket about an account: its holder, an operator of its school, or support for who wrote to it.

    Args:
        screenshot: the picture as it came; it is kept anew, without metadata.
        decision: short number of the decision that refused; None if the ticket names none.
        request_id: names the request; empty for none.

    Raises:
        Refusal: REQUEST_INVALID naming each item that says nothing, ACCOUNT_NOT_ACCESSIBLE, ATTACHMENT_INVALID,
            RATE_LIMITED, REQUEST_ID_REUSED.
    """
    missing = missing_items(items)
    if missing:
        raise Refusal(Reason.REQUEST_INVALID, fields=[(name, "must say something") for name in missing])
    await _fileable(services, caller, account_id)
    content = (account_id, *_texts(items), sha256(screenshot).hexdigest(), decision or "")
    key = request_key(services, caller, "CreateTicket", request_id, *content)
    earlier = await earlier_result(services, key)
    if earlier and earlier.ticket_id:
        return await _kept(services, earlier.ticket_id)
    await use(services, caller, LimitKind.TICKETS)
    ticket = Ticket(
        id=services.ids.new_id(),
        state=TicketState.OPEN,
        account_id=account_id,
        filed_by=caller.actor,
        items=items,
        vk_digest=services.vault.vk_digest(items.vk_user_id),
        screenshot=await _prepared(services, screenshot),
        created_at=services.clock.now(),
        decision=decision,
    )
    record = replace(audit(services, caller, CREATE, account_id), ticket_id=ticket.id)
    return await _kept(services, await services.store.add_ticket(ticket, record, key))


async def get_ticket(services: Services, caller: Caller, ticket_id: str) -> TicketView:
    """Returns a ticket with its screenshot, to support and to who filed it. Raises Refusal:
    RESOURCE_NOT_ACCESSIBLE."""
    view = await _visible(services, caller, ticket_id)
    return await _with_picture(services, view.ticket)


async def list_tickets(
    services: Services,
    caller: Caller,
    account_id: str | None,
    organisation_id: str | None,
    state: TicketState | None,
    page_size: int,
    before: str | None,
) -> TicketPage:
    """Lists tickets without pictures: of an account, of an organisation for its operators, or, without either, all of
    support's municipalities, or a person's own.

    Args:
        page_size: how many at most.
        before: the id after which to go on; None for the first page.

    Raises:
        Refusal: ACCOUNT_NOT_ACCESSIBLE, CALLER_NOT_ALLOWED.
    """
    wanted = TicketFilter(page_size + 1, before, state)
    support = caller.service_itself
    if account_id:
        await _fileable(services, caller, account_id)
        wanted = replace(wanted, account_id=account_id)
    elif organisation_id:
        await _require_operator_or_support(services, caller, organisation_id)
        wanted = replace(wanted, organisation_id=organisation_id)
    elif support:
        wanted = replace(wanted, municipalities=support.municipalities)
    else:
        require_person(caller)
        wanted = replace(wanted, concerns=caller.actor)
    found = await services.store.list_tickets(wanted)
    page = found[:page_size]
    views = [TicketView(ticket, in_full=_in_full(caller, ticket)) for ticket in page]
    return TicketPage(views, page[-1].id if len(found) > page_size else None)


async def resolve_ticket(
    services: Services,
    caller: Caller,
    ticket_id: str,
    action: TicketAction,
    account_id: str | None,
    agent: str,
    resolution: str,
    request_id: str,
) -> TicketView:
    """Works a ticket off: ends the binding that it is about, or closes it. Makes no binding (S22).

    Args:
        account_id: whose binding to end; the ticket's own account if None.
        agent: who of support's staff acts, by an id of support's own; kept in the audit.
        resolution: what to tell who filed it.
        request_id: names the request; empty for none.

    Raises:
        Refusal: CALLER_NOT_ALLOWED, RESOURCE_NOT_ACCESSIBLE, ACCOUNT_NOT_ACCESSIBLE, TICKET_MISMATCH (with `holder`,
            the account that holds the profile, if the profile is known to be the person's own), TICKET_UNPROVEN,
            REQUEST_ID_REUSED.
    """
    if caller.service_itself is None:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    ticket = (await _visible(services, caller, ticket_id)).ticket
    key = request_key(
        services, caller, "ResolveTicket", request_id, ticket_id, action, account_id or "", agent, resolution
    )
    await earlier_result(services, key)
    target = account_id or ticket.account_id
    if target != ticket.account_id:
        await readable_account(services, caller, target)
    record = replace(audit(services, caller, RESOLVE, ticket.account_id), ticket_id=ticket_id, agent=agent)
    ended, refused = await services.store.settle_ticket(
        TicketOrder(
            ticket_id=ticket_id,
            action=action,
            target=target,
            agent=agent,
            resolution=resolution,
            proof_since=services.clock.now() - PROOF_LASTS,
            audit=record,
            unbind_audit=replace(
                record,
                action="binding.unbind",
                account_id=target,
                entry_point=EntryPoint.API,
                reason=EndReason.SUPPORT,
            ),
        )
    )
    if refused:
        refusal = Refusal(_REFUSED[refused], metadata=await _hint(services, caller, ticket, refused))
        noted = replace(record, reason=refusal.reason)
        await services.store.refuse(Refuse(refusal.record(), None, noted, request=key))
        raise refusal
    return await _with_picture(services, ended)


async def _fileable(services: Services, caller: Caller, account_id: str) -> None:
    """Lets only the holder, an operator of the account's school, and support pass."""
    if caller.service_itself:
        await readable_account(services, caller, account_id)
        return
    person = require_person(caller)
    context = await services.store.account(account_id)
    own = context is not None and context.person.id == person.id and within_visit(caller, context)
    # In a visit the holder's duties are no business of the operator, who may file a ticket without one.
    operates = context is not None and caller.operator is None and await _operates(services, caller, context)
    if not (own or operates):
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)


async def _operates(services: Services, caller: Caller, context: AccountContext) -> bool:
    duties = await services.store.duties_of(require_person(caller).id)
    schools = {duty.organisation_id for duty in duties if duty.kind is DutyKind.OPERATOR}
    return not schools.isdisjoint(context.organisations)


async def _require_operator_or_support(services: Services, caller: Caller, organisation_id: str) -> None:
    if caller.service_itself:
        await require_organisation(services, caller, organisation_id)
        return
    duties = await services.store.duties_of(require_person(caller).id)
    if (organisation_id, DutyKind.OPERATOR) not in {(duty.organisation_id, duty.kind) for duty in duties}:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)


async def _prepared(services: Services, content: bytes) -> Screenshot:
    try:
        if len(content) > MAX_SCREENSHOT_BYTES:
            raise UnusableImage(ImageProblem.TOO_LARGE)
        return await services.screenshots.prepare(content)
    except UnusableImage as unusable:
        problem = unusable.problem
        raise Refusal(
            Reason.ATTACHMENT_INVALID, metadata={"problem": problem}, fields=[("screenshot", problem)]
        ) from unusable
    except ImageWorkBusy as busy:
        raise Refusal(Reason.RATE_LIMITED, metadata={"limit": "IMAGES"}, retry_after_s=BUSY_RETRY_S) from busy


async def _visible(services: Services, caller: Caller, ticket_id: str) -> TicketView:
    ticket = await services.store.ticket(ticket_id)
    if ticket is None or not _in_full(caller, ticket):
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return TicketView(ticket, in_full=True)


def _in_full(caller: Caller, ticket: Ticket) -> bool:
    return ticket.filed_by == caller.actor or _supports(caller.service_itself, ticket)


def _supports(service: ServiceIdentity | None, ticket: Ticket) -> bool:
    if service is None:
        return False
    return service.municipalities is None or not service.municipalities.isdisjoint(ticket.municipalities)


async def _kept(services: Services, ticket_id: str) -> TicketView:
    ticket = await services.store.ticket(ticket_id)
    if ticket is None:
        raise RuntimeError(f"ticket {ticket_id} was kept and is gone")
    return await _with_picture(services, ticket)


async def _with_picture(services: Services, ticket: Ticket) -> TicketView:
    content = await services.store.screenshot(ticket.id)
    return TicketView(replace(ticket, screenshot=replace(ticket.screenshot, content=content)), in_full=True)


async def _hint(services: Services, caller: Caller, ticket: Ticket, refused: Settlement) -> dict[str, str]:
    """Names the account that holds the profile, to support that may read it, if the profile is the person's own. Of a
    number that somebody has only written down nothing is told."""
    since = services.clock.now() - PROOF_LASTS
    if refused is not Settlement.MISMATCH or not await services.store.owner_proven(ticket, since):
        return {}
    held = await services.store.active_binding_of_profile(ticket.vk_digest)
    if held is None:
        return {}
    try:
        await readable_account(services, caller, held.account_id)
    except Refusal:
        return {}
    return {"holder": f"accounts/{held.account_id}"}


def _texts(items: TicketItems) -> tuple[str, ...]:
    return (items.municipality, items.school_name, items.full_name, items.vk_user_id, items.school_steps)
