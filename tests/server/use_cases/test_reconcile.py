"""Who is in which chat follows from bindings, rosters and roles; what was disturbed is repaired (I12)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from binding_server.domain.model import ChatKind, EducationalRole
from binding_server.domain.reasons import Reason
from binding_server.domain.reconcile import EffectKind
from binding_server.domain.roster import EnrolmentItem, SchoolClassItem
from binding_server.use_cases.housekeeping import forget_roster_reports
from binding_server.use_cases.reconcile import METHOD, Reconciled, reconcile_chats, reconcile_everything
from binding_server.use_cases.records import AuditEntry, Claim, WantedChat
from binding_server.use_cases.services import Caller, ServiceIdentity

from .cast import PUPIL, profile
from .expect import refused
from .feeding import feed
from .town import Town

pytestmark = pytest.mark.rules("I12")


def back_end(*municipalities: str) -> Caller:
    within = frozenset(municipalities) or None
    return Caller(lambda: 10.0, service=ServiceIdentity("feed", frozenset({METHOD}), municipalities=within))


async def run(town: Town, **more: Any) -> Reconciled:
    return await reconcile_chats(town.services, back_end(), **more)


def told(done: Reconciled) -> set[tuple[EffectKind, str, str]]:
    return {(effect.kind, effect.account_id, effect.class_id) for effect in done.changes}


async def disturb(town: Town) -> None:
    """Anya's binding is in a chat of another class only, and Boris has left school while nobody looked."""
    binding = await town.store.active_binding("anya")
    assert binding is not None
    wanted = [WantedChat("wrong", "s5-9b", ChatKind.PUPILS, EducationalRole.PUPIL)]
    entry = AuditEntry("service:disturber", "chats.settle", "anya", town.clock.now())
    await town.store.set_memberships(binding.id, wanted, True, town.clock.now(), entry)
    await town.roster(EnrolmentItem("boris", "s5-9b", ended=True))


class TestARun:
    async def test_on_a_settled_system_changes_nothing(self, town: Town) -> None:
        for name in ("anya", "vera", "boris", "zhanna"):
            await town.bind(name)
        events = await town.store.newest_event_number()
        done = await run(town)
        assert (done.checked, done.changes, done.next) == (4, [], None)
        assert await town.store.newest_event_number() == events

    async def test_on_a_disturbed_one_repairs_it_and_says_what_it_did(self, town: Town) -> None:
        for name in ("anya", "boris", "vera"):
            await town.bind(name)
        await disturb(town)
        wanted = {
            (EffectKind.LEFT, "anya", "s5-9b"),
            (EffectKind.JOINED, "anya", "s5-5a"),
            (EffectKind.UNBOUND, "boris", ""),
            (EffectKind.LEFT, "vera", "s5-9b"),
        }
        before = await town.store.newest_event_number()
        assert told(await run(town, dry_run=True)) == wanted
        assert await town.store.newest_event_number() == before
        assert told(await run(town)) == wanted
        assert not await town.is_bound("boris")
        assert [chat.school_class.id for chat in await town.store.chats_of_account("anya")] == ["s5-5a"]
        assert await town.store.newest_event_number() > before
        assert (await run(town)).changes == []

    async def test_goes_page_by_page(self, town: Town) -> None:
        for name in ("anya", "boris", "vera"):
            await town.bind(name)
        await disturb(town)
        found: set[tuple[EffectKind, str, str]] = set()
        after: str | None = None
        checked = 0
        while True:
            done = await run(town, after=after, limit=1)
            found |= told(done)
            checked += done.checked
            after = done.next
            if after is None:
                break
        assert (checked, len(found)) == (3, 4)

    async def test_keeps_to_the_place_that_is_asked_for(self, town: Town) -> None:
        await town.bind("anya")
        await town.bind("lev")
        assert (await run(town, organisation_id="s5")).checked == 1
        assert (await run(town, municipality_id="lenient")).checked == 1
        assert (await reconcile_chats(town.services, back_end("lenient"))).checked == 1


class TestTheServiceItself:
    async def test_repairs_from_time_to_time(self, town: Town) -> None:
        await town.bind("anya")
        await town.bind("boris")
        await disturb(town)
        changes = await reconcile_everything(town.services)
        assert {effect.account_id for effect in changes} == {"anya", "boris"}
        assert await reconcile_everything(town.services) == []

    async def test_forgets_what_old_imports_have_reported(self, town: Town) -> None:
        report = await feed(town, [EnrolmentItem("anya", "nowhere", ended=False)])
        town.clock.advance(timedelta(days=31))
        newer = await feed(town, [EnrolmentItem("anya", "nowhere", ended=False)])
        assert await forget_roster_reports(town.services, timedelta(days=30)) == 1
        kept = [len(await town.store.findings(run, "ERROR", 0, 10)) for run in (report.run, newer.run)]
        assert kept == [0, 1]


class TestTheCaller:
    @pytest.mark.parametrize("place", [{"organisation_id": "s7"}, {"municipality_id": "lenient"}])
    async def test_keeps_to_its_own_municipalities(self, town: Town, place: dict[str, str]) -> None:
        with refused(Reason.CALLER_NOT_ALLOWED):
            await reconcile_chats(town.services, back_end("strict"), **place)  # pyright: ignore[reportArgumentType]

    async def test_is_no_person(self, town: Town) -> None:
        with refused(Reason.CALLER_UNKNOWN):
            await reconcile_chats(town.services, await town.caller("ivan"))


class TestARosterBetweenDecisionAndClaim:
    @pytest.mark.parametrize(
        ("change", "tab"),
        [
            ([EnrolmentItem("anya", "s5-5a", ended=True), EnrolmentItem("anya", "s5-1v", ended=False)], ["s5-1v"]),
            ([SchoolClassItem("s5-6a", "s5", 2027, "6А", continues="s5-5a")], ["s5-6a"]),
        ],
        ids=["moves", "goes on"],
    )
    async def test_counts(self, town: Town, change: Any, tab: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """The claim is made with what holds when it is written: nobody joins the chats of an old class."""
        await town.bind("egor")
        attempt = await town.start("anya")
        _before(monkeypatch, town, lambda: feed(town, change))
        await town.complete("anya", attempt, town.sign_in(attempt, profile("anya", PUPIL)))
        assert [chat.school_class.id for chat in await town.store.chats_of_account("anya")] == tab
        assert (await run(town)).changes == []

    async def test_that_takes_the_last_role_refuses(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        attempt = await town.start("anya")
        _before(monkeypatch, town, lambda: feed(town, [EnrolmentItem("anya", "s5-5a", ended=True)]))
        with refused(Reason.ACCOUNT_NOT_ELIGIBLE, "D2"):
            await town.complete("anya", attempt, town.sign_in(attempt, profile("anya", PUPIL)))
        assert not await town.is_bound("anya")


def _before(monkeypatch: pytest.MonkeyPatch, town: Town, act: Callable[[], Awaitable[object]]) -> None:
    """Lets something happen just before the first claim is written."""
    claim, done = town.store.claim, asyncio.Event()

    async def late(wanted: Claim) -> Any:
        if not done.is_set():
            done.set()
            await act()
        return await claim(wanted)

    monkeypatch.setattr(town.store, "claim", late)
