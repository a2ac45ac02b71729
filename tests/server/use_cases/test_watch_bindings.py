"""Following bindings."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import EnrolmentItem, GuardianshipItem
from binding_server.store.sqlite import SqliteStore, WorldTemplate
from binding_server.store.vault import Vault
from binding_server.use_cases.housekeeping import trim_events
from binding_server.use_cases.services import Caller
from binding_server.use_cases.watch_bindings import BindingChange, BindingChangeKind

from .cast import PARENT, profile
from .expect import refused
from .following import EVERYWHERE, Follower, back_end, bindings, chats, send, unbind
from .town import Town, make_town

CREATED, REMOVED, REFUSED = BindingChangeKind.CREATED, BindingChangeKind.REMOVED, BindingChangeKind.REFUSED


def told(changes: list[BindingChange]) -> list[tuple[BindingChangeKind, str]]:
    return [(change.kind, change.account_id) for change in changes]


async def forget_events(town: Town) -> None:
    """Time goes by until all events but the newest are forgotten."""
    town.clock.advance(timedelta(seconds=1))
    await trim_events(town.services, timedelta(0))


async def at_the_end(town: Town, caller: Caller, **more) -> Follower:
    """A follower that has taken the snapshot."""
    follower = bindings(town, caller, **more)
    await follower.snapshot()
    return follower


class TestSnapshotAndEvents:
    async def test_it_shows_what_is_active_and_then_what_happens(self, town: Town) -> None:
        for name in ("vera", "anya", "boris"):
            await town.bind(name)
        await unbind(town, "boris")
        follower = bindings(town, EVERYWHERE)
        assert [view.binding.account_id for view in await follower.snapshot()] == ["vera", "anya"]
        await town.bind("gleb")
        await unbind(town, "anya")
        created, removed = await follower.changes(2)
        assert told([created, removed]) == [(CREATED, "gleb"), (REMOVED, "anya")]
        assert removed.view.binding.state == "UNBOUND"
        assert created.number < removed.number

    async def test_it_never_shows_the_number_of_a_profile(self, town: Town) -> None:
        await town.bind("vera")
        vera = await town.caller("vera")
        follower = bindings(town, vera)
        assert [view.in_full for view in await follower.snapshot()] == [False]
        await unbind(town, "vera")
        assert not (await follower.changes(1))[0].view.in_full

    async def test_it_tells_what_happened_while_the_snapshot_was_read(self, town: Town) -> None:
        for name in ("vera", "anya"):
            await town.bind(name)
        follower = bindings(town, EVERYWHERE)
        await follower.step()
        await unbind(town, "vera")
        await unbind(town, "anya")
        await follower.snapshot()
        assert told(await follower.changes(2)) == [(REMOVED, "vera"), (REMOVED, "anya")]

    async def test_it_tells_refusals_with_their_reason(self, town: Town) -> None:
        follower = await at_the_end(town, EVERYWHERE)
        attempt = await town.start("anya")
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D15"):
            await town.complete("anya", attempt, town.sign_in(attempt, profile("vera", PARENT)))
        (change,) = await follower.changes(1)
        assert (change.kind, change.account_id, change.refusal) == (REFUSED, "anya", "VK_PROFILE_NOT_OWNED")
        assert change.view is None

    async def test_it_wakes_as_soon_as_something_is_committed(self, town: Town) -> None:
        followers = [await at_the_end(town, EVERYWHERE) for _ in range(3)]
        waiting = [asyncio.create_task(follower.changes(1)) for follower in followers]
        await asyncio.sleep(0)
        await town.bind("vera")
        assert [told(changes) for changes in await asyncio.gather(*waiting)] == [[(CREATED, "vera")]] * 3

    async def test_it_gives_signs_of_life_that_move_the_token_on(self, town: Town) -> None:
        follower = await at_the_end(town, back_end("lenient"), heartbeat_s=0.05)
        before = follower.token
        await town.bind("vera")
        assert await follower.is_silent()
        assert follower.token != before
        await forget_events(town)
        assert await bindings(town, back_end("lenient"), await follower.leave(), heartbeat_s=0.01).is_silent()


class TestFilters:
    @pytest.mark.parametrize(
        ("caller", "wanted", "seen"),
        [
            (EVERYWHERE, {}, ["vera", "lev", "zhanna"]),
            (EVERYWHERE, {"municipality_id": "lenient"}, ["lev"]),
            (EVERYWHERE, {"organisation_id": "s5"}, ["vera", "zhanna"]),
            (EVERYWHERE, {"account_id": "vera"}, ["vera"]),
            (EVERYWHERE, {"account_id": "vera", "organisation_id": "s7"}, []),
            (back_end("strict"), {}, ["vera", "zhanna"]),
            (back_end("strict", "lenient"), {"organisation_id": "s7"}, ["lev"]),
        ],
    )
    async def test_it_shows_what_is_asked_for_within_the_rights(
        self, town: Town, caller: Caller, wanted: dict[str, Any], seen: list[str]
    ) -> None:
        names = ("vera", "lev", "zhanna")
        follower = await at_the_end(town, caller, heartbeat_s=0.2, **wanted)
        for name in names:
            await town.bind(name)
        assert told(await follower.changes(len(seen))) == [(CREATED, name) for name in seen]
        assert await follower.is_silent()
        held = [view.binding.account_id for view in await bindings(town, caller, **wanted).snapshot()]
        assert held == seen

    async def test_it_shows_only_the_kinds_that_are_asked_for(self, town: Town) -> None:
        follower = await at_the_end(town, EVERYWHERE, kinds={REMOVED})
        await town.bind("vera")
        await unbind(town, "vera")
        assert told(await follower.changes(1)) == [(REMOVED, "vera")]

    @pytest.mark.parametrize(
        ("wanted", "reason"),
        [
            ({"municipality_id": "lenient"}, Reason.CALLER_NOT_ALLOWED),
            ({"municipality_id": "nowhere"}, Reason.CALLER_NOT_ALLOWED),
            ({"organisation_id": "s7"}, Reason.CALLER_NOT_ALLOWED),
            ({"organisation_id": "nowhere"}, Reason.CALLER_NOT_ALLOWED),
            ({"account_id": "lev"}, Reason.ACCOUNT_NOT_ACCESSIBLE),
            ({"account_id": "nobody"}, Reason.ACCOUNT_NOT_ACCESSIBLE),
        ],
    )
    async def test_it_refuses_what_is_not_the_callers(self, town: Town, wanted: dict[str, Any], reason: Reason) -> None:
        for caller in (back_end("strict"), await town.caller("vera"), await town.caller("zhanna")):
            with refused(reason):
                await bindings(town, caller, **wanted).step()

    async def test_it_refuses_a_back_end_of_no_municipality(self, town: Town) -> None:
        with refused(Reason.CALLER_NOT_ALLOWED):
            await bindings(town, back_end()).step()


class TestPersons:
    @pytest.mark.parametrize(
        ("name", "seen"),
        [
            ("vera", ["vera", "anya"]),
            ("anya", ["anya"]),
            ("polina", ["lev"]),
            ("ivan", ["vera", "anya", "egor"]),
        ],
    )
    async def test_it_shows_own_childrens_and_the_organisations_of_staff(
        self, town: Town, name: str, seen: list[str]
    ) -> None:
        follower = await at_the_end(town, await town.caller(name), heartbeat_s=0.2)
        for each in ("vera", "anya", "egor", "lev"):
            await town.bind(each)
        assert told(await follower.changes(len(seen))) == [(CREATED, each) for each in seen]
        assert await follower.is_silent()

    async def test_it_ends_with_the_session(self, town: Town) -> None:
        follower = await at_the_end(town, await town.caller("vera"))
        town.clock.advance(timedelta(hours=2))
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
            await follower.step()

    async def test_it_begins_anew_when_the_person_may_see_other_things(self, town: Town) -> None:
        vera = await town.caller("vera")
        follower = await at_the_end(town, vera, heartbeat_s=0.05)
        assert await follower.is_silent()
        await town.roster(GuardianshipItem("vera", "boris", "PARENT", ended=True))
        with refused(Reason.RESUME_TOKEN_INVALID):
            while True:
                await follower.step()
        with refused(Reason.RESUME_TOKEN_INVALID):
            await bindings(town, vera, follower.token).step()


class TestResume:
    async def test_it_goes_on_where_it_stood(self, town: Town) -> None:
        follower = await at_the_end(town, EVERYWHERE)
        for name in ("vera", "anya", "boris"):
            await town.bind(name)
        assert told(await follower.changes(2)) == [(CREATED, "vera"), (CREATED, "anya")]
        again = bindings(town, EVERYWHERE, await follower.leave())
        await unbind(town, "vera")
        assert told(await again.changes(2)) == [(CREATED, "boris"), (REMOVED, "vera")]

    @pytest.mark.parametrize(
        "spoilt",
        [
            lambda token: token[:-4],
            lambda token: "A" * len(token),
            lambda token: token[:4] + ("B" if token[4] != "B" else "C") + token[5:],
            lambda token: token + "AAAA",
            lambda token: "жетон",
            lambda token: "=",
        ],
    )
    async def test_it_refuses_a_broken_token(self, town: Town, spoilt: Callable[[str], str]) -> None:
        follower = await at_the_end(town, EVERYWHERE)
        with refused(Reason.RESUME_TOKEN_INVALID):
            await bindings(town, EVERYWHERE, spoilt(follower.token)).step()

    async def test_it_refuses_a_token_of_something_else(self, town: Town) -> None:
        token = (await at_the_end(town, EVERYWHERE)).token
        others = [
            bindings(town, EVERYWHERE, token, organisation_id="s5"),
            bindings(town, EVERYWHERE, token, kinds={CREATED}),
            bindings(town, back_end("strict"), token),
            bindings(town, back_end(everywhere=True, name="reports"), token),
            bindings(town, await town.caller("vera"), token),
            chats(town, EVERYWHERE, token),
        ]
        for other in others:
            with refused(Reason.RESUME_TOKEN_INVALID):
                await other.step()

    async def test_it_refuses_a_token_of_another_database(
        self, town: Town, template: WorldTemplate, vault: Vault
    ) -> None:
        token = (await at_the_end(town, EVERYWHERE)).token
        other = SqliteStore.in_memory(template, vault)
        with refused(Reason.RESUME_TOKEN_INVALID):
            await bindings(make_town(other, vault), EVERYWHERE, token).step()
        await other.close()

    async def test_it_refuses_a_token_whose_events_are_gone(self, town: Town) -> None:
        follower = await at_the_end(town, EVERYWHERE)
        for name in ("vera", "anya"):
            await town.bind(name)
        await forget_events(town)
        with refused(Reason.RESUME_TOKEN_EXPIRED):
            await bindings(town, EVERYWHERE, follower.token).step()
        with refused(Reason.RESUME_TOKEN_EXPIRED):
            await follower.step()

    async def test_it_keeps_a_token_that_has_seen_everything(self, town: Town) -> None:
        await town.bind("vera")
        follower = await at_the_end(town, EVERYWHERE)
        await forget_events(town)
        again = bindings(town, EVERYWHERE, await follower.leave())
        await town.bind("anya")
        assert told(await again.changes(1)) == [(CREATED, "anya")]


class TestRosters:
    async def test_it_tells_the_end_of_a_binding_whose_account_lost_its_last_place(self, town: Town) -> None:
        await town.bind("lev")
        follower = await at_the_end(town, back_end("lenient"))
        await send(town, EnrolmentItem("lev", "s7-5a", ended=True))
        assert told(await follower.changes(1)) == [(REMOVED, "lev")]

    async def test_it_tells_who_comes_and_who_goes(self, town: Town) -> None:
        await town.bind("lev")
        left = await at_the_end(town, back_end("lenient"))
        entered = await at_the_end(town, back_end("strict"))
        everywhere = await at_the_end(town, EVERYWHERE, heartbeat_s=0.1)
        await send(town, EnrolmentItem("lev", "s5-5a", ended=False), EnrolmentItem("lev", "s7-5a", ended=True))
        (gone,), (come,) = await left.changes(1), await entered.changes(1)
        assert told([gone, come]) == [(REMOVED, "lev"), (CREATED, "lev")]
        # What is not the follower's any more is named, and not shown.
        assert gone.view is None
        assert gone.binding_id == come.view.binding.id
        assert await everywhere.is_silent()
