"""The service is killed at bad moments and started again on the same database file."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import grpc
import pytest
from binding_client import errors
from binding_client.errors import BindingError
from binding_client.headless import Redirect
from binding_client.roster import load_world
from binding_client.testing import Actor, Stack, World
from sferum.binding.v1.binding_service_pb2 import CompleteBindingResponse
from sferum.binding.v1.directory_service_pb2 import ListMyAccountsRequest
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt

from .acting import Passing, active, eventually, history, members, outcome, refusal, signed_in, struck, tab
from .documents import CLASS_5A, CLASS_9B, copy_of, with_pupils

DEMO = Path(__file__).parents[2] / "worlds" / "demo.yaml"
ROUNDS = 3
PUPILS_A_ROUND = 12

pytestmark = [pytest.mark.xdist_group("crash"), pytest.mark.rules("I1", "I2")]


@pytest.fixture(scope="module")
def crashing() -> Iterator[Stack]:
    """A stack of its own with a database file; every test has persons of its own."""
    document = copy_of(load_world(DEMO).document)
    with Stack(world=with_pupils(document, ROUNDS * PUPILS_A_ROUND, CLASS_5A)) as running:
        yield running


@pytest.fixture
def world(crashing: Stack) -> Iterator[World]:
    """The only world of the stack; armed faults end with the test."""
    yield crashing.default
    crashing.control.delete_faults()


def start_again(stack: Stack) -> None:
    """Starts the service again and waits until the clients' connection is there again."""
    stack.restart_server()
    with pytest.raises(grpc.RpcError) as caught:
        stack.channel.stubs.directory.ListMyAccounts(ListMyAccountsRequest(), wait_for_ready=True, timeout=30)
    call: grpc.Call = caught.value  # pyright: ignore[reportAssignmentType]
    assert call.code() is grpc.StatusCode.UNAUTHENTICATED


def crash(stack: Stack) -> None:
    """kill -9, and up again."""
    stack.kill_server()
    start_again(stack)


def bound_once(person: Actor, name: str) -> bool:
    """Tells whether the person has this binding, no other, and each chat of it once."""
    ids = [chat.name for chat in person.chats()]
    alone = all(members(person, chat).count(person.account()) == 1 for chat in ids)
    return [binding.name for binding in history(person)] == [name] and len(active(person)) == 1 and alone


def test_killed_between_authorized_and_claim_it_goes_on_without_a_second_exchange(
    crashing: Stack, world: World
) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    exchanges, refused = Passing(world), world.control.list_refusals()
    shown = vera.complete(attempt, redirect, preview=True)
    assert shown.attempt.state == BindingAttempt.STATE_AUTHORIZED

    crash(crashing)

    done = vera.complete(attempt)
    assert done.binding.state == Binding.STATE_ACTIVE
    assert done.binding.vk_user_id == shown.preview.vk_user_id
    assert done.attempt.name == attempt.name
    assert bound_once(vera, done.binding.name)
    assert exchanges.count == 1
    assert world.control.list_refusals() == refused
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]


@pytest.mark.rules("I6")
def test_killed_after_the_claim_it_answers_the_repeat_with_the_same_binding(crashing: Stack, world: World) -> None:
    gleb = world.person("gleb")
    attempt, redirect = signed_in(gleb)
    exchanges, refused = Passing(world), world.control.list_refusals()
    before = gleb.complete(attempt, redirect, request_id="callback")

    crash(crashing)

    assert gleb.complete(attempt, redirect, request_id="callback").binding == before.binding
    assert gleb.complete(attempt, redirect).binding == before.binding
    assert gleb.complete(attempt).binding == before.binding
    assert bound_once(gleb, before.binding.name)
    assert exchanges.count == 1
    assert world.control.list_refusals() == refused


