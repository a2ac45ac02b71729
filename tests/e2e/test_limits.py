"""Prying is slowed down, and learns nothing: limits by person, and answers that are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import grpc
import pytest
from binding_client import errors
from binding_client.errors import BindingError
from binding_client.testing import Actor, Stack, World
from google.rpc import status_pb2
from sferum.binding.v1 import binding_service_pb2 as binding
from sferum.binding.v1 import chat_service_pb2 as chats

from .acting import outcome, refusal, signed_in
from .documents import copy_of, with_policy

PROBES, STARTS = 5, 4
TIGHT = {"BINDING_LIMIT_PROBES_PER_10_MIN": str(PROBES), "BINDING_LIMIT_STARTS_PER_HOUR": str(STARTS)}
REPORTS = {"methods": ["BindingService/GetBinding"], "municipalities": "*", "acts_for": ["EDIARY66"]}
pytestmark = [pytest.mark.scenario("V03"), pytest.mark.xdist_group("limits")]


@pytest.fixture(scope="module")
def tight() -> Iterator[Stack]:
    """A service with low limits, so that few calls reach them."""
    with Stack(test_worlds=True, environment=TIGHT, services={"reports": REPORTS}) as running:
        yield running


@pytest.fixture
def world(tight: Stack) -> Iterator[World]:
    """The demo world, of that stack."""
    with tight.world() as made:
        made.freeze(made.now())
        yield made


def limit_of(call: Callable[[], object]) -> tuple[str, float | None]:
    """The limit that a call runs into, and after how many seconds to repeat."""
    with refusal(errors.RateLimited) as refused:
        call()
    return refused.value.metadata["limit"], refused.value.retry_after_s


def reads(actor: Actor, account: str) -> list[Callable[[], object]]:
    """Everything that can be asked about somebody's account."""
    client, name = actor.client, f"accounts/{account}"
    return [
        lambda: client.list_bindings(parent=name),
        lambda: client.get_binding(name=f"{name}/binding"),
        lambda: client.diagnose_account(name=name),
        lambda: client.list_chats(parent=name),
        lambda: client.get_account(name=name),
    ]


def test_accounts_tried_one_after_the_other_it_is_limited_and_what_is_the_own_is_still_answered(world: World) -> None:
    kira = world.person("kira")
    for number in range(PROBES):
        with refusal(errors.AccountNotAccessible):
            kira.client.list_bindings(parent=f"accounts/p{number}-pupil")
    for read in [*reads(kira, "anya-pupil"), *reads(kira, "nobody")]:
        assert limit_of(read) == ("PROBES", 600.0)
    # Reading what is the own costs nothing and goes on; binding has to wait.
    assert kira.client.list_my_accounts().accounts
    assert not kira.client.list_bindings(parent=kira.account()).bindings
    assert limit_of(kira.start_binding)[0] == "PROBES"
    # Others are not concerned.
    assert world.person("vera").start_binding().authorization_uri
    world.advance(timedelta(minutes=10))
    with refusal(errors.AccountNotAccessible):
        kira.client.list_bindings(parent="accounts/anya-pupil")


def test_profiles_tried_one_after_the_other_it_is_limited(tight: Stack) -> None:
    document = with_policy(copy_of(tight.default.document), "LENIENT")
    with tight.world(document) as world:
        for holder in ("vera", "gleb"):
            world.person(holder).bind()
        world.freeze(world.now())
        kira = world.person("kira")
        for _ in range(PROBES - 1):
            kira.explain(contact="+79000000103")
        with refusal(errors.VkProfileAlreadyBound, "D14"):
            kira.complete(*signed_in(kira, vk="+79000000103"))
        assert limit_of(kira.start_binding)[0] == "PROBES"


def test_contacts_tried_one_after_the_other_it_is_limited(world: World) -> None:
    kira = world.person("kira")
    for contact in ("+79000000102", "+79000000103", "anya@example.org"):
        with refusal(errors.ContactNotOwned):
            kira.client.send_contact_code(contact=contact)
    for contact in ("+79000000104", "+79000000106"):
        kira.explain(contact=contact)
    assert limit_of(lambda: kira.explain(contact="+79000000107"))[0] == "PROBES"
    assert kira.explain(contact="+79000000110").deciding_row == ""
    assert limit_of(lambda: kira.client.send_contact_code(contact="+79000000107"))[0] == "PROBES"


