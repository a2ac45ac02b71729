"""A sequence diagram in Mermaid's language."""

from collections.abc import Iterable

from idp_mock.journal.diagram import Arrow, parties, shortened, steps_of, title

_STOPS = str.maketrans({";": ",", "#": "№", "<": "‹", ">": "›", "%": "٪"})


def mermaid(arrows: Iterable[Arrow]) -> str:
    """The text of a diagram; what was refused ends in a cross."""
    steps = steps_of(arrows)
    names = {party: f"p{number}" for number, party in enumerate(parties(steps))}
    lines = ["sequenceDiagram", "    autonumber"]
    lines += [f"    participant {name} as {_safe(title(party))}" for party, name in names.items()]
    for step in steps:
        line = "--x" if step.refused else "-->>" if step.back else "->>"
        lines.append(f"    {names[step.sender]}{line}{names[step.receiver]}: {_safe(step.text)}")
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    """Without the characters that mean something to Mermaid."""
    return shortened(text, 100).translate(_STOPS) or " "
