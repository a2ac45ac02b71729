"""Snapshots of what is ACTIVE within a scope, lists of a municipality, and reads of many."""

from binding_server.domain.model import BindingState, Diagnosis
from binding_server.domain.roster import EnrolmentItem
from binding_server.domain.watching import Reach, Scope
from binding_server.store.store import SqlStore
from binding_server.use_cases.records import BindingFilter

from .samples import Records, after, audit, parents_chat, pupils_chat

EKATERINBURG = Reach(municipalities=frozenset({"ekaterinburg"}))
TAGIL = Reach(municipalities=frozenset({"tagil"}))
S5 = Reach(organisations=frozenset({"s5"}))
VERA = Reach(accounts=frozenset({"vera-parent"}))


async def snapshot(store: SqlStore, scope: Scope, size: int = 100) -> list[str]:
    """Returns the accounts of a snapshot, read in pages."""
    found: list[str] = []
    after_id: str | None = None
    while True:
        page = await store.snapshot_bindings(scope, after_id, size)
        assert len(page.bindings) <= size
        found += [binding.account_id for binding in page.bindings]
        if page.next is None:
            return found
        after_id = page.next


async def town(records: Records) -> None:
    """Five bindings, one of which has ended, in two municipalities."""
    for account in ("vera-parent", "anya-pupil", "zhanna-parent", "zhanna-staff"):
        await records.bound(account, account)
    ended = await records.bound("boris-pupil", "boris")
    await records.unbound(ended.id)


class TestSnapshot:
    async def test_it_holds_what_is_active_by_id(self, store: SqlStore, records: Records) -> None:
        await town(records)
        everything = ["vera-parent", "anya-pupil", "zhanna-parent", "zhanna-staff"]
        assert await snapshot(store, ()) == everything
        assert await snapshot(store, (), 1) == everything

    async def test_it_holds_what_every_reach_holds(self, store: SqlStore, records: Records) -> None:
        await town(records)
        in_s5 = ["vera-parent", "anya-pupil", "zhanna-staff"]
        assert await snapshot(store, [EKATERINBURG], 2) == in_s5
        assert await snapshot(store, [TAGIL]) == ["zhanna-parent"]
        assert await snapshot(store, [S5], 1) == in_s5
        assert await snapshot(store, [VERA]) == ["vera-parent"]
        assert await snapshot(store, [EKATERINBURG, VERA]) == ["vera-parent"]
        assert await snapshot(store, [TAGIL, VERA]) == []
        assert await snapshot(store, [TAGIL, S5], 1) == []
        both = Reach(frozenset({"zhanna-parent"}), frozenset({"s5"}))
        assert await snapshot(store, [both], 1) == [*in_s5[:2], "zhanna-parent", "zhanna-staff"]

    async def test_it_goes_where_accounts_go(self, store: SqlStore, records: Records) -> None:
        await town(records)
        await store.apply_roster([EnrolmentItem("anya", "s5-5a", True), EnrolmentItem("anya", "c7-1", False)], after(5))
        binding = await store.active_binding("anya-pupil")
        assert binding
        await store.set_memberships(binding.id, [], True, after(5), audit(action="chats.settle"))
        assert await snapshot(store, [S5]) == ["vera-parent", "zhanna-staff"]
        assert await snapshot(store, [TAGIL]) == ["anya-pupil", "zhanna-parent"]


class TestMunicipality:
    def wanted(self, *, limit: int = 100, before: str | None = None, **more) -> BindingFilter:
        values = {"state": None, "diagnosis": None} | more
        return BindingFilter(None, None, limit=limit, before=before, municipality_id="ekaterinburg", **values)

    async def accounts(self, store: SqlStore, wanted: BindingFilter) -> list[str]:
        return [binding.account_id for binding in await store.list_bindings(wanted)]

    async def test_it_lists_newest_first_by_state_and_diagnosis(self, store: SqlStore, records: Records) -> None:
        await town(records)
        foreign = Diagnosis.FOREIGN_PROFILE
        await records.bound("gleb-legal", "gleb", diagnosis=foreign)
        everything = ["gleb-legal", "boris-pupil", "zhanna-staff", "anya-pupil", "vera-parent"]
        assert await self.accounts(store, self.wanted()) == everything
        assert await self.accounts(store, self.wanted(state=BindingState.UNBOUND)) == ["boris-pupil"]
        assert await self.accounts(store, self.wanted(state=BindingState.ACTIVE)) == [everything[0], *everything[2:]]
        assert await self.accounts(store, self.wanted(diagnosis=foreign)) == ["gleb-legal"]
        assert await store.count_diagnoses(None, None, "ekaterinburg") == {Diagnosis.OK: 3, foreign: 1}
        assert await store.count_diagnoses(None, None, "nowhere") == {}

    async def test_its_pages_stay_where_they_are_though_bindings_end_and_begin(
        self, store: SqlStore, records: Records
    ) -> None:
        await town(records)
        first = await store.list_bindings(self.wanted(limit=2))
        await records.unbound(first[-1].id)
        await records.bound("gleb-legal", "gleb")
        rest = await store.list_bindings(self.wanted(limit=10, before=first[-1].id))
        assert [binding.account_id for binding in (*first, *rest)] == [
            "boris-pupil",
            "zhanna-staff",
            "anya-pupil",
            "vera-parent",
        ]


class TestManyAtOnce:
    async def test_it_reads_accounts(self, store: SqlStore) -> None:
        names = ["vera-parent", "zhanna-staff", "nobody"]
        found = await store.accounts_by_id(names)
        assert found == {name: await store.account(name) for name in names[:2]}

    async def test_it_reads_bindings_by_id_and_by_account(self, store: SqlStore, records: Records) -> None:
        old = await records.bound("vera-parent", "1")
        await records.unbound(old.id, at=after(1))
        active = await records.bound("vera-parent", "2", at=after(2))
        first = await records.bound("anya-pupil", "3")
        await records.unbound(first.id, at=after(1))
        last = await records.bound("anya-pupil", "3", at=after(2))
        await records.unbound(last.id, at=after(3))
        assert set(await store.bindings_by_id([old.id, active.id, "none"])) == {old.id, active.id}
        of_accounts = await store.bindings_of_accounts(["vera-parent", "anya-pupil", "boris-pupil"])
        assert {name: binding.id for name, binding in of_accounts.items()} == {
            "vera-parent": active.id,
            "anya-pupil": last.id,
        }

    async def test_it_reads_chats(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1", parents_chat("chat-1"), parents_chat("chat-2", "s5-9b"))
        await records.bound("anya-pupil", "2", pupils_chat("chat-3"))
        names = ["vera-parent", "anya-pupil", "boris-pupil"]
        found = await store.chats_of_accounts(names)
        assert found == {name: await store.chats_of_account(name) for name in names[:2]}
        assert await store.chats_by_id(["chat-1", "chat-9"]) == {"chat-1": await store.chat("chat-1")}
