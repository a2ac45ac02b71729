"""Asking for many at once, over the wire."""

from __future__ import annotations

import grpc
import pytest
from binding_client import errors
from binding_client.errors import from_rpc_error
from binding_client.testing import Stack, World
from sferum.binding.v1 import binding_service_pb2 as pb
from sferum.binding.v1 import chat_service_pb2 as chat_pb
from sferum.binding.v1.error_reason_pb2 import ErrorReason

from .acting import refusal
from .streams import EVERYWHERE, STRICT_CITY, metadata

pytestmark = pytest.mark.xdist_group("watching")


def names_of(world: World, *people: str) -> list[str]:
    return [world.person(name).account() for name in people]


def test_bindings_they_come_in_order_with_what_is_missing_told(followed_worlds: Stack, city: World) -> None:
    for name in ("vera", "lada", "anya"):
        city.person(name).bind()
    accounts = [*names_of(city, "lada", "boris", "anya"), "accounts/nobody", *names_of(city, "vera")]
    names = [f"{account}/binding" for account in accounts]
    answer = followed_worlds.channel.stubs.binding.BatchGetBindings(
        pb.BatchGetBindingsRequest(names=names), metadata=metadata(followed_worlds, city, STRICT_CITY)
    )
    assert [result.name for result in answer.results] == names
    assert [result.binding.account for result in answer.results] == ["", "", accounts[2], "", accounts[4]]
    missing = {ErrorReason.Name(result.reason) for result in answer.results if not result.HasField("binding")}
    assert missing == {"ERROR_REASON_RESOURCE_NOT_ACCESSIBLE"}


def test_chats_they_come_in_order_with_what_is_missing_told(followed_worlds: Stack, city: World) -> None:
    city.person("vera").bind()
    parents = [*names_of(city, "boris"), "accounts/nobody", *names_of(city, "vera", "lada")]
    answer = followed_worlds.channel.stubs.chat.BatchListChats(
        chat_pb.BatchListChatsRequest(parents=parents), metadata=metadata(followed_worlds, city, STRICT_CITY)
    )
    assert [(result.parent, len(result.chats), bool(result.reason)) for result in answer.results] == [
        (parents[0], 0, False),
        (parents[1], 0, True),
        (parents[2], 2, False),
        (parents[3], 0, True),
    ]


@pytest.mark.parametrize("names", [[f"accounts/a{place}/binding" for place in range(501)], ["bindings/x"] * 2, []])
def test_too_many_doubles_or_none_it_is_refused(followed_worlds: Stack, city: World, names: list[str]) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        followed_worlds.channel.stubs.binding.BatchGetBindings(
            pb.BatchGetBindingsRequest(names=names), metadata=metadata(followed_worlds, city, EVERYWHERE)
        )
    error = from_rpc_error(caught.value)
    assert isinstance(error, errors.RequestInvalid)
    assert {field for field, _ in error.field_violations} == {"names"}


def test_a_municipality_it_is_listed_in_pages(followed_worlds: Stack, city: World) -> None:
    for name in ("vera", "lada", "anya"):
        city.person(name).bind()
    client = city.service_client(STRICT_CITY)
    first = client.list_bindings(parent="municipalities/ekaterinburg", page_size=1)
    city.person("gleb").bind()
    second = client.list_bindings(parent="municipalities/ekaterinburg", page_size=1, page_token=first.next_page_token)
    assert [binding.account for page in (first, second) for binding in page.bindings] == names_of(city, "anya", "vera")
    assert [count.bindings for count in first.counts] == [2]
    assert not second.next_page_token
    with refusal(errors.CallerNotAllowed):
        client.list_bindings(parent="municipalities/tagil")
