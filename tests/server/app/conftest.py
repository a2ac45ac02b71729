"""The whole server, put together by the composition root, on free ports."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from binding_server.app import build
from binding_server.settings import Settings
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def write_public_key(path: Path, private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Path:
    path.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.fixture(scope="session")
def esia_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def settings(tmp_path, esia_key) -> Settings:
    """Settings that work."""
    callers = tmp_path / "callers.yaml"
    callers.write_text(
        "esia_clients: {EDIARY66: {loopback_redirects: true}}\n"
        "services:\n"
        "  roster-feed: {public_key_file: feed.pem, methods: [DirectoryService/ImportRoster], municipalities: '*'}\n"
    )
    write_public_key(tmp_path / "feed.pem", ec.generate_private_key(ec.SECP256R1()))
    return Settings(
        listen="127.0.0.1:0",
        state_dir=tmp_path / "state",
        callers_file=callers,
        esia_keys=(write_public_key(tmp_path / "esia.pem", esia_key),),
    )


@pytest.fixture
async def test_server(settings) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with test worlds."""
    server = build(settings, test_worlds=True)
    try:
        address = await server.start()
        async with grpc.aio.insecure_channel(address) as channel:
            yield channel
    finally:
        await server.stop()


@pytest.fixture
async def server(settings) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with a database."""
    made = build(settings)
    try:
        address = await made.start()
        async with grpc.aio.insecure_channel(address) as channel:
            yield channel
    finally:
        await made.stop()
