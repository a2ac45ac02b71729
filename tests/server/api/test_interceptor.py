"""What the interceptor does for every method."""

import asyncio

import grpc
import pytest
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from google.rpc import error_details_pb2
from sferum.binding.v1 import directory_service_pb2, roster_pb2

from .conftest import VERA, Wire, refused, service_token

PERSON = roster_pb2.RosterRecord(person=roster_pb2.PersonRecord(id="vera", display_name="Воронова Вера"))
ROSTER = [directory_service_pb2.ImportRosterRequest(records=[PERSON])]


async def test_hands_the_servicer_world_caller_language_and_request_id(wire: Wire):
    await wire.list_chats(x_world="one", accept_language="en", x_request_id="abc-1")
    call = wire.chats.calls[0]
    assert (call.world.name, call.language, call.request_id) == ("one", "en", "abc-1")
    assert call.caller.person is not None
    assert (call.caller.person.id, call.caller.client_id) == ("vera", "EDIARY66")


async def test_chooses_defaults_for_what_the_metadata_leave_out(wire: Wire):
    await wire.list_chats()
    call = wire.chats.calls[0]
    assert (call.world.name, call.language, call.request_id) == ("default", "ru", "made-id")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ru"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("de", "ru"),
        ("de, en;q=0.5", "en"),
        ("ru;q=0.5,en;q=0.8", "en"),
        ("ru,en", "ru"),
        ("en;q=0", "ru"),
        ("EN-us", "en"),
        (";;;,,q=", "ru"),
    ],
)
async def test_answers_in_the_language_that_is_preferred(wire: Wire, header, language):
    await wire.list_chats(accept_language=header)
    assert wire.chats.calls[0].language == language


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a/b"])
async def test_makes_a_request_id_for_one_that_is_none(wire: Wire, given):
    await wire.list_chats(x_request_id=given)
    assert wire.chats.calls[0].request_id == "made-id"


async def test_refuses_a_world_that_is_none(wire: Wire):
    error = await refused(wire.list_chats(x_world="nowhere"))
    assert (error.reason, error.fields) == ("REQUEST_INVALID", ["x-world"])


@pytest.mark.parametrize(("token", "cause"), [("", "MISSING"), ("nonsense", "SIGNATURE")])
async def test_needs_a_persons_token(wire: Wire, token, cause):
    error = await refused(wire.list_chats(token=token))
    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, "ESIA_SESSION_REQUIRED")
    assert (error.info.metadata["cause"], error.info.metadata["row"]) == (cause, "D1")
    assert wire.chats.calls == []


async def test_takes_bearer_tokens_only(wire: Wire):
    error = await refused(wire.chat_stub.ListChats(None, metadata=[("authorization", f"Basic {VERA}")]))
    assert error.info.metadata["cause"] == "MISSING"


async def test_checks_the_rules_of_a_request_after_the_caller(wire: Wire):
    assert (await refused(wire.list_chats(parent="x", token=""))).reason == "ESIA_SESSION_REQUIRED"
    error = await refused(wire.list_chats(parent="x"))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert error.fields == ["parent"]
    assert wire.chats.calls == []


@pytest.mark.parametrize(
    "body", [b"\x0a\x02\xff\xfe", b"\xff\xff\xff", b"\x0a\x7f"], ids=["not UTF-8", "no message", "cut off"]
)
async def test_refuses_bytes_that_are_no_message(wire: Wire, body):
    error = await refused(wire.send("ChatService/ListChats", body))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert error.fields == ["request"]
    assert wire.chats.calls == []
    assert [line["event"] for line in wire.log] == ["call"]


async def test_refuses_a_stream_with_bytes_that_are_no_message(wire: Wire):
    bodies = [ROSTER[0].SerializeToString(), b"\xff\xff\xff"]
    error = await refused(wire.send_stream("DirectoryService/ImportRoster", bodies, service_token("roster-feed")))
    assert (error.code, error.reason, error.fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "REQUEST_INVALID",
        ["request"],
    )


async def test_tells_a_stranger_nothing_of_bytes_that_are_no_message(wire: Wire):
    assert (await refused(wire.send("ChatService/ListChats", b"\xff", token=""))).reason == "ESIA_SESSION_REQUIRED"


async def test_lets_a_back_end_call_what_its_policy_lists(wire: Wire):
    await wire.import_roster(ROSTER, token=service_token("roster-feed"))
    call = wire.directory.calls[0]
    assert call.caller.service is not None
    assert call.caller.service.id == "roster-feed"
    assert wire.directory.requests == ROSTER


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "CALLER_UNKNOWN"),
        (VERA, "CALLER_UNKNOWN"),
        (service_token("stranger"), "CALLER_UNKNOWN"),
        (service_token("other-feed"), "CALLER_NOT_ALLOWED"),
        ("nonsense", "ESIA_SESSION_REQUIRED"),
    ],
)
async def test_keeps_others_from_a_back_ends_method(wire: Wire, token, reason):
    assert (await refused(wire.import_roster(ROSTER, token=token))).reason == reason
    assert wire.directory.calls == []


