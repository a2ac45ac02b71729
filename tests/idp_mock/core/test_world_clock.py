"""A world's clock, inbox, refusals and armed faults."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from idp_mock.world import Clock, Fault, FaultKind, Faults, Inbox, Refusals

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


class RealTime:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def real_time() -> RealTime:
    return RealTime()


@pytest.fixture
def clock(real_time: RealTime) -> Clock:
    return Clock(real_time)


def test_a_clock_runs_with_the_real_one(clock: Clock, real_time: RealTime) -> None:
    real_time.now += timedelta(seconds=5)

    assert clock.now() == NOON + timedelta(seconds=5)
    assert clock.timestamp() == int(NOON.timestamp()) + 5
    assert not clock.frozen


def test_an_advanced_clock_goes_on_running(clock: Clock, real_time: RealTime) -> None:
    clock.advance(timedelta(hours=1))
    real_time.now += timedelta(seconds=5)

    assert clock.now() == NOON + timedelta(hours=1, seconds=5)


def test_a_frozen_clock_moves_only_when_it_is_moved(clock: Clock, real_time: RealTime) -> None:
    clock.freeze(datetime(2030, 1, 1, 3, tzinfo=timezone(timedelta(hours=3))))
    real_time.now += timedelta(seconds=5)
    assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)

    clock.advance(timedelta(minutes=2))
    assert clock.now() == datetime(2030, 1, 1, 0, 2, tzinfo=UTC)

    clock.resume()
    assert clock.now() == real_time.now


def test_a_clock_can_be_frozen_where_it_is(clock: Clock, real_time: RealTime) -> None:
    clock.freeze()
    real_time.now += timedelta(seconds=5)

    assert clock.now() == NOON


def test_time_neither_goes_back_nor_without_zone_nor_beyond_the_calendar(clock: Clock) -> None:
    with pytest.raises(ValueError):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError):
        clock.freeze(datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError):
        clock.advance(timedelta(days=365 * 9000))
    assert clock.now() == NOON


def test_the_inbox_numbers_and_filters_messages(clock: Clock) -> None:
    inbox = Inbox(clock)
    inbox.send("+79000000103", "Код: 123456", "123456")
    inbox.send("Vera@example.org", "Код: 654321", "654321")

    assert [(message.number, message.code, message.time) for message in inbox.messages()] == [
        (1, "123456", NOON),
        (2, "654321", NOON),
    ]
    assert [message.number for message in inbox.messages("vera@example.org")] == [2]
    assert [message.number for message in inbox.messages(after=1)] == [2]


def test_refusals_are_numbered(clock: Clock) -> None:
    refusals = Refusals(clock)
    refusals.record("esia", "/aas/oauth2/te", "ESIA-007053", "signature over another string")
    refusals.record("vk_id", "/oauth2/auth", "invalid_request", "verifier does not fit")

    assert [(refusal.number, refusal.provider) for refusal in refusals.list()] == [(1, "esia"), (2, "vk_id")]
    assert [refusal.number for refusal in refusals.list(after=1)] == [2]


def struck(faults: Faults, path: str = "/oauth2/auth") -> Fault | None:
    return faults.strike("vk_id", path)


def test_a_fault_strikes_after_its_skips_as_often_as_told() -> None:
    faults = Faults()
    fault = faults.create(FaultKind.DROP, "/oauth2/auth", "vk_id", skip=1, times=2)

    assert [struck(faults) for _ in range(4)] == [None, fault, fault, None]
    assert fault.struck == 2
    assert faults.list() == [fault]


def test_a_fault_strikes_its_endpoint_and_provider_only() -> None:
    faults = Faults()
    fault = faults.create(FaultKind.DROP, "/ctts/", "esia", times=9)

    assert struck(faults, "/rs/prns/1/ctts") is None
    assert faults.strike("esia", "/rs/prns/1/docs") is None
    assert faults.strike("esia", "/rs/prns/1//ctts/") is fault


def test_a_fault_of_any_provider_strikes_both() -> None:
    faults = Faults()
    fault = faults.create(FaultKind.DROP, "/x", times=2)

    assert [faults.strike("esia", "/x"), faults.strike("vk_id", "/x")] == [fault, fault]


def test_faults_strike_one_after_the_other() -> None:
    faults = Faults()
    first = faults.create(FaultKind.DROP, "/oauth2/auth")
    second = faults.create(FaultKind.STATUS, "/oauth2/auth")

    assert [struck(faults), struck(faults), struck(faults)] == [first, second, None]


def test_a_deleted_fault_strikes_no_more() -> None:
    faults = Faults()
    faults.create(FaultKind.DROP, "/oauth2/auth")
    second = faults.create(FaultKind.STATUS, "/oauth2/auth")

    assert faults.delete("1")
    assert not faults.delete("1")
    assert faults.list() == [second]
    assert faults.delete()
    assert struck(faults) is None
