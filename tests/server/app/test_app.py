"""What the composition root puts together."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import grpc
import httpx
import pytest
from binding_server.app import StartError, build
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import descriptor_pb2
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status
from sferum.binding.v1 import (
    binding_service_pb2,
    binding_service_pb2_grpc,
    testing_service_pb2,
    testing_service_pb2_grpc,
)

from .conftest import write_public_key

V1 = "grpc.reflection.v1.ServerReflection"
V1ALPHA = "grpc.reflection.v1alpha.ServerReflection"
OURS = {"BindingService", "ChatService", "ContactService", "DirectoryService", "SupportService"}


async def reflect(channel: grpc.aio.Channel, version: str, **request: Any) -> reflection_pb2.ServerReflectionResponse:
    call = channel.stream_stream(
        f"/{version}/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )

    async def requests():
        yield reflection_pb2.ServerReflectionRequest(**request)

    answers = [answer async for answer in call(requests())]
    return answers[0]


@pytest.mark.parametrize("version", [V1, V1ALPHA])
async def test_reflects_its_services_under_both_names(server, version):
    listed = await reflect(server, version, list_services="")
    names = {service.name for service in listed.list_services_response.service}
    assert names == {f"sferum.binding.v1.{name}" for name in OURS} | {V1, V1ALPHA, "grpc.health.v1.Health"}


@pytest.mark.parametrize("version", [V1, V1ALPHA])
async def test_describes_every_service_that_it_lists(server, version):
    listed = await reflect(server, version, list_services="")
    for service in listed.list_services_response.service:
        answer = await reflect(server, version, file_containing_symbol=service.name)
        files = [
            descriptor_pb2.FileDescriptorProto.FromString(text)
            for text in answer.file_descriptor_response.file_descriptor_proto
        ]
        described = {f"{file.package}.{each.name}" for file in files for each in file.service}
        assert service.name in described


@pytest.mark.parametrize("service", ["", *(f"sferum.binding.v1.{name}" for name in sorted(OURS))])
async def test_is_healthy(server, service):
    stub: Any = health_pb2_grpc.HealthStub(server)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_refuses_a_call_without_a_token(server):
    stub = binding_service_pb2_grpc.BindingServiceStub(server)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.GetBinding(binding_service_pb2.GetBindingRequest(name="bindings/x"))
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_serves_no_levers_and_no_other_world_in_production(server):
    stub = testing_service_pb2_grpc.TestingServiceStub(server)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.GetClock(testing_service_pb2.GetClockRequest())
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    stub = binding_service_pb2_grpc.BindingServiceStub(server)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.GetBinding(binding_service_pb2.GetBindingRequest(), metadata=[("x-world", "one")])
    found = rpc_status.from_call(cast(grpc.Call, raised.value))
    assert found is not None
    bad = next(detail for detail in found.details if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR))
    assert b"x-world" in bad.value


async def test_gives_each_world_a_clock_of_its_own(test_server):
    stub = testing_service_pb2_grpc.TestingServiceStub(test_server)
    one, two = [("x-world", "one")], [("x-world", "two")]
    at = datetime(2030, 1, 1, tzinfo=UTC)
    request = testing_service_pb2.SetClockRequest()
    request.time.FromDatetime(at)
    frozen = await stub.SetClock(request, metadata=one)
    assert (frozen.time.ToDatetime(UTC), frozen.frozen) == (at, True)
    moved = await stub.AdvanceClock(
        testing_service_pb2.AdvanceClockRequest(duration=Duration(seconds=90)), metadata=one
    )
    assert (moved.time.ToDatetime(UTC), moved.frozen) == (at + timedelta(seconds=90), True)
    assert not (await stub.GetClock(testing_service_pb2.GetClockRequest(), metadata=two)).frozen
    released = await stub.SetClock(testing_service_pb2.SetClockRequest(), metadata=one)
    assert not released.frozen
    assert released.time.ToDatetime(UTC) < at


async def test_moves_a_running_clock_forward(test_server):
    stub = testing_service_pb2_grpc.TestingServiceStub(test_server)
    before = await stub.GetClock(testing_service_pb2.GetClockRequest())
    after = await stub.AdvanceClock(testing_service_pb2.AdvanceClockRequest(duration=Duration(seconds=3600)))
    assert not after.frozen
    assert after.time.ToDatetime() - before.time.ToDatetime() >= timedelta(hours=1)


@pytest.mark.parametrize("seconds", [-1, 300_000_000_000])
async def test_moves_no_clock_out_of_bounds(test_server, seconds):
    stub = testing_service_pb2_grpc.TestingServiceStub(test_server)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.AdvanceClock(testing_service_pb2.AdvanceClockRequest(duration=Duration(seconds=seconds)))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_forgets_a_dropped_world(test_server):
    stub = testing_service_pb2_grpc.TestingServiceStub(test_server)
    world = [("x-world", "one")]
    request = testing_service_pb2.SetClockRequest()
    request.time.FromDatetime(datetime(2030, 1, 1, tzinfo=UTC))
    await stub.SetClock(request, metadata=world)
    await stub.DropWorld(testing_service_pb2.DropWorldRequest(), metadata=world)
    assert not (await stub.GetClock(testing_service_pb2.GetClockRequest(), metadata=world)).frozen


@pytest.mark.parametrize("name", ["a/b", "..", "a b", "x" * 65])
async def test_makes_no_world_whose_name_cannot_stand_in_an_address(test_server, name):
    stub = testing_service_pb2_grpc.TestingServiceStub(test_server)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.GetClock(testing_service_pb2.GetClockRequest(), metadata=[("x-world", name)])
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_writes_nothing_to_disk_for_test_worlds(settings, test_server):
    assert not settings.state_dir.exists()


async def test_serves_metrics_if_told_where(settings, unused_tcp_port):
    server = build(settings.model_copy(update={"metrics_listen": f"127.0.0.1:{unused_tcp_port}"}), test_worlds=True)
    try:
        await server.start()
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"http://127.0.0.1:{unused_tcp_port}/metrics")
        assert "binding_calls" in answer.text
    finally:
        await server.stop()


async def start_error(settings, **changes: object) -> str:
    test_worlds = bool(changes.pop("test_worlds", False))
    with pytest.raises(StartError) as raised:
        build(settings.model_copy(update=changes), test_worlds=test_worlds)
    return str(raised.value)


async def test_names_the_setting_of_a_busy_port(settings, test_server):
    first = build(settings, test_worlds=True)
    address = await first.start()
    second = build(settings.model_copy(update={"listen": address}), test_worlds=True)
    with pytest.raises(StartError, match=f"BINDING_LISTEN: {address}"):
        await second.start()
    await second.stop()
    await first.stop()


async def test_keeps_test_worlds_on_this_machine(settings):
    assert "BINDING_LISTEN" in await start_error(settings, listen="0.0.0.0:0", test_worlds=True)


async def test_names_the_setting_of_a_missing_esia_key(settings, tmp_path):
    assert "BINDING_ESIA_KEYS" in await start_error(settings, esia_keys=(tmp_path / "absent.pem",))


async def test_names_the_setting_of_a_missing_callers_file(settings, tmp_path):
    assert "BINDING_CALLERS_FILE" in await start_error(settings, callers_file=tmp_path / "absent.yaml")


async def test_names_the_back_end_whose_key_is_missing_or_of_no_use(settings, tmp_path, esia_key):
    (tmp_path / "feed.pem").unlink()
    assert "services.roster-feed.public_key_file" in await start_error(settings)
    write_public_key(tmp_path / "feed.pem", ec.generate_private_key(ec.SECP384R1()))
    assert "services.roster-feed.public_key_file" in await start_error(settings)


@pytest.mark.parametrize(
    ("entry", "line", "place"),
    [
        ("methods: [DirectoryService/ImportEverything]", 4, "methods.0"),
        ("methods: [TestingService/DropWorld]", 4, "methods.0"),
        ("methods: [PrivacyService/ErasePerson]", 4, "methods.0"),
        ("acts_for: [STRANGER]", 4, "acts_for"),
        ("colour: red", 4, "colour"),
        ("methods: [DirectoryService/ImportRoster]\n    municipalities: [tagil]", 5, "municipalities"),
    ],
)
async def test_names_file_and_line_of_a_policy_that_cannot_be(settings, entry, line, place):
    text = f"services:\n  reports:\n    public_key_file: feed.pem\n    {entry}\n"
    settings.callers_file.write_text(text)
    told = await start_error(settings)
    assert told.startswith(f"BINDING_CALLERS_FILE: {settings.callers_file}:{line}: services.reports.{place}: ")


async def test_names_the_setting_of_a_database_that_cannot_be_used(settings, tmp_path):
    assert "BINDING_DATABASE_URL" in await start_error(settings, database_url=f"sqlite:///{tmp_path}/feed.pem/x.db")
    assert "BINDING_DATABASE_URL" in await start_error(settings, database_url="oracle://x")


async def test_makes_no_secret_if_others_can_reach_the_server(settings):
    assert "BINDING_SECRET_FILE" in await start_error(settings, listen="0.0.0.0:0")
    assert not (settings.state_dir / "secret.key").exists()
