"""Who files a ticket, who reads it, and what support can do with it."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest
from binding_server.domain.model import DutyKind, EndReason, EntryPoint
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import DutyItem
from binding_server.domain.tickets import MAX_SCREENSHOT_BYTES, TicketAction, TicketItems, TicketState
from binding_server.use_cases.housekeeping import delete_screenshots
from binding_server.use_cases.read_bindings import BindingRef, unbind
from binding_server.use_cases.services import Caller, ServiceIdentity
from binding_server.use_cases.tickets import (
    TicketPage,
    TicketView,
    create_ticket,
    get_ticket,
    list_tickets,
    resolve_ticket,
)

from ..images.pictures import saved, screen
from .cast import PARENT, PROFILES, profile
from .expect import refused
from .town import Town

SCREENSHOT = saved(screen(), "PNG")


def items(number: str, **changed: str) -> TicketItems:
    """Four items, and what the school tried."""
    told = {
        "municipality": "Екатеринбург",
        "school_name": "Школа № 7",
        "full_name": "Полина П.",
        "school_steps": "Отменяли в дневнике.",
    }
    return TicketItems(**{**told, **changed}, vk_user_id=number)


def support(*municipalities: str) -> Caller:
    """Support by itself; everywhere if no municipality is named."""
    where = frozenset(municipalities) if municipalities else None
    return Caller(lambda: 10.0, service=ServiceIdentity("support", frozenset(), where))


async def file(
    town: Town,
    who: str | Caller,
    account: str = "polina",
    number: str = PROFILES["polina"],
    *,
    picture: bytes = SCREENSHOT,
    request: str = "",
    **changed: str,
) -> TicketView:
    """Files a ticket; by default about Polina's own profile."""
    caller = who if isinstance(who, Caller) else await town.caller(who)
    return await create_ticket(town.services, caller, account, items(number, **changed), picture, "17", request)


async def resolve(
    town: Town,
    view: TicketView,
    account: str | None = None,
    action: TicketAction = TicketAction.UNBIND,
    *,
    by: Caller | None = None,
    request: str = "",
) -> TicketView:
    """Works a ticket off."""
    caller = by or support()
    return await resolve_ticket(town.services, caller, view.ticket.id, action, account, "agent-7", "Готово.", request)


async def read(town: Town, who: str | Caller, view: TicketView) -> TicketView:
    """Reads a ticket."""
    caller = who if isinstance(who, Caller) else await town.caller(who)
    return await get_ticket(town.services, caller, view.ticket.id)


async def page(
    town: Town,
    who: str | Caller,
    account: str | None = None,
    organisation: str | None = None,
    state: TicketState | None = None,
    size: int = 50,
    before: str | None = None,
) -> TicketPage:
    """Lists tickets."""
    caller = who if isinstance(who, Caller) else await town.caller(who)
    return await list_tickets(town.services, caller, account, organisation, state, size, before)


def ids(views: Iterable[TicketView]) -> list[str]:
    """Which tickets."""
    return [view.ticket.id for view in views]


async def refused_at_vk(town: Town, name: str = "polina") -> None:
    """A person signs in at VK ID and is refused, since the own profile is bound elsewhere."""
    with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
        await town.bind(name)


async def end(town: Town, name: str) -> None:
    """A holder unbinds."""
    await unbind(town.services, await town.caller(name), BindingRef(account_id=name), EntryPoint.CHATS_TAB, "", "")


@pytest.fixture
async def held(town: Town) -> str:
    """Polina's profile is bound in Lev's account; the id of that binding."""
    done = await town.bind("lev", answer=profile("polina", PARENT))
    assert done.binding is not None
    return done.binding.binding.id


