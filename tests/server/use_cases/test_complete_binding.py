"""Completing an attempt: redirects, previews, repeats, ends."""

from datetime import timedelta

import pytest
from binding_server.domain.model import AttemptState, Diagnosis
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import AccountItem, ContactItem
from binding_server.use_cases.identity_ports import VkRefused
from binding_server.use_cases.outcomes import AuthorizationResult
from binding_server.use_cases.start_binding import ATTEMPT_LIFE

from .cast import CONTACTS, FORMS, NOON, PARENT, PROFILES, PUPIL, profile
from .expect import refused
from .town import Town


class TestWhatVkIdsRedirectBrings:
    @pytest.mark.rules("D9")
    async def test_a_refusal_of_the_person_cancels(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = AuthorizationResult(state=attempt.oauth_state, error="access_denied")
        with refused(Reason.USER_CANCELLED, "D9"):
            await town.complete("vera", attempt, result)
        assert (await town.attempt(attempt)).state is AttemptState.CANCELLED

    @pytest.mark.rules("D22")
    @pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
    async def test_a_fault_of_vk_id_leaves_the_attempt_as_it_was(self, town: Town, error: str) -> None:
        attempt = await town.start("vera")
        result = AuthorizationResult(state=attempt.oauth_state, error=error)
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result, request="r1")
        assert refusal().metadata["authorization_uri"] == attempt.authorization_uri
        assert refusal().retry_after_s
        assert (await town.attempt(attempt)).authorization_uri == attempt.authorization_uri
        assert await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))

    @pytest.mark.rules("D21")
    @pytest.mark.parametrize("error", ["invalid_request", "invalid_scope", "something_new"])
    async def test_any_other_error_ends_the_attempt(self, town: Town, error: str) -> None:
        attempt = await town.start("vera")
        with refused(Reason.VK_AUTH_FAILED, "D21"):
            await town.complete("vera", attempt, AuthorizationResult(state=attempt.oauth_state, error=error))
        assert (await town.attempt(attempt)).state is AttemptState.FAILED

    @pytest.mark.rules("D21")
    @pytest.mark.parametrize("state", ["", "foreign", "чужое"])
    async def test_a_foreign_state_ends_the_attempt_and_no_code_is_sent(self, town: Town, state: str) -> None:
        attempt = await town.start("vera")
        good = town.sign_in(attempt, profile("vera", PARENT))
        with refused(Reason.VK_AUTH_FAILED, "D21"):
            await town.complete("vera", attempt, AuthorizationResult(state, good.code, "device"))
        assert (await town.attempt(attempt)).state is AttemptState.FAILED
        assert town.vk.codes == []

    @pytest.mark.rules("D21")
    @pytest.mark.scenario("X01")
    @pytest.mark.parametrize("error", ["invalid_grant", "user_mismatch"])
    async def test_a_code_that_vk_id_does_not_take_ends_the_attempt(self, town: Town, error: str) -> None:
        attempt = await town.start("vera")
        with refused(Reason.VK_AUTH_FAILED, "D21"):
            await town.complete("vera", attempt, town.sign_in(attempt, VkRefused(error)))
        assert (await town.attempt(attempt)).state is AttemptState.FAILED
        assert not await town.is_bound("vera")

    async def test_is_required_while_the_attempt_is_pending(self, town: Town) -> None:
        attempt = await town.start("vera")
        with refused(Reason.REQUEST_INVALID) as refusal:
            await town.complete("vera", attempt, None)
        assert [name for name, _ in refusal().fields] == ["result"]
        assert await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))

    async def test_is_sent_with_the_attempts_own_verifier(self, town: Town) -> None:
        attempt = await town.start("vera")
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT), "c1"))
        assert town.vk.received == [("c1", attempt.code_verifier)]


