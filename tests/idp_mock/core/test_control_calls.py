"""The control calls over gRPC and over HTTP."""

from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from idp_mock.app import Simulator

from .calling import Caller


async def test_a_world_is_made_listed_and_dropped(call: Caller, simulator: Simulator, document: dict[str, Any]) -> None:
    made = await call("CreateWorld", world="w1", document={**document, "guardianships": []})
    assert made == {
        "world": "w1",
        "esia_url": f"{simulator.addresses['esia']}/w/w1",
        "vk_id_url": f"{simulator.addresses['vk_id']}/w/w1",
        "persons": 3,
    }
    assert await call("CreateWorld", world="w1") == "ALREADY_EXISTS"
    assert [world["world"] for world in (await call("ListWorlds"))["worlds"]] == ["default", "w1"]
    assert (await call("GetWorldDocument", world="w1"))["document"]["guardianships"] == []

    assert await call("DropWorld", world="w1") == {}
    assert await call("DropWorld", world="w1") == "NOT_FOUND"
    assert await call("GetClock", world="w1") == "NOT_FOUND"


async def test_a_world_without_a_document_is_a_copy_of_the_file(call: Caller) -> None:
    await call("UpdatePerson", id="vera", patch={"gender": "M"})

    assert (await call("CreateWorld", world="copy"))["persons"] == 3
    assert (await call("GetPerson", world="copy", id="vera"))["document"]["gender"] == "F"


@pytest.mark.parametrize(
    ("method", "fields", "code"),
    [
        ("CreateWorld", {"world": "a/b"}, "INVALID_ARGUMENT"),
        ("CreateWorld", {"world": "x", "document": {"version": 2}}, "INVALID_ARGUMENT"),
        ("DropWorld", {"world": "default"}, "INVALID_ARGUMENT"),
        ("DropWorld", {}, "INVALID_ARGUMENT"),
        ("GetPerson", {"id": "nobody"}, "NOT_FOUND"),
        ("UpdatePerson", {"id": "nobody", "patch": {}}, "NOT_FOUND"),
        ("UpdatePerson", {"id": "vera", "patch": {"cat": 1}}, "INVALID_ARGUMENT"),
        ("CreatePerson", {}, "INVALID_ARGUMENT"),
        ("CreatePerson", {"person": {"id": "vera"}}, "ALREADY_EXISTS"),
        ("CreatePerson", {"person": {"id": "new"}}, "INVALID_ARGUMENT"),
        ("AdvanceClock", {}, "INVALID_ARGUMENT"),
        ("AdvanceClock", {"duration": "-1s"}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"endpoint": "/x"}}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"kind": "FAULT_KIND_DROP"}}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"kind": 99, "endpoint": "/x"}}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"kind": "FAULT_KIND_DROP", "provider": 9, "endpoint": "/x"}}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"kind": "FAULT_KIND_DROP", "endpoint": "/x", "skip": -1}}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"kind": "FAULT_KIND_LATENCY", "endpoint": "/x"}}, "INVALID_ARGUMENT"),
        ("CreateFault", {"fault": {"kind": "FAULT_KIND_STATUS", "endpoint": "/x", "status": 99}}, "INVALID_ARGUMENT"),
        ("DeleteFaults", {"id": "7"}, "NOT_FOUND"),
        ("ListInboxMessages", {"world": "none"}, "NOT_FOUND"),
    ],
)
async def test_a_call_that_cannot_be_is_refused(call: Caller, method: str, fields: dict[str, Any], code: str) -> None:
    assert await call(method, **fields) == code


async def test_a_person_is_added_changed_and_read(call: Caller) -> None:
    person = {"id": "gleb", "name": {"last": "Воронов", "first": "Глеб"}, "gender": "M", "birth_date": "1984-01-15"}
    esia = {"oid": 1000300104, "login": "gleb", "password": "gleb-esia"}

    assert (await call("CreatePerson", person=person))["id"] == "gleb"
    changed = await call("UpdatePerson", id="gleb", patch={"esia": esia, "name": {"middle": "Андреевич"}})
    assert changed["document"]["esia"]["oid"] == 1000300104
    assert changed == await call("GetPerson", id="gleb")
    removed = await call("UpdatePerson", id="gleb", patch={"esia": None})
    assert "esia" not in removed["document"]


