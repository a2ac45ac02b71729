"""The scenarios in tests/scenarios tell each case of docs/scenarios.md once."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml
from binding_client.testing.gherkin import reference
from binding_client.testing.gherkin.words import CAST
from pytest_bdd.feature import get_feature
from pytest_bdd.steps import step_function_context_registry

ROOT = Path(__file__).parents[2]
OF_CHAT_PROVIDERS = {"K03", "K04", "K05", "K06", "K07", "K08", "R05"}
OF_PRIVACY = {"V02"}
"""Cases of parts that are not there yet."""


def told() -> Counter[str]:
    """How many scenarios carry each id."""
    found: Counter[str] = Counter()
    for file in sorted((ROOT / "tests" / "scenarios").glob("*.feature")):
        feature = get_feature(str(file.parent), file.name)
        assert feature.language == "ru"
        for scenario in feature.scenarios.values():
            found.update(scenario.tags)
    return found


def test_features_it_is_one_scenario_for_each_case() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    cases = set(re.findall(r"^\| ([A-Z]\d{2}) \|", text, re.MULTILINE))
    assert len(cases) == 80
    assert told() == Counter(cases - OF_CHAT_PROVIDERS - OF_PRIVACY)


def said() -> set[tuple[str, str]]:
    """Every step of the features, with its kind."""
    found: set[tuple[str, str]] = set()
    for file in (ROOT / "tests" / "scenarios").glob("*.feature"):
        for scenario in get_feature(str(file.parent), file.name).scenarios.values():
            rows = [row for examples in scenario.examples for row in examples.as_contexts()]
            for row in rows or [{}]:
                found |= {(step.type, step.name) for step in scenario.render(row).steps}
    return found


def test_steps_it_is_each_played_by_a_scenario() -> None:
    reference.render()
    steps = [
        each for each in step_function_context_registry.values() if "testing.gherkin." in each.step_func.__module__
    ]
    played = said()
    used = {
        context.step_func
        for context in steps
        for kind, text in played
        if context.type == kind and context.parser.is_matching(text)
    }
    assert sorted({each.step_func.__name__ for each in steps if each.step_func not in used}) == []


def test_cast_it_is_a_valid_world_with_everybody_whom_the_steps_know() -> None:
    file = ROOT / "worlds" / "cast.yaml"
    command = [str(Path(sys.executable).with_name("sferum-idp-mock")), "validate", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    document = yaml.safe_load(file.read_text("utf-8"))
    names = {person["id"] for person in document["persons"]}
    assert set(CAST) <= names
    assert {each["ownership_policy"] for each in document["municipalities"]} == {"STRICT"}
