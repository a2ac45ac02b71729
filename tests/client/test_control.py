"""The simulator's control: dictionaries in, dictionaries out."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import grpc
import pytest
from binding_client.control import AsyncSimulatorControl, ControlError, SimulatorControl
from google.protobuf.json_format import MessageToDict
from sferum.simulator.v1 import control_service_pb2 as pb

from .fakes import FakeServer


@pytest.fixture
def control(server: FakeServer) -> Iterator[SimulatorControl]:
    with SimulatorControl(server.target) as control:
        yield control


def test_a_document_goes_both_ways__it_is_with_whole_numbers(server: FakeServer, control: SimulatorControl) -> None:
    document = {"persons": [{"id": "x", "esia": {"oid": 1000300101}, "birth_date": date(2015, 3, 10)}]}

    def echo(request: Any, context: Any) -> pb.WorldDocument:
        return pb.WorldDocument(document=server.calls("CreateWorld")[0].document)

    server.on("CreateWorld", pb.World(world="w", persons=1))
    server.on("GetWorldDocument", echo)
    assert control.create_world("w", document) == {"world": "w", "esia_url": "", "vk_id_url": "", "persons": 1}
    came = control.using("w").get_world_document()
    assert came == {"persons": [{"id": "x", "esia": {"oid": 1000300101}, "birth_date": "2015-03-10"}]}
    assert isinstance(came["persons"][0]["esia"]["oid"], int)
    assert server.calls("GetWorldDocument")[0].world == "w"


def test_a_world_without_a_document_is_a_copy__it_is_absent_on_the_wire(
    server: FakeServer, control: SimulatorControl
) -> None:
    server.on("CreateWorld", pb.World(world="w"))
    control.create_world("w")
    assert not server.calls("CreateWorld")[0].HasField("document")


def test_a_patch_may_remove__it_is_a_null(server: FakeServer, control: SimulatorControl) -> None:
    server.on("UpdatePerson", pb.Person(id="x"))
    control.update_person("x", {"esia": {"password": None}})
    assert MessageToDict(server.calls("UpdatePerson")[0].patch) == {"esia": {"password": None}}


def test_the_newest_code_is_read__it_is_that_of_the_recipient(server: FakeServer, control: SimulatorControl) -> None:
    messages = [
        pb.InboxMessage(number=1, recipient="+79000000101", code="111111"),
        pb.InboxMessage(number=2, recipient="+79000000101", code="222222"),
        pb.InboxMessage(number=3, recipient="+79000000101", text="hello"),
    ]
    server.on("ListInboxMessages", pb.ListInboxMessagesResponse(messages=messages))
    assert control.last_code("+79000000101") == "222222"
    assert server.calls("ListInboxMessages")[0].recipient == "+79000000101"
    assert [message["number"] for message in control.list_inbox_messages()] == [1, 2, 3]


def test_no_code_is_told__it_is_not_found(server: FakeServer, control: SimulatorControl) -> None:
    server.on("ListInboxMessages", pb.ListInboxMessagesResponse())
    with pytest.raises(ControlError) as caught:
        control.last_code("+79000000101")
    assert caught.value.code is grpc.StatusCode.NOT_FOUND


def test_a_fault_is_armed_by_names__it_is_the_protos(server: FakeServer, control: SimulatorControl) -> None:
    server.on("CreateFault", pb.Fault(id="1"))
    latency = timedelta(milliseconds=250)
    control.create_fault(provider="VK_ID", endpoint="/oauth2/auth", kind="LATENCY", latency=latency, times=2)
    fault = server.calls("CreateFault")[0].fault
    assert (fault.provider, fault.kind, fault.times) == (pb.PROVIDER_VK_ID, pb.FAULT_KIND_LATENCY, 2)
    assert fault.latency.ToTimedelta() == latency
    with pytest.raises(ValueError):
        control.create_fault(provider="VK_ID", endpoint="/x", kind="NO_SUCH_FAULT")


def test_the_clock_is_moved__it_is_by_the_same_time(server: FakeServer, control: SimulatorControl) -> None:
    server.on("SetClock", pb.Clock(frozen=True))
    server.on("AdvanceClock", pb.Clock())
    instant = datetime(2026, 9, 1, tzinfo=UTC)
    assert control.set_clock(instant)["frozen"] is True
    control.advance_clock(timedelta(hours=1))
    assert server.calls("SetClock")[0].time.ToDatetime(UTC) == instant
    assert server.calls("AdvanceClock")[0].duration.ToTimedelta() == timedelta(hours=1)


def test_lists_may_be_empty__it_is_a_list_all_the_same(server: FakeServer, control: SimulatorControl) -> None:
    server.on("ListFaults", pb.ListFaultsResponse())
    server.on("ListWorlds", pb.ListWorldsResponse())
    server.on("ListRefusals", pb.ListRefusalsResponse())
    assert control.list_faults() == control.list_worlds() == control.list_refusals() == []


def test_a_refusal_is_told__it_is_by_its_code(server: FakeServer, control: SimulatorControl) -> None:
    server.on("DropWorld", lambda request, context: context.abort(grpc.StatusCode.NOT_FOUND, "no world"))
    with pytest.raises(ControlError) as caught:
        control.using("gone").drop_world()
    assert caught.value.code is grpc.StatusCode.NOT_FOUND


async def test_on_a_loop__it_is_the_same(server: FakeServer) -> None:
    messages = [pb.InboxMessage(number=1, code="111111")]
    server.on("ListInboxMessages", pb.ListInboxMessagesResponse(messages=messages))
    server.on("DeleteFaults", lambda request, context: context.abort(grpc.StatusCode.NOT_FOUND, ""))
    async with AsyncSimulatorControl(server.target, "w") as control:
        assert await control.last_code("a@example.org") == "111111"
        with pytest.raises(ControlError):
            await control.delete_faults()
    assert server.calls("DeleteFaults")[0].world == "w"
