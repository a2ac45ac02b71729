"""Two who claim at once."""

import asyncio

import pytest
from binding_server.domain.model import AttemptState
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.records import Claim, ClaimConflict, Claimed

from .cast import PARENT, PROFILES, PUPIL, profile
from .expect import refused
from .town import Town


@pytest.mark.rules("I1", "D14")
@pytest.mark.scenario("R01")
async def test_a_race_lost_at_the_last_moment_are_decided_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    own = profile("polina", PARENT)
    child = await town.start("lev")
    await town.complete("lev", child, town.sign_in(child, own), preview=True)
    claim = town.store.claim

    async def overtaken(wanted: Claim) -> Claimed | ClaimConflict:
        monkeypatch.setattr(town.store, "claim", claim)
        await town.bind("polina", answer=own)
        return await claim(wanted)

    monkeypatch.setattr(town.store, "claim", overtaken)
    with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
        await town.complete("lev", child, None)
    assert await town.is_bound("polina")
    assert (await town.attempt(child)).state is AttemptState.FAILED


async def test_a_race_lost_over_and_over_end_as_unavailable_and_may_be_repeated(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = await town.start("vera")
    result = town.sign_in(attempt, profile("vera", PARENT))
    claim = town.store.claim

    async def always_lost(wanted: Claim) -> ClaimConflict:
        return ClaimConflict()

    monkeypatch.setattr(town.store, "claim", always_lost)
    with refused(Reason.PROVIDER_UNAVAILABLE, "D22"):
        await town.complete("vera", attempt, result)
    monkeypatch.setattr(town.store, "claim", claim)
    assert (await town.complete("vera", attempt, result)).binding
    assert town.vk.codes == [result.code]


async def test_a_race_with_a_cancellation_make_no_binding(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = await town.start("vera")
    claim = town.store.claim

    async def overtaken(wanted: Claim) -> Claimed | ClaimConflict:
        await town.cancel("vera", attempt)
        return await claim(wanted)

    monkeypatch.setattr(town.store, "claim", overtaken)
    with refused(Reason.ATTEMPT_NOT_PENDING) as refusal:
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)))
    assert refusal().metadata == {"state": "CANCELLED"}
    assert not await town.is_bound("vera")


@pytest.mark.rules("I1")
async def test_a_race_of_two_accounts_for_one_profile_have_one_winner(town: Town) -> None:
    mother, child = await town.start("polina"), await town.start("lev")
    own = profile("polina", PARENT)
    await town.complete("polina", mother, town.sign_in(mother, own), preview=True)
    await town.complete("lev", child, town.sign_in(child, own), preview=True)
    answers = await asyncio.gather(
        town.complete("polina", mother, None), town.complete("lev", child, None), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Completion", "Refusal"]
    [lost] = [answer for answer in answers if isinstance(answer, Refusal)]
    assert (lost.reason, lost.row) == (Reason.VK_PROFILE_ALREADY_BOUND, "D14")


@pytest.mark.rules("I2")
@pytest.mark.scenario("R04")
async def test_a_race_of_two_profiles_for_one_account_have_one_winner(town: Town) -> None:
    attempts = [await town.start("lev"), await town.start("lev")]
    for attempt, answer in zip(attempts, (profile("lev", PUPIL), profile("polina", PARENT)), strict=True):
        await town.complete("lev", attempt, town.sign_in(attempt, answer), preview=True)
    answers = await asyncio.gather(
        *(town.complete("lev", attempt, None) for attempt in attempts), return_exceptions=True
    )
    [lost] = [answer for answer in answers if isinstance(answer, Refusal)]
    assert (lost.reason, lost.row) == (Reason.DIARY_ACCOUNT_ALREADY_BOUND, "D8")
    bound = await town.store.active_binding("lev")
    assert bound is not None
    assert bound.vk_user_id in (PROFILES["lev"], PROFILES["polina"])
