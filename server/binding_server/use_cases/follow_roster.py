"""Bindings and chat memberships follow the roster (I12).

Whose have to follow stands in a queue of the database, written together with the change: an import that is cut, or a
server that dies, leaves nothing behind that is not settled later.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

from binding_server.domain.model import Binding, EndReason, EntryPoint
from binding_server.domain.ownership import is_eligible
from binding_server.domain.reconcile import Effect, EffectKind, Settled, ground_of
from binding_server.use_cases.outcomes import audit, wanted_chats
from binding_server.use_cases.roster_ports import UnsettledAccount
from binding_server.use_cases.services import Caller, ServiceIdentity, Services

BATCH = 64
"""How many accounts are settled at once; their writes share commits."""

LEFT_OVER = timedelta(seconds=60)
"""Who has waited so long has been left by the import."""


async def follow_roster(services: Services, caller: Caller, run: int) -> AsyncIterator[list[Effect]]:
    """Settles the accounts that an import has touched so far; yields what follows, some accounts at a time. Those that
    have no role now see no chat and wait for the import's end: a later part may say where they have gone."""
    while found := await services.store.unsettled_accounts(run, None, BATCH):
        settled = await asyncio.gather(*(_settle(services, caller, account, wait=True) for account in found))
        yield [effect for effects in settled for effect in effects]


async def unbind_those_without_a_role(services: Services, caller: Caller, run: int) -> AsyncIterator[list[Effect]]:
    """Settles those who wait for an import's end; yields what follows."""
    while found := await services.store.unsettled_accounts(-run, None, BATCH):
        settled = await asyncio.gather(*(_settle(services, caller, account) for account in found))
        yield [effect for effects in settled for effect in effects]


async def settle_left_over(services: Services) -> int:
    """Settles the accounts that imports have left behind; returns how many there were."""
    total = 0
    while found := await services.store.unsettled_accounts(None, services.clock.now() - LEFT_OVER, BATCH):
        for account in found:
            service = ServiceIdentity(account.actor.removeprefix("service:"), frozenset())
            await _settle(services, Caller(lambda: 0.0, service=service), account)
        total += len(found)
    return total


async def _settle(services: Services, caller: Caller, account: UnsettledAccount, *, wait: bool = False) -> list[Effect]:
    effects = await settle_account(services, caller, account.account_id, wait=wait)
    if effects is None:
        await services.store.account_waits(account)
        return []
    await services.store.account_settled(account)
    return effects


async def settle_account(
    services: Services, caller: Caller, account_id: str, *, action: str = "chats.settle", wait: bool = False
) -> list[Effect] | None:
    """Makes the memberships of an account's ACTIVE binding what rosters, roles and policy say; unbinds it if no role
    is left. Returns what this changed.

    Args:
        action: how the audit names it.
        wait: take an account without a role out of all chats only, and return None.
    """
    while True:
        binding = await services.store.active_binding(account_id)
        context = await services.store.account(account_id) if binding else None
        if binding is None or context is None:
            return []
        eligible = is_eligible(context)
        if not eligible and not wait:
            return await _unbind(services, caller, binding)
        settled = await services.store.set_memberships(
            binding.id,
            wanted_chats(services, context, binding.roles, binding.policy) if eligible else [],
            services.chats.settles_inline,
            services.clock.now(),
            audit(services, caller, action, account_id, policy=binding.policy),
            ground_of(context),
        )
        # Without an answer another roster has come in between: what it says now counts.
        if settled is not None:
            return _effects(binding, settled) if eligible else None


async def _unbind(services: Services, caller: Caller, binding: Binding) -> list[Effect]:
    reason = EndReason.ROSTER
    done = await services.store.unbind(
        binding.id,
        reason=reason,
        entry_point=EntryPoint.API,
        expected_version=None,
        now=services.clock.now(),
        audit=audit(services, caller, "binding.unbind", binding.account_id, policy=binding.policy, reason=reason),
        request=None,
    )
    if done is None or done[1]:
        return []
    return [Effect(EffectKind.UNBOUND, binding.account_id, binding.id)]


def _effects(binding: Binding, settled: Settled) -> list[Effect]:
    told = [(EffectKind.LEFT, place) for place in settled.left]
    told += [(EffectKind.JOINED, place) for place in settled.joined]
    found = [
        Effect(kind, binding.account_id, binding.id, class_id=class_id, chat_kind=chat_kind)
        for kind, (class_id, chat_kind) in told
    ]
    if settled.moved:
        found.append(Effect(EffectKind.MOVED, binding.account_id, binding.id))
    return found


async def named(services: Services, effects: Sequence[Effect]) -> list[Effect]:
    """Returns effects with the names of class and school."""
    names = await services.store.class_names({effect.class_id for effect in effects if effect.class_id})
    return [
        replace(effect, class_name=names[effect.class_id][0], organisation_name=names[effect.class_id][1])
        if effect.class_id in names
        else effect
        for effect in effects
    ]
