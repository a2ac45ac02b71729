"""The features play on the cast of worlds/cast.yaml."""

from pathlib import Path
from typing import Any

import pytest
from binding_client.testing.gherkin.stacks import world_file

CAST = Path(__file__).parents[2] / "worlds" / "cast.yaml"


@pytest.fixture(scope="session")
def gherkin_options() -> dict[str, Any]:
    """The world file of the cast."""
    return world_file(CAST)
