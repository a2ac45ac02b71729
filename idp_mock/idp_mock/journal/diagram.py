"""A journal as a sequence diagram: who asked whom, and what was answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp_mock.journal.entry import Entry

TITLES = {
    "browser": "Браузер",
    "diary": "Дневник",
    "esia": "ЕСИА",
    "service": "Сервис привязки",
    "vk_id": "VK ID",
    "messenger": "Мессенджер",
}
"""The usual parties, in the order in which they stand."""

_DIARIES = "client"
_SHORT = 60


@dataclass(frozen=True, slots=True)
class Arrow:
    """A call: from whom, to whom, what was asked and answered, at which moment of real time."""

    real_time: datetime
    sender: str
    receiver: str
    text: str
    answer: str = ""
    refused: bool = False
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a diagram: a call, or the answer to one (`back`)."""

    moment: datetime
    sender: str
    receiver: str
    text: str
    back: bool = False
    refused: bool = False


def arrows_of(entries: Iterable[Entry]) -> list[Arrow]:
    """The arrows of a journal. The pages of one sign-in are one arrow, from the first to what came of the last."""
    arrows: list[Arrow] = []
    before: Entry | None = None
    for entry in entries:
        arrow = _arrow(entry)
        if before is not None and arrows and _same_sign_in(before, entry):
            first = arrows.pop()
            whole_s = (arrow.real_time - first.real_time).total_seconds() + arrow.duration_s
            arrow = replace(arrow, real_time=first.real_time, text=first.text, duration_s=whole_s)
        arrows.append(arrow)
        before = entry
    return arrows


def _same_sign_in(before: Entry, entry: Entry) -> bool:
    by_browser = before.sender == entry.sender == "browser" and before.provider == entry.provider
    return by_browser and not before.error and not before.faults and "state" not in before.answer


def _arrow(entry: Entry) -> Arrow:
    return Arrow(
        entry.real_time,
        "diary" if entry.sender == _DIARIES else entry.sender,
        entry.provider,
        _asked(entry),
        _answered(entry),
        bool(entry.error) or not entry.status,
        entry.duration_s,
    )


def steps_of(arrows: Iterable[Arrow]) -> list[Step]:
    """Calls and answers by time; what happened during a call stands between it and its answer."""
    steps = []
    for arrow in arrows:
        steps.append(Step(arrow.real_time, arrow.sender, arrow.receiver, arrow.text))
        if arrow.answer:
            end = arrow.real_time + timedelta(seconds=arrow.duration_s)
            steps.append(Step(end, arrow.receiver, arrow.sender, arrow.answer, back=True, refused=arrow.refused))
    return sorted(steps, key=lambda step: step.moment)


def parties(steps: Sequence[Step]) -> list[str]:
    """Who takes part: the usual ones in their order, others as they come."""
    seen = dict.fromkeys(party for step in steps for party in (step.sender, step.receiver))
    return [*(party for party in TITLES if party in seen), *(party for party in seen if party not in TITLES)]


def title(party: str) -> str:
    """What a party is called."""
    return TITLES.get(party, party)


def shortened(text: str, most: int = _SHORT) -> str:
    """One line of a bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _asked(entry: Entry) -> str:
    grant = entry.parameters.get("grant_type", "")
    who = f" · {entry.person}" if entry.person else ""
    return f"{entry.method} {entry.path}{f' ({grant})' if grant else ''}{who}"


def _answered(entry: Entry) -> str:
    faults = f" ⚡ {', '.join(entry.faults)}" if entry.faults else ""
    if not entry.status:
        return f"нет ответа{faults}"
    if entry.error:
        why = f": {entry.explanations[-1]}" if entry.explanations else ""
        return f"{entry.status} {entry.error}{why}{faults}"
    if "location" in entry.answer:
        carried = ", ".join(name for name in ("code", "state", "device_id") if name in entry.answer)
        return f"{entry.status} → {entry.answer['location']}{f' [{carried}]' if carried else ''}{faults}"
    return f"{entry.status}{faults}"