class TestTheAccountIsAskedBeforeTheCodeIsSpent:
    @pytest.mark.rules("D4")
    @pytest.mark.scenario("C08")
    async def test_for_a_contact_that_was_revoked(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.esia.forget("vera")
        with refused(Reason.CONTACT_NOT_VERIFIED, "D4"):
            await town.complete("vera", attempt, result)
        assert town.vk.codes == []
        assert (await town.attempt(attempt)).state is AttemptState.FAILED

    @pytest.mark.rules("D7", "D22")
    async def test_for_a_contact_that_went_to_somebody_else_even_if_vk_id_is_down(self, town: Town) -> None:
        attempt = await town.start("vera")
        digest = town.services.vault.contact_digest(FORMS.parse(CONTACTS["vera"]))
        await town.roster(ContactItem("kira", digest, ended=False))
        result = AuthorizationResult(state=attempt.oauth_state, error="server_error")
        with refused(Reason.CONTACT_NOT_OWNED, "D7"):
            await town.complete("vera", attempt, result)
        assert (await town.attempt(attempt)).state is AttemptState.FAILED

    @pytest.mark.rules("D2")
    async def test_for_an_account_that_was_closed(self, town: Town) -> None:
        attempt = await town.start("vera")
        context = await town.store.account("vera")
        assert context is not None
        await town.roster(AccountItem("vera", "vera", context.account.role, closed=True))
        with refused(Reason.ACCOUNT_NOT_ELIGIBLE, "D2"):
            await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))
        assert town.vk.codes == []

    @pytest.mark.rules("D1")
    @pytest.mark.scenario("X06")
    async def test_for_a_live_session_and_the_code_stays_good(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        token = (await town.caller("vera")).token
        town.esia.ended.add(token)
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
            await town.complete("vera", attempt, result, request="r1")
        assert (await town.attempt(attempt)).state is AttemptState.PENDING
        town.esia.ended.clear()
        assert await town.complete("vera", attempt, result, request="r1")
        assert town.vk.codes == [result.code]

    @pytest.mark.rules("D22")
    async def test_for_esia_itself_and_the_code_stays_good(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.esia.go_down()
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result, request="r1")
        assert refusal().metadata == {"provider": "ESIA"}
        town.esia.come_back()
        assert await town.complete("vera", attempt, result, request="r1")


class TestAPreview:
    async def test_shows_what_would_be_bound_and_claims_nothing(self, town: Town) -> None:
        attempt = await town.start("vera")
        seen = await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)), preview=True)
        assert seen.binding is None
        assert seen.preview is not None
        assert seen.preview.vk_user_id == PROFILES["vera"]
        assert seen.preview.phone_mask == "+7 *** *** ** 03"
        assert seen.preview.chat_titles == ["5А · Родители", "9Б · Родители"]
        assert seen.preview.diagnosis is Diagnosis.OK
        assert seen.attempt is not None
        assert (await town.attempt(attempt)) == seen.attempt
        assert seen.attempt.state is AttemptState.AUTHORIZED
        assert not await town.is_bound("vera")

    async def test_is_confirmed_by_a_call_without_a_result(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        await town.complete("vera", attempt, result, preview=True)
        done = await town.complete("vera", attempt, None)
        assert done.binding is not None
        assert town.vk.codes == [result.code]

    async def test_may_be_asked_for_again(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        first = await town.complete("vera", attempt, result, preview=True)
        assert (await town.complete("vera", attempt, result, preview=True)).preview == first.preview
        assert (await town.complete("vera", attempt, None, preview=True)).preview == first.preview
        assert town.vk.codes == [result.code]

    async def test_that_is_refused_is_final(self, town: Town) -> None:
        attempt = await town.start("anya")
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D15"):
            await town.complete("anya", attempt, town.sign_in(attempt, profile("vera", PARENT)), preview=True)
        assert (await town.attempt(attempt)).state is AttemptState.FAILED

    @pytest.mark.rules("I8")
    async def test_warns_under_lenient(self, town: Town) -> None:
        attempt = await town.start("lev")
        seen = await town.complete("lev", attempt, town.sign_in(attempt, profile("polina", PARENT)), preview=True)
        assert seen.preview is not None
        assert seen.preview.diagnosis is Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT

    @pytest.mark.rules("I13")
    async def test_blocks_nobody(self, town: Town) -> None:
        attempt = await town.start("lev")
        await town.complete("lev", attempt, town.sign_in(attempt, profile("polina", PARENT)), preview=True)
        await town.bind("polina")
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
            await town.complete("lev", attempt, None)

    @pytest.mark.parametrize("with_code", [True, False])
    async def test_is_not_confirmed_by_another_sign_in_or_a_refusal_at_vk_id(self, town: Town, with_code: bool) -> None:
        attempt = await town.start("vera")
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)), preview=True)
        other = AuthorizationResult(state=attempt.oauth_state, error="access_denied")
        if with_code:
            other = town.sign_in(attempt, profile("kira", PARENT))
        with refused(Reason.ATTEMPT_NOT_PENDING) as refusal:
            await town.complete("vera", attempt, other)
        assert refusal().metadata == {"state": "AUTHORIZED"}
        assert not await town.is_bound("vera")
        assert await town.complete("vera", attempt, None)

    async def test_reads_esia_again_when_it_is_confirmed(self, town: Town) -> None:
        attempt = await town.start("vera")
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)), preview=True)
        token = (await town.caller("vera")).token
        town.esia.ended.add(token)
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
            await town.complete("vera", attempt, None)
        town.esia.ended.clear()
        town.esia.forget("vera")
        with refused(Reason.CONTACT_NOT_VERIFIED, "D4"):
            await town.complete("vera", attempt, None)


