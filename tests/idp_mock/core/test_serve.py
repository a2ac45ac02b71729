"""The command `sferum-idp-mock`, as a process."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

DEMO = Path(__file__).parents[3] / "worlds" / "demo.yaml"
SETTINGS = ("ESIA_PORT", "VK_ID_PORT", "CONTROL_PORT", "CONTROL_GRPC_PORT")


def environment(state: Path, **settings: str) -> dict[str, str]:
    return {
        **os.environ,
        **{f"IDP_MOCK_{name}": "0" for name in SETTINGS},
        "IDP_MOCK_STATE_DIR": str(state),
        **{f"IDP_MOCK_{name}": value for name, value in settings.items()},
    }


def run(state: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "idp_mock", *arguments]
    return subprocess.run(
        command, env=environment(state, **settings), capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def serving(state: Path, *options: str, world: Path = DEMO) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    command = [sys.executable, "-m", "idp_mock", "serve", str(world), *options]
    process = subprocess.Popen(command, env=environment(state), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("READY ")
        yield process, json.loads(line.removeprefix("READY "))
    finally:
        process.kill()
        process.wait()


def test_serve_is_ready_answers_and_stops_cleanly(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with serving(tmp_path) as (process, addresses):
            assert set(addresses) == {"esia", "vk_id", "control", "control_grpc"}
            with httpx.Client(trust_env=False) as client:
                assert client.get(f"{addresses['control']}/healthz").status_code == 200
                assert client.get(f"{addresses['esia']}/public/esia.zip").status_code == 200
                assert client.get(f"{addresses['vk_id']}/.well-known/openid-configuration").status_code == 404
            host, _, port = addresses["control_grpc"].rpartition(":")
            socket.create_connection((host, int(port))).close()
            assert run(tmp_path, "healthcheck", CONTROL_PORT=addresses["control"].rpartition(":")[2]).returncode == 0

            process.send_signal(number)

            assert process.wait(20) == 0


def test_serve_stops_although_a_call_hangs(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, addresses), httpx.Client(trust_env=False) as client:
        fault = {"kind": "FAULT_KIND_HANG", "endpoint": "/authorize"}
        client.post(f"{addresses['control']}/control/v1/CreateFault", json={"fault": fault}).raise_for_status()
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{addresses['vk_id']}/authorize", timeout=0.2)
        host, _, port = addresses["vk_id"].removeprefix("http://").rpartition(":")
        client.post(f"{addresses['control']}/control/v1/CreateFault", json={"fault": fault}).raise_for_status()
        with socket.create_connection((host, int(port))) as hanging:
            hanging.sendall(b"GET /authorize HTTP/1.1\r\nHost: vk\r\n\r\n")

            process.send_signal(signal.SIGTERM)

            assert process.wait(20) == 0


def test_signing_keys_are_the_same_after_a_restart(tmp_path: Path) -> None:
    published = []
    for _ in range(2):
        with serving(tmp_path) as (_, addresses):
            published.append(httpx.get(f"{addresses['esia']}/public/esia.zip", trust_env=False).content)

    assert published[0] == published[1] == (tmp_path / "esia.zip").read_bytes()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_busy_port_is_named_with_its_setting(tmp_path: Path, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        ended = run(tmp_path, "serve", str(DEMO), **{name: port})

    assert ended.returncode == 2
    assert port in ended.stderr
    assert f"IDP_MOCK_{name}" in ended.stderr
    assert "READY" not in ended.stdout


def test_an_option_goes_before_the_environment(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(tmp_path, "--vk-id-port", str(port)) as (_, addresses):
        assert addresses["vk_id"] == f"http://127.0.0.1:{port}"


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, "serve", str(DEMO), ESIA_PORT="many", CONTROL_PORT="70000")

    assert ended.returncode == 2
    assert "IDP_MOCK_ESIA_PORT" in ended.stderr
    assert "IDP_MOCK_CONTROL_PORT" in ended.stderr


def test_a_state_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ended = run(tmp_path, "serve", str(DEMO), STATE_DIR=str(tmp_path / "file"))

    assert ended.returncode == 2
    assert "IDP_MOCK_STATE_DIR" in ended.stderr


@pytest.mark.parametrize("command", ["serve", "validate"])
def test_a_world_with_faults_starts_nothing(tmp_path: Path, command: str) -> None:
    world = tmp_path / "world.yaml"
    world.write_text("version: 1\npersonz: []\n")

    ended = run(tmp_path / "state", command, str(world))

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{world}:2: personz: ")
    assert ended.stdout == ""
    assert not (tmp_path / "state").exists()


def test_validate_accepts_the_demo(tmp_path: Path) -> None:
    assert run(tmp_path, "validate", str(DEMO)).returncode == 0


def test_healthcheck_fails_when_nobody_answers(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        assert run(tmp_path, "healthcheck", CONTROL_PORT=str(closed.getsockname()[1])).returncode == 1


def test_schema_is_printed(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "schema").stdout)["properties"].keys() >= {"version", "persons", "clients"}
