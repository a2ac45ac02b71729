"""What the clients send, what they make of refusals, and what they repeat."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from binding_client import (
    AsyncBindingClient,
    BindingClient,
    BindingError,
    DeadlineExceeded,
    ServiceUnavailable,
)
from binding_client.errors import (
    ContactInvalid,
    ProviderUnavailable,
    VkProfileAlreadyBound,
    VkProfileNotOwned,
)
from google.rpc import error_details_pb2
from sferum.binding.v1.binding_service_pb2 import (
    AuthorizationResult,
    CompleteBindingResponse,
    UnbindResponse,
)
from sferum.binding.v1.chat_service_pb2 import ListChatsResponse
from sferum.binding.v1.directory_service_pb2 import ImportRosterRequest, ImportRosterResponse, ListMyAccountsResponse
from sferum.binding.v1.resources_pb2 import BindingAttempt, Chat
from sferum.binding.v1.roster_pb2 import MunicipalityRecord, RosterRecord
from sferum.binding.v1.testing_service_pb2 import Clock

from .fakes import FakeServer, refusal, retry_info


def test_a_call_carries_its_settings__it_is_in_the_metadata(server: FakeServer) -> None:
    server.on("ListMyAccounts", ListMyAccountsResponse(person="persons/vera"))
    with BindingClient.connect(server.target, token="secret", language="en", world="w1") as client:
        assert client.list_my_accounts().person == "persons/vera"
    metadata = server.metadata[0]
    assert metadata["authorization"] == "Bearer secret"
    assert (metadata["accept-language"], metadata["x-world"]) == ("en", "w1")


def test_a_token_function_is_asked_each_time__it_is_not_kept(server: FakeServer) -> None:
    server.on("ListMyAccounts", ListMyAccountsResponse())
    tokens = iter(["one", "two"])
    with BindingClient.connect(server.target, token=lambda: next(tokens)) as client:
        client.list_my_accounts()
        client.list_my_accounts()
    assert [each["authorization"] for each in server.metadata] == ["Bearer one", "Bearer two"]


def test_another_view_shares_the_connection__it_is_left_open(server: FakeServer, client: BindingClient) -> None:
    server.on("ListMyAccounts", ListMyAccountsResponse())
    with client.using(token=None, world="w2") as other:
        other.list_my_accounts()
    client.list_my_accounts()
    assert "authorization" not in server.metadata[0]
    assert server.metadata[0]["x-world"] == "w2"
    assert "x-world" not in server.metadata[1]


def test_fields_arrive__it_is_the_request_of_the_proto(server: FakeServer, client: BindingClient) -> None:
    server.on("CompleteBinding", CompleteBindingResponse(decision="7"))
    result = AuthorizationResult(code="c", state="s", device_id="d")
    answer = client.complete_binding(name="attempts/1", result=result, preview=True, request_id="r")
    request = server.calls("CompleteBinding")[0]
    assert answer.decision == "7"
    assert (request.name, request.result, request.preview, request.request_id) == ("attempts/1", result, True, "r")


def test_no_result_means_none__it_is_absent_on_the_wire(server: FakeServer, client: BindingClient) -> None:
    server.on("CompleteBinding", CompleteBindingResponse())
    client.complete_binding(name="attempts/1")
    assert not server.calls("CompleteBinding")[0].HasField("result")


def test_starting_names_the_request__it_is_made_if_none_is_given(server: FakeServer, client: BindingClient) -> None:
    server.on("StartBinding", BindingAttempt(name="attempts/1"))
    for request_id in ("", "", "mine"):
        client.start_binding(account="accounts/a", contact="c", redirect_uri="u", request_id=request_id)
    first, second, third = (request.request_id for request in server.calls("StartBinding"))
    assert first
    assert second
    assert first != second
    assert third == "mine"


def test_times_go_through__it_is_the_same_instant(server: FakeServer, client: BindingClient) -> None:
    server.on("SetClock", Clock(frozen=True))
    server.on("AdvanceClock", Clock())
    instant = datetime(2026, 9, 1, 8, tzinfo=UTC)
    client.set_clock(time=instant)
    client.advance_clock(duration=timedelta(minutes=5))
    assert server.calls("SetClock")[0].time.ToDatetime(UTC) == instant
    assert server.calls("AdvanceClock")[0].duration.ToTimedelta() == timedelta(minutes=5)


def test_a_roster_is_a_stream__it_is_counted(server: FakeServer, client: BindingClient) -> None:
    server.on("ImportRoster", lambda requests, context: ImportRosterResponse(created=len(requests)))
    part = ImportRosterRequest(records=[RosterRecord(municipality=MunicipalityRecord(id="m", display_name="M"))])
    assert client.import_roster(requests=[part, part]).created == 2


def test_a_refusal_is_the_exception_of_its_reason__it_is_complete(server: FakeServer, client: BindingClient) -> None:
    links = [error_details_pb2.Help.Link(description="Отвяжите там", url="https://dnevnik.example")]
    metadata = {"row": "D14", "same_person": "false", "decision": "42", "remedies": "UNBIND_IN_OTHER_ACCOUNT,RETRY"}
    server.on(
        "CompleteBinding",
        refusal(
            grpc.StatusCode.ALREADY_EXISTS,
            "VK_PROFILE_ALREADY_BOUND",
            message="НЕ удалось авторизоваться",
            metadata=metadata,
            details=[error_details_pb2.Help(links=links)],
        ),
    )
    with pytest.raises(VkProfileAlreadyBound) as caught:
        client.complete_binding(name="attempts/1")
    error = caught.value
    assert error.code is grpc.StatusCode.ALREADY_EXISTS
    assert (error.reason, error.row, error.decision) == ("VK_PROFILE_ALREADY_BOUND", "D14", "42")
    assert error.remedies == ["UNBIND_IN_OTHER_ACCOUNT", "RETRY"]
    assert error.ways_out == ["Отвяжите там"]
    assert error.message == "НЕ удалось авторизоваться"
    assert error.metadata["same_person"] == "false"
    assert error.retry_after_s is None


def test_bad_fields_are_named__it_is_every_one(server: FakeServer, client: BindingClient) -> None:
    violation = error_details_pb2.BadRequest.FieldViolation
    bad = error_details_pb2.BadRequest(
        field_violations=[violation(field="contact", description="x"), violation(field="account", description="y")]
    )
    server.on("StartBinding", refusal(grpc.StatusCode.INVALID_ARGUMENT, "CONTACT_INVALID", details=[bad]))
    with pytest.raises(ContactInvalid) as caught:
        client.start_binding(account="a", contact="c", redirect_uri="u")
    assert caught.value.field_violations == [("contact", "x"), ("account", "y")]


def test_preconditions_are_ways_out__it_is_their_description(server: FakeServer, client: BindingClient) -> None:
    violation = error_details_pb2.PreconditionFailure.Violation(type="REBIND_OWN_PROFILE", description="Свой профиль")
    unmet = error_details_pb2.PreconditionFailure(violations=[violation])
    server.on("CompleteBinding", refusal(grpc.StatusCode.FAILED_PRECONDITION, "VK_PROFILE_NOT_OWNED", details=[unmet]))
    with pytest.raises(VkProfileNotOwned) as caught:
        client.complete_binding(name="attempts/1")
    assert caught.value.ways_out == ["Свой профиль"]


def test_a_reason_of_the_future_is_kept__it_is_a_plain_error(server: FakeServer, client: BindingClient) -> None:
    server.on("GetChat", refusal(grpc.StatusCode.FAILED_PRECONDITION, "SOMETHING_NEW"))
    with pytest.raises(BindingError) as caught:
        client.get_chat(name="chats/1")
    assert type(caught.value) is BindingError
    assert caught.value.reason == "SOMETHING_NEW"


def test_a_reason_of_another_service_is_none_of_ours__it_is_transport(
    server: FakeServer, client: BindingClient
) -> None:
    server.on("GetChat", refusal(grpc.StatusCode.UNAVAILABLE, "INTERNAL", domain="some-proxy"))
    with pytest.raises(ServiceUnavailable) as caught:
        client.get_chat(name="chats/1")
    assert caught.value.reason == ""


def flaky(answer: Any, *, failures: int) -> Callable[[Any, grpc.ServicerContext], Any]:
    """Refuses with UNAVAILABLE at first, then answers."""
    left = iter(range(failures))

    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        if next(left, None) is not None:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        return answer

    return handle


def test_a_safe_call_is_repeated__it_is_the_same_request(server: FakeServer, client: BindingClient) -> None:
    server.on("StartBinding", flaky(BindingAttempt(name="attempts/1"), failures=2))
    server.on("Unbind", flaky(UnbindResponse(), failures=1))
    server.on("ListChats", flaky(ListChatsResponse(chats=[Chat(name="chats/1")]), failures=3))
    assert client.start_binding(account="a", contact="c", redirect_uri="u").name == "attempts/1"
    assert client.unbind(name="accounts/a/binding") is not None
    assert client.list_chats(parent="accounts/a").chats[0].name == "chats/1"
    assert len({request.request_id for request in server.calls("StartBinding")}) == 1
    assert len(server.calls("StartBinding")) == 3


def test_a_call_that_spends_a_code_is_not_repeated__it_is_told(server: FakeServer, client: BindingClient) -> None:
    server.on("CompleteBinding", flaky(CompleteBindingResponse(), failures=1))
    server.on("CreateBinding", flaky(CompleteBindingResponse(), failures=1))
    with pytest.raises(ServiceUnavailable):
        client.complete_binding(name="attempts/1", request_id="r")
    with pytest.raises(ServiceUnavailable):
        client.create_binding(
            account="a", contact="c", code="c", code_verifier="v", redirect_uri="u", device_id="d", request_id="r"
        )
    assert len(server.calls("CompleteBinding")) == len(server.calls("CreateBinding")) == 1


def test_retries_can_be_switched_off__it_is_one_call(server: FakeServer) -> None:
    server.on("ListChats", flaky(ListChatsResponse(), failures=1))
    with BindingClient.connect(server.target, retries=False) as client, pytest.raises(ServiceUnavailable):
        client.list_chats(parent="accounts/a")
    assert len(server.calls("ListChats")) == 1


def test_a_provider_that_is_down_is_not_the_service__it_is_with_its_pause(
    server: FakeServer, client: BindingClient
) -> None:
    server.on(
        "CompleteBinding",
        refusal(
            grpc.StatusCode.UNAVAILABLE,
            "PROVIDER_UNAVAILABLE",
            metadata={"provider": "VK_ID"},
            details=[retry_info(2)],
        ),
    )
    with pytest.raises(ProviderUnavailable) as caught:
        client.complete_binding(name="attempts/1")
    assert not isinstance(caught.value, ServiceUnavailable)
    assert caught.value.retry_after_s == 2.0


def test_no_answer_in_time_is_told__it_is_the_deadline(server: FakeServer) -> None:
    let_go = threading.Event()
    server.on("ListMyAccounts", lambda request, context: let_go.wait(10) and ListMyAccountsResponse())
    with BindingClient.connect(server.target) as client, pytest.raises(DeadlineExceeded):
        client.list_my_accounts(timeout_s=0.1)
    let_go.set()


def test_nobody_there_is_told__it_is_unavailable(server: FakeServer) -> None:
    server.stop()
    with BindingClient.connect(server.target, retries=False) as client, pytest.raises(ServiceUnavailable):
        client.list_my_accounts()


async def test_the_async_client_does_the_same__it_is_awaited(server: FakeServer) -> None:
    server.on("ListChats", flaky(ListChatsResponse(chats=[Chat(name="chats/1")]), failures=1))
    server.on("CompleteBinding", refusal(grpc.StatusCode.ALREADY_EXISTS, "VK_PROFILE_ALREADY_BOUND"))
    server.on("ImportRoster", lambda requests, context: ImportRosterResponse(created=len(requests)))
    async with AsyncBindingClient.connect(server.target, token="t", world="w") as client:
        assert (await client.list_chats(parent="accounts/a")).chats[0].name == "chats/1"
        with pytest.raises(VkProfileAlreadyBound):
            await client.using(world=None).complete_binding(name="attempts/1")
        part = ImportRosterRequest(records=[RosterRecord(municipality=MunicipalityRecord(id="m", display_name="M"))])
        assert (await client.import_roster(requests=[part])).created == 1
    assert server.metadata[0]["authorization"] == "Bearer t"
    assert [each.get("x-world") for each in server.metadata] == ["w", "w", None, "w"]
