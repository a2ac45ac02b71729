"""Browsers and who is signed in in them.

A browser is known by a cookie. It may hold sessions of several logins, such as those of a family on one computer.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp_mock.oauth.room import make_room
from idp_mock.vkid.identity import Identity, LoginKey, find_key
from idp_mock.world import World

COOKIE = "vkid_sso"
"""Names the browser; who is signed in in it is kept here."""

SESSION_LIFE = timedelta(days=180)
"""How long a session lasts without a sign-in; not documented by VK."""

_STRANGERS_KEPT = 10_000


@dataclass(slots=True)
class Browser:
    """One browser.

    Attributes:
        id: value of its cookie.
        device_id: what VK ID calls the device; codes and refresh tokens are bound to it.
        signed_in: the logins with a session and when each signed in, the latest last.
    """

    id: str
    device_id: str
    signed_in: dict[LoginKey, datetime] = field(default_factory=dict)

    def sign_in(self, world: World, key: LoginKey) -> None:
        """Starts a session, or renews it."""
        self.signed_in.pop(key, None)
        self.signed_in[key] = world.clock_of("vk_id").now()

    def sessions(self, world: World) -> list[Identity]:
        """The logins with a live session, the latest first."""
        now = world.clock_of("vk_id").now()
        live = []
        for key, since in reversed(self.signed_in.items()):
            found = find_key(world, key)
            if found is not None and now < since + SESSION_LIFE:
                live.append(found)
        return live


class Browsers:
    """All browsers of a world.

    An unknown cookie is never taken over: whoever set it would then know the session's name. Of browsers in which
    nobody signed in the oldest are forgotten beyond 10 000, of the others beyond 100 000.
    """

    def __init__(self) -> None:
        self._strangers: dict[str, Browser] = {}
        self._known: dict[str, Browser] = {}
        self._devices: set[str] = set()
        self._loose: dict[str, str] = {}

    def get(self, browser_id: str | None) -> Browser | None:
        """The browser with that cookie."""
        if not browser_id:
            return None
        return self._known.get(browser_id) or self._strangers.get(browser_id)

    def create(self) -> Browser:
        """A browser that comes for the first time."""
        for oldest in make_room(self._strangers, _STRANGERS_KEPT):
            forgotten = [oldest]
            if oldest.signed_in:
                forgotten = make_room(self._known)
                self._known[oldest.id] = oldest
            for browser in forgotten:
                self._devices.discard(browser.device_id)
        browser = Browser(id=secrets.token_urlsafe(32), device_id=_device_id())
        self._devices.add(browser.device_id)
        self._strangers[browser.id] = browser
        return browser

    def new_device(self) -> str:
        """A device id without a browser, for an application that comes without one; 100 000 are remembered."""
        device_id = _device_id()
        make_room(self._loose)
        self._loose[device_id] = device_id
        return device_id

    def knows_device(self, device_id: str | None) -> bool:
        """Whether that device id was given out."""
        return device_id in self._devices or device_id in self._loose


def _device_id() -> str:
    return secrets.token_urlsafe(60)
