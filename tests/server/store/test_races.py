"""Races: the database decides, whoever comes first."""

import asyncio
from collections.abc import Sequence

import pytest
from binding_server.domain.model import Role
from binding_server.domain.roster import AccountItem, EnrolmentItem, PersonItem, RosterItem
from binding_server.store.store import SqlStore
from binding_server.use_cases.records import ClaimConflict, Claimed

from .samples import NOON, Records, after, key, parents_chat, pupils_chat

CLASS_SIZE = 30


def class_of(size: int) -> Sequence[RosterItem]:
    return [
        item
        for number in range(size)
        for item in (
            PersonItem(f"p{number}", None, f"Ученик {number}"),
            AccountItem(f"p{number}-pupil", f"p{number}", Role.PUPIL, False),
            EnrolmentItem(f"p{number}", "s5-5a", False),
        )
    ]


@pytest.mark.rules("I3")
async def test_it_makes_two_chats_for_a_class_that_binds_at_once(store: SqlStore, records: Records) -> None:
    await store.apply_roster(class_of(CLASS_SIZE), NOON)
    outcomes = await asyncio.gather(
        *(
            store.claim(
                records.claim(
                    f"p{number}-pupil", str(number), pupils_chat(f"pupils-{number}"), parents_chat(f"parents-{number}")
                )
            )
            for number in range(CLASS_SIZE)
        )
    )
    assert all(isinstance(outcome, Claimed) and not outcome.already for outcome in outcomes)
    assert (await records.events()).count("chat.created") == 2
    chats = await store.chats_of_account("p0-pupil")
    assert [chat.member_count for chat in chats] == [CLASS_SIZE, CLASS_SIZE]
    for chat in chats:
        members = await store.chat_members(chat.id, 100, None)
        assert {member.account_id for member in members} == {f"p{number}-pupil" for number in range(CLASS_SIZE)}


@pytest.mark.rules("I1")
async def test_it_gives_a_profile_to_exactly_one_of_two_accounts(store: SqlStore, records: Records) -> None:
    for round_number in range(20):
        outcomes = await asyncio.gather(
            *(
                store.claim(records.claim(account_id, "1", parents_chat(records.new_id("chat"))))
                for account_id in ("vera-parent", "anya-pupil")
            )
        )
        (claimed,) = [outcome for outcome in outcomes if isinstance(outcome, Claimed)]
        assert outcomes.count(ClaimConflict()) == 1
        await records.unbound(claimed.binding.id, at=after(round_number))


@pytest.mark.rules("I2")
async def test_it_gives_an_account_exactly_one_of_two_profiles(store: SqlStore, records: Records) -> None:
    outcomes = await asyncio.gather(*(store.claim(records.claim("vera-parent", str(n))) for n in range(2)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ClaimConflict", "Claimed"]


async def test_it_answers_both_of_a_pair_claimed_twice(store: SqlStore, records: Records) -> None:
    outcomes = await asyncio.gather(*(store.claim(records.claim("vera-parent", "1")) for _ in range(2)))
    first, second = outcomes
    assert isinstance(first, Claimed)
    assert isinstance(second, Claimed)
    assert first.binding.id == second.binding.id
    assert sorted([first.already, second.already]) == [False, True]
    assert (await records.events()).count("binding.created") == 1


@pytest.mark.rules("I6")
async def test_it_writes_a_named_request_once(store: SqlStore, records: Records) -> None:
    outcomes = await asyncio.gather(
        *(store.claim(records.claim("vera-parent", "1", request=key("r1"))) for _ in range(5))
    )
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert len(await records.rows("SELECT id FROM decision")) == 1


async def test_it_leases_to_one_of_many(store: SqlStore, records: Records) -> None:
    attempt = await records.pending()
    leases = await asyncio.gather(
        *(store.lease_attempt(attempt.id, b"code", f"call-{n}", after(30), NOON) for n in range(10))
    )
    assert [lease.granted for lease in leases].count(True) == 1


async def test_it_unbinds_once_though_two_ask(store: SqlStore, records: Records) -> None:
    binding = await records.bound("vera-parent", "1")
    outcomes = await asyncio.gather(records.unbound(binding.id), records.unbound(binding.id))
    assert sorted(outcome[1] for outcome in outcomes if outcome) == [False, True]
    assert (await records.events()).count("binding.removed") == 1


async def test_it_keeps_some_order_of_unbind_and_bind(store: SqlStore, records: Records) -> None:
    binding = await records.bound("vera-parent", "1")
    for _ in range(20):
        _, outcome = await asyncio.gather(records.unbound(binding.id), store.claim(records.claim("vera-parent", "1")))
        active = await records.rows("SELECT id FROM binding WHERE state = 'ACTIVE'")
        assert len(active) <= 1
        if not active:
            outcome = await store.claim(records.claim("vera-parent", "1"))
        assert isinstance(outcome, Claimed)
        binding = outcome.binding


async def test_it_reads_what_is_committed_while_it_writes(store: SqlStore, records: Records) -> None:
    await store.apply_roster(class_of(CLASS_SIZE), NOON)
    claims = [
        asyncio.create_task(store.claim(records.claim(f"p{n}-pupil", str(n), pupils_chat(f"chat-{n}"))))
        for n in range(CLASS_SIZE)
    ]
    seen: list[int] = []
    while not all(claim.done() for claim in claims):
        await asyncio.sleep(0)
        (counted,) = await records.rows(
            "SELECT (SELECT count(*) FROM binding) AS bindings,"
            " (SELECT count(*) FROM event WHERE kind = 'binding.created') AS events"
        )
        assert counted["bindings"] == counted["events"]
        seen.append(counted["bindings"])
    assert seen == sorted(seen)
    assert await store.active_binding("p0-pupil") is not None
