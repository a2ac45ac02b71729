"""What the documents say is what the code does, and ids that tests name are in the documents."""

import re
from pathlib import Path

import pytest
from binding_server.domain import catalogue
from binding_server.domain.decision import TABLE
from binding_server.domain.diagnosis import REMEDIES
from binding_server.domain.reasons import Reason

ROOT = Path(__file__).parents[2]
DOMAIN = (ROOT / "docs/domain.md").read_text("utf-8")
SCENARIOS = (ROOT / "docs/scenarios.md").read_text("utf-8")


def rows(text: str, first: str) -> list[list[str]]:
    """Returns the cells of the table rows whose first cell matches."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [cells for cells in found if re.fullmatch(first, cells[0])]


def remedies(cell: str) -> tuple[str, ...]:
    """Returns the remedies that a cell lists."""
    return () if cell == "-" else tuple(cell.split(", "))


def test_the_decision_table_stands_in_the_order_in_which_it_is_asked() -> None:
    assert [cells[0] for cells in rows(DOMAIN, r"D\d+")] == [name for name, _, _ in TABLE]


@pytest.mark.parametrize("cells", rows(DOMAIN, r"D\d+"), ids=lambda cells: cells[0])
def test_a_row_has_the_catalogues_status_and_ways_out(cells: list[str]) -> None:
    row, _, reasons, status, ways_out = cells
    if reasons == "accepts":
        assert (status, ways_out) == ("OK", "-")
        return
    for name in reasons.split(", "):
        entry = catalogue.entry(Reason(name), row)
        assert (entry.status, entry.remedies) == (status, remedies(ways_out))


def test_the_diagnoses_have_the_ways_out_of_the_code() -> None:
    told = {cells[0]: remedies(cells[2]) for cells in rows(DOMAIN, r"[A-Z_]{2,}") if cells[0] in set(REMEDIES)}
    assert told == {str(diagnosis): ways_out for diagnosis, ways_out in REMEDIES.items()}


@pytest.mark.parametrize(("letter", "count"), [("S", 25), ("A", 19), ("I", 14)])
def test_the_domain_has_every_rule_choice_and_invariant_once(letter: str, count: int) -> None:
    assert [cells[0] for cells in rows(DOMAIN, rf"{letter}\d+")] == [f"{letter}{number + 1}" for number in range(count)]


def test_every_scenario_stands_once() -> None:
    ids = [cells[0] for cells in rows(SCENARIOS, r"[A-Z]\d\d")]
    assert len(ids) == len(set(ids)) == 80
    assert all(len(cells) == 4 and all(cells) for cells in rows(SCENARIOS, r"[A-Z]\d\d"))


def test_markers_of_tests_name_rules_of_the_domain() -> None:
    known = {cells[0] for cells in rows(DOMAIN, r"[SAID]\d+")}
    for file in (ROOT / "tests").rglob("*.py"):
        for arguments in re.findall(r"mark\.rules\(([^)]*)\)", file.read_text("utf-8")):
            assert set(re.findall(r'"([^"]+)"', arguments)) <= known, file
