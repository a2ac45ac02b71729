"""Fakes for the client's tests."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from binding_client import BindingClient

from .fakes import FakeServer
from .watching import Script


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


@pytest.fixture
def client(server: FakeServer) -> Iterator[BindingClient]:
    with BindingClient.connect(server.target, token="token-1") as client:
        yield client


@pytest.fixture
def script(server: FakeServer) -> Iterator[Script]:
    """What WatchBindings answers; open calls end with the test."""
    script = Script(server)
    yield script
    script.let_go()


@pytest.fixture(scope="session")
def demo_world() -> Path:
    return Path(__file__).parents[2] / "worlds" / "demo.yaml"


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