async def test_a_document_that_was_read_makes_the_same_world_again(call: Caller) -> None:
    document = (await call("GetWorldDocument"))["document"]

    await call("CreateWorld", world="again", document=document)

    assert (await call("GetWorldDocument", world="again"))["document"] == document


async def test_the_inbox_is_read_by_recipient_and_number(call: Caller, simulator: Simulator) -> None:
    inbox = simulator.worlds.default.inbox
    inbox.send("+79000000103", "Код: 123456", "123456")
    inbox.send("vera@example.org", "Код: 654321", "654321")

    messages = (await call("ListInboxMessages", recipient="+79000000103"))["messages"]
    assert [(message["number"], message["code"]) for message in messages] == [("1", "123456")]
    assert [message["number"] for message in (await call("ListInboxMessages", after=1))["messages"]] == ["2"]


async def test_the_clock_is_frozen_advanced_and_let_go(call: Caller) -> None:
    assert (await call("GetClock"))["frozen"] is False
    frozen = await call("SetClock", time="2030-01-01T00:00:00Z")
    assert (frozen["time"], frozen["frozen"]) == ("2030-01-01T00:00:00Z", True)
    for moved in (await call("AdvanceClock", duration="90s"), await call("GetClock")):
        assert (moved["time"], moved["frozen"]) == ("2030-01-01T00:01:30Z", True)
    assert (await call("SetClock"))["frozen"] is False


async def test_faults_are_armed_listed_and_deleted(call: Caller) -> None:
    wanted = {
        "provider": "PROVIDER_VK_ID",
        "endpoint": "/oauth2/auth",
        "kind": "FAULT_KIND_STATUS",
        "skip": 1,
        "status": 500,
        "error": "server_error",
    }
    fault = await call("CreateFault", fault=wanted)
    assert {name: value for name, value in fault.items() if value not in ("", "0", 0)} == {
        **wanted,
        "id": "1",
        "times": 1,
        "probability": 1.0,
    }
    assert (await call("ListFaults"))["faults"] == [fault]
    late = {"endpoint": "/ctts", "kind": "FAULT_KIND_LATENCY", "latency": "0.250s"}
    assert (await call("CreateFault", fault=late))["latency"] == "0.250s"

    await call("DeleteFaults", id="1")
    assert [item["id"] for item in (await call("ListFaults"))["faults"]] == ["2"]
    await call("DeleteFaults")
    assert (await call("ListFaults"))["faults"] == []


async def test_refusals_are_read(call: Caller, simulator: Simulator) -> None:
    simulator.worlds.default.refusals.record("esia", "/aas/oauth2/te", "ESIA-007053", "another string was signed")

    refusals = (await call("ListRefusals"))["refusals"]

    assert [(item["provider"], item["error"]) for item in refusals] == [("PROVIDER_ESIA", "ESIA-007053")]
    assert (await call("ListRefusals", after=1))["refusals"] == []


async def test_http_refuses_what_is_no_request(control: httpx.AsyncClient) -> None:
    assert (await control.post("GetClock", content=b"{")).status_code == 400
    assert (await control.post("GetClock", content=b"\xff")).status_code == 400
    assert (await control.post("GetClock", json={"wrold": "x"})).status_code == 400
    assert (await control.post("Nothing")).status_code == 404
    assert (await control.get("GetClock")).status_code == 405


async def test_http_writes_whole_numbers_as_such(control: httpx.AsyncClient) -> None:
    person = (await control.post("GetPerson", json={"id": "vera"})).json()

    assert type(person["document"]["esia"]["oid"]) is int


async def test_http_serves_schema_and_health(control: httpx.AsyncClient, simulator: Simulator) -> None:
    assert (await control.get("schema")).json()["properties"].keys() >= {"version", "persons", "clients"}
    assert (await control.get(f"{simulator.addresses['control']}/healthz")).status_code == 200


