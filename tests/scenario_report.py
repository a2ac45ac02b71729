"""Prints every scenario of docs/scenarios.md with the tests that show it and their results.

    python tests/scenario_report.py [pytest arguments, such as paths]

Runs the scenarios of `*.feature` files by their tags (`@H01`) and the tests that carry
`@pytest.mark.scenario("H01", …)`. Exit code 1: a test of a scenario did not pass, or a marker
names an id that the document does not have. Scenarios without a test are listed, and are no failure.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "scenarios.md"

MARKER = "scenario"
_ROW = re.compile(r"^\|\s*([A-Z]\d{2})\s*\|(.*)\|\s*$", re.MULTILINE)


class Result(StrEnum):
    """What became of a test, the worst last."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A row of the document."""

    id: str
    given: str
    when: str
    then: str


@dataclass(slots=True)
class Collected:
    """What a run of pytest found: ids by test, the test's result, and what a feature calls it."""

    ids: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    results: dict[str, Result] = field(default_factory=dict[str, Result])
    titles: dict[str, str] = field(default_factory=dict[str, str])

    def name_of(self, test: str) -> str:
        """Returns what to call a test without its parameters: a feature's file and title, else its own name."""
        title = self.titles.get(test)
        return f"{test.partition('::')[0]}: {title}" if title else test.partition("[")[0]

    def tests_of(self, scenario: str) -> Sequence[str]:
        """Returns the tests that show a scenario, in the order in which they were found."""
        return [test for test, ids in self.ids.items() if scenario in ids]

    def result_of(self, test: str) -> Result:
        """Returns a test's result; one that never reported was not run."""
        return self.results.get(test, Result.NOT_RUN)

    def unknown(self, known: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Returns the ids that no document has, with the tests that name them."""
        named = sorted({each for ids in self.ids.values() for each in ids} - set(known))
        return {each: self.tests_of(each) for each in named}


class Collector:
    """Pytest plugin: keeps the tests with a scenario, drops the others, and notes results."""

    def __init__(self) -> None:
        self.collected = Collected()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keeps what carries the marker; several markers, of class and test, add up."""
        others: list[pytest.Item] = []
        for item in items:
            ids = [str(each) for marker in item.iter_markers(MARKER) for each in marker.args]
            if ids:
                self.collected.ids[item.nodeid] = tuple(dict.fromkeys(ids))
                if title := getattr(getattr(item, "function", None), "title", None):
                    self.collected.titles[item.nodeid] = str(title)
            else:
                others.append(item)
        items[:] = [item for item in items if item.nodeid in self.collected.ids]
        config.hook.pytest_deselected(items=others)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes the worst of set-up, call and tear-down. An expected failure has not shown its scenario."""
        result = Result.FAILED if report.failed else Result.SKIPPED if report.skipped else Result.PASSED
        if report.when != "call" and result is Result.PASSED:
            return
        known = self.collected.results.get(report.nodeid, Result.PASSED)
        self.collected.results[report.nodeid] = max(known, result, key=list(Result).index)


def read_scenarios(text: str) -> list[Scenario]:
    """Returns the scenarios of a document.

    Raises:
        ValueError: a row has not four columns, or an id stands twice.
    """
    found: list[Scenario] = []
    for name, rest in _ROW.findall(text):
        cells = [cell.strip() for cell in rest.split("|")]
        if len(cells) != 3:
            raise ValueError(f"scenario {name} has {len(cells) + 1} columns, not 4")
        if name in {scenario.id for scenario in found}:
            raise ValueError(f"scenario {name} stands twice")
        found.append(Scenario(name, *cells))
    return found


def collect(arguments: Sequence[str]) -> tuple[Collected, int]:
    """Runs pytest in this process; returns what it found and its exit code."""
    collector = Collector()
    code = pytest.main(
        ["-q", "--no-header", "-p", "no:cacheprovider", "-m", "scenario", *arguments], plugins=[collector]
    )
    return collector.collected, int(code)


def together(results: Mapping[str, Result], name_of: Callable[[str], str]) -> list[tuple[str, Result]]:
    """Tells the runs of one parametrised test that ended alike as one line: `test_x (20 runs)`."""
    runs = Counter((name_of(test), result) for test, result in results.items())
    return [(name if count == 1 else f"{name} ({count} runs)", result) for (name, result), count in runs.items()]


def render(scenarios: Sequence[Scenario], collected: Collected, console: Console) -> bool:
    """Prints table and summary; returns whether every scenario that has a test is shown by it."""
    table = Table("Id", "Then", title="Scenarios", title_justify="left")
    table.add_column("Test", overflow="fold")
    table.add_column("Result", no_wrap=True)
    covered, bad = 0, 0
    missing: list[str] = []
    for scenario in scenarios:
        tests = collected.tests_of(scenario.id)
        if not tests:
            missing.append(scenario.id)
            table.add_row(scenario.id, scenario.then, "", Text("no test yet", style="yellow"))
            continue
        results = {test: collected.result_of(test) for test in tests}
        covered += 1
        bad += any(result is not Result.PASSED for result in results.values())
        for place, (test, result) in enumerate(together(results, collected.name_of)):
            named = (scenario.id, scenario.then) if place == 0 else ("", "")
            style = "green" if result is Result.PASSED else "bold red"
            table.add_row(*(Text(cell) for cell in (*named, test)), Text(result, style=style))
    console.print(table)
    unknown = collected.unknown([scenario.id for scenario in scenarios])
    for name, tests in unknown.items():
        console.print(f"unknown scenario {name} is named by {', '.join(tests)}", style="bold red", markup=False)
    console.print(f"{covered} of {len(scenarios)} scenarios have a test, {bad} of them not passed", markup=False)
    if missing:
        console.print(f"not covered yet: {' '.join(missing)}", style="yellow", markup=False)
    return not bad and not unknown


def main(arguments: Sequence[str]) -> int:
    """Runs the tests of the scenarios and prints the report; returns the exit code."""
    scenarios = read_scenarios(DOCUMENT.read_text("utf-8"))
    collected, code = collect(arguments or [str(ROOT / "tests")])
    # Wide enough for whole test names where nobody looks at a terminal.
    console = Console(width=None if sys.stdout.isatty() else 200)
    complete = render(scenarios, collected, console)
    broken = code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    if broken:
        console.print(f"pytest could not run the tests (exit code {code})", style="bold red", markup=False)
    return 0 if complete and not broken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