class TestAnEndedAttempt:
    async def test_that_expired_is_not_pending(self, town: Town) -> None:
        attempt = await town.start("vera")
        town.clock.advance(ATTEMPT_LIFE)
        with refused(Reason.ATTEMPT_NOT_PENDING) as refusal:
            await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))
        assert refusal().metadata == {"state": "EXPIRED"}
        assert town.vk.codes == []

    async def test_that_was_cancelled_is_not_pending(self, town: Town) -> None:
        attempt = await town.start("vera")
        assert (await town.cancel("vera", attempt)).state is AttemptState.CANCELLED
        with refused(Reason.ATTEMPT_NOT_PENDING) as refusal:
            await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))
        assert refusal().metadata == {"state": "CANCELLED"}

    async def test_that_was_refused_is_not_pending(self, town: Town) -> None:
        attempt = await town.start("anya")
        result = town.sign_in(attempt, profile("vera", PARENT))
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D15"):
            await town.complete("anya", attempt, result)
        with refused(Reason.ATTEMPT_NOT_PENDING) as refusal:
            await town.complete("anya", attempt, result)
        assert refusal().metadata == {"state": "FAILED"}

    async def test_that_was_completed_answers_the_same_code_again(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        first = await town.complete("vera", attempt, result)
        assert await town.complete("vera", attempt, result) == first
        assert await town.complete("vera", attempt, None) == first

    @pytest.mark.parametrize("error", ["", "access_denied"])
    async def test_that_was_completed_is_not_pending_for_another_result(self, town: Town, error: str) -> None:
        attempt = await town.start("vera")
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))
        other = AuthorizationResult(attempt.oauth_state, "" if error else "other-code", "device", error)
        with refused(Reason.ATTEMPT_NOT_PENDING) as refusal:
            await town.complete("vera", attempt, other)
        assert refusal().metadata == {"state": "COMPLETED"}

    async def test_that_was_completed_is_not_cancelled(self, town: Town) -> None:
        attempt = await town.start("vera")
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))
        assert (await town.cancel("vera", attempt)).state is AttemptState.COMPLETED
        assert await town.is_bound("vera")


@pytest.mark.rules("I6")
class TestANamedRequest:
    async def test_returns_the_same_binding(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        first = await town.complete("vera", attempt, result, request="r1")
        assert await town.complete("vera", attempt, result, request="r1") == first

    async def test_returns_that_the_pair_was_bound_before(self, town: Town) -> None:
        await town.bind("vera")
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        first = await town.complete("vera", attempt, result, request="r1")
        assert first.already
        assert await town.complete("vera", attempt, result, request="r1") == first

    async def test_returns_the_same_refusal_after_the_attempt_has_ended(self, town: Town) -> None:
        await town.bind("kira", answer=profile("boris", PARENT))
        attempt = await town.start("boris")
        result = town.sign_in(attempt, profile("boris", PUPIL))
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14") as first:
            await town.complete("boris", attempt, result, request="r1")
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14") as second:
            await town.complete("boris", attempt, result, request="r1")
        assert (second().metadata, second().remedies) == (first().metadata, first().remedies)
        with refused(Reason.ATTEMPT_NOT_PENDING):
            await town.complete("boris", attempt, result, request="r2")

    async def test_is_refused_with_other_content(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        await town.complete("vera", attempt, result, request="r1")
        for other in (
            AuthorizationResult(result.state, result.code, "other-device"),
            AuthorizationResult(result.state, "other-code", result.device_id),
            None,
        ):
            with refused(Reason.REQUEST_ID_REUSED):
                await town.complete("vera", attempt, other, request="r1")


@pytest.mark.parametrize("name", ["gleb", "anya"])
async def test_hides_another_persons_attempt(town: Town, name: str) -> None:
    attempt = await town.start("vera")
    with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
        await town.complete(name, attempt, town.sign_in(attempt, profile("vera", PARENT)))
    with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
        await town.cancel(name, attempt)


async def test_keeps_the_time_of_the_services_clock(town: Town) -> None:
    town.clock.advance(timedelta(hours=3))
    done = await town.bind("vera")
    assert done.binding is not None
    assert done.binding.binding.created_at == NOON + timedelta(hours=3)
