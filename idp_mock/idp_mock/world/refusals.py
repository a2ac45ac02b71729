"""Refusals of a world's providers, explained for a developer."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from idp_mock.world.clock import Clock

Provider = Literal["esia", "vk_id"]

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: running number from 1, who refused where, the error that the client saw, what was wrong, when."""

    number: int
    provider: Provider
    endpoint: str
    error: str
    explanation: str
    time: datetime


class Refusals:
    """All refusals of a world; the oldest are forgotten beyond 10 000."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refusals: deque[Refusal] = deque(maxlen=_KEPT)
        self._last = 0

    @property
    def last(self) -> int:
        """Number of the newest refusal, 0 if there is none."""
        return self._last

    def record(self, provider: Provider, endpoint: str, error: str, explanation: str) -> Refusal:
        """Notes a refusal.

        Args:
            provider: who refused.
            endpoint: path of the request.
            error: the error as the client saw it, such as `ESIA-007053` or `invalid_request`.
            explanation: what was expected and what came; never a secret, code, token or password.
        """
        self._last += 1
        refusal = Refusal(self._last, provider, endpoint, error, explanation, self._clock.now())
        self._refusals.append(refusal)
        return refusal

    def list(self, after: int = 0) -> list[Refusal]:
        """The refusals numbered above `after`, oldest first."""
        return [refusal for refusal in self._refusals if refusal.number > after]
