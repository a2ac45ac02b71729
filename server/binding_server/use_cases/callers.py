"""Who calls, and what the caller may see. Default deny."""

import base64
import json
from collections.abc import Callable
from typing import Any

from binding_server.domain.model import AccountContext, Person, Role
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.ports import EsiaSessionEnded
from binding_server.use_cases.services import Caller, Services, ServiceTokenRejected


async def authenticate(services: Services, token: str, time_left_s: Callable[[], float]) -> Caller:
    """Returns the caller whom a bearer token names: an ESIA access token, or a back end's own JWT.

    Raises:
        Refusal: ESIA_SESSION_REQUIRED with `cause`, or CALLER_UNKNOWN.
    """
    now = services.clock.now()
    if _is_service_token(token):
        try:
            return Caller(time_left_s, service=services.service_tokens.verify(token, now))
        except ServiceTokenRejected as rejected:
            raise Refusal(Reason.CALLER_UNKNOWN) from rejected
    try:
        if not token:
            raise EsiaSessionEnded("MISSING")
        identity = services.esia.verify(token, now)
    except EsiaSessionEnded as ended:
        raise session_required(ended) from ended
    person = await services.store.person_by_oid(identity.oid)
    return Caller(time_left_s, person=person, identity=identity, token=token)


def session_required(ended: EsiaSessionEnded) -> Refusal:
    """Returns D1 as a refusal."""
    return Refusal(Reason.ESIA_SESSION_REQUIRED, row="D1", metadata={"cause": ended.cause})


def require_service(caller: Caller, method: str) -> None:
    """Lets only a back end pass whose policy lists the method. Raises Refusal."""
    if caller.service is None:
        raise Refusal(Reason.CALLER_UNKNOWN)
    if method not in caller.service.methods:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)


def require_person(caller: Caller) -> Person:
    """Returns the person who calls; a back end, and a person unknown to the directory, have no account to act for.
    Raises Refusal."""
    if caller.service:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    if caller.person is None:
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return caller.person


async def own_account(services: Services, caller: Caller, account_id: str) -> AccountContext:
    """Returns an account of the caller's own. Raises Refusal: ACCOUNT_NOT_ACCESSIBLE for any other, existing or
    not."""
    person = require_person(caller)
    context = await services.store.account(account_id)
    if context is None or context.person.id != person.id:
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return context


async def readable_account(services: Services, caller: Caller, account_id: str) -> AccountContext:
    """Returns an account that the caller may read: own, a represented child's, or of an organisation in which the
    caller has a duty.

    Raises:
        Refusal: ACCOUNT_NOT_ACCESSIBLE for any other, existing or not.
    """
    person = require_person(caller)
    context = await services.store.account(account_id)
    if context is None or not await _may_read(services, person, context):
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return context


async def require_duty(services: Services, caller: Caller, organisation_id: str) -> Person:
    """Lets only staff of an organisation pass. Raises Refusal: CALLER_NOT_ALLOWED."""
    person = require_person(caller)
    if organisation_id not in await organisations_of(services, person):
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    return person


async def organisations_of(services: Services, person: Person) -> frozenset[str]:
    """Returns the organisations in which a person has a duty."""
    return frozenset(duty.organisation_id for duty in await services.store.duties_of(person.id))


async def _may_read(services: Services, person: Person, context: AccountContext) -> bool:
    # Who represents somebody as a pupil has no part in what the same person is besides: a parent, or staff.
    as_guardian = context.account.role is Role.PUPIL and person.id in context.guardians
    if context.person.id == person.id or as_guardian:
        return True
    return bool(context.organisations & await organisations_of(services, person))


def _is_service_token(token: str) -> bool:
    """A JWT whose header lacks ESIA's `sbt` is a back end's; anything else is for ESIA's own check to refuse."""
    header, dot, _ = token.partition(".")
    if not dot:
        return False
    try:
        unverified: Any = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(unverified, dict) and "alg" in unverified and "sbt" not in unverified
