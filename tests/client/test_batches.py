"""Batches: split into what the service takes, joined in the order asked for."""

from typing import Any

import pytest
from binding_client import AsyncBindingClient, BindingClient
from sferum.binding.v1.binding_service_pb2 import BatchGetBindingsResponse
from sferum.binding.v1.chat_service_pb2 import BatchListChatsResponse
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding, Chat

from .fakes import FakeServer


@pytest.fixture
def batching(server: FakeServer) -> FakeServer:
    """Knows everybody but those whose name ends in 7."""

    def bindings(request: Any, context: Any) -> BatchGetBindingsResponse:
        assert len(request.names) == len(set(request.names)) <= 500
        answer = BatchGetBindingsResponse()
        for name in request.names:
            if name.endswith("7"):
                answer.results.add(name=name, reason=ErrorReason.ERROR_REASON_RESOURCE_NOT_ACCESSIBLE)
            else:
                answer.results.add(name=name, binding=Binding(name=name))
        return answer

    def chats(request: Any, context: Any) -> BatchListChatsResponse:
        assert len(request.parents) == len(set(request.parents)) <= 500
        answer = BatchListChatsResponse()
        for parent in request.parents:
            answer.results.add(parent=parent, chats=[Chat(name=f"chats/of-{parent}")])
        return answer

    server.on("BatchGetBindings", bindings)
    server.on("BatchListChats", chats)
    return server


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (500, 1), (501, 2), (1234, 3)])
async def test_any_number_of_names_is_answered__it_is_in_order(batching: FakeServer, count: int, calls: int) -> None:
    names = [f"bindings/{(number * 7919) % 2000}" for number in range(count)]
    with BindingClient.connect(batching.target) as client:
        answer = client.batch_get_bindings(names=iter(names))
    assert [result.name for result in answer.results] == names
    for result in answer.results:
        assert result.HasField("binding") != result.name.endswith("7")
        assert (result.reason != 0) == result.name.endswith("7")
    assert len(batching.calls("BatchGetBindings")) == calls
    async with AsyncBindingClient.connect(batching.target) as client:
        assert await client.batch_get_bindings(names=names) == answer


async def test_a_name_that_comes_twice_is_asked_for_once__it_is_answered_twice(batching: FakeServer) -> None:
    parents = ["accounts/a", "accounts/b", "accounts/a"] * 300
    with BindingClient.connect(batching.target) as client:
        answer = client.batch_list_chats(parents=parents)
    assert [result.parent for result in answer.results] == parents
    assert [list(request.parents) for request in batching.calls("BatchListChats")] == [["accounts/a", "accounts/b"]]
    async with AsyncBindingClient.connect(batching.target) as client:
        assert await client.batch_list_chats(parents=parents) == answer
