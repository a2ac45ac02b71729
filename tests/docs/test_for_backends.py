"""docs/for-backends.md is true: its programs, its policy entry and its commands are run against the whole stack."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from binding_client.testing import Stack

DOCUMENT = Path(__file__).parents[2] / "docs" / "for-backends.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.xdist_group("docs")


def blocks(language: str) -> list[str]:
    """The document's code in a language, in order."""
    return [code for found, code in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")) if found == language]


def programs() -> dict[str, str]:
    """The document's Python by the name of the program that each block belongs to, or goes on with."""
    found: dict[str, str] = {}
    name = ""
    for code in blocks("python"):
        named = re.match(r"# (\w+\.py)\n", code)
        name = named[1] if named else name
        found[name] = found.get(name, "") + code
    return found


@dataclass
class Reader:
    """Somebody who tries what the document says, in a folder of their own."""

    stack: Stack
    folder: Path

    def write(self, name: str) -> list[str]:
        """Writes a program as the document has it, with the stack's address; returns how to run it."""
        code = programs()[name].replace("127.0.0.1:50051", self.stack.grpc)
        (self.folder / name).write_text(code, encoding="utf-8")
        return [sys.executable, name]

    def run(self, command: list[str], **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The stack runs with the document's own entry for the callers file."""
    folder = tmp_path_factory.mktemp("reader")
    services: dict[str, Any] = yaml.safe_load(blocks("yaml")[0])["services"]
    for entry in services.values():
        del entry["public_key_file"]
    with Stack(services=services, cli_state_dir=folder) as stack:
        for name in ("anya", "boris"):
            stack.person(name).bind()
        yield Reader(stack, folder)


def test_the_report_it_runs_from_the_key_to_the_errors(reader: Reader) -> None:
    command = reader.write("report.py")
    file = reader.folder / "report.py"
    token = "import os\nesia_access_token = os.environ['ESIA_ACCESS_TOKEN']\n"
    file.write_text(token + file.read_text(encoding="utf-8"), encoding="utf-8")
    process = reader.run(command, ESIA_ACCESS_TOKEN=reader.stack.person("vera").access_token())
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    for said in (
        "anya-pupil is bound: bindings/",
        "*****0101",
        "DIAGNOSIS_OK 2",
        "accounts/boris-pupil/binding bound",
        "accounts/nobody/binding not bound",
        "accounts/nobody []",
        "bound: ['accounts/anya-pupil', 'accounts/boris-pupil']",
        "bound at school 5: 2",
        f"send the browser to {reader.stack.vk_id}/",
        "refused: CALLER_NOT_ALLOWED",
    ):
        assert said in output


def test_the_follower_it_keeps_its_table_in_step_over_its_own_death(reader: Reader) -> None:
    command = reader.write("follower.py")
    file = reader.folder / "follower.db"
    zhanna = reader.stack.person("zhanna")

    def bound() -> list[str]:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file)) as db:
            if db.execute("SELECT token FROM position").fetchone():
                return [row[0] for row in db.execute("SELECT account FROM bound ORDER BY account")]
        return []

    before = ["accounts/anya-pupil", "accounts/boris-pupil"]
    process = reader.run(command)
    try:
        eventually(lambda: bound() == before, process)
        zhanna.bind("STAFF")
        eventually(lambda: bound() == [*before, zhanna.account("STAFF")], process)
        process.kill()
        process.communicate()
        zhanna.unbind("STAFF")
        process = reader.run(command)
        eventually(lambda: bound() == before, process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_the_commands_it_is_as_they_are_written(reader: Reader, line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "sferum"
    command = [sys.executable, "-c", "from binding_client.cli import main; main()", *words[1:]]
    process = reader.run(
        command, SFERUM_STATE_DIR=str(reader.folder), SFERUM_SERVER=reader.stack.grpc, SFERUM_LANG="ru"
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    if words[1] == "watch":
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert first


def eventually(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Asks until a condition holds; fails if it does not in time, or the process has ended."""
    pause = threading.Event()
    for _ in range(400):
        if condition():
            return
        assert process.poll() is None, process.communicate()[1]
        pause.wait(0.05)
    raise AssertionError("it did not happen in time")