@pytest.mark.rules("S21", "S24", "S25")
class TestFiling:
    @pytest.mark.scenario("T01")
    @pytest.mark.parametrize("who", ["polina", support(), support("lenient")])
    async def test_keeps_all_five_items(self, town: Town, who: str | Caller) -> None:
        view = await file(town, who)
        ticket = view.ticket
        assert (ticket.state, ticket.account_id, ticket.decision) == (TicketState.OPEN, "polina", "17")
        assert ticket.items == items(PROFILES["polina"])
        assert ticket.filed_by == ("person:polina" if who == "polina" else "service:support")
        assert (ticket.organisations, ticket.municipalities) == ({"s7"}, {"lenient"})
        assert view.in_full
        assert view.ticket.screenshot.content.startswith(b"\x89PNG")

    async def test_is_for_an_operator_of_the_school(self, town: Town) -> None:
        assert (await file(town, "ivan", "vera")).ticket.filed_by == "person:ivan"

    @pytest.mark.parametrize("account", ["polina", "nobodys"])
    @pytest.mark.parametrize("who", ["ivan", "kira", "lev", "vera"])
    async def test_is_not_for_others(self, town: Town, who: str, account: str) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await file(town, who, account)

    async def test_is_not_for_other_staff(self, town: Town) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await file(town, "zhanna", "anya")

    async def test_is_not_for_support_of_elsewhere(self, town: Town) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await file(town, support("strict"))

    @pytest.mark.scenario("T02")
    async def test_names_what_is_missing(self, town: Town) -> None:
        with refused(Reason.REQUEST_INVALID) as refusal:
            await file(town, "polina", number="", full_name=" - ")
        assert [name for name, _ in refusal().fields] == ["full_name", "vk_user_id"]

    @pytest.mark.scenario("T04")
    @pytest.mark.parametrize(
        ("picture", "problem"),
        [
            (b"<svg/>", "NOT_AN_IMAGE"),
            (SCREENSHOT[:-40], "DAMAGED"),
            (SCREENSHOT + b" " * MAX_SCREENSHOT_BYTES, "TOO_LARGE"),
        ],
    )
    async def test_takes_pictures_only(self, town: Town, picture: bytes, problem: str) -> None:
        with refused(Reason.ATTACHMENT_INVALID) as refusal:
            await file(town, "polina", picture=picture)
        assert refusal().metadata == {"problem": problem}
        assert [name for name, _ in refusal().fields] == ["screenshot"]
        assert (await page(town, "polina")).tickets == []

    @pytest.mark.rules("I6")
    async def test_of_the_same_request_is_one_ticket(self, town: Town) -> None:
        filed = await asyncio.gather(*[file(town, "polina", request="r") for _ in range(3)])
        assert len(set(ids(filed))) == 1
        assert filed[0] == await file(town, "polina", request="r")
        with refused(Reason.REQUEST_ID_REUSED):
            await file(town, "polina", request="r", school_name="Школа № 8")

    async def test_is_bounded(self, town: Town) -> None:
        for _ in range(town.services.limits.tickets.most):
            await file(town, "polina")
        with refused(Reason.RATE_LIMITED):
            await file(town, "polina")
        assert await file(town, support())
        town.clock.advance(timedelta(days=1))
        assert await file(town, "polina")

    async def test_hides_what_people_wrote_in_the_database(self, town: Town) -> None:
        await file(town, "polina")
        rows = await town.rows("SELECT * FROM ticket")
        stored = b"".join(
            str(value).encode() if isinstance(value, str) else value
            for value in rows[0].values()
            if value and not isinstance(value, int)
        )
        for text in ("Екатеринбург", "Школа", "Полина", PROFILES["polina"], "Отменяли"):
            assert text.encode() not in stored
        [picture] = await town.rows("SELECT * FROM ticket_screenshot")
        assert b"PNG" not in picture["sealed_content"]


