"""Answers for many at once: one look at the caller's rights, a few statements, results in the order of the request."""

from collections.abc import Sequence

from binding_server.use_cases.callers import is_holder, reader
from binding_server.use_cases.limits import count_probes
from binding_server.use_cases.outcomes import BindingView
from binding_server.use_cases.read_bindings import BindingRef
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.watch_chats import AccountChats


async def batch_get_bindings(
    services: Services, caller: Caller, refs: Sequence[BindingRef]
) -> Sequence[BindingView | None]:
    """Returns a binding for each reference, as GetBinding does; None for one that is absent or not accessible. Raises
    Refusal."""
    reads = await reader(services, caller)
    by_id = await services.store.bindings_by_id({ref.binding_id for ref in refs if ref.binding_id})
    of_accounts = await services.store.bindings_of_accounts({ref.account_id for ref in refs if ref.account_id})
    found = [by_id.get(ref.binding_id) if ref.binding_id else of_accounts.get(ref.account_id or "") for ref in refs]
    contexts = await services.store.accounts_by_id({binding.account_id for binding in found if binding})
    views = [
        BindingView(binding, in_full=is_holder(caller, binding.person_id))
        if binding and reads(contexts[binding.account_id])
        else None
        for binding in found
    ]
    await count_probes(services, caller, views.count(None))
    return views


async def batch_list_chats(
    services: Services, caller: Caller, account_ids: Sequence[str]
) -> Sequence[AccountChats | None]:
    """Returns the chats of each account; None for one that is absent or not accessible. Raises Refusal."""
    reads = await reader(services, caller)
    contexts = await services.store.accounts_by_id(account_ids)
    readable = {account_id for account_id, context in contexts.items() if reads(context)}
    await count_probes(services, caller, sum(account_id not in readable for account_id in account_ids))
    chats = await services.store.chats_of_accounts(readable)
    return [
        AccountChats(account_id, chats.get(account_id, ())) if account_id in readable else None
        for account_id in account_ids
    ]
