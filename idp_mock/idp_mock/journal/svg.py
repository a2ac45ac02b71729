"""A sequence diagram as a picture that needs nothing but a browser."""

from collections.abc import Iterable
from html import escape

from idp_mock.journal.diagram import Arrow, Step, parties, shortened, steps_of, title

_COLUMN, _ROW, _TOP, _MARGIN = 230, 30, 76, 120
_STYLE = (
    "text{font:12.5px system-ui,sans-serif;fill:#1b1b1f}.t{font-weight:600}.b text{fill:#4a4a55}.x text{fill:#b3261e}"
    ".p{stroke:#8a8a94}rect{fill:#eef2fb;stroke:#2d5fd0}.a{stroke:#2d5fd0;stroke-width:1.5}.b .a{stroke-dasharray:5 4}"
    ".x .a{stroke:#b3261e}"
)
_HEADS = (
    '<defs><marker id="h" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#2d5fd0"/></marker>'
    '<marker id="k" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 8M8 0 0 8" stroke="#b3261e" stroke-width="1.5"/></marker></defs>'
)


def svg(arrows: Iterable[Arrow]) -> str:
    """The picture; each line's tooltip has the whole text."""
    steps = steps_of(arrows)
    names = parties(steps)
    at = {party: _MARGIN + position * _COLUMN for position, party in enumerate(names)}
    width, height = 2 * _MARGIN + max(len(names) - 1, 0) * _COLUMN, _TOP + _ROW * len(steps) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="Диаграмма последовательности"><style>{_STYLE}</style>{_HEADS}'
    ]
    for party in names:
        x = at[party]
        parts.append(f'<line class="p" x1="{x}" y1="44" x2="{x}" y2="{height - 8}"/>')
        parts.append(f'<rect x="{x - 85}" y="14" width="170" height="30" rx="6"/>')
        parts.append(
            f'<text class="t" x="{x}" y="34" text-anchor="middle">{escape(shortened(title(party), 22))}</text>'
        )
    parts += [_line(step, at[step.sender], at[step.receiver], _TOP + n * _ROW) for n, step in enumerate(steps)]
    return "".join([*parts, "</svg>\n"])


def _line(step: Step, start: int, end: int, y: int) -> str:
    kind = "b x" if step.refused else "b" if step.back else ""
    middle, end = ((start + end) / 2, end) if start != end else (start + 60, start + 40)
    room = max(abs(end - start) // 7, 30)
    return (
        f'<g class="{kind}"><title>{escape(f"{step.moment:%H:%M:%S.%f} {step.text}")}</title>'
        f'<line class="a" x1="{start}" y1="{y}" x2="{end}" y2="{y}" marker-end="url(#{"k" if step.refused else "h"})"/>'
        f'<text x="{middle}" y="{y - 5}" text-anchor="middle">{escape(shortened(step.text, room))}</text></g>'
    )
