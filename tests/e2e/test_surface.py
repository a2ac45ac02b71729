"""What every gRPC tool finds: reflection, health, and no more methods than declared."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from binding_client.testing import Stack
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

PACKAGE = "sferum.binding.v1"
SERVICES = {f"{PACKAGE}.{name}" for name in ("BindingService", "ChatService", "DirectoryService", "TestingService")}


@pytest.fixture
def channel(stack: Stack) -> Iterator[grpc.Channel]:
    """A plain channel without any of our own code."""
    with grpc.insecure_channel(stack.grpc, options=[("grpc.enable_http_proxy", 0)]) as made:
        yield made


def reflected(
    channel: grpc.Channel, version: str, *questions: reflection_pb2.ServerReflectionRequest
) -> list[reflection_pb2.ServerReflectionResponse]:
    """Asks the reflection service under one of its names; the messages of both are the same on the wire."""
    ask = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return list(ask(iter(questions), timeout=10))


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_it_lists_the_services_under_both_of_its_names(channel: grpc.Channel, version: str) -> None:
    [answer] = reflected(channel, version, reflection_pb2.ServerReflectionRequest(list_services="*"))
    listed = {service.name for service in answer.list_services_response.service}
    assert listed >= SERVICES | {"grpc.health.v1.Health", f"grpc.reflection.{version}.ServerReflection"}


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
@pytest.mark.parametrize("symbol", [*sorted(SERVICES), "grpc.reflection.v1.ServerReflection"])
def test_reflection_it_describes_each_service_with_all_that_it_needs(
    channel: grpc.Channel, version: str, symbol: str
) -> None:
    question = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
    seen: dict[str, FileDescriptorProto] = {}
    [answer] = reflected(channel, version, question)
    assert answer.WhichOneof("message_response") == "file_descriptor_response"
    described = [FileDescriptorProto.FromString(raw) for raw in answer.file_descriptor_response.file_descriptor_proto]
    package, _, name = symbol.rpartition(".")
    assert any(file.package == package and name in [service.name for service in file.service] for file in described)
    # As a tool does: what a file imports is asked for until nothing is missing.
    while described:
        seen |= {file.name: file for file in described}
        wanted = sorted({name for file in described for name in file.dependency} - set(seen))
        questions = [reflection_pb2.ServerReflectionRequest(file_by_filename=name) for name in wanted]
        described = [
            FileDescriptorProto.FromString(raw)
            for each in (reflected(channel, version, *questions) if questions else [])
            for raw in each.file_descriptor_response.file_descriptor_proto
        ]
        assert set(wanted) <= {file.name for file in described}


@pytest.mark.parametrize("service", ["", *sorted(SERVICES)])
def test_health_it_is_serving(channel: grpc.Channel, service: str) -> None:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    answer = check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("method", ["BindingService/ForgetBindings", "SupportService/BindForSomebody"])
def test_method_that_is_not_declared_it_is_unimplemented(channel: grpc.Channel, method: str) -> None:
    call = channel.unary_unary(f"/{PACKAGE}.{method}", request_serializer=lambda _: b"", response_deserializer=bytes)
    with pytest.raises(grpc.RpcError) as caught:
        call(None, timeout=10)
    answer: grpc.Call = caught.value  # pyright: ignore[reportAssignmentType]
    assert answer.code() is grpc.StatusCode.UNIMPLEMENTED
