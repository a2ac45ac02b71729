"""The demo tells the truth: it ends well only if all of the story happened."""

import io
from pathlib import Path

import pytest
import yaml
from binding_client.demo import run_demo
from rich.console import Console


@pytest.mark.scenario("H01", "H04", "H09", "P11", "P21", "P22", "P23", "P24", "P31", "P32", "P33")
def test_the_story_is_played__it_is_whole(demo_world: Path) -> None:
    told = Console(file=io.StringIO(), width=160)
    assert run_demo(told, "ru", demo_world)


def test_another_outcome_is_not_hidden__it_is_told_as_a_failure(demo_world: Path, tmp_path: Path) -> None:
    """In a region that is lenient everywhere the strict refusals do not come."""
    document = yaml.safe_load(demo_world.read_text(encoding="utf-8"))
    for municipality in document["municipalities"]:
        municipality["ownership_policy"] = "LENIENT"
    file = tmp_path / "lenient.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    output = io.StringIO()
    assert not run_demo(Console(file=output, width=160), "ru", file)
    assert "VK_PROFILE_NOT_OWNED" in output.getvalue()
