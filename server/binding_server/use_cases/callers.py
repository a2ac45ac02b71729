"""Who calls, and what the caller may see. Default deny."""

import base64
import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from binding_server.domain.model import AccountContext, Person, Role
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.identity_ports import EsiaSessionEnded
from binding_server.use_cases.services import Caller, ServiceIdentity, Services, ServiceTokenRejected
from binding_server.use_cases.visit_ends import within_visit


async def authenticate(services: Services, token: str, time_left_s: Callable[[], float]) -> Caller:
    """Returns the caller whom a bearer token names: an ESIA access token, or a back end's own JWT, which is good for
    one call only.

    Raises:
        Refusal: ESIA_SESSION_REQUIRED with `cause`, or CALLER_UNKNOWN.
    """
    if not _is_service_token(token):
        return await person_by(services, Caller(time_left_s), token)
    try:
        found = services.service_tokens.verify(token, services.clock.now())
    except ServiceTokenRejected as rejected:
        raise Refusal(Reason.CALLER_UNKNOWN) from rejected
    if not await services.store.use_service_token(found.service.id, found.id, found.expires_at):
        raise Refusal(Reason.CALLER_UNKNOWN)
    return Caller(time_left_s, service=found.service)


async def on_behalf_of(services: Services, caller: Caller, token: str) -> Caller:
    """Returns a back end as one that calls for the person of an ESIA access token, with that person's rights.

    Raises:
        Refusal: CALLER_NOT_ALLOWED if the caller is no back end or the token was given to an ESIA client system that
            it may not act for; ESIA_SESSION_REQUIRED with `cause`.
    """
    if caller.service is None:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    acting = await person_by(services, caller, token)
    if acting.identity is None or acting.identity.client_id not in caller.service.acts_for:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    return acting


async def person_by(services: Services, caller: Caller, token: str) -> Caller:
    """Returns a caller as the person of an ESIA access token. Raises Refusal: ESIA_SESSION_REQUIRED with `cause`."""
    try:
        if not token:
            raise EsiaSessionEnded("MISSING")
        identity = services.esia.verify(token, services.clock.now())
    except EsiaSessionEnded as ended:
        raise session_required(ended) from ended
    person = await services.store.person_by_oid(identity.oid)
    return replace(caller, person=person, identity=identity, token=token)


def session_required(ended: EsiaSessionEnded) -> Refusal:
    """Returns D1 as a refusal."""
    return Refusal(Reason.ESIA_SESSION_REQUIRED, row="D1", metadata={"cause": ended.cause})


def require_service(caller: Caller, method: str) -> None:
    """Lets only a back end pass that calls for itself and whose policy lists the method. Raises Refusal."""
    if caller.service is None:
        raise Refusal(Reason.CALLER_UNKNOWN)
    if caller.service_itself is None or method not in caller.service.methods:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)


def require_person(caller: Caller) -> Person:
    """Returns the person who calls, or for whom a back end does; a back end by itself, and a person unknown to the
    directory, have no account to act for. Raises Refusal."""
    if caller.service_itself:
        raise Refusal(Reason.CALLER_NOT_ALLOWED)
    if caller.person is None:
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return caller.person


def require_known(caller: Caller) -> None:
    """Lets back ends by themselves pass, and persons whom the directory knows. Raises Refusal."""
    if caller.service_itself is None:
        require_person(caller)


async def own_account(services: Services, caller: Caller, account_id: str) -> AccountContext:
    """Returns an account of the caller's own, in a visit one at its school. Raises Refusal: ACCOUNT_NOT_ACCESSIBLE for
    any other, existing or not."""
    person = require_person(caller)
    context = await services.store.account(account_id)
    if context is None or context.person.id != person.id or not within_visit(caller, context):
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return context


async def readable_account(services: Services, caller: Caller, account_id: str) -> AccountContext:
    """Returns an account that the caller may read.

    A person reads the own account, a represented child's, or one of an organisation in which the person has a duty; a
    back end by itself reads those of its municipalities.

    Raises:
        Refusal: ACCOUNT_NOT_ACCESSIBLE for any other, existing or not.
    """
    reads = await reader(services, caller)
    context = await services.store.account(account_id)
    if context is None or not reads(context):
        raise Refusal(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return context


async def reader(services: Services, caller: Caller) -> Callable[[AccountContext], bool]:
    """Returns what tells, for any number of accounts, whether the caller may read each. Raises Refusal."""
    if service := caller.service_itself:
        return lambda context: _covers(service, context.municipalities)
    person = require_person(caller)
    if caller.operator:
        # The holder's rights in other schools, over children and by duties are no business of the operator.
        return lambda context: within_visit(caller, context)
    duties = await organisations_of(services, person)

    def may_read(context: AccountContext) -> bool:
        # Who represents somebody as a pupil has no part in what the same person is besides: a parent, or staff.
        as_guardian = context.account.role is Role.PUPIL and person.id in context.guardians
        return context.person.id == person.id or as_guardian or bool(context.organisations & duties)

    return may_read


def is_holder(caller: Caller, person_id: str) -> bool:
    """Tells whether the caller is that person, or acts for that person."""
    return caller.person is not None and caller.person.id == person_id


async def require_organisation(services: Services, caller: Caller, organisation_id: str) -> None:
    """Lets only staff of an organisation pass, and back ends by themselves whose municipalities it lies in.

    Raises:
        Refusal: CALLER_NOT_ALLOWED, whether there is such an organisation or not.
    """
    if not await reads_organisation(services, caller, organisation_id):
        raise Refusal(Reason.CALLER_NOT_ALLOWED)


async def reads_organisation(services: Services, caller: Caller, organisation_id: str) -> bool:
    """Tells whether the caller may read all that belongs to an organisation; False if there is none. Raises
    Refusal."""
    if service := caller.service_itself:
        municipality = await services.store.municipality_of(organisation_id)
        return municipality is not None and _covers(service, {municipality})
    return organisation_id in await organisations_of(services, require_person(caller))


def require_municipality(caller: Caller, municipality_id: str) -> None:
    """Lets only back ends by themselves pass that may read a municipality. Raises Refusal: CALLER_NOT_ALLOWED."""
    if caller.service_itself is None or not _covers(caller.service_itself, {municipality_id}):
        raise Refusal(Reason.CALLER_NOT_ALLOWED)


async def organisations_of(services: Services, person: Person) -> frozenset[str]:
    """Returns the organisations in which a person has a duty."""
    return frozenset(duty.organisation_id for duty in await services.store.duties_of(person.id))


def _covers(service: ServiceIdentity, municipalities: Collection[str]) -> bool:
    return service.municipalities is None or not service.municipalities.isdisjoint(municipalities)


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
