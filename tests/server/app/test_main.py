"""The program, as a process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2


@pytest.fixture
def environment(settings):
    """Settings that work, as environment variables."""
    values = {
        "BINDING_LISTEN": "127.0.0.1:0",
        "BINDING_STATE_DIR": str(settings.state_dir),
        "BINDING_CALLERS_FILE": str(settings.callers_file),
        "BINDING_ESIA_KEYS": ",".join(str(path) for path in settings.esia_keys),
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("BINDING_")} | values


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "binding_server", *arguments]


@contextmanager
def running(environment: Mapping[str, str], *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the address that it prints when it is ready."""
    process = subprocess.Popen(
        command(*arguments), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("READY "), line + process.communicate(timeout=10)[1]
        yield process, json.loads(line.removeprefix("READY "))["grpc"]
    finally:
        process.kill()
        process.wait()


def fails_to_start(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    done = subprocess.run(command(*arguments), env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def is_serving(address: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        return check(health_pb2.HealthCheckRequest(), timeout=10).status == health_pb2.HealthCheckResponse.SERVING


def test_says_when_it_is_ready_and_stops_cleanly(environment):
    with running(environment, "--test-worlds") as (process, address):
        assert is_serving(address)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_starts_again_on_the_same_database(environment):
    for _ in range(2):
        with running(environment) as (process, _):
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def test_names_port_and_setting_if_the_port_is_busy(environment, tmp_path):
    with running(environment) as (_, address):
        other = {"BINDING_LISTEN": address, "BINDING_STATE_DIR": str(tmp_path / "other")}
        code, problem = fails_to_start(environment | other)
    assert code == 2
    assert "BINDING_LISTEN" in problem
    assert address in problem


def test_names_every_setting_that_is_missing(environment):
    del environment["BINDING_ESIA_KEYS"], environment["BINDING_CALLERS_FILE"]
    code, problem = fails_to_start(environment)
    assert code == 2
    assert problem.count("BINDING_ESIA_KEYS") == problem.count("BINDING_CALLERS_FILE") == 1


def test_leaves_a_database_alone_that_is_none(environment, tmp_path):
    database = tmp_path / "other.db"
    database.write_bytes(b"this is no database" * 100)
    code, problem = fails_to_start(environment | {"BINDING_DATABASE_URL": f"sqlite:///{database}"})
    assert code == 2
    assert "BINDING_DATABASE_URL" in problem
    assert database.read_bytes() == b"this is no database" * 100
