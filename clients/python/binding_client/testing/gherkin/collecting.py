"""pytest collects `*.feature` files without a line of Python beside them."""

import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import scenario
from pytest_bdd.feature import get_feature
from pytest_bdd.parser import ScenarioTemplate

SCENARIO_ID = re.compile(r"[A-Z]\d{2}")


class FeatureFile(pytest.Module):
    """A feature file as a module with a test for each scenario: `test_H01` by the tag, else by the name."""

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        feature = get_feature(str(self.path.parent), self.path.name)
        for name, template in feature.scenarios.items():
            test: Any = scenario(self.path.name, name, features_base_dir=str(self.path.parent))(_nothing)
            _number_examples(test)
            test.__name__ = _free_name(module, template)
            test.title = name
            test.__module__ = module.__name__
            setattr(module, test.__name__, test)
        return module

    def _importtestmodule(self) -> types.ModuleType:
        return self._getobj()


def _nothing() -> None:
    """What is left to do after the steps."""


def _free_name(module: types.ModuleType, template: ScenarioTemplate) -> str:
    ids = sorted(tag for tag in template.tags if SCENARIO_ID.fullmatch(tag))
    name = base = "test_" + (ids[0] if ids else re.sub(r"\W+", "_", template.name).strip("_"))
    number = 2
    while hasattr(module, name):
        name, number = f"{base}_{number}", number + 1
    return name


def _number_examples(test: Any) -> None:
    """Names the rows of an outline by their number: ids of Cyrillic letters cannot be typed to replay one."""
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            rows = mark.args[1]
            rows[:] = [pytest.param(*row.values, marks=row.marks, id=str(place)) for place, row in enumerate(rows, 1)]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Takes feature files."""
    return FeatureFile.from_parent(parent, path=file_path) if file_path.suffix == ".feature" else None


def pytest_configure(config: pytest.Config) -> None:
    """Knows the marker that tags become."""
    config.addinivalue_line("markers", "scenario(*ids): the ids of the scenarios that the test shows")


def pytest_bdd_apply_tag(tag: str, function: Callable[..., object]) -> object:
    """Makes ids to markers `scenario(id)`; other tags are markers of their own."""
    if not SCENARIO_ID.fullmatch(tag):
        return None
    return pytest.mark.scenario(tag)(function)