async def test_grpc_serves_health(channel: grpc.aio.Channel) -> None:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    for service in ("", "sferum.simulator.v1.ControlService"):
        answer = await check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_grpc_describes_itself_to_old_and_new_clients(channel: grpc.aio.Channel, version: str) -> None:
    describe = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    asked = [reflection_pb2.ServerReflectionRequest(list_services="")]

    services = [item.name async for answer in describe(iter(asked)) for item in answer.list_services_response.service]

    assert "sferum.simulator.v1.ControlService" in services
    assert f"grpc.reflection.{version}.ServerReflection" in services


async def test_the_inbox_page_shows_codes_to_a_person_and_escapes_what_came(
    control: httpx.AsyncClient, simulator: Simulator
) -> None:
    simulator.worlds.default.inbox.send("+79000000103", "VK ID: код 123456 <b>", "123456")
    inbox = f"{simulator.addresses['control']}/inbox"
    page = await control.get(inbox)
    assert page.status_code == 200
    assert "123456" in page.text
    assert "<b>" not in page.text
    other = await control.get(inbox, params={"recipient": "anya@example.org"})
    assert "123456" not in other.text
    assert (await control.get(inbox, params={"world": "nowhere"})).status_code == 404


async def test_the_inbox_takes_what_somebody_else_sends_in_a_world(control: httpx.AsyncClient, call: Caller) -> None:
    await call("CreateWorld", world="w1")
    message = {"recipient": "+79000000103", "text": "Код: 123456", "code": "123456"}
    answer = await control.post("worlds/w1/inbox", json=message)
    assert (answer.status_code, answer.json()) == (200, {"number": 1})
    [kept] = (await call("ListInboxMessages", world="w1"))["messages"]
    assert {name: kept[name] for name in message} == message
    assert (await call("ListInboxMessages"))["messages"] == []
    without_code = await control.post("worlds/default/inbox", json={"recipient": "vera@example.org", "text": "Привет"})
    assert without_code.status_code == 200
    unknown = await control.post("worlds/nowhere/inbox", json=message)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"[" * 100_000, b'{"recipient": "x"}', b'{"recipient": 1, "text": "x"}', b'{"text": "x"}'],
)
async def test_what_is_no_message_is_refused_by_the_inbox(control: httpx.AsyncClient, body: bytes) -> None:
    answer = await control.post("worlds/default/inbox", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("path", ["control/v1/ListInboxMessages", "control/v1/worlds/default/inbox", "inbox"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8103", "", "[::1"])
async def test_a_name_that_somebody_else_points_here_reads_nothing(
    control: httpx.AsyncClient, simulator: Simulator, path: str, host: str
) -> None:
    method = "GET" if path == "inbox" else "POST"
    answer = await control.request(method, f"{simulator.addresses['control']}/{path}", headers={"host": host})
    assert answer.status_code in (400, 421)
    assert "messages" not in answer.text


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "127.1.2.3"])
async def test_a_name_of_this_machine_reads(control: httpx.AsyncClient, name: str) -> None:
    assert (await control.post("GetClock", headers={"host": f"{name}:8103"})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_a_page_of_another_site_changes_nothing(control: httpx.AsyncClient, origin: str) -> None:
    answer = await control.post("AdvanceClock", json={"duration": "3600s"}, headers={"origin": origin})
    assert answer.status_code == 403
    assert (await control.post("SetClock", json={}, headers={"origin": origin})).status_code == 403


async def test_a_page_of_the_simulators_own_may_call(control: httpx.AsyncClient, simulator: Simulator) -> None:
    origin = simulator.addresses["control"]
    assert (await control.post("GetClock", headers={"origin": origin})).status_code == 200


async def test_the_inbox_page_cannot_be_framed(control: httpx.AsyncClient, simulator: Simulator) -> None:
    page = await control.get(f"{simulator.addresses['control']}/inbox")
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_keys_are_rotated_for_one_provider_or_for_both(call: Caller, simulator: Simulator) -> None:
    esia, vk_id = simulator.esia_keys, simulator.vk_id_keys
    before = esia.certificate, vk_id.certificate
    assert await call("RotateKeys", provider="PROVIDER_ESIA") == {}
    assert (esia.previous, vk_id.certificate) == (before[0], before[1])
    assert await call("RotateKeys", withdraw=True) == {}
    assert (esia.previous, vk_id.previous) == (None, None)
    assert esia.certificate != before[0]
    assert vk_id.certificate != before[1]
