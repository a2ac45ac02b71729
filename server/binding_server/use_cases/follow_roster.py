"""Bindings and chat memberships follow the roster (I12).

Whose have to follow stands in a queue of the database, written together with the change: an import that is cut, or a
server that dies, leaves nothing behind that is not settled later.
"""

import asyncio
from datetime import timedelta

from binding_server.domain.model import EndReason, EntryPoint
from binding_server.domain.ownership import is_eligible
from binding_server.use_cases.outcomes import audit, wanted_chats
from binding_server.use_cases.roster_ports import UnsettledAccount
from binding_server.use_cases.services import Caller, ServiceIdentity, Services

BATCH = 64
"""How many accounts are settled at once; their writes share commits."""

LEFT_OVER = timedelta(seconds=60)
"""Who has waited so long has been left by the import."""


async def follow_roster(services: Services, caller: Caller, run: int) -> int:
    """Settles the accounts that an import has touched; returns how many bindings ended."""
    total = 0
    while found := await services.store.unsettled_accounts(run, None, BATCH):
        total += sum(await asyncio.gather(*(_settle(services, caller, account) for account in found)))
    return total


async def settle_left_over(services: Services) -> int:
    """Settles the accounts that imports have left behind; returns how many there were."""
    total = 0
    while found := await services.store.unsettled_accounts(None, services.clock.now() - LEFT_OVER, BATCH):
        for account in found:
            service = ServiceIdentity(account.actor.removeprefix("service:"), frozenset())
            await _settle(services, Caller(lambda: 0.0, service=service), account)
        total += len(found)
    return total


async def _settle(services: Services, caller: Caller, account: UnsettledAccount) -> bool:
    ended = await settle_account(services, caller, account.account_id)
    await services.store.account_settled(account)
    return ended


async def settle_account(services: Services, caller: Caller, account_id: str) -> bool:
    """Makes the memberships of an account's ACTIVE binding what rosters, roles and policy say; unbinds it if no role
    is left. Returns whether this ended the binding."""
    binding = await services.store.active_binding(account_id)
    context = await services.store.account(account_id) if binding else None
    if binding is None or context is None:
        return False
    if not is_eligible(context):
        reason = EndReason.ROSTER
        done = await services.store.unbind(
            binding.id,
            reason=reason,
            entry_point=EntryPoint.API,
            expected_version=None,
            now=services.clock.now(),
            audit=audit(services, caller, "binding.unbind", account_id, policy=binding.policy, reason=reason),
            request=None,
        )
        return done is not None and not done[1]
    await services.store.set_memberships(
        binding.id,
        wanted_chats(services, context, binding.roles, binding.policy),
        services.chats.settles_inline,
        services.clock.now(),
        audit(services, caller, "chats.settle", account_id, policy=binding.policy),
    )
    return False
