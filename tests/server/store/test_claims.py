"""Claims and refusals: everything of it or nothing."""

from dataclasses import replace

import pytest
from binding_server.domain.model import (
    AttemptState,
    BindingState,
    ChatKind,
    ChatsState,
    Diagnosis,
    MemberState,
)
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.store.store import SqlStore
from binding_server.use_cases.records import ClaimConflict, Claimed

from .samples import NOON, REFUSAL, Records, audit, key, parents_chat, pupils_chat, refuse, seen

EVERYTHING = ("binding", "class_chat", "chat_membership", "chat_job", "decision", "event", "audit", "request")


async def counts(records: Records) -> dict[str, int]:
    return {table: (await records.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in EVERYTHING}


class TestClaim:
    async def test_it_writes_everything_at_once(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        claim = records.claim(
            "vera-parent",
            "700300103",
            parents_chat("chat-1"),
            parents_chat("chat-2", "s5-9b"),
            attempt_id=attempt.id,
            request=key("r1"),
            diagnosis=Diagnosis.CONTACT_NOT_OWNED,
            evidence=(seen(Diagnosis.CONTACT_NOT_OWNED),),
            via_pupil="anya-pupil",
        )
        assert await store.claim(claim) == Claimed(claim.binding, False, "1")
        assert await store.binding(claim.binding.id) == claim.binding
        assert await store.active_binding("vera-parent") == claim.binding
        assert await store.active_binding_of_profile(claim.binding.vk_digest) == claim.binding
        assert [chat.id for chat in await store.chats_of_account("vera-parent")] == ["chat-1", "chat-2"]
        assert await records.events() == ["binding.created", "chat.created", "chat.created"]
        assert (await records.audit_actions()).count("binding.create") == 2  # of the attempt, and of the claim
        ended = await store.attempt(attempt.id)
        assert ended is not None
        assert (ended.state, ended.binding_id, ended.decision) == (AttemptState.COMPLETED, claim.binding.id, "1")
        assert ended.vk is None
        result = await store.request_result(key("r1"))
        assert result is not None
        assert (result.binding_id, result.already, result.decision) == (claim.binding.id, False, "1")

    async def test_it_keeps_no_vk_number_in_the_clear(self, store: SqlStore, records: Records) -> None:
        await records.bound("vera-parent", "700300103")
        (row,) = await records.rows("SELECT * FROM binding")
        assert not any("700300103" in str(value) for value in row.values())

    async def test_it_finds_the_same_pair_bound_already(self, store: SqlStore, records: Records) -> None:
        first = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        attempt = await records.authorized()
        events = await records.events()
        again = records.claim("vera-parent", "1", parents_chat("chat-2"), attempt_id=attempt.id, request=key("r1"))
        assert await store.claim(again) == Claimed(first, True, "2")
        assert await records.events() == events
        ended = await store.attempt(attempt.id)
        assert ended is not None
        assert (ended.state, ended.binding_id) == (AttemptState.COMPLETED, first.id)
        result = await store.request_result(key("r1"))
        assert result is not None
        assert (result.binding_id, result.already) == (first.id, True)

    @pytest.mark.parametrize(
        ("account_id", "vk_user_id"), [("vera-parent", "2"), ("anya-pupil", "1")], ids=["account", "profile"]
    )
    async def test_it_writes_nothing_on_a_conflict(
        self, store: SqlStore, records: Records, account_id: str, vk_user_id: str
    ) -> None:
        await records.bound("vera-parent", "1")
        attempt = await records.authorized(account_id)
        before = await counts(records)
        claim = records.claim(account_id, vk_user_id, pupils_chat("chat-9"), attempt_id=attempt.id, request=key("r1"))
        assert await store.claim(claim) == ClaimConflict()
        assert await counts(records) == before
        found = await store.attempt(attempt.id)
        assert found is not None
        assert found.state is AttemptState.AUTHORIZED

    async def test_it_binds_what_was_unbound(self, store: SqlStore, records: Records) -> None:
        first = await records.bound("vera-parent", "1", parents_chat("chat-1"))
        await records.unbound(first.id)
        second = await records.bound("anya-pupil", "1", parents_chat("chat-2"))
        assert second.id != first.id
        assert [chat.id for chat in await store.chats_of_account("anya-pupil")] == ["chat-1"]

    async def test_it_repeats_a_named_request_without_a_second_write(self, store: SqlStore, records: Records) -> None:
        first = await store.claim(records.claim("vera-parent", "1", request=key("r1")))
        assert isinstance(first, Claimed)
        before = await counts(records)
        assert await store.claim(records.claim("vera-parent", "1", request=key("r1"))) == first
        await records.unbound(first.binding.id)
        repeated = await store.claim(records.claim("vera-parent", "1", request=key("r1")))
        assert isinstance(repeated, Claimed)
        assert repeated.binding.id == first.binding.id
        assert repeated.binding.state is BindingState.UNBOUND
        assert (await counts(records))["binding"] == before["binding"]

    async def test_it_refuses_a_request_id_with_other_content(self, store: SqlStore, records: Records) -> None:
        await store.claim(records.claim("vera-parent", "1", request=key("r1", content=b"one")))
        before = await counts(records)
        with pytest.raises(Refusal) as refused:
            await store.claim(records.claim("anya-pupil", "2", request=key("r1", content=b"two")))
        assert refused.value.reason is Reason.REQUEST_ID_REUSED
        assert await counts(records) == before

    async def test_it_stands_above_a_refusal_of_the_same_request(self, store: SqlStore, records: Records) -> None:
        await store.refuse(refuse("vera-parent", request=key("r1")))
        binding = await records.bound("vera-parent", "1", request=key("r1"))
        result = await store.request_result(key("r1"))
        assert result is not None
        assert (result.binding_id, result.refusal) == (binding.id, None)

    @pytest.mark.parametrize("bound_before", [False, True])
    async def test_it_claims_nothing_for_an_attempt_that_was_cancelled(
        self, store: SqlStore, records: Records, bound_before: bool
    ) -> None:
        if bound_before:
            await records.bound("vera-parent", "1")
        attempt = await records.authorized()
        await store.cancel_attempt(attempt.id, audit())
        before = await counts(records)
        with pytest.raises(Refusal) as refused:
            await store.claim(records.claim("vera-parent", "1", parents_chat("c"), attempt_id=attempt.id))
        assert refused.value.reason is Reason.ATTEMPT_NOT_PENDING
        assert await counts(records) == before

    async def test_it_makes_no_second_binding_of_a_completed_attempt(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        binding = await records.bound("vera-parent", "1", attempt_id=attempt.id)
        repeated = await store.claim(records.claim("vera-parent", "1", attempt_id=attempt.id))
        assert isinstance(repeated, Claimed)
        assert repeated.already
        await records.unbound(binding.id)
        with pytest.raises(Refusal):
            await store.claim(records.claim("vera-parent", "1", attempt_id=attempt.id))
        assert await store.active_binding("vera-parent") is None

    async def test_it_queues_a_job_for_a_provider_that_does_not_settle(self, store: SqlStore, records: Records) -> None:
        binding = await records.bound(
            "vera-parent", "1", parents_chat("chat-1"), settled=False, chats=ChatsState.PENDING
        )
        (chat,) = await store.chats_of_account("vera-parent")
        assert not chat.ready
        (member,) = await store.chat_members("chat-1", 10, None)
        assert member.state is MemberState.PENDING
        jobs = await records.rows("SELECT binding_id, state FROM chat_job")
        assert jobs == [{"binding_id": binding.id, "state": "QUEUED"}]
        await records.unbound(binding.id)
        assert await store.chats_of_account("vera-parent") == []

    async def test_it_makes_one_membership_where_a_chat_is_wanted_twice(
        self, store: SqlStore, records: Records
    ) -> None:
        await records.bound("vera-parent", "1", parents_chat("chat-1"), parents_chat("chat-2"))
        (chat,) = await store.chats_of_account("vera-parent")
        assert (chat.id, chat.kind, chat.member_count) == ("chat-1", ChatKind.PARENTS, 1)


class TestRefuse:
    async def test_it_ends_the_attempt_with_everything_that_is_kept(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        number = await store.refuse(refuse("vera-parent", attempt_id=attempt.id, request=key("r1")))
        assert number == "1"
        failed = await store.attempt(attempt.id)
        assert failed is not None
        assert (failed.state, failed.refusal, failed.decision) == (AttemptState.FAILED, REFUSAL, "1")
        assert failed.vk is None
        assert await records.events() == ["binding.refused"]
        assert "binding.refuse" in await records.audit_actions()
        result = await store.request_result(key("r1"))
        assert result is not None
        assert (result.refusal, result.decision, result.attempt_id) == (REFUSAL, "1", attempt.id)

    async def test_it_refuses_without_an_attempt(self, store: SqlStore, records: Records) -> None:
        assert await store.refuse(replace(refuse("vera-parent"), decision=None)) is None
        assert await records.events() == []
        assert await records.audit_actions() == ["binding.refuse"]

    async def test_it_keeps_an_attempt_that_may_go_on(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        await store.refuse(refuse("vera-parent", attempt_id=attempt.id, attempt_state=None))
        assert await store.attempt(attempt.id) == attempt

    async def test_it_leaves_an_ended_attempt_alone(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        await records.bound("vera-parent", "1", attempt_id=attempt.id)
        await store.refuse(refuse("vera-parent", attempt_id=attempt.id))
        found = await store.attempt(attempt.id)
        assert found is not None
        assert (found.state, found.refusal) == (AttemptState.COMPLETED, None)
        assert "binding.refused" not in await records.events()

    async def test_it_writes_nothing_for_a_request_with_a_result(self, store: SqlStore, records: Records) -> None:
        claimed = await store.claim(records.claim("vera-parent", "1", request=key("r1")))
        assert isinstance(claimed, Claimed)
        before = await counts(records)
        assert await store.refuse(refuse("vera-parent", request=key("r1"))) == claimed.decision
        assert await counts(records) == before


async def test_it_knows_a_request_by_caller_method_and_name(store: SqlStore, records: Records) -> None:
    await store.claim(records.claim("vera-parent", "1", request=key("r1")))
    assert await store.request_result(key("r1", content=b"other")) is not None
    assert await store.request_result(replace(key("r1"), caller="person:anya")) is None
    assert await store.request_result(replace(key("r1"), method="Unbind")) is None
    assert await store.request_result(key("r2")) is None


async def test_it_numbers_decisions_shortly(store: SqlStore, records: Records) -> None:
    assert [await store.refuse(refuse("vera-parent")) for _ in range(3)] == ["1", "2", "3"]
    (row, *_) = await records.rows("SELECT deciding_row, accepted, facts, at FROM decision")
    assert row == {
        "deciding_row": "D14",
        "accepted": 0,
        "facts": '{"role": "PARENT"}',
        "at": int(NOON.timestamp()) * 1_000_000,
    }
