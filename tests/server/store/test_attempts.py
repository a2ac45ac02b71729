"""Attempts: leases, codes that are sent once, and every way to end."""

from dataclasses import replace

import pytest
from binding_server.domain.model import AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.store.store import SqlStore

from .samples import NOON, REFUSAL, Records, after, audit, key, refuse

FRESH = {"oauth_state": "new state", "code_verifier": "new verifier", "authorization_uri": "https://new"}


async def state_of(store: SqlStore, attempt_id: str) -> AttemptState:
    attempt = await store.attempt(attempt_id)
    assert attempt is not None
    return attempt.state


class TestAdd:
    async def test_it_gives_back_what_was_added(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        assert await store.attempt(attempt.id) == attempt

    async def test_it_knows_no_unknown_attempt(self, store: SqlStore) -> None:
        assert await store.attempt("none") is None

    async def test_it_keeps_no_verifier_in_the_clear(self, records: Records) -> None:
        attempt = await records.pending()
        (row,) = await records.rows("SELECT sealed_verifier FROM attempt")
        assert attempt.code_verifier.encode() not in row["sealed_verifier"]

    async def test_it_returns_the_attempt_of_the_same_request(self, store: SqlStore, records: Records) -> None:
        first, second = records.attempt(), records.attempt()
        request = key("r1", method="StartBinding")
        assert await store.add_attempt(first, 5, audit("vera-parent"), request) == first.id
        assert await store.add_attempt(second, 5, audit("vera-parent"), request) == first.id
        assert await store.attempt(second.id) is None
        result = await store.request_result(request)
        assert result is not None
        assert result.attempt_id == first.id

    async def test_it_refuses_a_request_id_with_other_content(self, store: SqlStore, records: Records) -> None:
        await store.add_attempt(records.attempt(), 5, audit(), key("r1", content=b"one"))
        with pytest.raises(Refusal) as refused:
            await store.add_attempt(records.attempt(), 5, audit(), key("r1", content=b"two"))
        assert refused.value.reason is Reason.REQUEST_ID_REUSED

    async def test_it_expires_the_oldest_of_too_many(self, store: SqlStore, records: Records) -> None:
        attempts = [records.attempt(at=after(second)) for second in range(4)]
        for attempt in attempts:
            await store.add_attempt(attempt, 2, audit(at=attempt.created_at), None)
        assert [await state_of(store, attempt.id) for attempt in attempts] == [
            AttemptState.EXPIRED,
            AttemptState.EXPIRED,
            AttemptState.PENDING,
            AttemptState.PENDING,
        ]

    async def test_it_counts_each_account_by_itself(self, store: SqlStore, records: Records) -> None:
        first = await records.pending("vera-parent")
        await store.add_attempt(records.attempt("anya-pupil"), 1, audit(), None)
        assert await state_of(store, first.id) is AttemptState.PENDING

    async def test_it_takes_overdue_attempts_along(self, store: SqlStore, records: Records) -> None:
        overdue = await records.pending("anya-pupil", lasts_s=10)
        await records.pending("vera-parent", at=after(11))
        assert await state_of(store, overdue.id) is AttemptState.EXPIRED


class TestLease:
    async def test_it_grants_and_stores_the_code(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        lease = await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert lease.granted
        assert lease.attempt == replace(attempt, code_digest=b"code", lease_owner="me", lease_until=after(30))

    async def test_it_is_busy_under_a_running_lease(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        for owner in ("you", "me"):
            lease = await store.lease_attempt(attempt.id, b"other", owner, after(60), after(29))
            assert not lease.granted
            assert lease.attempt.lease_owner == "me"

    async def test_it_never_grants_a_code_twice(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        lease = await store.lease_attempt(attempt.id, b"code", "you", after(61), after(31))
        assert not lease.granted
        assert lease.attempt.state is AttemptState.PENDING
        assert lease.attempt.lease_owner is None

    async def test_it_grants_another_code_after_the_lease(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert (await store.lease_attempt(attempt.id, b"other", "you", after(60), after(30))).granted
        await store.release_attempt(attempt.id, "you", forget_code=False)
        assert not (await store.lease_attempt(attempt.id, b"code", "you", after(90), after(61))).granted

    async def test_it_grants_without_a_code(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        assert (await store.lease_attempt(attempt.id, None, "me", after(30), NOON)).granted

    async def test_it_grants_the_same_code_once_authorized(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        lease = await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert lease.granted
        assert lease.attempt.vk == records.vk()

    async def test_it_expires_an_overdue_attempt(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        lease = await store.lease_attempt(attempt.id, None, "me", after(2000), after(1800))
        assert not lease.granted
        assert lease.attempt.state is AttemptState.EXPIRED
        assert lease.attempt.vk is None
        assert lease.attempt.code_verifier == ""
        assert (await records.rows("SELECT sealed_vk, sealed_verifier FROM attempt")) == [
            {"sealed_vk": None, "sealed_verifier": None}
        ]

    async def test_it_does_not_expire_under_a_running_lease(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending(lasts_s=10)
        await store.lease_attempt(attempt.id, b"code", "me", after(60), after(9))
        assert (await store.lease_attempt(attempt.id, b"code", "you", after(90), after(11))).attempt.state == "PENDING"
        assert (await store.authorize_attempt(attempt.id, "me", records.vk(), audit())).state is AttemptState.AUTHORIZED

    async def test_it_does_not_grant_an_ended_attempt(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.cancel_attempt(attempt.id, audit())
        lease = await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert not lease.granted
        assert lease.attempt.state is AttemptState.CANCELLED

    async def test_it_knows_no_unknown_attempt(self, store: SqlStore) -> None:
        with pytest.raises(LookupError):
            await store.lease_attempt("none", None, "me", after(30), NOON)


class TestRelease:
    async def test_it_forgets_a_code_that_was_not_sent(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        await store.release_attempt(attempt.id, "me", forget_code=True)
        assert await store.attempt(attempt.id) == attempt
        assert (await store.lease_attempt(attempt.id, b"code", "you", after(30), NOON)).granted

    async def test_it_keeps_a_code_that_may_have_been_sent(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        await store.release_attempt(attempt.id, "me", forget_code=False)
        assert not (await store.lease_attempt(attempt.id, b"code", "you", after(30), NOON)).granted

    async def test_it_leaves_another_s_lease_alone(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        await store.release_attempt(attempt.id, "you", forget_code=True)
        found = await store.attempt(attempt.id)
        assert found is not None
        assert found.lease_owner == "me"

    async def test_it_clears_all_leases_at_the_start(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert await store.clear_leases() == 1
        assert (await store.lease_attempt(attempt.id, b"other", "you", after(30), NOON)).granted
        await store.clear_leases()
        assert not (await store.lease_attempt(attempt.id, b"code", "you", after(30), NOON)).granted


class TestRenew:
    async def test_it_gives_a_fresh_authorization_and_never_sends_the_old_code(
        self, store: SqlStore, records: Records
    ) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        renewed = await store.renew_attempt(attempt.id, "me", **FRESH)
        assert renewed == replace(attempt, **FRESH)
        assert not (await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)).granted
        assert (await store.lease_attempt(attempt.id, b"new", "me", after(30), NOON)).granted

    async def test_it_renews_without_an_owner_only_if_no_lease_runs(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert (await store.renew_attempt(attempt.id, None, **FRESH)).oauth_state == attempt.oauth_state
        # The lease has run out, and the one who asked with the same code was told so.
        await store.lease_attempt(attempt.id, b"code", "you", after(61), after(31))
        assert (await store.renew_attempt(attempt.id, None, **FRESH)).oauth_state == "new state"

    async def test_it_renews_for_the_owner_only(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert (await store.renew_attempt(attempt.id, "you", **FRESH)).lease_owner == "me"

    async def test_it_leaves_an_ended_attempt_alone(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.cancel_attempt(attempt.id, audit())
        renewed = await store.renew_attempt(attempt.id, None, **FRESH)
        assert renewed.state is AttemptState.CANCELLED
        assert renewed.code_verifier == ""


class TestAuthorize:
    async def test_it_seals_the_facts_and_deletes_the_verifier(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        assert attempt.state is AttemptState.AUTHORIZED
        assert attempt.code_verifier == ""
        assert attempt.vk == records.vk()
        (row,) = await records.rows("SELECT sealed_vk, sealed_verifier FROM attempt")
        assert b"700300103" not in row["sealed_vk"]
        assert row["sealed_verifier"] is None

    async def test_it_needs_the_lease(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(30), NOON)
        assert (await store.authorize_attempt(attempt.id, "you", records.vk(), audit())).state is AttemptState.PENDING


class TestEnd:
    async def test_it_cancels(self, store: SqlStore, records: Records) -> None:
        attempt = await records.authorized()
        cancelled = await store.cancel_attempt(attempt.id, audit(action="attempt.cancel"))
        assert cancelled.state is AttemptState.CANCELLED
        assert cancelled.vk is None
        assert "attempt.cancel" in await records.audit_actions()

    async def test_it_leaves_an_ended_one_as_it_is(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.refuse(refuse("vera-parent", attempt_id=attempt.id))
        assert (await store.cancel_attempt(attempt.id, audit(action="attempt.cancel"))).state is AttemptState.FAILED
        assert "attempt.cancel" not in await records.audit_actions()

    async def test_it_expires_overdue_attempts_on_demand(self, store: SqlStore, records: Records) -> None:
        overdue = await records.pending(lasts_s=10)
        leased = await records.pending(lasts_s=10)
        await store.lease_attempt(leased.id, b"code", "me", after(60), NOON)
        assert await store.expire_overdue(after(10), 100) == 1
        assert await state_of(store, overdue.id) is AttemptState.EXPIRED
        assert await state_of(store, leased.id) is AttemptState.PENDING
        assert "attempt.expire" in await records.audit_actions()


class TestNewestRefusal:
    async def test_it_finds_the_refusal_of_the_newest_ended_attempt(self, store: SqlStore, records: Records) -> None:
        assert await store.newest_refusal("vera-parent") is None
        attempt = await records.pending()
        await store.refuse(refuse("vera-parent", attempt_id=attempt.id, at=after(5)))
        await records.pending()
        assert await store.newest_refusal("vera-parent") == (REFUSAL, after(5))

    async def test_it_counts_no_refusal_before_a_binding(self, store: SqlStore, records: Records) -> None:
        attempt = await records.pending()
        await store.refuse(refuse("vera-parent", attempt_id=attempt.id))
        await records.bound("vera-parent", "1")
        assert await store.newest_refusal("vera-parent") is None

    async def test_it_counts_a_refusal_after_a_binding_of_the_same_moment(
        self, store: SqlStore, records: Records
    ) -> None:
        await records.bound("vera-parent", "1")
        attempt = await records.pending()
        await store.refuse(refuse("vera-parent", attempt_id=attempt.id))
        assert await store.newest_refusal("vera-parent") == (REFUSAL, NOON)

    async def test_it_counts_no_refusal_before_a_cancelled_attempt(self, store: SqlStore, records: Records) -> None:
        refused, cancelled = await records.pending(), await records.pending()
        await store.refuse(refuse("vera-parent", attempt_id=refused.id))
        await store.cancel_attempt(cancelled.id, audit())
        assert await store.newest_refusal("vera-parent") is None
