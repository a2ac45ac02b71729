"""How visits end, and what their calls may touch."""

from binding_server.domain.model import AccountContext
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.visits import Visit, VisitState, as_of, reaches
from binding_server.use_cases.identity_ports import EsiaSessionEnded
from binding_server.use_cases.records import AuditEntry
from binding_server.use_cases.services import Caller, Services

WHOSE_HOLDER = {"whose": "HOLDER"}
"""Tells that it is the holder's sign-in that is missing or has ended, and not the operator's own."""


def within_visit(caller: Caller, context: AccountContext) -> bool:
    """Tells whether a call may touch an account as far as a visit goes; outside of one there is no such bound."""
    return caller.operator is None or (caller.visit is not None and reaches(caller.visit, context))


def ending(services: Services, caller: Caller, visit: Visit, action: str, reason: str | None = None) -> AuditEntry:
    """Returns the audit record of a visit's end."""
    holder = f"person:{visit.holder_id}"
    return AuditEntry(
        actor=caller.actor,
        action=action,
        account_id=None,
        at=services.clock.now(),
        reason=reason,
        client_id=caller.client_id,
        on_behalf_of=holder if caller.actor != holder else None,
        visit_id=visit.id,
    )


async def signed_out(services: Services, caller: Caller, ended: EsiaSessionEnded) -> Refusal:
    """Ends the visit of a call, or the pair's open one while another is asked for: the holder's sign-in at ESIA has
    ended (G04). Returns the refusal to be raised: VISIT_REQUIRED with `state`, or D1 with `whose` HOLDER."""
    visit = caller.visit
    if visit is None and caller.operator and caller.person:
        newest = await services.store.newest_visit(caller.operator.id, caller.person.id)
        visit = newest if newest and as_of(newest, services.clock.now()).state is VisitState.OPEN else None
    state = VisitState.SIGNED_OUT
    if visit is not None:
        record = ending(services, caller, visit, "visit.sign_out", Reason.ESIA_SESSION_REQUIRED)
        state = (await services.store.end_visit(visit.id, VisitState.SIGNED_OUT, record)).state
    if caller.visit is None:
        return Refusal(Reason.ESIA_SESSION_REQUIRED, row="D1", metadata={"cause": ended.cause, **WHOSE_HOLDER})
    return Refusal(Reason.VISIT_REQUIRED, metadata={"state": state})
