"""World files, databases and ports that are wrong: a clear error, nothing started, nothing touched."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from binding_client.testing import Stack, StackError

REDIRECT = "http://127.0.0.1:8100/"


BAD_WORLD = """\
version: 1
municipalities:
  - {id: m, name: М, ownership_policy: STRICT}
organisations:
  - {id: school, municipality: elsewhere, name: Школа}
classes:
  - {id: c, organisation: school, year: 2026, name: 5А}
persons:
  - id: one
    name: {last: А, first: Б}
    gender: F
    birth_date: 2015-03-10
    nickname: unknown
  - id: one
    name: {last: В, first: Г}
    gender: F
    birth_date: 2015-03-10
"""


@pytest.mark.parametrize("command", ["validate", "serve"])
@pytest.mark.parametrize(
    ("kept", "place", "path"),
    [
        ("unknown key", 13, "persons[0].nickname"),
        ("duplicate", 14, "persons[1].id"),
        ("reference", 5, "organisations[0].municipality"),
    ],
)
def test_world_file_with_a_mistake_it_names_file_line_and_path_and_starts_nothing(
    tmp_path: Path, command: str, kept: str, place: int, path: str
) -> None:
    lines = BAD_WORLD.splitlines()
    # One mistake at a time; the lines keep their numbers.
    if kept != "unknown key":
        lines[12] = ""
    if kept != "duplicate":
        lines[13] = "  - id: two"
    if kept != "reference":
        lines[4] = "  - {id: school, municipality: m, name: Школа}"
    file = tmp_path / "bad.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "idp_mock", command, str(file)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "READY" not in done.stdout
    said = done.stdout + done.stderr
    assert f"{file}:{place}" in said
    assert path in said


def expect_no_start(**options: Any) -> str:
    """Starts a stack that cannot start; returns what the program said."""
    with pytest.raises(StackError) as refused:
        Stack(**options).start()
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize(
    "setting",
    [
        "BINDING_LISTEN",
        "IDP_MOCK_ESIA_PORT",
        "IDP_MOCK_VK_ID_PORT",
        "IDP_MOCK_CONTROL_PORT",
        "IDP_MOCK_CONTROL_GRPC_PORT",
    ],
)
def test_busy_port_it_names_port_and_setting(tmp_path: Path, setting: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        value = f"127.0.0.1:{port}" if setting == "BINDING_LISTEN" else str(port)
        said = expect_no_start(environment={setting: value}, state_dir=tmp_path)
    assert setting in said
    assert str(port) in said


@pytest.mark.parametrize("place", ["a folder stands there", "a file is its folder", "its folder cannot be made"])
def test_unwritable_database_it_says_so_and_touches_nothing(tmp_path: Path, place: str) -> None:
    there = tmp_path / "there"
    if place == "a folder stands there":
        there.mkdir()
        database = there
    elif place == "a file is its folder":
        there.write_text("untouched", encoding="utf-8")
        database = there / "binding.db"
    else:
        database = Path("/proc/binding/binding.db")
    said = expect_no_start(database_url=f"sqlite:///{database}", state_dir=tmp_path / "state")
    assert "BINDING_DATABASE_URL" in said
    assert str(database) in said
    assert "Traceback" not in said
    assert not there.is_file() or there.read_text(encoding="utf-8") == "untouched"
    assert not there.is_dir() or list(there.iterdir()) == []


@pytest.mark.parametrize("kind", ["newer", "foreign", "no database"])
def test_database_that_is_not_this_versions_it_says_so_and_leaves_the_file_as_it_is(tmp_path: Path, kind: str) -> None:
    state = tmp_path / "state"
    database = tmp_path / "binding.db"
    if kind == "newer":
        with Stack(state_dir=state, database_url=f"sqlite:///{database}"):
            pass
        with closing(sqlite3.connect(database)) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
            raw.commit()
    elif kind == "foreign":
        with closing(sqlite3.connect(database)) as raw:
            raw.execute("CREATE TABLE recipes (name TEXT)")
            raw.commit()
    else:
        database.write_bytes(b"dear diary\n" * 500)
    before = database.read_bytes()

    said = expect_no_start(database_url=f"sqlite:///{database}", state_dir=state)

    assert "BINDING_DATABASE_URL" in said
    assert str(database) in said
    assert "Traceback" not in said
    assert database.read_bytes() == before
    # An empty lock file is all that may stand beside it.
    assert [file.name for file in tmp_path.glob("binding.db-*")] == []