class TestReading:
    async def test_is_for_who_filed_it_and_for_support(self, town: Town) -> None:
        view = await file(town, "ivan", "vera")
        for who in ("ivan", support(), support("strict", "elsewhere")):
            assert await read(town, who, view) == view

    @pytest.mark.parametrize("who", ["vera", "zhanna", "kira", support("lenient")])
    async def test_is_for_nobody_else(self, town: Town, who: str | Caller) -> None:
        view = await file(town, "ivan", "vera")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await read(town, who, view)

    async def test_of_what_is_not_there_says_the_same(self, town: Town) -> None:
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await get_ticket(town.services, support(), "nothing")


class TestListing:
    async def test_shows_each_what_is_theirs(self, town: Town) -> None:
        first = await file(town, "vera", "vera")
        second = await file(town, "ivan", "vera")
        third = await file(town, "polina")
        seen = {
            "vera": [second, first],
            "ivan": [second],
            "polina": [third],
            "kira": [],
        }
        for name, views in seen.items():
            assert ids((await page(town, name)).tickets) == ids(views)
        assert ids((await page(town, support())).tickets) == ids([third, second, first])
        assert ids((await page(town, support("lenient"))).tickets) == ids([third])
        assert ids((await page(town, support("elsewhere"))).tickets) == []

    async def test_masks_the_number_for_who_did_not_file_it(self, town: Town) -> None:
        await file(town, "ivan", "vera")
        assert [view.in_full for view in (await page(town, "vera", "vera")).tickets] == [False]
        assert [view.in_full for view in (await page(town, "ivan", "vera")).tickets] == [True]
        assert [view.in_full for view in (await page(town, support(), "vera")).tickets] == [True]

    async def test_brings_no_pictures(self, town: Town) -> None:
        await file(town, "polina")
        assert [view.ticket.screenshot.content for view in (await page(town, "polina")).tickets] == [b""]

    async def test_shows_an_organisation_to_its_operators_and_to_support(self, town: Town) -> None:
        view = await file(town, "vera", "vera")
        await file(town, "polina")
        for who in ("ivan", support(), support("strict")):
            assert ids((await page(town, who, organisation="s5")).tickets) == ids([view])
        for who in ("zhanna", "vera", support("lenient")):
            with refused(Reason.CALLER_NOT_ALLOWED):
                await page(town, who, organisation="s5")
        with refused(Reason.CALLER_NOT_ALLOWED):
            await page(town, "ivan", organisation="s7")

    async def test_hides_other_accounts(self, town: Town) -> None:
        for who in ("kira", "ivan", support("strict")):
            with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
                await page(town, who, "polina")

    async def test_comes_in_pages_and_by_state(self, town: Town) -> None:
        views = [await file(town, "polina") for _ in range(3)]
        await resolve(town, views[1], action=TicketAction.CLOSE)
        first = await page(town, "polina", size=2)
        second = await page(town, "polina", size=2, before=first.next)
        assert ids([*first.tickets, *second.tickets]) == ids(views[::-1])
        assert second.next is None
        assert ids((await page(town, "polina", state=TicketState.CLOSED)).tickets) == ids([views[1]])


