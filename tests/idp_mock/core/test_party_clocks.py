"""Clocks of worlds and of the parties in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from idp_mock.app import Simulator

from .calling import APP_ID, Caller, esia_token, person_of, vk_user

ESIA, VK_ID = "PROVIDER_ESIA", "PROVIDER_VK_ID"


def at(clock: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["time"])


async def test_parties_follow_the_world_with_their_skew_it_is_kept_when_the_world_moves(call: Caller) -> None:
    await call("SetClock", time="2030-01-01T00:00:00Z")
    skewed = await call("SetClock", party=VK_ID, skew="-600s")
    assert (skewed["time"], skewed["frozen"], skewed["party"]) == ("2029-12-31T23:50:00Z", True, VK_ID)
    await call("AdvanceClock", duration="3600s")
    await call("AdvanceClock", party=ESIA, duration="60s")

    assert (await call("GetClock"))["time"] == "2030-01-01T01:00:00Z"
    assert (await call("GetClock", party=ESIA))["time"] == "2030-01-01T01:01:00Z"
    assert (await call("GetClock", party=VK_ID))["time"] == "2030-01-01T00:50:00Z"
    await call("SetClock", party=VK_ID)
    assert (await call("GetClock", party=VK_ID))["time"] == "2030-01-01T01:00:00Z"
    ahead = await call("SetClock", skew="86400s")
    assert not ahead["frozen"]
    assert timedelta(hours=23) < at(ahead) - datetime.now(UTC) < timedelta(hours=25)


async def test_a_party_decides_by_its_own_clock_what_it_issues_and_what_it_checks(
    one_way: Caller, simulator: Simulator
) -> None:
    await one_way("CreateWorld", world="one")
    token = await esia_token(one_way, "one", "vera")
    vk = (await one_way("MintVkTokens", world="one", person="vera", app_id=APP_ID))["access_token"]

    await one_way("AdvanceClock", world="one", party=ESIA, duration="3601s")
    assert (await person_of(simulator, "one", token)).status_code == 401
    assert "user" in await vk_user(simulator, "one", vk)
    fresh = await esia_token(one_way, "one", "vera")
    assert (await person_of(simulator, "one", fresh)).status_code == 200

    await one_way("AdvanceClock", world="one", duration="3601s")
    assert "error" in await vk_user(simulator, "one", vk)
    assert (await person_of(simulator, "one", fresh)).status_code == 401


async def test_back_to_before_what_was_issued_it_is_refused_unless_wished(call: Caller, simulator: Simulator) -> None:
    await call("CreateWorld", world="one")
    await call("SetClock", world="one", time="2030-01-01T00:00:00Z")
    # Nothing was issued yet.
    await call("SetClock", world="one", time="2025-01-01T00:00:00Z")
    await call("SetClock", world="one", time="2030-01-01T00:00:00Z")
    token = await esia_token(call, "one", "vera")

    for fields in ({"time": "2029-12-31T23:59:59Z"}, {}, {"skew": "0s"}, {"party": ESIA, "skew": "-1s"}):
        assert await call("SetClock", world="one", **fields) == "FAILED_PRECONDITION"
    assert (await call("GetClock", world="one"))["time"] == "2030-01-01T00:00:00Z"
    assert (await call("GetClock", world="one", party=ESIA))["skew"] == "0s"
    # VK ID has issued nothing.
    assert (await call("SetClock", world="one", party=VK_ID, skew="-1s"))["skew"] == "-1s"
    assert (await person_of(simulator, "one", token)).status_code == 200
    assert not (await call("SetClock", world="one", allow_backwards=True))["frozen"]


async def test_a_time_that_cannot_be_it_is_refused_and_no_clock_moves(one_way: Caller) -> None:
    await one_way("SetClock", time="2030-01-01T00:00:00Z")
    await one_way("SetClock", party=VK_ID, skew="86400s")
    bad: list[dict[str, Any]] = [
        {"time": "2030-01-01T00:00:00Z", "skew": "1s"},
        {"skew": "315000000000s"},
        {"skew": "-315000000000s"},
        {"time": "9999-12-31T23:59:59Z"},  # VK ID would be in the year 10000
        {"party": 9},
    ]
    for fields in bad:
        assert await one_way("SetClock", **fields) == "INVALID_ARGUMENT", fields
    for fields in ({}, {"duration": "-1s"}, {"duration": "315000000000s"}, {"duration": "1s", "party": 9}):
        assert await one_way("AdvanceClock", **fields) == "INVALID_ARGUMENT", fields
    assert (await one_way("GetClock"))["time"] == "2030-01-01T00:00:00Z"
    assert (await one_way("GetClock", party=VK_ID))["time"] == "2030-01-02T00:00:00Z"
