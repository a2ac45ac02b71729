"""The outbox: numbers, places, waiting and forgetting."""

import asyncio

import pytest
from binding_server.domain.model import AttemptState
from binding_server.domain.roster import (
    EnrolmentItem,
)
from binding_server.domain.watching import Event, EventKind, Move, Place
from binding_server.store.errors import StoreError
from binding_server.store.store import SqlStore

from .samples import NOON, Records, after, audit, parents_chat, refuse

S5 = Place("s5", "ekaterinburg")
C7 = Place("c7", "tagil")


async def told(store: SqlStore, number: int = 0) -> list[tuple[int, EventKind]]:
    return [(event.number, event.kind) for event in await store.events_after(number, 100)]


async def newest(store: SqlStore) -> Event:
    return (await store.events_after(await store.newest_event_number() - 1, 1))[0]


async def settle(store: SqlStore, binding_id: str, *wanted) -> None:
    await store.set_memberships(binding_id, wanted, True, after(9), audit(action="chats.settle"))


class TestNumbers:
    async def test_it_counts_events_in_the_order_of_their_commits(self, store: SqlStore, records: Records) -> None:
        assert await store.newest_event_number() == 0
        vera = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        await records.bound("anya-pupil", "2")
        await records.unbound(vera.id)
        assert await told(store) == [
            (1, EventKind.BINDING_CREATED),
            (2, EventKind.CHAT_CREATED),
            (3, EventKind.BINDING_CREATED),
            (4, EventKind.BINDING_REMOVED),
        ]
        assert await store.newest_event_number() == 4

    async def test_it_gives_only_what_is_after_a_number_and_at_most_a_limit(
        self, store: SqlStore, records: Records
    ) -> None:
        for account in ("vera-parent", "anya-pupil", "boris-pupil"):
            await records.bound(account, account)
        assert [event.number for event in await store.events_after(1, 1)] == [2]
        assert await store.events_after(3, 10) == []

    async def test_it_leaves_no_gap_where_a_claim_was_taken_back(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1")
        claims = [records.claim("anya-pupil", "1"), records.claim("boris-pupil", "2"), records.claim("gleb-legal", "1")]
        await asyncio.gather(*(store.claim(claim) for claim in claims))
        assert [number for number, _ in await told(store)] == [1, 2]

    async def test_it_tells_what_each_event_is_about(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"), at=after(3))
        attempt = await records.pending("anya-pupil")
        await store.refuse(refuse("anya-pupil", attempt_id=attempt.id, attempt_state=AttemptState.FAILED, at=after(4)))
        created, chat, refused = await store.events_after(0, 10)
        assert created == Event(1, EventKind.BINDING_CREATED, after(3), "vera-parent", binding.id, places=(S5,))
        assert chat == Event(2, EventKind.CHAT_CREATED, after(3), "vera-parent", chat_id="chat-1", places=(S5,))
        assert refused == Event(
            3, EventKind.BINDING_REFUSED, after(4), "anya-pupil", refusal="VK_PROFILE_ALREADY_BOUND", places=(S5,)
        )


class TestPlaces:
    @pytest.mark.parametrize(
        ("account", "places"),
        [
            ("vera-parent", (S5,)),
            ("gleb-legal", (S5,)),
            ("anya-pupil", (S5,)),
            ("zhanna-staff", (S5,)),
            ("zhanna-parent", (C7,)),
        ],
    )
    async def test_it_tells_where_an_account_is(
        self, store: SqlStore, records: Records, account: str, places: tuple[Place, ...]
    ) -> None:
        await records.bound(account, "1")
        assert (await newest(store)).places == places

    async def test_it_tells_the_end_where_the_binding_was_last(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("anya-pupil", "1")
        await store.apply_roster([EnrolmentItem("anya", "s5-5a", True)], after(5))
        await records.unbound(binding.id)
        assert (await newest(store)).places == (S5,)

    async def test_it_tells_who_comes_and_who_goes(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        roster = [EnrolmentItem("anya", "s5-5a", True), EnrolmentItem("anya", "c7-1", False)]
        await store.apply_roster(roster, after(5))
        await settle(store, binding.id, parents_chat("chat-1"))
        moved = await newest(store)
        assert (moved.kind, moved.binding_id) == (EventKind.BINDING_MOVED, binding.id)
        assert set(moved.places) == {S5, Place("c7", "tagil", Move.ENTERED)}

        await store.apply_roster([EnrolmentItem("boris", "s5-9b", True)], after(6))
        await settle(store, binding.id)
        moved, changed = await store.events_after(moved.number, 10)
        assert set(moved.places) == {C7, Place("s5", "ekaterinburg", Move.LEFT)}
        assert (changed.kind, changed.places) == (EventKind.CHATS_CHANGED, (C7,))

    async def test_it_tells_nothing_when_nothing_changed(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        await settle(store, binding.id, parents_chat("chat-1"))
        assert await store.newest_event_number() == 2


class TestWaiting:
    async def test_it_returns_at_once_if_there_is_something(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1")
        await asyncio.wait_for(store.wait_for_events(0, 60), 5)

    async def test_it_returns_when_the_time_is_over(self, store: SqlStore) -> None:
        await asyncio.wait_for(store.wait_for_events(0, 0.01), 5)

    async def test_it_wakes_everybody_with_the_commit(self, store: SqlStore, records: Records) -> None:
        waiting = [asyncio.create_task(store.wait_for_events(0, 60)) for _ in range(5)]
        await asyncio.sleep(0)
        await store.record_esia_uses("vera", [b"digest"], NOON)
        _, still = await asyncio.wait(waiting, timeout=0.02)
        assert len(still) == 5
        await records.bound("vera-parent", "1")
        await asyncio.wait_for(asyncio.gather(*waiting), 5)

    async def test_it_tells_waiters_that_the_database_closes(self, store: SqlStore) -> None:
        waiting = asyncio.create_task(store.wait_for_events(0, 60))
        await asyncio.sleep(0)
        await store.close()
        await asyncio.wait_for(waiting, 5)
        with pytest.raises(StoreError):
            await store.wait_for_events(0, 60)


class TestTrim:
    async def test_it_forgets_the_oldest_and_keeps_counting(self, store: SqlStore, records: Records) -> None:
        for second, account in enumerate(("vera-parent", "anya-pupil", "boris-pupil")):
            await records.bound(account, account, at=after(second))
        assert await store.trim_events(after(2), 1) == 1
        assert await store.trim_events(after(2), 10) == 1
        assert await store.trim_events(after(2), 10) == 0
        assert [event.number for event in await store.events_after(0, 10)] == [3]
        assert [row["number"] for row in await records.rows("SELECT number FROM event_place")] == [3]

    async def test_it_keeps_the_newest_so_that_no_number_comes_twice(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1")
        assert await store.trim_events(after(1000), 10) == 0
        await records.bound("anya-pupil", "2")
        assert await store.trim_events(after(1000), 10) == 1
        await records.bound("boris-pupil", "3")
        assert [number for number, _ in await told(store, 1)] == [2, 3]

    async def test_it_leaves_no_gap_if_the_clock_went_back(self, store: SqlStore, records: Records) -> None:
        for account, second in (("vera-parent", 5), ("anya-pupil", 100), ("boris-pupil", 6), ("gleb-legal", 101)):
            await records.bound(account, account, at=after(second))
        await store.trim_events(after(50), 10)
        assert [number for number, _ in await told(store)] == [2, 3, 4]


async def test_each_database_has_a_name_of_its_own(store: SqlStore) -> None:
    assert len(await store.database_id()) == 32
    assert await store.database_id() == await store.database_id()
