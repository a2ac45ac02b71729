"""The service over TLS: who is let in, and a certificate that is renewed while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
import trustme
from binding_server.app import StartError, build
from binding_server.settings import Settings
from grpc_health.v1 import health_pb2

from .test_main import running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> dict[str, Path]:
    """Certificate and key of the server, in files."""
    return write(tmp_path, authority.issue_cert("localhost", "127.0.0.1"))


def write(folder: Path, leaf: trustme.LeafCert) -> dict[str, Path]:
    chain, key = folder / "server.crt", folder / "server.key"
    # As programs that renew certificates do it: the old file is there until the new one is whole.
    for file, pems in ((key, [leaf.private_key_pem]), (chain, leaf.cert_chain_pems)):
        draft = file.with_suffix(".new")
        draft.write_bytes(b"".join(pem.bytes() for pem in pems))
        draft.replace(file)
    return {"tls_certificate_file": chain, "tls_key_file": key}


@asynccontextmanager
async def serving(settings: Settings, **changes: object) -> AsyncIterator[str]:
    """The address of a server with other settings."""
    server = build(settings.model_copy(update={"listen": "localhost:0", **changes}))
    try:
        yield await server.start()
    finally:
        await server.stop()


async def is_serving(address: str, credentials: grpc.ChannelCredentials | None) -> bool:
    channel = (
        grpc.aio.secure_channel(address, credentials) if credentials is not None else grpc.aio.insecure_channel(address)
    )
    async with channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = await check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


def trusting(authority: trustme.CA, leaf: trustme.LeafCert | None = None) -> grpc.ChannelCredentials:
    roots = authority.cert_pem.bytes()
    if leaf is None:
        return grpc.ssl_channel_credentials(roots)
    return grpc.ssl_channel_credentials(roots, leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes())


async def test_with_a_certificate_it_answers_over_tls_only(
    settings: Settings, authority: trustme.CA, files: dict[str, Path]
) -> None:
    async with serving(settings, **files) as address:
        assert await is_serving(address, trusting(authority))
        assert not await is_serving(address, None)
        assert not await is_serving(address, trusting(trustme.CA()))


async def test_with_an_authority_of_clients_it_lets_in_who_has_a_certificate_of_it(
    settings: Settings, tmp_path: Path, authority: trustme.CA, files: dict[str, Path]
) -> None:
    ours, others = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(tmp_path / "clients.pem")
    async with serving(settings, **files, tls_client_ca_file=tmp_path / "clients.pem") as address:
        assert await is_serving(address, trusting(authority, ours.issue_cert("chat.example")))
        assert not await is_serving(address, trusting(authority))
        assert not await is_serving(address, trusting(authority, others.issue_cert("chat.example")))


async def test_a_renewed_certificate_it_is_shown_to_whoever_comes_next(
    settings: Settings, tmp_path: Path, authority: trustme.CA, files: dict[str, Path]
) -> None:
    later = trustme.CA()
    async with serving(settings, **files) as address:
        assert await is_serving(address, trusting(authority))

        write(tmp_path, later.issue_cert("localhost"))

        assert await is_serving(address, trusting(later))
        assert not await is_serving(address, trusting(authority))


async def test_a_renewed_certificate_that_is_none_it_leaves_the_one_before_in_force(
    settings: Settings, authority: trustme.CA, files: dict[str, Path]
) -> None:
    async with serving(settings, **files) as address:
        files["tls_certificate_file"].write_text("half a certif")

        assert await is_serving(address, trusting(authority))


@pytest.mark.parametrize(
    ("setting", "content"),
    [
        ("tls_certificate_file", None),
        ("tls_certificate_file", b"no certificate"),
        ("tls_key_file", None),
        ("tls_key_file", b"no key"),
        ("tls_key_file", "another"),
        ("tls_client_ca_file", b"no certificate"),
    ],
)
async def test_a_file_that_cannot_be_used_it_names_the_setting(
    settings: Settings, tmp_path: Path, authority: trustme.CA, files: dict[str, Path], setting: str, content: object
) -> None:
    bad = tmp_path / "bad.pem"
    if content is not None:
        other = authority.issue_cert("localhost").private_key_pem.bytes()
        bad.write_bytes(content if isinstance(content, bytes) else other)
    with pytest.raises(StartError, match=f"^BINDING_{setting.upper()}: "):
        build(settings.model_copy(update={**files, setting: bad}))


@pytest.fixture
def environment(settings: Settings, files: dict[str, Path]) -> dict[str, str]:
    values = {
        "BINDING_LISTEN": "localhost:0",
        "BINDING_STATE_DIR": str(settings.state_dir),
        "BINDING_CALLERS_FILE": str(settings.callers_file),
        "BINDING_ESIA_KEYS": ",".join(map(str, settings.esia_keys)),
        "BINDING_TLS_CERTIFICATE_FILE": str(files["tls_certificate_file"]),
        "BINDING_TLS_KEY_FILE": str(files["tls_key_file"]),
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("BINDING_")} | values


def test_address_that_begins_with_grpcs_it_is_called_over_tls(
    environment: dict[str, str], tmp_path: Path, authority: trustme.CA
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "roots.pem")
    with running(environment) as (_, address):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("sferum")), "call"],
            env={
                **os.environ,
                "SFERUM_SERVER": f"grpcs://{address}",
                "SFERUM_STATE_DIR": str(tmp_path / "nobody"),
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(tmp_path / "roots.pem"),
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert "sferum.binding.v1.BindingService/StartBinding" in done.stdout.split(), done.stderr
