"""Class chats: who sees which, and memberships that follow."""

from binding_server.chats.embedded import EmbeddedChatProvider
from binding_server.domain.model import ChatKind, ChatsState, EducationalRole, MemberState, SchoolClass
from binding_server.store.store import SqlStore

from .samples import NOON, Records, after, audit, parents_chat, pupils_chat


async def seen_by(store: SqlStore, account_id: str) -> list[tuple[str, str]]:
    return [(chat.school_class.id, str(chat.kind)) for chat in await store.chats_of_account(account_id)]


class TestReads:
    async def test_it_describes_a_chat(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1", parents_chat("chat-1"))
        await records.bound("gleb-legal", "2", parents_chat("chat-2"), at=after(5))
        chat = await store.chat("chat-1")
        assert chat is not None
        assert chat.school_class == SchoolClass("s5-5a", "s5", 2026, "5А")
        assert (chat.kind, chat.ready, chat.created_at, chat.member_count) == (ChatKind.PARENTS, True, NOON, 2)
        assert await store.chat("chat-2") is None

    async def test_it_sorts_an_account_s_chats(self, store: SqlStore, records: Records) -> None:
        await records.bound(
            "zhanna-staff",
            "1",
            *(parents_chat(f"b-{name}", name) for name in ("s5-10v", "s5-9b")),
            *(pupils_chat(f"a-{name}", name) for name in ("s5-10v", "s5-9b")),
        )
        assert await seen_by(store, "zhanna-staff") == [
            ("s5-9b", "PUPILS"),
            ("s5-9b", "PARENTS"),
            ("s5-10v", "PUPILS"),
            ("s5-10v", "PARENTS"),
        ]

    async def test_it_shows_nothing_to_who_is_not_bound(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "1", parents_chat("chat-1"))
        assert await store.chats_of_account("gleb-legal") == []

    async def test_it_lists_members_in_pages(self, store: SqlStore, records: Records) -> None:
        for number, account_id in enumerate(("vera-parent", "gleb-legal", "zhanna-parent")):
            await records.bound(account_id, str(number), parents_chat(f"chat-{number}"), at=after(number))
        first, second = await store.chat_members("chat-0", 2, None)
        assert [first.account_id, second.account_id] == ["gleb-legal", "vera-parent"]
        assert (second.display_name, second.educational_role, second.state, second.joined_at) == (
            "Воронова Вера",
            EducationalRole.PARENT,
            MemberState.MEMBER,
            NOON,
        )
        (third,) = await store.chat_members("chat-0", 2, second.account_id)
        assert third.account_id == "zhanna-parent"

    async def test_it_gives_the_same_chats_back_after_a_rebind(self, store: SqlStore, records: Records) -> None:
        first = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        before = await store.chats_of_account("vera-parent")
        await records.unbound(first.id)
        await records.bound("vera-parent", "1", parents_chat("chat-2"))
        assert await store.chats_of_account("vera-parent") == before


class TestSetMemberships:
    async def test_it_leaves_and_joins(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"), parents_chat("chat-2", "s5-9b"))
        target = [parents_chat("chat-3", "s5-9b"), parents_chat("chat-4", "s5-10v")]
        assert await store.set_memberships(binding.id, target, True, after(1), audit(action="binding.move"))
        assert await seen_by(store, "vera-parent") == [("s5-9b", "PARENTS"), ("s5-10v", "PARENTS")]
        assert await store.chat("chat-3") is None
        assert (await records.events())[-2:] == ["chat.created", "chats.changed"]
        assert (await records.audit_actions())[-1] == "binding.move"

    async def test_it_changes_nothing_on_a_settled_system(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        actions = await records.audit_actions()
        assert not await store.set_memberships(binding.id, [parents_chat("chat-9")], True, after(1), audit())
        assert await records.audit_actions() == actions

    async def test_it_changes_a_role_in_place(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("zhanna-staff", "1", parents_chat("chat-1"))
        target = [parents_chat("chat-1", role=EducationalRole.STAFF)]
        assert await store.set_memberships(binding.id, target, True, after(1), audit())
        (member,) = await store.chat_members("chat-1", 10, None)
        assert member.educational_role is EducationalRole.STAFF

    async def test_it_takes_all_away(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        assert await store.set_memberships(binding.id, [], True, after(1), audit())
        assert await store.chats_of_account("vera-parent") == []
        assert (await store.active_binding("vera-parent")) is not None

    async def test_it_queues_a_job_if_it_does_not_settle(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        assert await store.set_memberships(binding.id, [], False, after(1), audit())
        changed = await store.binding(binding.id)
        assert changed is not None
        assert (changed.chats, changed.version) == (ChatsState.PENDING, 2)
        assert len(await records.rows("SELECT id FROM chat_job")) == 1

    async def test_it_leaves_an_ended_binding_alone(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound("vera-parent", "1")
        await records.unbound(binding.id)
        assert not await store.set_memberships(binding.id, [parents_chat("c")], True, after(1), audit())
        assert await store.chat("c") is None


def test_it_settles_inline() -> None:
    assert EmbeddedChatProvider().settles_inline
