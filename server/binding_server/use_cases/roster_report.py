"""What an import takes, and what it says became of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from binding_server.domain.model import ChatKind
from binding_server.domain.reasons import Reason
from binding_server.domain.reconcile import Effect, EffectKind
from binding_server.domain.roster import RosterItem
from binding_server.use_cases.roster_ports import Finding

ERROR = "ERROR"
"""Kind of a finding: a record that was skipped."""
EFFECT = "EFFECT"
"""Kind of a finding: what a dry run has shown."""


@dataclass(frozen=True, slots=True)
class RawContact:
    """A contact that a school has recorded, as the school writes it; kept as a digest only."""

    person_id: str
    value: str = field(repr=False)
    ended: bool


@dataclass(frozen=True, slots=True)
class FaultyRecord:
    """A record that breaks a rule of its form: the offending field, such as `person.id`, what is wrong with it, and the
    ids of the persons whom it names."""

    field: str
    problem: str
    persons: tuple[str, ...] = ()
    reason: Reason = Reason.REQUEST_INVALID


@dataclass(frozen=True, slots=True)
class RosterInput:
    """A record with the line of its source (0 if it has none)."""

    line: int
    item: RosterItem | RawContact | FaultyRecord


@dataclass(frozen=True, slots=True)
class RosterPart:
    """Some records of a roster; `complete` if they are its last."""

    records: Sequence[RosterInput]
    complete: bool = False


@dataclass(frozen=True, slots=True)
class RosterError:
    """A record that was skipped. `index` counts from 0 over the stream."""

    index: int
    line: int
    field: str
    reason: Reason
    problem: str


@dataclass(slots=True)
class RosterReport:
    """What became of a roster. `ended` counts what a FULL one no longer has, `unbound` the bindings that ended.

    `errors` and `effects` are the first ones only; all are listed under `run`. `effects` are those of a dry run.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RosterError] = field(default_factory=list[RosterError])
    ended: int = 0
    unbound: int = 0
    dry_run: bool = False
    run: int = field(default=0, compare=False)
    effects: list[Effect] = field(default_factory=list[Effect], compare=False)
    effect_count: int = field(default=0, compare=False)


def error_finding(error: RosterError, number: int) -> Finding:
    """Returns a skipped record as it is kept; it holds no value of the record."""
    return Finding(ERROR, number, json.dumps(asdict(error), ensure_ascii=False))


def error_of(finding: Finding) -> RosterError:
    """Returns a skipped record."""
    found = json.loads(finding.content)
    return RosterError(found["index"], found["line"], found["field"], Reason(found["reason"]), found["problem"])


def effect_finding(effect: Effect, number: int) -> Finding:
    """Returns an effect as it is kept."""
    return Finding(EFFECT, number, json.dumps(asdict(effect), ensure_ascii=False))


def effect_of(finding: Finding) -> Effect:
    """Returns an effect."""
    found = json.loads(finding.content)
    kind = found.pop("chat_kind")
    return Effect(EffectKind(found.pop("kind")), **found, chat_kind=ChatKind(kind) if kind else None)
