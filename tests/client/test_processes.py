"""Programs of the stack as processes."""

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from binding_client.roster import WorldFileError
from binding_client.testing import Stack, StackError
from binding_client.testing._process import Child

READY = """
    import signal, sys
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("hello", file=sys.stderr, flush=True)
    print('READY {"at": "127.0.0.1:1"}', flush=True)
    signal.pause()
"""
BUSY = """
    import sys
    print("port 1 is busy: THE_SETTING", file=sys.stderr)
    sys.exit(2)
"""


class Programs:
    """A folder of little programs."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.environment = {**os.environ, "PYTHONPATH": str(directory)}
        self._children: list[Child] = []

    def child(self, text: str) -> Child:
        (self._directory / "little_program.py").write_text(textwrap.dedent(text))
        self._children.append(Child("little", ["little_program"], self._directory / "logs" / "little.log"))
        return self._children[-1]

    def start(self, text: str) -> Child:
        child = self.child(text)
        child.start(self.environment)
        return child

    def stop(self) -> None:
        for child in self._children:
            child.stop()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path)
    yield programs
    programs.stop()


def test_what_it_says_ready_with_is_read__it_is_running(programs: Programs) -> None:
    child = programs.start(READY)
    assert child.ready == {"at": "127.0.0.1:1"}
    assert child.running
    child.stop()
    assert not child.running
    assert "hello" in child.tail()


def test_it_can_be_killed__it_is_gone(programs: Programs) -> None:
    child = programs.start(READY)
    child.kill()
    assert not child.running
    child.start(programs.environment)
    assert child.running


def test_a_program_that_ends_is_told__it_is_with_its_words_and_code(programs: Programs) -> None:
    with pytest.raises(StackError) as caught:
        programs.start(BUSY)
    assert caught.value.exit_code == 2
    assert "THE_SETTING" in str(caught.value)


def test_a_stack_without_test_worlds_makes_none__it_is_told() -> None:
    with pytest.raises(StackError):
        Stack().world()


def test_a_world_that_is_no_file_is_told__it_is_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(WorldFileError):
        Stack(world=tmp_path / "none.yaml")
