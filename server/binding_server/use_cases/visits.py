"""Visits: staff of the holder's school acts for the holder, with the live sign-ins of both at ESIA (S19, S20, I11)."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.visits import Visit, VisitState, as_of, in_common, operated_by
from binding_server.use_cases.callers import person_by, require_person, session_required
from binding_server.use_cases.evidence import provider_unavailable
from binding_server.use_cases.identity_ports import (
    EsiaIdentity,
    EsiaScopeMissing,
    EsiaSessionEnded,
    ProviderUnavailable,
)
from binding_server.use_cases.outcomes import audit
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.visit_ends import WHOSE_HOLDER, ending, signed_out

OPEN, CLOSE = "SupportService/OpenVisit", "SupportService/CloseVisit"
CHANGES: Mapping[str, bool] = {
    "BindingService/StartBinding": True,
    "BindingService/CompleteBinding": True,
    "BindingService/CancelAttempt": True,
    "BindingService/Unbind": True,
    "BindingService/ExplainBinding": False,
    "BindingService/GetBinding": False,
    "BindingService/DiagnoseAccount": False,
    "ChatService/ListChats": False,
    "ContactService/SendContactCode": True,
    "ContactService/ConfirmContact": True,
    "SupportService/CreateTicket": True,
    OPEN: True,
    CLOSE: False,
}
"""What an operator may call with the holder's token beside the own one, and whether ESIA is asked first if both
sign-ins are live."""


async def in_visit(services: Services, caller: Caller, holder_token: str, method: str) -> Caller:
    """Returns an operator as one who acts for the holder of a token, whose rights then apply.

    Args:
        caller: a person.
        method: written as `Service/Method`.

    Raises:
        Refusal: CALLER_NOT_ALLOWED for a method that is not for visits, for who is no OPERATOR at a school of the
            holder, and for one's own token; ESIA_SESSION_REQUIRED, with `whose` HOLDER for the holder's sign-in;
            VISIT_REQUIRED with `state` without an open visit, also if the holder has signed out, which ends it; D22
            (ESIA).
    """
    operator = require_person(caller)
    operated = operated_by(await services.store.duties_of(operator.id))
    if method not in CHANGES or not operated:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    try:
        holder = await person_by(services, Caller(caller.time_left_s), holder_token)
    except Refusal as refusal:
        raise _holders(refusal) from refusal
    if holder.person is None or holder.person.id == operator.id:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    common = in_common(operated, await services.store.accounts_of(holder.person.id))
    if not common:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    acting = replace(holder, operator=operator, operator_identity=caller.identity, operator_token=caller.token)
    if method not in (OPEN, CLOSE):
        acting = replace(acting, visit=await _open_one(services, operator.id, holder.person.id, common))
    if CHANGES[method]:
        await check_sign_ins(services, acting)
    return acting


async def open_visit(services: Services, caller: Caller, organisation_id: str | None) -> Visit:
    """Opens a visit of the holder with the operator who calls, or returns the one that is open.

    Args:
        organisation_id: the school; may be None if the two have one in common only.

    Raises:
        Refusal: CALLER_NOT_ALLOWED; ESIA_SESSION_REQUIRED with `whose` HOLDER for an operator who brings no sign-in of
            the holder; REQUEST_INVALID if the school has to be named.
    """
    operator, holder = caller.operator, caller.person
    if operator is None or holder is None:
        if caller.service is None and operated_by(await services.store.duties_of(require_person(caller).id)):
            raise _holders(session_required(EsiaSessionEnded("MISSING")))
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    operated = operated_by(await services.store.duties_of(operator.id))
    common = in_common(operated, await services.store.accounts_of(holder.id))
    if organisation_id is not None and organisation_id not in common:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    now = services.clock.now()
    running = await services.store.newest_visit(operator.id, holder.id)
    if organisation_id is None and running and as_of(running, now).state is VisitState.OPEN:
        organisation_id = running.organisation_id if running.organisation_id in common else None
    if organisation_id is None and len(common) > 1:
        raise Refusal(Reason.REQUEST_INVALID, fields=[("organisation", "several in common: name one")])
    visit = Visit(
        id=services.ids.new_id(),
        organisation_id=organisation_id or min(common),
        operator_id=operator.id,
        holder_id=holder.id,
        state=VisitState.OPEN,
        created_at=now,
        expires_at=now + services.visit_life,
    )
    record = replace(audit(services, caller, "visit.open", None), visit_id=visit.id)
    return await services.store.open_visit(visit, record)


async def close_visit(services: Services, caller: Caller, visit_id: str) -> Visit:
    """Closes a visit of the caller's, as its operator or its holder; one that has ended is returned as it is.

    Raises:
        Refusal: RESOURCE_NOT_ACCESSIBLE for any other, existing or not.
    """
    person = caller.operator or require_person(caller)
    visit = await services.store.visit(visit_id)
    if visit is None or person.id not in (visit.operator_id, visit.holder_id):
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return await services.store.end_visit(visit.id, VisitState.CLOSED, ending(services, caller, visit, "visit.close"))


async def check_sign_ins(services: Services, caller: Caller) -> None:
    """Asks ESIA whether both sign-ins of a visit are live. One of the holder that is not ends the visit.

    Raises:
        Refusal: ESIA_SESSION_REQUIRED for the operator's, VISIT_REQUIRED (or ESIA_SESSION_REQUIRED with `whose` HOLDER
            without an open visit) for the holder's, D22.
    """
    operator, holder = await asyncio.gather(
        _live(services, caller, caller.operator_token, caller.operator_identity),
        _live(services, caller, caller.token, caller.identity),
        return_exceptions=True,
    )
    # The holder's first: a visit must not stay open because the operator's session ended at the same moment.
    if isinstance(holder, EsiaSessionEnded):
        raise await signed_out(services, caller, holder)
    if isinstance(operator, EsiaSessionEnded):
        raise session_required(operator)
    for answer in (operator, holder):
        if isinstance(answer, ProviderUnavailable):
            raise provider_unavailable(answer.provider) from answer
        if isinstance(answer, BaseException):
            raise answer


async def _open_one(services: Services, operator_id: str, holder_id: str, common: Collection[str]) -> Visit:
    """Returns the pair's open visit at a school that they still have in common. Raises Refusal: VISIT_REQUIRED."""
    newest = await services.store.newest_visit(operator_id, holder_id)
    if newest is None:
        raise Refusal(Reason.VISIT_REQUIRED, metadata={"state": "NONE"})
    found = as_of(newest, services.clock.now())
    if found.state is not VisitState.OPEN or found.organisation_id not in common:
        raise Refusal(Reason.VISIT_REQUIRED, metadata={"state": found.state})
    return found


async def _live(services: Services, caller: Caller, token: str, identity: EsiaIdentity | None) -> None:
    """Raises EsiaSessionEnded or ProviderUnavailable."""
    if identity is None:
        raise EsiaSessionEnded("MISSING")
    # A token that does not cover contacts is of a live sign-in all the same; who needs the contacts says so.
    with suppress(EsiaScopeMissing):
        await services.esia.contacts(token, identity, caller.time_left_s())


def _holders(refusal: Refusal) -> Refusal:
    """Says of a missing sign-in that it is the holder's."""
    refusal.metadata.update(WHOSE_HOLDER)
    return refusal
