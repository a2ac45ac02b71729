"""How often somebody may do something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from binding_server.domain.limits import PROBES, Limit, Limits, Used, after_uses, used_up
from binding_server.domain.reasons import Reason

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
THREE = Limit(3, HOUR)


def test_limits_it_is_those_of_the_decision() -> None:
    limits = Limits()
    assert limits.probes == Limit(30, timedelta(minutes=10))
    assert limits.start_binding == Limit(60, HOUR)
    assert limits.tickets == Limit(10, timedelta(days=1))


@pytest.mark.rules("I10")
def test_probes_it_is_what_tells_of_others() -> None:
    assert {
        Reason.ACCOUNT_NOT_ACCESSIBLE,
        Reason.RESOURCE_NOT_ACCESSIBLE,
        Reason.CONTACT_NOT_OWNED,
        Reason.VK_PROFILE_ALREADY_BOUND,
        Reason.VK_PROFILE_NOT_OWNED,
    } == PROBES


@pytest.mark.parametrize(
    ("used", "at", "until"),
    [
        (None, NOON, None),
        (Used(NOON, 2), NOON, None),
        (Used(NOON, 3), NOON, NOON + HOUR),
        (Used(NOON, 9), NOON + HOUR - SECOND, NOON + HOUR),
        (Used(NOON, 9), NOON + HOUR, None),
        # The clock was set back.
        (Used(NOON, 9), NOON - SECOND, None),
    ],
)
def test_limit_it_is_used_up_until_its_window_ends(used: Used | None, at: datetime, until: datetime | None) -> None:
    assert used_up(THREE, used, at) == until


@pytest.mark.parametrize(
    ("used", "at", "after"),
    [
        (None, NOON, Used(NOON, 1)),
        (Used(NOON, 2), NOON + SECOND, Used(NOON, 3)),
        (Used(NOON, 2), NOON + HOUR, Used(NOON + HOUR, 1)),
        (Used(NOON, 2), NOON - SECOND, Used(NOON - SECOND, 1)),
    ],
)
def test_use_it_counts_within_the_window_or_begins_another(used: Used | None, at: datetime, after: Used) -> None:
    assert after_uses(THREE, used, at) == after


def test_several_uses_it_counts_them_all() -> None:
    assert after_uses(THREE, None, NOON, 7) == Used(NOON, 7)
    assert after_uses(THREE, Used(NOON, 1), NOON, 7) == Used(NOON, 8)
