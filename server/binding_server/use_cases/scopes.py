"""What a follower may see, and what of that it asks for."""

from dataclasses import dataclass

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.watching import Reach
from binding_server.use_cases.callers import (
    organisations_of,
    readable_account,
    require_municipality,
    require_organisation,
    require_person,
)
from binding_server.use_cases.services import Caller, Services


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """What is asked for, by id; all that are set are to be met."""

    municipality_id: str | None = None
    organisation_id: str | None = None
    account_id: str | None = None


async def scope_of(services: Services, caller: Caller, wanted: WatchFilter) -> tuple[Reach, ...]:
    """Returns what a caller's rights and filter leave to be followed. What the rights do not hold, the filter does not
    add.

    Raises:
        Refusal: CALLER_NOT_ALLOWED for a back end of no municipality; ACCOUNT_NOT_ACCESSIBLE for a person whom the
            directory does not know.
    """
    scope: list[Reach] = []
    if service := caller.service_itself:
        if service.municipalities is not None:
            if not service.municipalities:
                raise Refusal(Reason.CALLER_NOT_ALLOWED)
            scope.append(Reach(municipalities=service.municipalities))
    else:
        scope.append(await _reach_of_person(services, caller))
    if wanted.municipality_id:
        scope.append(Reach(municipalities=frozenset({wanted.municipality_id})))
    if wanted.organisation_id:
        scope.append(Reach(organisations=frozenset({wanted.organisation_id})))
    if wanted.account_id:
        scope.append(Reach(accounts=frozenset({wanted.account_id})))
    return tuple(scope)


async def check_filter(services: Services, caller: Caller, wanted: WatchFilter) -> None:
    """Tells a caller who names what is not the caller's to read.

    Raises:
        Refusal: CALLER_NOT_ALLOWED for a municipality or an organisation, ACCOUNT_NOT_ACCESSIBLE for an account.
    """
    if wanted.municipality_id:
        require_municipality(caller, wanted.municipality_id)
    if wanted.organisation_id:
        await require_organisation(services, caller, wanted.organisation_id)
    if wanted.account_id:
        await readable_account(services, caller, wanted.account_id)


async def _reach_of_person(services: Services, caller: Caller) -> Reach:
    person = require_person(caller)
    own = await services.store.accounts_of(person.id)
    accounts = {context.account.id for context in own}.union(*(context.pupil_accounts for context in own))
    return Reach(frozenset(accounts), await organisations_of(services, person))
