"""The pytest plugin, as somebody uses it who has only the wheels."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
USES = """
from datetime import timedelta
import pytest
from idp_mock.testing import ControlFailed, SignInFailed, World

def test_world(idp_world): assert "uses" not in idp_world.esia_url and "test-world" in idp_world.esia_url
def test_families_differ(idp_world): assert idp_world.family().seed != idp_world.family().seed
def test_family_again(idp_mock, idp_world, idp_family):
    with World.create(idp_mock, idp_world.name + "-2") as other:
        assert other.family(seed=idp_family.seed).parents[0].phone == idp_family.parents[0].phone
def test_clock(idp_clock, idp_world):
    before = idp_clock.now(); idp_clock.advance(timedelta(days=400), "VK_ID")
    assert idp_clock.now("VK_ID") - before > timedelta(days=399) > idp_clock.now("ESIA") - before
def test_faults(idp_world, idp_family, idp_faults):
    fault = idp_faults.arm("MISSING_FIELD", "VK_ID", "/oauth2/auth", field="access_token")
    assert "access_token" not in idp_world.sign_in_vk(idp_family.parents[0]); assert idp_faults.struck(fault) == 1
def test_wrong_password(idp_world, idp_family):
    url = f"{idp_world.vk_id_url}/authorize?response_type=code&client_id=1"
    with pytest.raises(SignInFailed): idp_family.parents[0].sign_in(url)
def test_unknown(idp_world):
    with pytest.raises(ControlFailed) as failed: idp_world.person("nobody")
    assert failed.value.code == "NOT_FOUND"
"""
FAILS = """
def test_fails(idp_world, idp_family):
    idp_world.sign_in_vk(idp_family.parents[0])
    assert idp_family.seed == 0
"""


def run(folder: Path, *options: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "IDP_MOCK_", "COV"))}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=100)


def outcomes(text: str) -> dict[str, int]:
    return {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", text.splitlines()[-1])}


@pytest.mark.parametrize("workers", [(), ("-n", "2", "--idp-mock-shared")], ids=" ".join)
def test_it_gives_each_test_a_world_of_its_own(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "test_uses.py").write_text(USES)

    done = run(tmp_path, *workers)

    assert outcomes(done.stdout) == {"passed": 7}, done.stdout


def test_it_goes_to_a_simulator_that_runs_already(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from idp_mock.testing import Providers

    (tmp_path / "test_stranger.py").write_text((HERE / "stranger.py").read_text())
    with Providers.start() as providers:
        done = run(tmp_path, "--idp-mock-url", providers.control_url)

    assert outcomes(done.stdout) == {"passed": 1}, done.stdout


def test_it_tells_of_a_failure_what_the_world_saw_and_how_to_replay_it(tmp_path: Path) -> None:
    (tmp_path / "test_fails.py").write_text(FAILS)

    done = run(tmp_path, "--idp-mock-seed", "7")
    again = run(tmp_path, "--idp-mock-seed", "7")

    assert outcomes(done.stdout) == {"failed": 1}
    assert "POST /oauth2/auth 200" in done.stdout
    assert "pytest 'test_fails.py::test_fails' --idp-mock-seed 7" in done.stdout
    seen = [re.search(r"assert (\d+) == 0", text) for text in (done.stdout, again.stdout)]
    assert [match and match.group(1) for match in seen] == [seen[0] and seen[0].group(1)] * 2
    assert seen[0]


def test_it_refuses_a_world_file_with_faults(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text("version: 1\npersons: [{id: vera}]\n")
    (tmp_path / "test_stranger.py").write_text((HERE / "stranger.py").read_text())

    done = run(tmp_path, "--idp-mock-world", "town.yaml")

    assert outcomes(done.stdout)["error"] == 1
    assert "persons[0]" in done.stdout


def test_it_needs_nothing_but_the_two_wheels(tmp_path: Path) -> None:
    """In an environment whose only packages of ours are the built wheels; what they need comes from this one."""
    wheels = tmp_path / "wheels"
    for project in ("protos", "idp_mock"):
        subprocess.run(
            [sys.executable, "-c", BUILD, str(ROOT / project), str(wheels)],
            check=True,
            capture_output=True,
            timeout=100,
        )
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    for wheel in wheels.glob("*.whl"):
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    ours = {"binding_server", "binding_client", "diary_web", "idp_mock", "sferum"}
    for entry in Path(pytest.__file__).parents[1].iterdir():
        alien = entry.name.partition(".")[0].partition("-")[0] not in ours and "sferum" not in entry.name
        if alien and entry.suffix != ".pth" and not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "test_stranger.py").write_text((HERE / "stranger.py").read_text())

    done = run(folder, python=str(python))

    assert outcomes(done.stdout) == {"passed": 1}, done.stdout + done.stderr
    assert len((folder / "test_stranger.py").read_text().splitlines()) <= 10


BUILD = """
import os, sys
from pathlib import Path
os.chdir(sys.argv[1])
from hatchling.build import build_wheel
Path(sys.argv[2]).mkdir(exist_ok=True)
print(build_wheel(sys.argv[2]))
"""
