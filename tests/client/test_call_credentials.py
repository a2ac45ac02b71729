"""Tokens on their way: fresh for every attempt, on behalf of a person, and as gRPC call credentials over TLS."""

import datetime
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from binding_client import AsyncBindingClient, BindingClient
from binding_client.service_credentials import ServiceCredentials, ensure_service_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sferum.binding.v1 import binding_service_pb2_grpc
from sferum.binding.v1.binding_service_pb2 import BatchGetBindingsResponse, GetBindingRequest
from sferum.binding.v1.resources_pb2 import Binding

from .fakes import FakeServer

NAME = "accounts/anya-pupil/binding"


@pytest.fixture
def credentials(tmp_path: Path) -> ServiceCredentials:
    return ServiceCredentials("chat", ensure_service_key(tmp_path, "chat").key_pem)


def test_a_repeat_has_a_token_of_its_own__it_is_never_replayed(
    server: FakeServer, credentials: ServiceCredentials
) -> None:
    failures = iter(range(2))

    def flaky(request: object, context: grpc.ServicerContext) -> BatchGetBindingsResponse:
        if next(failures, None) is not None:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        return BatchGetBindingsResponse()

    server.on("GetBinding", flaky)
    with BindingClient.connect(server.target, token=credentials) as client:
        client.get_binding(name=NAME)
    sent = [metadata["authorization"] for metadata in server.metadata]
    assert len(sent) == len(set(sent)) == 3


async def test_a_back_end_acts_for_a_person__it_is_told_by_both_tokens(
    server: FakeServer, credentials: ServiceCredentials
) -> None:
    server.on("GetBinding", Binding())
    with BindingClient.connect(server.target, token=credentials) as client:
        client.using(on_behalf_of="vera").get_binding(name=NAME)
        client.using(on_behalf_of=lambda: "gleb").get_binding(name=NAME)
        client.using(on_behalf_of="vera").using(on_behalf_of=None).get_binding(name=NAME)
    async with AsyncBindingClient.connect(server.target, token=credentials) as client:
        await client.using(on_behalf_of="dina").get_binding(name=NAME)
    assert [metadata.get("x-on-behalf-of") for metadata in server.metadata] == ["vera", "gleb", None, "dina"]
    assert all(metadata["authorization"].startswith("Bearer ") for metadata in server.metadata)


@dataclass
class TlsServer:
    """GetBinding over TLS; keeps the metadata."""

    target: str
    trusted: grpc.ChannelCredentials
    metadata: list[dict[str, str]]


@pytest.fixture
def tls_server() -> Iterator[TlsServer]:
    key, certificate = self_signed("localhost")
    kept: list[dict[str, str]] = []

    class Servicer(binding_service_pb2_grpc.BindingServiceServicer):
        def GetBinding(self, request: GetBindingRequest, context: grpc.ServicerContext) -> Binding:
            kept.append({str(name): str(value) for name, value in context.invocation_metadata()})
            if len(kept) % 2:
                context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
            return Binding(name="bindings/1")

    server = grpc.server(futures.ThreadPoolExecutor(2))
    binding_service_pb2_grpc.add_BindingServiceServicer_to_server(Servicer(), server)
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(key, certificate)]))
    server.start()
    yield TlsServer(f"localhost:{port}", grpc.ssl_channel_credentials(certificate), kept)
    server.stop(None).wait()


def self_signed(host: str) -> tuple[bytes, bytes]:
    """Returns a key and its certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


async def test_over_tls_tokens_are_call_credentials__it_is_a_fresh_one_each(
    tls_server: TlsServer, credentials: ServiceCredentials
) -> None:
    with BindingClient.connect(
        tls_server.target, token=credentials, tls=tls_server.trusted, on_behalf_of="vera"
    ) as client:
        assert client.get_binding(name=NAME).name == "bindings/1"
    async with AsyncBindingClient.connect(tls_server.target, token=credentials, tls=tls_server.trusted) as client:
        assert (await client.using(on_behalf_of="gleb").get_binding(name=NAME)).name == "bindings/1"
    assert [metadata["x-on-behalf-of"] for metadata in tls_server.metadata] == ["vera", "vera", "gleb", "gleb"]
    assert len({metadata["authorization"] for metadata in tls_server.metadata}) == 4
    assert all(metadata["accept-language"] == "ru" for metadata in tls_server.metadata)


def test_the_credentials_are_a_grpc_plugin__it_is_for_stubs_of_ones_own(
    tls_server: TlsServer, credentials: ServiceCredentials
) -> None:
    both = grpc.composite_channel_credentials(tls_server.trusted, credentials.call_credentials())
    with grpc.secure_channel(tls_server.target, both) as channel:
        stub = binding_service_pb2_grpc.BindingServiceStub(channel)
        with pytest.raises(grpc.RpcError):
            stub.GetBinding(GetBindingRequest(name=NAME))
        assert stub.GetBinding(GetBindingRequest(name=NAME)).name == "bindings/1"
    assert len({metadata["authorization"] for metadata in tls_server.metadata}) == 2


def test_no_token_goes_over_tls_unasked__it_is_without_credentials(tls_server: TlsServer) -> None:
    with BindingClient.connect(tls_server.target, tls=tls_server.trusted) as client:
        client.get_binding(name=NAME)
    assert all("authorization" not in metadata for metadata in tls_server.metadata)
