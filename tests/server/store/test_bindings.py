"""Bindings: reads, lists, counts, and their end."""

import pytest
from binding_server.domain.model import BindingState, Diagnosis, EndReason, EntryPoint
from binding_server.store.store import SqlStore
from binding_server.store.vault import Vault
from binding_server.use_cases.records import BindingFilter

from .samples import Records, after, key, parents_chat


def wanted(
    account_id: str | None = None,
    organisation_id: str | None = None,
    state: BindingState | None = None,
    diagnosis: Diagnosis | None = None,
    limit: int = 100,
    before: str | None = None,
) -> BindingFilter:
    return BindingFilter(account_id, organisation_id, state, diagnosis, limit, before)


async def ids(store: SqlStore, what: BindingFilter) -> list[str]:
    return [binding.id for binding in await store.list_bindings(what)]


class TestReads:
    async def test_it_knows_nothing_of_what_is_not_there(self, store: SqlStore, vault: Vault) -> None:
        assert await store.binding("none") is None
        assert await store.active_binding("vera-parent") is None
        assert await store.active_binding_of_profile(vault.vk_digest("1")) is None

    async def test_it_tells_whether_any_account_is_bound(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1")
        assert await store.any_active_binding(["anya-pupil", "vera-parent"])
        assert not await store.any_active_binding(["anya-pupil"])
        assert not await store.any_active_binding([])
        await records.unbound(binding.id)
        assert not await store.any_active_binding(["vera-parent"])


class TestUnbind:
    async def test_it_ends_a_binding(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        outcome = await records.unbound(binding.id, at=after(5), expected_version=1)
        assert outcome is not None
        ended, already = outcome
        assert not already
        assert (ended.state, ended.end_reason, ended.end_entry_point, ended.ended_at, ended.version) == (
            BindingState.UNBOUND,
            EndReason.USER,
            EntryPoint.CHATS_TAB,
            after(5),
            2,
        )
        assert await store.binding(binding.id) == ended
        assert await store.active_binding("vera-parent") is None
        assert await store.chats_of_account("vera-parent") == []
        assert await store.chat_members("chat-1", 10, None) == []
        assert (await records.events())[-1] == "binding.removed"
        assert (await records.audit_actions())[-1] == "binding.remove"

    async def test_it_ends_once(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1")
        first = await records.unbound(binding.id, expected_version=1)
        second = await records.unbound(binding.id, expected_version=1, at=after(9))
        assert first is not None
        assert second == (first[0], True)
        assert (await records.events()).count("binding.removed") == 1

    async def test_it_keeps_a_binding_of_another_version(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1")
        assert await records.unbound(binding.id, expected_version=2, request=key("r1")) is None
        assert await store.active_binding("vera-parent") == binding
        assert await store.request_result(key("r1")) is None

    async def test_it_answers_a_named_request_the_same_way_again(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1")
        first = await records.unbound(binding.id, request=key("r1"))
        assert first is not None
        assert not first[1]
        assert await records.unbound(binding.id, request=key("r1")) == first

    async def test_it_knows_no_unknown_binding(self, records: Records) -> None:
        with pytest.raises(LookupError):
            await records.unbound("none")


class TestLists:
    async def test_it_lists_an_account_s_history_newest_first(self, store: SqlStore, records: Records) -> None:
        first = await records.bound("vera-parent", "1")
        await records.unbound(first.id)
        second = await records.bound("vera-parent", "2", at=after(1))
        await records.bound("anya-pupil", "1", at=after(2))
        assert await ids(store, wanted("vera-parent")) == [second.id, first.id]
        assert await ids(store, wanted("vera-parent", state=BindingState.UNBOUND)) == [first.id]
        assert await ids(store, wanted("vera-parent", state=BindingState.ACTIVE)) == [second.id]

    async def test_it_lists_an_organisation_by_diagnosis(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1")
        wrong = await records.bound("anya-pupil", "2", diagnosis=Diagnosis.FOREIGN_PROFILE)
        await records.bound("zhanna-parent", "3")
        assert len(await ids(store, wanted(organisation_id="s5"))) == 2
        assert await ids(store, wanted(organisation_id="s5", diagnosis=Diagnosis.FOREIGN_PROFILE)) == [wrong.id]

    async def test_it_pages_through_equal_times(self, store: SqlStore, records: Records) -> None:
        made: list[str] = []
        for number in range(5):
            binding = await records.bound("vera-parent", str(number))
            await records.unbound(binding.id)
            made.insert(0, binding.id)
        page = await ids(store, wanted("vera-parent", limit=2))
        assert page == made[:2]
        page = await ids(store, wanted("vera-parent", limit=2, before=page[-1]))
        assert page == made[2:4]
        assert await ids(store, wanted("vera-parent", limit=2, before=page[-1])) == made[4:]

    async def test_it_counts_active_bindings_by_diagnosis(self, store: SqlStore, records: Records) -> None:
        gone = await records.bound("vera-parent", "1")
        await records.unbound(gone.id)
        await records.bound("vera-parent", "1")
        await records.bound("boris-pupil", "3")
        await records.bound("anya-pupil", "2", diagnosis=Diagnosis.FOREIGN_PROFILE)
        assert await store.count_diagnoses(None, "s5") == {Diagnosis.OK: 2, Diagnosis.FOREIGN_PROFILE: 1}
        assert await store.count_diagnoses("vera-parent", None) == {Diagnosis.OK: 1}

    async def test_it_needs_one_parent(self, store: SqlStore) -> None:
        with pytest.raises(ValueError):
            await store.list_bindings(wanted())
