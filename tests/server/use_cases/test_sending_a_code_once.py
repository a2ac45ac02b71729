"""A code is sent to VK ID at most once, whatever happens; two callers with one result get one answer."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from binding_server.domain.model import Attempt, AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.identity_ports import ProviderUnavailable
from binding_server.use_cases.outcomes import AuthorizationResult, Completion

from .cast import PARENT, profile
from .expect import refused
from .town import Town

SENT = ProviderUnavailable("VK_ID", sent=True)
NOT_SENT = ProviderUnavailable("VK_ID", sent=False)


def seconds(*left: float) -> Callable[[], float]:
    """Returns a deadline that nears with every look at it."""
    rest = iter(left)
    return lambda: next(rest, 0.0)


def state_of(uri: str) -> str:
    """Returns the state that an authorization address carries."""
    return parse_qs(urlsplit(uri).query)["state"][0]


async def _answer(town: Town, attempt: Attempt, result: AuthorizationResult) -> Completion | Refusal:
    try:
        return await town.complete("vera", attempt, result)
    except Refusal as refusal:
        return refusal


class TestVkIdCouldNotBeReached:
    @pytest.mark.rules("D22")
    @pytest.mark.scenario("X03")
    async def test_lets_the_same_code_be_sent_later(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, NOT_SENT)
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result, request="r1")
        assert "authorization_uri" not in refusal().metadata
        assert refusal().metadata["provider"] == "VK_ID"
        assert refusal().retry_after_s
        town.vk.yields[result.code] = profile("vera", PARENT)
        assert await town.complete("vera", attempt, result, request="r1")
        assert town.vk.codes == [result.code]


@pytest.mark.rules("D22")
@pytest.mark.scenario("X03", "X04")
class TestTheCodeWasSentInVain:
    async def test_gives_a_fresh_authorization_of_the_same_attempt(self, town: Town) -> None:
        attempt = await town.start("vera")
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, town.sign_in(attempt, SENT))
        now = await town.attempt(attempt)
        assert now.state is AttemptState.PENDING
        assert refusal().metadata["authorization_uri"] == now.authorization_uri != attempt.authorization_uri
        assert state_of(now.authorization_uri) == now.oauth_state != attempt.oauth_state
        assert now.code_verifier != attempt.code_verifier

    async def test_never_sends_that_code_again_and_keeps_the_fresh_address_good(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, SENT)
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as first:
            await town.complete("vera", attempt, result, request="r1")
        for request in ("r1", "r2", ""):
            with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as again:
                await town.complete("vera", attempt, result, request=request)
            assert again().metadata["authorization_uri"] == first().metadata["authorization_uri"]
        assert town.vk.codes == [result.code]

    async def test_goes_on_with_a_new_sign_in(self, town: Town) -> None:
        attempt = await town.start("vera")
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22"):
            await town.complete("vera", attempt, town.sign_in(attempt, SENT))
        fresh = await town.attempt(attempt)
        done = await town.complete("vera", attempt, town.sign_in(fresh, profile("vera", PARENT)))
        assert done.binding is not None
        assert town.vk.received[-1][1] == fresh.code_verifier

    async def test_takes_the_old_state_for_a_foreign_one(self, town: Town) -> None:
        attempt = await town.start("vera")
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22"):
            await town.complete("vera", attempt, town.sign_in(attempt, SENT))
        with refused(Reason.VK_AUTH_FAILED, "D21"):
            await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))


class TestACallThatBreaksOff:
    async def test_leaves_the_code_good_if_it_had_not_been_sent(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.esia.problem = RuntimeError("a fault")
        with pytest.raises(RuntimeError):
            await town.complete("vera", attempt, result)
        town.esia.come_back()
        assert await town.complete("vera", attempt, result)

    async def test_never_sends_the_code_again_if_it_may_have_been_sent(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, RuntimeError("a fault"))
        with pytest.raises(RuntimeError):
            await town.complete("vera", attempt, result)
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result)
        fresh = await town.attempt(attempt)
        assert refusal().metadata["authorization_uri"] == fresh.authorization_uri != attempt.authorization_uri
        assert town.vk.codes == [result.code]
        assert await town.complete("vera", attempt, town.sign_in(fresh, profile("vera", PARENT)))

    async def test_by_a_caller_who_goes_away_does_not_hold_up_the_next(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.vk.gate = asyncio.Event()
        call = asyncio.create_task(town.complete("vera", attempt, result))
        await town.vk.arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result)
        assert refusal().metadata["authorization_uri"]
        assert not town.waiting.is_set()
        assert not await town.is_bound("vera")


class TestAServerThatDied:
    async def test_with_the_lease_and_a_code_gives_a_fresh_authorization_when_the_lease_is_over(
        self, town: Town
    ) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        now = town.clock.now()
        digest = town.services.vault.code_digest(result.code)
        lease = await town.store.lease_attempt(attempt.id, digest, "dead", now + timedelta(seconds=10), now)
        assert lease.granted
        town.clock.advance(timedelta(seconds=11))
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result)
        assert refusal().metadata["authorization_uri"] != attempt.authorization_uri
        assert town.vk.codes == []

    async def test_while_authorized_lets_the_repeat_go_on_without_an_exchange(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        await town.complete("vera", attempt, result, preview=True)
        now = town.clock.now()
        await town.store.lease_attempt(attempt.id, None, "dead", now + timedelta(seconds=10), now)
        town.clock.advance(timedelta(seconds=11))
        assert (await town.complete("vera", attempt, result)).binding
        assert town.vk.codes == [result.code]


class TestAnAnswerThatComesTooLate:
    @pytest.mark.scenario("X04")
    async def test_changes_nothing(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.vk.gate = asyncio.Event()
        late = asyncio.create_task(_answer(town, attempt, result))
        await town.vk.arrived.wait()
        town.clock.advance(timedelta(seconds=11))
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.complete("vera", attempt, result)
        town.vk.gate.set()
        answer = await late
        assert isinstance(answer, Refusal)
        assert answer.reason is Reason.PROVIDER_UNAVAILABLE
        assert answer.metadata["authorization_uri"] == refusal().metadata["authorization_uri"]
        assert (await town.attempt(attempt)).state is AttemptState.PENDING
        assert not await town.is_bound("vera")

    async def test_does_not_undo_a_cancellation(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.vk.gate = asyncio.Event()
        late = asyncio.create_task(_answer(town, attempt, result))
        await town.vk.arrived.wait()
        await town.cancel("vera", attempt)
        town.vk.gate.set()
        answer = await late
        assert isinstance(answer, Refusal)
        assert (answer.reason, answer.metadata) == (Reason.ATTEMPT_NOT_PENDING, {"state": "CANCELLED"})
        assert not await town.is_bound("vera")

    async def test_in_vain_does_not_undo_a_cancellation(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, SENT)
        town.vk.gate = asyncio.Event()
        late = asyncio.create_task(_answer(town, attempt, result))
        await town.vk.arrived.wait()
        await town.cancel("vera", attempt)
        town.vk.gate.set()
        answer = await late
        assert isinstance(answer, Refusal)
        assert (answer.reason, answer.metadata) == (Reason.ATTEMPT_NOT_PENDING, {"state": "CANCELLED"})


@pytest.mark.scenario("R02")
class TestTwoCallersWithOneResult:
    async def test_get_one_exchange_and_one_answer(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        answers = await self._both(town, attempt, result)
        assert answers[0] == answers[1]
        assert isinstance(answers[0], Completion)
        assert town.vk.codes == [result.code]
        assert town.waiting.is_set()

    async def test_get_one_refusal(self, town: Town) -> None:
        await town.bind("kira")
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("kira", PARENT))
        one, other = await self._both(town, attempt, result)
        assert isinstance(one, Refusal)
        assert isinstance(other, Refusal)
        assert (one.reason, one.row, one.metadata) == (other.reason, other.row, other.metadata)
        assert town.vk.codes.count(result.code) == 1

    async def test_get_one_fresh_address_if_the_code_was_sent_in_vain(self, town: Town) -> None:
        attempt = await town.start("vera")
        one, other = await self._both(town, attempt, town.sign_in(attempt, SENT))
        assert isinstance(one, Refusal)
        assert isinstance(other, Refusal)
        assert one.metadata["authorization_uri"] == other.metadata["authorization_uri"]

    async def test_get_the_same_answer_under_one_name(self, town: Town) -> None:
        await town.bind("vera")
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.vk.gate = asyncio.Event()
        town.vk.arrived.clear()
        calls = [asyncio.create_task(town.complete("vera", attempt, result, request="r1")) for _ in range(2)]
        await town.vk.arrived.wait()
        town.vk.gate.set()
        one, other = await asyncio.gather(*calls)
        assert one == other
        assert one.already

    async def test_do_not_wait_longer_than_their_deadline(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        town.vk.gate = asyncio.Event()
        first = asyncio.create_task(town.complete("vera", attempt, result))
        await town.vk.arrived.wait()
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22"):
            await town.complete("vera", attempt, result, time_left_s=seconds(1.0, 0.5, 0.5, 0.01, 0.01))
        town.vk.gate.set()
        assert (await first).binding

    async def test_wait_even_with_different_results_and_then_one_has_to_start_anew(self, town: Town) -> None:
        attempt = await town.start("vera")
        result = town.sign_in(attempt, profile("vera", PARENT))
        other = town.sign_in(attempt, profile("kira", PARENT))
        town.vk.gate = asyncio.Event()
        first = asyncio.create_task(town.complete("vera", attempt, result, preview=True))
        await town.vk.arrived.wait()
        second = asyncio.create_task(_answer(town, attempt, other))
        await asyncio.sleep(0)
        town.vk.gate.set()
        assert (await first).preview
        answer = await second
        assert isinstance(answer, Refusal)
        assert (answer.reason, answer.metadata) == (Reason.ATTEMPT_NOT_PENDING, {"state": "AUTHORIZED"})
        assert town.vk.codes == [result.code]

    @staticmethod
    async def _both(town: Town, attempt: Attempt, result: AuthorizationResult) -> list[Completion | Refusal]:
        town.vk.gate = asyncio.Event()
        town.vk.arrived.clear()
        calls = [asyncio.create_task(_answer(town, attempt, result)) for _ in range(2)]
        await town.vk.arrived.wait()
        await town.waiting.wait()
        town.vk.gate.set()
        return list(await asyncio.gather(*calls))
