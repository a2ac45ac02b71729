"""Renders docs/faults.md from the catalogue: `python tests/idp_mock/faults/render.py`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from idp_mock.faults.catalogue import CATALOGUE

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
_MARK = "<!-- made from the catalogue: python tests/idp_mock/faults/render.py -->\n"
_HEADER = "| kind | what happens | the bug that it uncovers: a client that… |\n|---|---|---|\n"


def render() -> str:
    """The document: what is written by hand, and a table for each group."""
    parts = [DOCUMENT.read_text(encoding="utf-8").partition(_MARK)[0] + _MARK]
    for group, kinds in groupby(CATALOGUE, key=lambda kind: CATALOGUE[kind].group):
        rows = [
            f"| `{kind.name}` | {CATALOGUE[kind].en} {CATALOGUE[kind].ru} | {CATALOGUE[kind].bug} |\n" for kind in kinds
        ]
        parts.append(f"## {group[0].upper()}{group[1:]}\n\n{_HEADER}{''.join(rows)}")
    return "\n".join(parts)


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
