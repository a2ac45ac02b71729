"""Options beyond the rules: a profile's owner releases it, a guardian unbinds a small child."""

import asyncio
from dataclasses import replace

import pytest
from binding_server.domain.model import BindingState, EndReason, EntryPoint
from binding_server.domain.options import Options
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.roster import PersonItem
from binding_server.use_cases.outcomes import Completion
from binding_server.use_cases.read_bindings import BindingRef, Unbound, unbind

from .cast import OIDS, PARENT, STAFF, profile
from .expect import refused
from .town import Town


@pytest.fixture
def releasing(town: Town) -> Town:
    """A town whose service lets owners release their profiles."""
    town.services = replace(town.services, options=Options(release_by_vk_proof=True))
    return town


async def polina_held(town: Town) -> str:
    """Polina's profile is bound in Lev's account, by a lenient past; returns the binding."""
    done = await town.bind("lev", answer=profile("polina", PARENT))
    assert done.binding is not None
    return done.binding.binding.id


async def bind(town: Town, name: str, account: str = "", *, release: bool = True, request: str = "") -> Completion:
    """Binds the own profile, and agrees that the other binding ends."""
    attempt = await town.start(name, account)
    roles = {"zhanna": (STAFF, PARENT)}.get(name, (PARENT,))
    result = town.sign_in(attempt, profile(name, *roles))
    return await town.complete(name, attempt, result, release=release, request=request)


@pytest.mark.scenario("P14")
@pytest.mark.rules("A7")
class TestRelease:
    async def test_ends_the_other_binding_and_makes_the_own(self, releasing: Town) -> None:
        held = await polina_held(releasing)
        done = await bind(releasing, "polina")
        assert done.binding is not None
        assert not done.already
        ended = await releasing.store.binding(held)
        assert ended is not None
        assert (ended.state, ended.end_reason) == (BindingState.UNBOUND, EndReason.RELEASED_BY_OWNER)
        assert await releasing.store.chats_of_account("lev") == []
        assert await releasing.is_bound("polina")

    async def test_is_offered_first(self, releasing: Town) -> None:
        await polina_held(releasing)
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14") as refusal:
            await bind(releasing, "polina", release=False)
        assert refusal().remedies == (
            Remedy.RELEASE_BY_VK_PROOF,
            Remedy.UNBIND_IN_OTHER_ACCOUNT,
            Remedy.VISIT_SCHOOL,
            Remedy.SUPPORT_TICKET,
        )
        assert await releasing.is_bound("lev")

    async def test_of_an_account_of_ones_own_too(self, releasing: Town) -> None:
        await bind(releasing, "zhanna", release=False)
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D13") as refusal:
            await bind(releasing, "zhanna", "zhanna-parent", release=False)
        assert refusal().remedies == (Remedy.RELEASE_BY_VK_PROOF, Remedy.UNBIND_IN_OTHER_ACCOUNT)
        await bind(releasing, "zhanna", "zhanna-parent")
        assert not await releasing.is_bound("zhanna")
        assert await releasing.is_bound("zhanna-parent")

    async def test_without_the_option_changes_nothing(self, town: Town) -> None:
        await polina_held(town)
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14") as refusal:
            await bind(town, "polina")
        assert refusal().remedies == (Remedy.UNBIND_IN_OTHER_ACCOUNT, Remedy.VISIT_SCHOOL, Remedy.SUPPORT_TICKET)
        assert await town.is_bound("lev")

    async def test_is_the_owners_alone(self, releasing: Town) -> None:
        await polina_held(releasing)
        attempt = await releasing.start("kira")
        result = releasing.sign_in(attempt, profile("polina", PARENT))
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14") as refusal:
            await releasing.complete("kira", attempt, result, release=True)
        assert Remedy.RELEASE_BY_VK_PROOF not in (refusal().remedies or ())
        assert await releasing.is_bound("lev")

    async def test_is_not_for_who_nobody_knows(self, releasing: Town) -> None:
        await polina_held(releasing)
        attempt = await releasing.start("polina")
        result = releasing.sign_in(attempt, profile("polina", PARENT, phone=None))
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
            await releasing.complete("polina", attempt, result, release=True)
        assert await releasing.is_bound("lev")

    @pytest.mark.rules("I10")
    async def test_ends_nothing_if_a_later_row_refuses(self, releasing: Town) -> None:
        await bind(releasing, "zhanna", release=False)
        attempt = await releasing.start("zhanna", "zhanna-parent")
        result = releasing.sign_in(attempt, profile("zhanna", STAFF))
        with refused(Reason.VK_ROLE_MISMATCH, "D18"):
            await releasing.complete("zhanna", attempt, result, release=True)
        assert await releasing.is_bound("zhanna")

    async def test_ends_nothing_in_a_preview(self, releasing: Town) -> None:
        await polina_held(releasing)
        attempt = await releasing.start("polina")
        result = releasing.sign_in(attempt, profile("polina", PARENT))
        shown = await releasing.complete("polina", attempt, result, preview=True, release=True)
        assert shown.preview is not None
        assert await releasing.is_bound("lev")
        await releasing.complete("polina", attempt, None, release=True)
        assert not await releasing.is_bound("lev")

    async def test_changes_nothing_where_nothing_is_bound_elsewhere(self, releasing: Town) -> None:
        assert (await bind(releasing, "polina")).binding
        assert (await bind(releasing, "polina")).already

    @pytest.mark.rules("I6")
    async def test_answers_the_same_to_the_same_request(self, releasing: Town) -> None:
        await polina_held(releasing)
        attempt = await releasing.start("polina")
        result = releasing.sign_in(attempt, profile("polina", PARENT))
        first = await releasing.complete("polina", attempt, result, release=True, request="r")
        again = await releasing.complete("polina", attempt, result, release=True, request="r")
        assert first.binding is not None
        assert again.binding is not None
        assert again.binding.binding.id == first.binding.binding.id
        with refused(Reason.REQUEST_ID_REUSED):
            await releasing.complete("polina", attempt, result, release=False, request="r")

    @pytest.mark.rules("I9")
    async def test_leaves_an_event_and_an_audit_record_of_each(self, releasing: Town) -> None:
        held = await polina_held(releasing)
        before = await releasing.store.newest_event_number()
        done = await bind(releasing, "polina")
        assert done.binding is not None
        events = await releasing.store.events_after(before, 50)
        told = [(event.kind, event.binding_id) for event in events if event.kind.startswith("binding.")]
        assert told == [("binding.removed", held), ("binding.created", done.binding.binding.id)]
        records = await releasing.rows("SELECT * FROM audit ORDER BY id")
        assert [(each["actor"], each["action"], each["account_id"], each["reason"]) for each in records[-2:]] == [
            ("person:polina", "binding.release", "lev", "RELEASED_BY_OWNER"),
            ("person:polina", "binding.create", "polina", None),
        ]

    @pytest.mark.rules("I1")
    async def test_asked_in_two_accounts_at_once_leaves_one_binding(self, releasing: Town) -> None:
        for _ in range(10):
            ready = []
            for account in ("zhanna", "zhanna-parent"):
                attempt = await releasing.start("zhanna", account)
                ready.append((attempt, releasing.sign_in(attempt, profile("zhanna", STAFF, PARENT))))
            await asyncio.gather(*[releasing.complete("zhanna", *each, release=True) for each in ready])
            bound = [name for name in ("zhanna", "zhanna-parent") if await releasing.is_bound(name)]
            assert len(bound) == 1

    @pytest.mark.rules("I1")
    async def test_races_an_unbind_and_a_claim_by_the_old_holder(self, releasing: Town) -> None:
        for _ in range(10):
            await polina_held(releasing)
            again = await releasing.start("lev")
            claim = releasing.sign_in(again, profile("polina", PARENT))
            caller = await releasing.caller("lev")
            ref = BindingRef(account_id="lev")
            done = await asyncio.gather(
                bind(releasing, "polina"),
                unbind(releasing.services, caller, ref, EntryPoint.CHATS_TAB, "", ""),
                releasing.complete("lev", again, claim),
                return_exceptions=True,
            )
            assert isinstance(done[0], Completion), done[0]
            assert await releasing.is_bound("polina")
            assert not await releasing.is_bound("lev")
            await unbind(
                releasing.services,
                await releasing.caller("polina"),
                BindingRef(account_id="polina"),
                EntryPoint.API,
                "",
                "",
            )