async def test_keeps_back_ends_from_persons_methods(wire: Wire):
    error = await refused(wire.list_chats(token=service_token("roster-feed")))
    assert (error.code, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")


async def test_maps_a_refusal_to_a_status(wire: Wire):
    async def refuse(*_):
        raise Refusal(Reason.VK_PROFILE_ALREADY_BOUND, row="D14", metadata={"same_person": "false"})

    wire.chats.behavior = refuse
    error = await refused(wire.list_chats(x_request_id="r-1"))
    assert (error.code, error.reason) == (grpc.StatusCode.ALREADY_EXISTS, "VK_PROFILE_ALREADY_BOUND")
    assert error.detail(error_details_pb2.RequestInfo).request_id == "r-1"


async def test_explains_nothing_of_an_unknown_fault(wire: Wire):
    async def fail(*_):
        try:
            raise KeyError("+79000000103")
        except KeyError as error:
            raise ValueError("secret-token of +79000000103") from error

    wire.chats.behavior = fail
    error = await refused(wire.list_chats(x_request_id="r-2"))
    assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert error.info.metadata["request"] == "r-2"
    assert error.status is not None
    for text in (str(error.status), error.details, wire.log_stream.getvalue()):
        assert "secret" not in text
        assert "79000000103" not in text
    fault = next(line for line in wire.log if line["event"] == "fault")
    assert (fault["request"], fault["kinds"]) == ("r-2", ["builtins.ValueError", "builtins.KeyError"])
    assert any("fail" in frame for frame in fault["where"])


async def test_gives_providers_up_before_the_client_gives_up(wire: Wire):
    left: list[float] = []

    async def ask(_, call):
        left.append(call.caller.time_left_s())
        raise Refusal(Reason.CALLER_NOT_ALLOWED)

    wire.chats.behavior = ask
    await refused(wire.list_chats(timeout="5"))
    await refused(wire.list_chats(timeout="300"))
    await refused(wire.list_chats())
    assert 4.0 < left[0] < 4.8
    assert 18.0 < left[1] <= 19.7
    assert 18.0 < left[2] <= 19.7


async def test_ends_a_call_whose_client_sets_no_deadline(wire: Wire, monkeypatch):
    monkeypatch.setattr("binding_server.api.interceptor.DEFAULT_DEADLINE_S", 0.05)

    async def hang(*_):
        await asyncio.Event().wait()

    wire.chats.behavior = hang
    assert (await refused(wire.list_chats())).code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_tells_a_time_out_inside_from_the_calls_own(wire: Wire):
    async def time_out(*_):
        raise TimeoutError

    wire.chats.behavior = time_out
    assert (await refused(wire.list_chats())).reason == "INTERNAL"


async def test_stops_the_work_of_a_call_that_the_client_gives_up(wire: Wire):
    began, stopped = asyncio.Event(), asyncio.Event()

    async def hang(*_):
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    wire.chats.behavior = hang
    task = asyncio.ensure_future(wire.list_chats())
    await began.wait()
    task.cancel()
    await asyncio.wait_for(stopped.wait(), 5)


async def test_writes_one_line_without_personal_data_for_each_call(wire: Wire):
    await wire.list_chats(x_world="one", x_request_id="r-3")
    await refused(wire.list_chats(parent="x"))
    lines = [line for line in wire.log if line["event"] == "call"]
    assert [(line["method"], line["code"], line["reason"]) for line in lines] == [
        ("ChatService/ListChats", "OK", ""),
        ("ChatService/ListChats", "INVALID_ARGUMENT", "REQUEST_INVALID"),
    ]
    assert (lines[0]["world"], lines[0]["request"], lines[0]["client"]) == ("one", "r-3", "EDIARY66")
    assert VERA not in wire.log_stream.getvalue()


async def test_counts_calls_by_outcome(wire: Wire):
    await wire.list_chats()
    await refused(wire.list_chats(token=""))
    count = wire.metrics.registry.get_sample_value
    labels = {"method": "ChatService/ListChats"}
    assert count("binding_calls_total", labels | {"code": "OK", "reason": ""}) == 1
    refusal = {"code": "UNAUTHENTICATED", "reason": "ESIA_SESSION_REQUIRED"}
    assert count("binding_calls_total", labels | refusal) == 1
    assert count("binding_call_seconds_count", labels) == 2


async def test_knows_no_method_that_is_not_served(wire: Wire):
    error = await refused(wire.testing_stub.GetClock(None))
    assert error.code is grpc.StatusCode.UNIMPLEMENTED