@pytest.mark.rules("S22", "S23")
class TestResolving:
    @pytest.mark.scenario("T01")
    async def test_ends_the_binding_of_the_ticket(self, town: Town, held: str) -> None:
        view = await file(town, support(), "lev")
        done = await resolve(town, view)
        assert (done.ticket.state, done.ticket.resolution, done.ticket.agent) == (
            TicketState.UNBOUND,
            "Готово.",
            "agent-7",
        )
        assert done.ticket.ended_at == town.clock.now()
        ended = await town.store.binding(held)
        assert ended is not None
        assert ended.end_reason is EndReason.SUPPORT
        assert await town.store.chats_of_account("lev") == []

    @pytest.mark.scenario("P13")
    async def test_ends_anothers_binding_of_the_own_profile_and_binds_nothing(self, town: Town, held: str) -> None:
        await refused_at_vk(town)
        view = await file(town, "polina")
        await resolve(town, view, "lev")
        assert not await town.is_bound("lev")
        assert not await town.is_bound("polina")
        await town.bind("polina")
        assert await town.is_bound("polina")

    async def test_names_who_holds_a_proven_profile(self, town: Town, held: str) -> None:
        await refused_at_vk(town)
        view = await file(town, "polina")
        with refused(Reason.TICKET_MISMATCH) as refusal:
            await resolve(town, view)
        assert refusal().metadata == {"holder": "accounts/lev"}
        with refused(Reason.TICKET_MISMATCH) as refusal:
            await resolve(town, view, "kira")
        assert refusal().metadata == {"holder": "accounts/lev"}

    @pytest.mark.scenario("T03")
    async def test_of_another_number_changes_nothing(self, town: Town, held: str) -> None:
        view = await file(town, support(), "lev", PROFILES["vera"])
        with refused(Reason.TICKET_MISMATCH) as refusal:
            await resolve(town, view)
        assert refusal().metadata == {}
        assert await town.is_bound("lev")
        assert (await read(town, support(), view)).ticket.state is TicketState.OPEN

    @pytest.mark.scenario("T05")
    async def test_of_what_was_bound_since_leaves_it_and_closes(self, town: Town, held: str) -> None:
        view = await file(town, support(), "lev")
        await end(town, "lev")
        await town.bind("lev")
        assert (await resolve(town, view)).ticket.state is TicketState.CLOSED
        assert await town.is_bound("lev")

    @pytest.mark.scenario("T05")
    async def test_of_what_the_person_has_bound_since_leaves_it_and_closes(self, town: Town, held: str) -> None:
        await refused_at_vk(town)
        view = await file(town, "polina")
        await end(town, "lev")
        await town.bind("polina")
        assert (await resolve(town, view, "lev")).ticket.state is TicketState.CLOSED
        assert await town.is_bound("polina")

    async def test_of_somebody_elses_profile_is_unproven(self, town: Town, held: str) -> None:
        view = await file(town, "kira", "kira")
        with refused(Reason.TICKET_UNPROVEN):
            await resolve(town, view, "lev")
        with refused(Reason.TICKET_MISMATCH) as refusal:
            await resolve(town, view)
        assert refusal().metadata == {}
        assert await town.is_bound("lev")

    async def test_of_a_profile_that_is_known_to_be_anothers_is_unproven(self, town: Town, held: str) -> None:
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
            await town.bind("kira", answer=profile("polina", PARENT))
        view = await file(town, "kira", "kira")
        with refused(Reason.TICKET_UNPROVEN):
            await resolve(town, view, "lev")
        assert await town.is_bound("lev")

    async def test_by_a_proof_of_long_ago_is_unproven(self, town: Town, held: str) -> None:
        await refused_at_vk(town)
        town.clock.advance(timedelta(days=91))
        view = await file(town, "polina")
        with refused(Reason.TICKET_UNPROVEN):
            await resolve(town, view, "lev")

    async def test_closes_without_a_change(self, town: Town, held: str) -> None:
        view = await file(town, support(), "lev")
        assert (await resolve(town, view, action=TicketAction.CLOSE)).ticket.state is TicketState.CLOSED
        assert await town.is_bound("lev")

    async def test_of_one_that_has_ended_changes_nothing(self, town: Town, held: str) -> None:
        view = await file(town, support(), "lev")
        first = await resolve(town, view)
        await town.bind("lev", answer=profile("polina", PARENT))
        town.clock.advance(timedelta(minutes=1))
        assert await resolve(town, view) == first
        assert await resolve(town, view, action=TicketAction.CLOSE) == first
        assert await town.is_bound("lev")

    @pytest.mark.rules("I6")
    async def test_answers_the_same_to_the_same_request(self, town: Town, held: str) -> None:
        view = await file(town, "polina")
        with refused(Reason.TICKET_UNPROVEN):
            await resolve(town, view, "lev", request="r")
        await refused_at_vk(town)
        with refused(Reason.TICKET_UNPROVEN):
            await resolve(town, view, "lev", request="r")
        with refused(Reason.REQUEST_ID_REUSED):
            await resolve(town, view, request="r")
        done = await resolve(town, view, "lev", request="r2")
        assert done == await resolve(town, view, "lev", request="r2")

    @pytest.mark.parametrize("who", ["polina", "ivan", "kira"])
    async def test_is_for_support_alone(self, town: Town, who: str) -> None:
        view = await file(town, "polina")
        with refused(Reason.CALLER_NOT_ALLOWED):
            await resolve(town, view, by=await town.caller(who))

    async def test_stays_within_supports_municipalities(self, town: Town, held: str) -> None:
        view = await file(town, "polina")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await resolve(town, view, by=support("strict"))
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await resolve(town, view, "vera", by=support("lenient"))
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await resolve(town, view, "nobodys", by=support("lenient"))

    @pytest.mark.rules("I9")
    async def test_leaves_audit_records_with_ticket_and_agent(self, town: Town, held: str) -> None:
        view = await file(town, support(), "lev", PROFILES["vera"])
        with refused(Reason.TICKET_MISMATCH):
            await resolve(town, view)
        right = await file(town, support(), "lev")
        await resolve(town, right)
        told = [
            (each["actor"], each["action"], each["account_id"], each["reason"], each["ticket_id"], each["agent"])
            for each in await town.rows("SELECT * FROM audit ORDER BY id")
        ]
        by, wrong, good = "service:support", view.ticket.id, right.ticket.id
        assert told[-5:] == [
            (by, "ticket.create", "lev", None, wrong, None),
            (by, "ticket.resolve", "lev", "TICKET_MISMATCH", wrong, "agent-7"),
            (by, "ticket.create", "lev", None, good, None),
            (by, "binding.unbind", "lev", "SUPPORT", good, "agent-7"),
            (by, "ticket.resolve", "lev", None, good, "agent-7"),
        ]

    @pytest.mark.rules("I1", "I4")
    async def test_races_the_holder_who_binds_again(self, town: Town) -> None:
        for _ in range(10):
            await town.bind("lev", answer=profile("polina", PARENT))
            view = await file(town, support(), "lev")

            async def again() -> None:
                await end(town, "lev")
                await town.bind("lev")

            done, _ = await asyncio.gather(resolve(town, view), again())
            # Whoever was first: what the holder has bound since stays.
            assert done.ticket.state in (TicketState.UNBOUND, TicketState.CLOSED)
            assert await town.is_bound("lev")
            await end(town, "lev")


class TestScreenshots:
    async def test_are_deleted_some_days_after_the_end(self, town: Town) -> None:
        ended, open_ = await file(town, "polina"), await file(town, "polina")
        await resolve(town, ended, action=TicketAction.CLOSE)
        town.clock.advance(town.services.keep_screenshots - timedelta(seconds=1))
        assert await delete_screenshots(town.services) == 0
        town.clock.advance(timedelta(seconds=1))
        assert await delete_screenshots(town.services) == 1
        assert await delete_screenshots(town.services) == 0
        gone = (await read(town, "polina", ended)).ticket.screenshot
        assert (gone.content, gone.deleted_at, gone.width) == (b"", town.clock.now(), open_.ticket.screenshot.width)
        assert (await read(town, "polina", open_)).ticket.screenshot.content
        assert [row["ticket_id"] for row in await town.rows("SELECT * FROM ticket_screenshot")] == [open_.ticket.id]

    async def test_a_former_operator_keeps_what_he_filed(self, town: Town) -> None:
        view = await file(town, "ivan", "vera")
        await town.roster(DutyItem("ivan", "s5", DutyKind.OPERATOR, None, ended=True))
        assert await read(town, "ivan", view) == view
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await file(town, "ivan", "vera")
