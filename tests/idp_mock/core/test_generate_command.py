"""The command `sferum-idp-mock generate`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from idp_mock.__main__ import main
from idp_mock.world import load_file

from .test_serve import environment, serving


@pytest.mark.parametrize("name", ["town.jsonl", "town.yaml"])
def test_what_is_generated_is_valid(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / name

    assert main(["generate", "--pupils", "60", "--seed", "5", "--out", str(file), "--policy", "LENIENT"]) == 0
    assert main(["validate", str(file)]) == 0

    said = capsys.readouterr()
    persons = len(load_file(file).persons)
    assert [line.partition(": ")[2].split()[0] for line in said.out.splitlines()] == [str(persons)] * 2
    assert said.err == "", "it shows no progress where nobody looks"
    assert list(tmp_path.iterdir()) == [file]


def test_both_formats_hold_the_same_world(tmp_path: Path) -> None:
    for name in ("town.jsonl", "town.yaml"):
        main(["generate", "--pupils", "60", "--municipalities", "3", "--out", str(tmp_path / name)])

    assert load_file(tmp_path / "town.jsonl") == load_file(tmp_path / "town.yaml")


def generated(*options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "idp_mock", "generate", *options]
    plain = {**os.environ, "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "random"}
    return subprocess.run(command, env=plain, capture_output=True, timeout=60, check=False)


def test_the_standard_output_gets_the_same_bytes_every_time() -> None:
    first, again = (generated("--pupils", "30", "--seed", "9") for _ in range(2))

    assert first.returncode == 0
    assert first.stdout == again.stdout
    assert json.loads(first.stdout.splitlines()[0])["version"] == 1


def test_it_stops_quietly_when_nobody_reads_on() -> None:
    command = [sys.executable, "-m", "idp_mock", "generate", "--pupils", "3000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()

        assert process.wait(60) == 1
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--pupils", "0"], "pupils"),
        (["--pupils", "5", "--municipalities", "6"], "municipalities"),
        (["--pupils", "20000", "--format", "yaml"], "jsonl"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_file(
    tmp_path: Path, options: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", *options, "--out", str(tmp_path / "town")]) == 2

    assert named in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none" / "town.jsonl"

    assert main(["generate", "--pupils", "5", "--out", str(file)]) == 2
    assert str(file) in capsys.readouterr().err


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text("old")

    assert main(["generate", "--pupils", "20000", "--out", str(file)]) == 2
    assert file.read_text() == "old"


def test_a_generated_world_is_served(tmp_path: Path) -> None:
    file = tmp_path / "town.jsonl"
    main(["generate", "--pupils", "25", "--out", str(file)])

    with serving(tmp_path / "state", world=file) as (_, addresses), httpx.Client(trust_env=False) as client:
        asked = client.post(f"{addresses['control']}/control/v1/GetPerson", json={"id": "p1"})
        assert asked.json()["document"]["id"] == "p1"


def test_a_json_lines_world_with_faults_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "town.jsonl"
    file.write_text('{"version": 1}\n{"person": {"id": "a b"}}\n')
    command = [sys.executable, "-m", "idp_mock", "serve", str(file)]
    state = tmp_path / "state"

    ended = subprocess.run(command, env=environment(state), capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{file}:2: persons[0].")
    assert not state.exists()