@pytest.mark.rules("A8")
class TestGuardians:
    """Vera represents Anya, who is bound."""

    @pytest.fixture
    async def bound(self, town: Town) -> Town:
        town.services = replace(town.services, options=Options(guardian_unbind=True))
        await self.born(town, "2015-03-10")
        await town.bind("anya")
        return town

    async def born(self, town: Town, birth_date: str) -> None:
        await town.roster(PersonItem("anya", OIDS["anya"], "Anya", birth_date))

    async def unbind(self, town: Town, name: str, account: str = "anya", request: str = "") -> Unbound:
        ref = BindingRef(account_id=account)
        return await unbind(town.services, await town.caller(name), ref, EntryPoint.CHATS_TAB, "", request)

    @pytest.mark.parametrize("name", ["vera", "gleb"])
    async def test_end_the_binding_of_a_small_child(self, bound: Town, name: str) -> None:
        ended = await self.unbind(bound, name)
        assert ended.view.binding.end_reason is EndReason.GUARDIAN
        assert not ended.view.in_full
        assert not await bound.is_bound("anya")
        [record] = (await bound.rows("SELECT * FROM audit ORDER BY id"))[-1:]
        told = (record["actor"], record["action"], record["account_id"])
        assert told == (f"person:{name}", "binding.unbind", "anya")

    async def test_end_nothing_without_the_option(self, bound: Town) -> None:
        bound.services = replace(bound.services, options=Options())
        with refused(Reason.CALLER_NOT_ALLOWED):
            await self.unbind(bound, "vera")

    @pytest.mark.parametrize("birth_date", ["2012-09-01", "2015-02-31"])
    async def test_end_nothing_of_an_older_child(self, bound: Town, birth_date: str) -> None:
        await self.born(bound, birth_date)
        with refused(Reason.CALLER_NOT_ALLOWED):
            await self.unbind(bound, "vera")
        assert await bound.is_bound("anya")

    async def test_end_nothing_of_a_child_whose_age_is_not_known(self, bound: Town) -> None:
        await bound.bind("egor")
        with refused(Reason.CALLER_NOT_ALLOWED):
            await self.unbind(bound, "dina", "egor")

    @pytest.mark.parametrize("name", ["ivan", "zhanna"])
    async def test_are_not_the_staff(self, bound: Town, name: str) -> None:
        with refused(Reason.CALLER_NOT_ALLOWED):
            await self.unbind(bound, name)

    @pytest.mark.parametrize("name", ["dina", "boris"])
    async def test_are_not_others(self, bound: Town, name: str) -> None:
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await self.unbind(bound, name)

    async def test_are_not_each_others(self, bound: Town) -> None:
        await bound.bind("gleb")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await self.unbind(bound, "vera", "gleb")

    async def test_get_the_same_answer_to_the_same_request(self, bound: Town) -> None:
        assert await self.unbind(bound, "vera", request="r") == await self.unbind(bound, "vera", request="r")
