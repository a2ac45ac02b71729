"""What a world of VK ID remembers of browsers has an end."""

from datetime import UTC, datetime
from typing import Any

from idp_mock.oauth.room import MOST
from idp_mock.vkid.sessions import Browsers


def test_signed_in_browsers_are_forgotten_oldest_first_beyond_the_bound() -> None:
    browsers = Browsers()
    key: Any = "a login"
    first = browsers.create()
    first.signed_in[key] = datetime(2026, 11, 24, tzinfo=UTC)
    for _ in range(MOST):
        browsers.create().signed_in[key] = datetime(2026, 11, 24, tzinfo=UTC)
    assert browsers.get(first.id) is first
    for _ in range(10_000):
        browsers.create().signed_in[key] = datetime(2026, 11, 24, tzinfo=UTC)
    assert browsers.get(first.id) is None
    assert not browsers.knows_device(first.device_id)
