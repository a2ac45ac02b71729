"""The probe of docs/strictness.md, against the simulator alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINES = 20


def test_it_refuses_and_explains_every_line_in_both_providers() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "strictness"), "--ours"], capture_output=True, text=True, timeout=100
    )

    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in done.stdout.splitlines()]
    verdicts = {row[0]: row[1:] for row in rows[2:-2]}
    assert len(verdicts) == LINES
    undocumented = verdicts.pop("tokens of a code that was used twice")
    assert undocumented == ["-", "refused"]
    assert {verdict for row in verdicts.values() for verdict in row} == {"refused"}


def test_it_shows_in_the_docs_what_was_measured() -> None:
    table = (ROOT / "bench" / "results" / "strictness.md").read_text(encoding="utf-8").strip()

    assert table in (ROOT / "docs" / "strictness.md").read_text(encoding="utf-8")
