"""The report of scenarios, run as a person runs it, on tests made for the occasion."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSES = """
import pytest
@pytest.mark.scenario("H01", "H02")
def test_two(): pass
@pytest.mark.scenario("H03")
class TestThree:
    @pytest.mark.scenario("H04")
    def test_of_a_class(self): pass
def test_of_no_scenario(): raise AssertionError("is not run")
"""
CONFTEST = """
pytest_plugins = ["binding_client.testing.gherkin"]
from pytest_bdd import given
given("всё хорошо")(lambda: None)
"""
FEATURE = """# language: ru
Функция: Проба
  @H01
  Сценарий: Просто так
    Дано всё хорошо
  @K01
  Структура сценария: По рядам
    Дано всё <как>
    Примеры:
      | как    |
      | хорошо |
      | хорошо |
"""


def report(tmp_path: Path, tests: str, *arguments: str) -> tuple[int, str]:
    """Runs the report over a file of tests; returns exit code and output."""
    file = tmp_path / "test_sample.py"
    file.write_text(tests, "utf-8")
    command = [sys.executable, "tests/scenario_report.py", str(file), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout


def line_of(output: str, scenario: str) -> str:
    """Returns the line of a scenario in the table."""
    [line] = [line for line in output.splitlines() if line.startswith(f"│ {scenario} ")]
    return line


def test_shows_tests_and_results_and_names_what_has_no_test(tmp_path: Path) -> None:
    code, output = report(tmp_path, PASSES)
    assert code == 0
    for scenario in ("H01", "H02", "H03", "H04"):
        assert "passed" in line_of(output, scenario)
    assert "no test yet" in line_of(output, "V03")
    assert "4 of 80 scenarios have a test, 0 of them not passed" in output
    missing = next(line for line in output.splitlines() if line.startswith("not covered yet:"))
    assert "H05" in missing
    assert "H04" not in missing


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("raise AssertionError", "failed"),
        ("pytest.skip('not today')", "skipped"),
        ("pytest.xfail('some day')", "skipped"),
    ],
)
def test_fails_if_a_scenario_is_not_shown(tmp_path: Path, body: str, result: str) -> None:
    tests = f"import pytest\n@pytest.mark.scenario('H01')\ndef test_one():\n    {body}\n"
    code, output = report(tmp_path, tests)
    assert code == 1
    assert result in line_of(output, "H01")
    assert "1 of 80 scenarios have a test, 1 of them not passed" in output


def test_shows_scenarios_of_features_by_title(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, "utf-8")
    (tmp_path / "proba.feature").write_text(FEATURE, "utf-8")
    code, output = report(tmp_path, PASSES.replace("H01", "H05"), str(tmp_path / "proba.feature"))
    assert code == 0
    assert "proba.feature: Просто так" in line_of(output, "H01")
    assert "proba.feature: По рядам (2 runs)" in line_of(output, "K01")
    assert "passed" in line_of(output, "K01")


def test_fails_if_a_fixture_breaks(tmp_path: Path) -> None:
    tests = (
        "import pytest\n@pytest.fixture\ndef broken(): raise RuntimeError\n"
        "@pytest.mark.scenario('H01')\ndef test_one(broken): pass\n"
    )
    code, output = report(tmp_path, tests)
    assert code == 1
    assert "failed" in line_of(output, "H01")


def test_fails_if_a_marker_names_an_unknown_scenario(tmp_path: Path) -> None:
    code, output = report(tmp_path, "import pytest\n@pytest.mark.scenario('H99')\ndef test_one(): pass\n")
    assert code == 1
    assert "unknown scenario H99 is named by" in output
    assert "test_sample.py::test_one" in output


def test_fails_if_tests_cannot_be_read(tmp_path: Path) -> None:
    code, output = report(tmp_path, "import no_such_module\n")
    assert code == 1
    assert "could not run the tests" in output


def test_shows_the_worst_of_several_tests(tmp_path: Path) -> None:
    tests = (
        "import pytest\npytestmark = pytest.mark.scenario('H01')\n"
        "def test_good(): pass\ndef test_bad(): raise AssertionError\n"
    )
    code, output = report(tmp_path, tests)
    assert code == 1
    assert "passed" in line_of(output, "H01")
    assert "1 of 80 scenarios have a test, 1 of them not passed" in output
