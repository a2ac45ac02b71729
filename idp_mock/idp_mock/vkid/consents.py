"""What people allowed which application.

VK ID asks once: an application that asks for no more than it was answered about gets the same answer silently.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from idp_mock.vkid.identity import LoginKey


@dataclass(frozen=True, slots=True)
class Consent:
    """An answer: what was asked, and what of it was allowed."""

    asked: frozenset[str]
    allowed: frozenset[str]


class Consents:
    """All answers of a world, by application and login."""

    def __init__(self) -> None:
        self._consents: dict[tuple[int, LoginKey], Consent] = {}

    def allowed(self, app_id: int, key: LoginKey, wanted: Iterable[str]) -> tuple[str, ...] | None:
        """What of `wanted` is allowed, in that order; None if the person has to be asked."""
        consent = self._consents.get((app_id, key))
        wanted = tuple(wanted)
        if consent is None or not consent.asked.issuperset(wanted):
            return None
        return tuple(scope for scope in wanted if scope in consent.allowed)

    def record(self, app_id: int, key: LoginKey, asked: Iterable[str], allowed: Iterable[str]) -> None:
        """Keeps an answer in place of the one before."""
        self._consents[app_id, key] = Consent(frozenset(asked), frozenset(allowed))

    def withdraw(self, app_id: int, key: LoginKey) -> None:
        """Forgets the answer, so that the person is asked again."""
        self._consents.pop((app_id, key), None)
