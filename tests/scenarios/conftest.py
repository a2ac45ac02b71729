"""The features play on the cast of worlds/cast.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from binding_client.testing.gherkin.privacy import logged, personal
from binding_client.testing.gherkin.stacks import Stacks, world_file

CAST = Path(__file__).parents[2] / "worlds" / "cast.yaml"


@pytest.fixture(scope="session")
def gherkin_options() -> dict[str, Any]:
    """The world file of the cast, and the limit on probes as the product has it, not that of tests."""
    return {**world_file(CAST), "environment": {"BINDING_LIMIT_PROBES_PER_10_MIN": "30"}}


@pytest.fixture(scope="session", autouse=True)
def nothing_personal_is_logged(gherkin_stacks: Stacks) -> Iterator[None]:
    """Once all scenarios have run, in whatever order: the logs hold nothing personal of the cast (V01)."""
    yield
    for stack in gherkin_stacks.running.values():
        assert logged(stack, personal(stack.default.document)) == []
