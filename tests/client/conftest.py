"""Fakes for the client's tests."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from binding_client import BindingClient

from .fakes import FakeServer


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


@pytest.fixture
def client(server: FakeServer) -> Iterator[BindingClient]:
    with BindingClient.connect(server.target, token="token-1") as client:
        yield client


@pytest.fixture(scope="session")
def demo_world() -> Path:
    return Path(__file__).parents[2] / "worlds" / "demo.yaml"


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