def test_batch_of_guesses_it_counts_each_of_them(world: World) -> None:
    kira = world.person("kira")
    guesses = [f"accounts/p{number}/binding" for number in range(40)]
    assert all(result.reason for result in kira.client.batch_get_bindings(names=guesses).results)
    assert limit_of(lambda: kira.client.batch_get_bindings(names=guesses))[0] == "PROBES"
    assert limit_of(lambda: kira.client.batch_list_chats(parents=["accounts/anya-pupil"]))[0] == "PROBES"


def test_bindings_started_again_and_again_it_is_limited_by_person_over_all_accounts(world: World) -> None:
    zhanna = world.person("zhanna")
    for number in range(STARTS):
        zhanna.start_binding("STAFF" if number % 2 else "PARENT", request_id=f"start-{number}")
    limit, after = limit_of(lambda: zhanna.start_binding("PARENT"))
    assert (limit, after) == ("START_BINDING", 3600.0)
    assert limit_of(lambda: create(zhanna))[0] == "START_BINDING"
    # A repeat of a request that was answered is no start.
    assert zhanna.start_binding("STAFF", request_id="start-1").authorization_uri
    world.advance(timedelta(minutes=50))
    assert limit_of(lambda: zhanna.start_binding("PARENT")) == ("START_BINDING", 600.0)
    world.advance(timedelta(minutes=10))
    zhanna.sign_in()
    zhanna.start_binding("PARENT")


def create(actor: Actor) -> object:
    """Binds in one call, with a code that VK ID never gave."""
    return actor.client.create_binding(
        account=actor.account("PARENT"),
        contact=actor.facts.contact,
        code="code",
        code_verifier="v" * 43,
        redirect_uri="http://127.0.0.1:8100/",
        device_id="device",
    )


def test_limit_it_holds_for_the_person_through_whatever_system(world: World) -> None:
    kira = world.person("kira")
    for _ in range(PROBES):
        assert isinstance(outcome(lambda: kira.client.get_binding(name="bindings/none")), BindingError)
    acting = world.service_client("reports", on_behalf_of=kira.access_token)
    assert limit_of(lambda: acting.get_binding(name="bindings/none"))[0] == "PROBES"
    # A back end by itself is bounded by its policy, not by a limit for persons.
    itself = world.service_client("reports")
    for _ in range(PROBES + 2):
        with refusal(errors.ResourceNotAccessible):
            itself.get_binding(name="bindings/none")


def raw(call: Callable[[], object]) -> bytes:
    """The status that a call is refused with, as its bytes, less the number of the request."""
    with pytest.raises(grpc.RpcError) as refused:
        call()
    rpc: Any = refused.value
    [packed] = [value for key, value in rpc.trailing_metadata() if key == "grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)
    kept = [detail for detail in status.details if not detail.type_url.endswith("/google.rpc.RequestInfo")]
    assert len(kept) == len(status.details) - 1
    del status.details[:]
    status.details.extend(kept)
    return status.SerializeToString(deterministic=True)


@pytest.mark.rules("I10")
def test_what_exists_and_is_not_yours_it_is_answered_byte_by_byte_as_what_does_not_exist(stack: Stack) -> None:
    with stack.world() as world:
        boris, kira = world.person("boris"), world.person("kira")
        bound = boris.bind().binding
        attempt = boris.start_binding().name
        [chat] = boris.chats()
        stubs, options = kira.client.stubs, kira.client._settings.options
        requests: list[tuple[Any, Any, str, str, str]] = [
            (stubs.binding.GetBinding, binding.GetBindingRequest, "name", bound.name, "bindings/none"),
            (
                stubs.binding.GetBinding,
                binding.GetBindingRequest,
                "name",
                f"{boris.account()}/binding",
                "accounts/none/binding",
            ),
            (stubs.binding.Unbind, binding.UnbindRequest, "name", bound.name, "bindings/none"),
            (
                stubs.binding.CancelAttempt,
                binding.CancelAttemptRequest,
                "name",
                attempt,
                "attempts/none",
            ),
            (
                stubs.binding.ListBindings,
                binding.ListBindingsRequest,
                "parent",
                boris.account(),
                "accounts/none",
            ),
            (
                stubs.binding.DiagnoseAccount,
                binding.DiagnoseAccountRequest,
                "name",
                boris.account(),
                "accounts/none",
            ),
            (stubs.chat.ListChats, chats.ListChatsRequest, "parent", boris.account(), "accounts/none"),
            (stubs.chat.GetChat, chats.GetChatRequest, "name", chat.name, "chats/none"),
        ]
        for method, request, field, there, nowhere in requests:
            told = {
                raw(partial(method, request(**{field: name}), timeout=10, **options())) for name in (there, nowhere)
            }
            assert len(told) == 1, request.__name__