@pytest.mark.parametrize(
    ("person", "endpoint", "kind"),
    [
        ("boris", "/oauth2/user_info", "HANG"),
        ("anya", "/oauth2/auth", "HANG_AFTER"),
        ("dina", "/method/users.get", "HANG"),
    ],
)
def test_killed_while_vk_id_hangs_it_never_sends_the_code_again_and_a_new_sign_in_finishes(
    crashing: Stack, world: World, person: str, endpoint: str, kind: str
) -> None:
    actor, control = world.person(person), world.control
    attempt, redirect = signed_in(actor)
    refused = control.list_refusals()
    # The fault goes first: the counter sees what it lets pass.
    hang = control.create_fault(provider="VK_ID", endpoint=endpoint, kind=kind)["id"]
    exchanges = Passing(world)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(outcome, lambda: actor.complete(attempt, redirect))
        eventually(lambda: struck(control, hang) == 1)
        crashing.kill_server()
        assert isinstance(waiting.result(), errors.ServiceUnavailable)
    start_again(crashing)
    control.delete_faults(hang)
    sent = exchanges.count

    fresh = ""
    for _ in range(2):
        with refusal(errors.ProviderUnavailable, "D22") as again:
            actor.complete(attempt, redirect)
        fresh = again.value.metadata["authorization_uri"]
        assert fresh != attempt.authorization_uri
    assert exchanges.count == sent
    assert control.list_refusals() == refused
    assert history(actor) == []

    done = actor.complete(attempt, actor.vk_sign_in(fresh))
    assert done.attempt.name == attempt.name
    assert bound_once(actor, done.binding.name)
    assert exchanges.count == sent + 1


def finished(person: Actor, attempt: BindingAttempt, redirect: Redirect) -> CompleteBindingResponse:
    """What a person does after a crash: repeats, and signs in again if told to."""
    again = outcome(lambda: person.complete(attempt, redirect))
    if isinstance(again, errors.ProviderUnavailable):
        return person.complete(attempt, person.vk_sign_in(again.metadata["authorization_uri"]))
    assert isinstance(again, CompleteBindingResponse), again
    return again


@pytest.mark.rules("I3", "I12")
@pytest.mark.parametrize("number", range(ROUNDS))
def test_killed_at_a_random_moment_of_a_burst_it_keeps_every_answer_and_no_half(
    crashing: Stack, world: World, number: int
) -> None:
    first = number * PUPILS_A_ROUND + 1
    pupils = [world.person(f"p{index}") for index in range(first, first + PUPILS_A_ROUND)]
    ready = [(pupil, *signed_in(pupil)) for pupil in pupils]
    refused = world.control.list_refusals()
    moment = random.Random(number).randint(1, PUPILS_A_ROUND - 4)

    answered: dict[str, CompleteBindingResponse | BindingError] = {}
    with ThreadPoolExecutor(4) as threads:
        calls = {threads.submit(outcome, lambda who=who: who[0].complete(who[1], who[2])): who[0].id for who in ready}
        for count, call in enumerate(as_completed(calls), 1):
            answered[calls[call]] = call.result()
            if count == moment:
                crashing.kill_server()
    kept = {key: answer for key, answer in answered.items() if isinstance(answer, CompleteBindingResponse)}
    assert len(kept) >= moment
    lost = [answer for answer in answered.values() if isinstance(answer, BindingError)]
    assert all(isinstance(answer, errors.ServiceUnavailable) for answer in lost)
    start_again(crashing)

    for pupil, attempt, redirect in ready:
        if pupil.id in kept:
            assert bound_once(pupil, kept[pupil.id].binding.name)
            assert pupil.client.get_binding(name=kept[pupil.id].binding.name) == kept[pupil.id].binding
        done = finished(pupil, attempt, redirect)
        assert bound_once(pupil, done.binding.name)
        assert done.attempt.name == attempt.name
        assert tab(pupil) == [(CLASS_5A, "PUPILS")]
    assert world.control.list_refusals() == refused

    # One chat for all of them, with each of those who are bound now once.
    chats = {chat.name for pupil in pupils for chat in pupil.chats()}
    assert len(chats) == 1
    ivan = world.person("ivan")
    listed = ivan.client.list_bindings(
        parent="organisations/shkola-5", state=Binding.STATE_ACTIVE, page_size=500
    ).bindings
    bound = sorted(binding.account for binding in listed if binding.account.endswith("-pupil"))
    in_5a = [account for account in bound if account != "accounts/boris-pupil"]
    assert members(ivan, chats.pop()) == in_5a


def test_stopped_in_good_order_it_keeps_everything_too(crashing: Stack, world: World) -> None:
    zhanna = world.person("zhanna")
    binding = zhanna.bind("STAFF").binding
    crashing.stop_server()
    start_again(crashing)
    assert zhanna.client.get_binding(name=binding.name) == binding
    assert tab(zhanna, "STAFF") == [(CLASS_5A, "PARENTS"), (CLASS_5A, "PUPILS")]
    zhanna.unbind("STAFF")
