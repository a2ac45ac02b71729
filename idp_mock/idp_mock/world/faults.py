"""Faults that a tester arms against the providers of a world."""

import asyncio
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from idp_mock.world.refusals import Provider


class Stage(Enum):
    """When a fault strikes."""

    REQUEST = "before the provider sees the request"
    ANSWER = "on the provider's answer, if there is something in it to spoil"


class FaultKind(Enum):
    """What goes wrong. The names are those of the control service; the value is the stage."""

    LATENCY = "LATENCY", Stage.REQUEST
    HANG = "HANG", Stage.REQUEST
    HANG_AFTER = "HANG_AFTER", Stage.REQUEST
    PAUSE = "PAUSE", Stage.REQUEST
    DROP = "DROP", Stage.REQUEST
    DROP_AFTER = "DROP_AFTER", Stage.REQUEST
    STATUS = "STATUS", Stage.REQUEST
    ERROR_WITH_200 = "ERROR_WITH_200", Stage.REQUEST
    MALFORMED_JSON = "MALFORMED_JSON", Stage.REQUEST
    TRUNCATED_BODY = "TRUNCATED_BODY", Stage.ANSWER
    WRONG_CONTENT_TYPE = "WRONG_CONTENT_TYPE", Stage.ANSWER
    WRONG_FIELD = "WRONG_FIELD", Stage.ANSWER
    MISSING_FIELD = "MISSING_FIELD", Stage.ANSWER
    MISTYPED_FIELD = "MISTYPED_FIELD", Stage.ANSWER
    OTHER_USER = "OTHER_USER", Stage.ANSWER
    TOKEN_OF_ANOTHER = "TOKEN_OF_ANOTHER", Stage.ANSWER
    WRONG_SIGNATURE = "WRONG_SIGNATURE", Stage.ANSWER
    UNKNOWN_KEY = "UNKNOWN_KEY", Stage.ANSWER
    EXPIRED_TOKEN = "EXPIRED_TOKEN", Stage.ANSWER
    FUTURE_TOKEN = "FUTURE_TOKEN", Stage.ANSWER
    WRONG_ISSUER = "WRONG_ISSUER", Stage.ANSWER
    WRONG_AUDIENCE = "WRONG_AUDIENCE", Stage.ANSWER
    ROTATED_KEY = "ROTATED_KEY", Stage.ANSWER
    WITHDRAWN_KEY = "WITHDRAWN_KEY", Stage.ANSWER
    WRONG_STATE = "WRONG_STATE", Stage.ANSWER
    MISSING_STATE = "MISSING_STATE", Stage.ANSWER
    DUPLICATE_CALLBACK = "DUPLICATE_CALLBACK", Stage.ANSWER
    PROFILE_OF_ANOTHER = "PROFILE_OF_ANOTHER", Stage.ANSWER
    PHONE_REASSIGNED = "PHONE_REASSIGNED", Stage.REQUEST
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN", Stage.REQUEST

    @property
    def stage(self) -> Stage:
        """When it strikes."""
        return self.value[1]


class Who(NamedTuple):
    """Whose request it is, as far as it tells: the client's mnemonic or number, and the person's key; "" if unknown."""

    client: str = ""
    person: str = ""


@dataclass(slots=True)
class Fault:
    """A fault that strikes requests to one endpoint.

    Args:
        id: its number within the world.
        provider: whose endpoint; None for any.
        endpoint: the endpoint by the end of its path; empty for any.
        kind: what goes wrong.
        skip: how many matching requests pass before it strikes.
        times: how often it strikes.
        latency_s: for LATENCY, in real time.
        status: for STATUS.
        error: for STATUS and ERROR_WITH_200: the error's name.
        client: only requests of this client system or application.
        person: only requests about this person.
        probability: how likely a matching request is struck, 0 to 1.
        seed: of the dice, so that a run can be repeated.
        member: for WRONG_FIELD, MISSING_FIELD, MISTYPED_FIELD: which one, with dots for members of members.
        value: for WRONG_FIELD: what stands there instead; for WRONG_CONTENT_TYPE: the type.
        other: for TOKEN_OF_ANOTHER, PROFILE_OF_ANOTHER, PHONE_REASSIGNED: key of the other person.
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
    client: str = ""
    person: str = ""
    probability: float = 1.0
    seed: int = 0
    member: str = ""
    value: str = ""
    other: str = ""
    struck: int = 0
    passed: int = 0
    deleted: asyncio.Event = field(default_factory=asyncio.Event)
    dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - a repeatable run, not a secret

    def concerns(self, provider: Provider, path: str) -> bool:
        """Whether it may strike at `path` of `provider`, whoever asks."""
        return self.struck < self.times and self.provider in (None, provider) and path.endswith(self.endpoint)

    def strikes(self, who: Who) -> bool:
        """Whether it strikes this request, which then counts: as struck, or as passed."""
        if (self.client and self.client != who.client) or (self.person and self.person != who.person):
            return False
        if self.probability < 1 and self.dice.random() >= self.probability:
            return False
        if self.passed < self.skip:
            self.passed += 1
            return False
        self.struck += 1
        return True


class Faults:
    """The armed faults of a world. A fault that has struck its last time stays listed until it is deleted."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._last = 0

    def create(
        self,
        kind: FaultKind,
        endpoint: str = "",
        provider: Provider | None = None,
        **options: float | str,
    ) -> Fault:
        """Arms a fault; the arguments are those of `Fault`, empty ones fall back to its defaults."""
        self._last += 1
        given = {name: value for name, value in options.items() if value not in ("", None)}
        fault = Fault(str(self._last), provider, _normal(endpoint) if endpoint else "", kind, **given)  # type: ignore[arg-type]
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

    def armed(self, stage: Stage, provider: Provider, path: str) -> Sequence[Fault]:
        """The faults of a stage that may strike at `path`, in the order in which they were armed."""
        if not self._faults:
            return []
        normal = _normal(path)
        return [
            fault for fault in self._faults.values() if fault.kind.stage is stage and fault.concerns(provider, normal)
        ]

    def any(self, kinds: Collection[FaultKind]) -> Iterator[Fault]:
        """The faults of these kinds, spent ones too: some change what a provider says long after they struck."""
        return (fault for fault in self._faults.values() if fault.kind in kinds)

    def strike(self, provider: Provider, path: str, who: Callable[[], Who] = Who) -> Fault | None:
        """The fault that strikes this request before the provider sees it, which counts as struck; None if none does.

        The fault armed first wins; later ones do not count the request.

        Args:
            who: tells whose request it is; called only if a fault wants to know.
        """
        for fault in self.armed(Stage.REQUEST, provider, path):
            if fault.strikes(who() if fault.client or fault.person else Who()):
                return fault
        return None


def _normal(path: str) -> str:
    """Without double and closing slashes, which real clients of ESIA send."""
    while "//" in path:
        path = path.replace("//", "/")
    return path.rstrip("/") or "/"
