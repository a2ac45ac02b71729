"""Faults that a tester arms against the providers of a world."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum

from idp_mock.world.refusals import Provider


class FaultKind(Enum):
    """What goes wrong. The names are those of the control service."""

    LATENCY = "the answer comes late"
    HANG = "no answer, nothing done"
    HANG_AFTER = "no answer, but done"
    DROP = "the connection is dropped"
    STATUS = "the provider's error document with an HTTP status"
    MALFORMED_JSON = "HTTP 200 with a body that is not JSON"
    ERROR_WITH_200 = "the provider's error document with HTTP 200"
    OTHER_USER = "the answer names another user"


@dataclass(slots=True)
class Fault:
    """A fault that strikes requests to one endpoint.

    Args:
        id: its number within the world.
        provider: whose endpoint; None for any.
        endpoint: the endpoint by the end of its path.
        kind: what goes wrong.
        skip: how many matching requests pass before it strikes.
        times: how often it strikes.
        latency_s: for LATENCY, in real time.
        status: for STATUS.
        error: for STATUS and ERROR_WITH_200: the error's name.
    """

    id: str
    provider: Provider | None
    endpoint: str
    kind: FaultKind
    skip: int = 0
    times: int = 1
    latency_s: float = 0.0
    status: int = 503
    error: str = "server_error"
    struck: int = 0
    passed: int = 0
    deleted: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, provider: Provider, path: str) -> bool:
        """Whether a request to `path` of `provider` is one of those that it may strike."""
        return self.struck < self.times and self.provider in (None, provider) and path.endswith(self.endpoint)


class Faults:
    """The armed faults of a world. A fault that has struck its last time stays listed until it is deleted."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._last = 0

    def create(
        self,
        kind: FaultKind,
        endpoint: str,
        provider: Provider | None = None,
        *,
        skip: int = 0,
        times: int = 1,
        latency_s: float = 0.0,
        status: int = 503,
        error: str = "server_error",
    ) -> Fault:
        """Arms a fault; the arguments are those of `Fault`."""
        self._last += 1
        fault = Fault(
            str(self._last), provider, _normal(endpoint), kind, skip, times, latency_s, status, error or "server_error"
        )
        self._faults[fault.id] = fault
        return fault

    def list(self) -> list[Fault]:
        """The faults in the order in which they were armed."""
        return list(self._faults.values())

    def delete(self, fault_id: str | None = None) -> bool:
        """Disarms one fault, or all; requests that hang because of it go on. False if there is no such fault."""
        if fault_id is None:
            gone = list(self._faults.values())
            self._faults.clear()
        elif fault_id in self._faults:
            gone = [self._faults.pop(fault_id)]
        else:
            return False
        for fault in gone:
            fault.deleted.set()
        return True

    def strike(self, provider: Provider, path: str) -> Fault | None:
        """The fault that strikes this request, which counts as struck; None if it goes through.

        The fault armed first wins; later ones do not count the request.
        """
        if not self._faults:
            return None
        normal = _normal(path)
        for fault in self._faults.values():
            if not fault.matches(provider, normal):
                continue
            if fault.passed < fault.skip:
                fault.passed += 1
                continue
            fault.struck += 1
            return fault
        return None


def _normal(path: str) -> str:
    """Without double and closing slashes, which real clients of ESIA send."""
    while "//" in path:
        path = path.replace("//", "/")
    return path.rstrip("/") or "/"
