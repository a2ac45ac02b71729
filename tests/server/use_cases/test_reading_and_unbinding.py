"""Who reads which binding, and who ends it."""

from datetime import timedelta

import pytest
from binding_server.domain.model import BindingState, Diagnosis, EndReason, EntryPoint
from binding_server.domain.reasons import Reason
from binding_server.use_cases.outcomes import BindingView
from binding_server.use_cases.read_bindings import (
    BindingPage,
    BindingRef,
    Unbound,
    get_binding,
    list_bindings,
    unbind,
)
from binding_server.use_cases.services import Caller

from .cast import PARENT, profile
from .expect import refused
from .town import Town


async def read(town: Town, name: str, account: str) -> BindingView:
    """Reads an account's binding."""
    return await get_binding(town.services, await town.caller(name), BindingRef(account_id=account))


async def end(
    town: Town, name: str, account: str = "", *, binding: str = "", etag: str = "", request: str = ""
) -> Unbound:
    """Unbinds, by the account or by the binding's id."""
    ref = BindingRef(binding_id=binding) if binding else BindingRef(account_id=account or name)
    return await unbind(town.services, await town.caller(name), ref, EntryPoint.CHATS_TAB, etag, request)


async def page(
    town: Town,
    name: str,
    account: str | None,
    organisation: str | None = None,
    size: int = 50,
    before: str | None = None,
) -> BindingPage:
    """Lists bindings."""
    caller = await town.caller(name)
    return await list_bindings(town.services, caller, account, organisation, None, None, size, before or None)


class TestReading:
    @pytest.mark.scenario("H12")
    @pytest.mark.parametrize(("name", "in_full"), [("anya", True), ("vera", False), ("ivan", False)])
    async def test_shows_the_number_in_full_to_the_holder_only(self, town: Town, name: str, in_full: bool) -> None:
        await town.bind("anya")
        assert (await read(town, name, "anya")).in_full is in_full

    @pytest.mark.parametrize("name", ["kira", "polina", "boris"])
    @pytest.mark.parametrize("account", ["anya", "nobodys", "egor"])
    async def test_hides_from_others_whether_there_is_one(self, town: Town, name: str, account: str) -> None:
        await town.bind("anya")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await read(town, name, account)

    @pytest.mark.parametrize("account", ["anya", "nobodys"])
    async def test_hides_it_from_a_person_unknown_to_the_directory_too(self, town: Town, account: str) -> None:
        await town.bind("anya")
        caller = Caller(lambda: 10.0, identity=town.esia.verify("esia-5", town.clock.now()), token="esia-5")
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await get_binding(town.services, caller, BindingRef(account_id=account))

    async def test_finds_the_newest_if_none_is_active(self, town: Town) -> None:
        await town.bind("vera")
        await end(town, "vera")
        assert (await read(town, "vera", "vera")).binding.state is BindingState.UNBOUND


class TestListing:
    async def test_shows_an_accounts_history_newest_first_in_pages(self, town: Town) -> None:
        ids: list[str] = []
        for _ in range(3):
            town.clock.advance(timedelta(minutes=1))
            done = await town.bind("vera")
            assert done.binding is not None
            ids.append(done.binding.binding.id)
            await end(town, "vera")
        first = await page(town, "vera", "vera", size=2)
        second = await page(town, "vera", "vera", size=2, before=first.next or "")
        assert [view.binding.id for view in (*first.bindings, *second.bindings)] == ids[::-1]
        assert (first.next, second.next) == (ids[1], None)

    async def test_counts_what_is_active_by_diagnosis(self, town: Town) -> None:
        await town.bind("lev", answer=profile("polina", PARENT))
        listed = await page(town, "polina", "lev")
        assert listed.counts == {Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT: 1}
        assert [view.in_full for view in listed.bindings] == [False]

    async def test_shows_an_organisation_to_its_staff(self, town: Town) -> None:
        await town.bind("anya")
        await town.bind("vera")
        await town.bind("lev")
        listed = await page(town, "ivan", None, "s5")
        assert {view.binding.account_id for view in listed.bindings} == {"anya", "vera"}
        assert listed.counts == {Diagnosis.OK: 2}

    @pytest.mark.parametrize("organisation", ["s7", "nowhere", ""])
    async def test_shows_no_other_organisation(self, town: Town, organisation: str) -> None:
        with refused(Reason.CALLER_NOT_ALLOWED):
            await page(town, "ivan", None, organisation)

    async def test_hides_other_accounts(self, town: Town) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await page(town, "kira", "vera")


