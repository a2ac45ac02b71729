"""Refusals of a world's providers, explained for a developer."""

import json
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from idp_mock.world.clock import Clock

Provider = Literal["esia", "vk_id"]

_KEPT = 10_000
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: running number from 1, who refused where, the error that the client saw, what was wrong, when.

    `details` says the same as `explanation` for programs: `expected`, `parameter` and what else the provider knows.
    """

    number: int
    provider: Provider
    endpoint: str
    error: str
    explanation: str
    time: datetime
    details: Mapping[str, str] = field(default_factory=dict)


class Refusals:
    """All refusals of a world; the oldest are forgotten beyond 10 000. Each also goes to the log, as one JSON object.

    Args:
        clock: the world's.
        world: its name, for the log.
    """

    def __init__(self, clock: Clock, world: str = "") -> None:
        self._clock = clock
        self.world = world
        self._refusals: deque[Refusal] = deque(maxlen=_KEPT)
        self._last = 0

    @property
    def last(self) -> int:
        """Number of the newest refusal, 0 if there is none."""
        return self._last

    def record(
        self,
        provider: Provider,
        endpoint: str,
        error: str,
        explanation: str,
        details: Mapping[str, str] | None = None,
    ) -> Refusal:
        """Notes a refusal.

        Args:
            provider: who refused.
            endpoint: path of the request.
            error: the error as the client saw it, such as `ESIA-007053` or `invalid_request`.
            explanation: what was expected and what came; never a secret, code, token or password.
            details: the same for programs, by name; no secrets either.
        """
        self._last += 1
        told = dict(details or {})
        refusal = Refusal(self._last, provider, endpoint, error, explanation, self._clock.now(), told)
        self._refusals.append(refusal)
        if _LOG.isEnabledFor(logging.WARNING):
            members = {"number": self._last, "endpoint": endpoint, "error": error, "explanation": explanation}
            document = {"event": "refused", "world": self.world, "provider": provider, **members, "details": told}
            # One line whatever stands in it: line breaks are escaped.
            _LOG.warning("%s", json.dumps(document, ensure_ascii=False))
        return refusal

    def list(self, after: int = 0) -> list[Refusal]:
        """The refusals numbered above `after`, oldest first."""
        return [refusal for refusal in self._refusals if refusal.number > after]
