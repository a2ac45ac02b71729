"""Reads accounts: own, represented children's, an organisation's."""

from collections.abc import Sequence
from dataclasses import dataclass

from binding_server.domain.model import AccountContext, Person
from binding_server.use_cases.callers import organisations_of, readable_account, require_organisation, require_person
from binding_server.use_cases.ports import ANY_ACCOUNT
from binding_server.use_cases.records import AccountSearch
from binding_server.use_cases.services import Caller, Services


@dataclass(frozen=True, slots=True)
class MyAccounts:
    """Who am I: own accounts, the represented children's, the organisations of own duties."""

    person: Person
    accounts: Sequence[AccountContext]
    pupils: Sequence[AccountContext]
    organisations: Sequence[str]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of accounts by id; `next` is the id after which the next page begins, None on the last."""

    accounts: Sequence[AccountContext]
    next: str | None


async def get_account(services: Services, caller: Caller, account_id: str) -> AccountContext:
    """Returns an account that the caller may read. Raises Refusal: ACCOUNT_NOT_ACCESSIBLE."""
    return await readable_account(services, caller, account_id)


async def list_accounts(
    services: Services,
    caller: Caller,
    organisation_id: str,
    limit: int,
    after: str | None,
    wanted: AccountSearch = ANY_ACCOUNT,
) -> AccountPage:
    """Returns the accounts of an organisation that a search asks for, for its staff and for back ends of its
    municipality.

    Raises:
        Refusal: CALLER_NOT_ALLOWED.
    """
    await require_organisation(services, caller, organisation_id)
    accounts = await services.store.accounts_of_organisation(organisation_id, limit + 1, after, wanted)
    page = accounts[:limit]
    return AccountPage(page, page[-1].account.id if len(accounts) > limit else None)


async def list_my_accounts(services: Services, caller: Caller) -> MyAccounts:
    """Returns the caller's own accounts and those of the children whom the caller represents. Raises Refusal."""
    person = require_person(caller)
    own = await services.store.accounts_of(person.id)
    ids = sorted({account_id for context in own for account_id in context.pupil_accounts})
    found = [await services.store.account(account_id) for account_id in ids]
    pupils = [context for context in found if context]
    return MyAccounts(person, own, pupils, sorted(await organisations_of(services, person)))