class TestUnbinding:
    @pytest.mark.rules("S12", "S14", "I4")
    async def test_ends_the_binding_and_hides_its_chats_at_once(self, town: Town) -> None:
        await town.bind("vera")
        ended = await end(town, "vera")
        binding = ended.view.binding
        assert (binding.state, binding.end_reason, binding.end_entry_point) == (
            BindingState.UNBOUND,
            EndReason.USER,
            EntryPoint.CHATS_TAB,
        )
        assert not ended.already
        assert await town.store.chats_of_account("vera") == []

    @pytest.mark.rules("I5")
    @pytest.mark.scenario("H11")
    async def test_lets_the_same_profile_be_bound_again_with_the_same_chats(self, town: Town) -> None:
        first = await town.bind("vera")
        chats = await town.store.chats_of_account("vera")
        await end(town, "vera")
        second = await town.bind("vera")
        assert first.binding is not None
        assert second.binding is not None
        assert second.binding.binding.id != first.binding.binding.id
        assert not second.already
        assert await town.store.chats_of_account("vera") == chats

    @pytest.mark.scenario("B05")
    async def test_frees_the_profile_for_another_account_at_once(self, town: Town) -> None:
        await town.bind("lev", answer=profile("polina", PARENT))
        await end(town, "lev")
        assert await town.bind("polina")

    @pytest.mark.rules("I6")
    async def test_of_one_that_has_ended_changes_nothing(self, town: Town) -> None:
        await town.bind("vera")
        first = await end(town, "vera")
        town.clock.advance(timedelta(minutes=1))
        again = await end(town, "vera")
        assert again.already
        assert again.view == first.view

    @pytest.mark.parametrize(("name", "account"), [("vera", "anya"), ("ivan", "anya"), ("zhanna", "anya")])
    async def test_is_the_holders_alone(self, town: Town, name: str, account: str) -> None:
        await town.bind("anya")
        with refused(Reason.CALLER_NOT_ALLOWED):
            await end(town, name, account)
        assert await town.is_bound("anya")

    @pytest.mark.parametrize("account", ["anya", "nobodys"])
    async def test_hides_from_others_whether_there_is_one(self, town: Town, account: str) -> None:
        await town.bind("anya")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await end(town, "kira", account)

    async def test_needs_the_version_that_was_read_if_one_is_given(self, town: Town) -> None:
        await town.bind("vera")
        for etag in ("2", '"7"', "no-number", "１", '"', '""', "9" * 98):
            with refused(Reason.ETAG_MISMATCH):
                await end(town, "vera", etag=etag)
        assert not (await end(town, "vera", etag='"1"')).already

    @pytest.mark.rules("I6")
    async def test_returns_the_same_answer_to_the_same_request(self, town: Town) -> None:
        await town.bind("vera")
        first = await end(town, "vera", request="r1")
        await town.bind("vera")
        assert await end(town, "vera", request="r1") == first
        assert await town.is_bound("vera")

    @pytest.mark.rules("I6")
    async def test_returns_the_same_refusal_to_the_same_request(self, town: Town) -> None:
        await town.bind("vera")
        for _ in range(2):
            with refused(Reason.ETAG_MISMATCH):
                await end(town, "vera", etag="2", request="r1")
        with refused(Reason.REQUEST_ID_REUSED):
            await end(town, "vera", etag="1", request="r1")
        assert await town.is_bound("vera")

    async def test_finds_nothing_to_end_in_an_account_that_never_was_bound(self, town: Town) -> None:
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await end(town, "vera")

    async def test_leaves_others_in_the_chats(self, town: Town) -> None:
        await town.bind("vera")
        await town.bind("gleb")
        await end(town, "vera")
        assert len(await town.store.chats_of_account("gleb")) == 2
