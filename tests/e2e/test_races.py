"""Calls that meet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from binding_client import errors
from binding_client.testing import World
from sferum.binding.v1.binding_service_pb2 import CompleteBindingResponse, UnbindResponse
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt

from .acting import Passing, active, at_once, check_refusal, forgo, history, nothing_claimed, signed_in, tab
from .conftest import NewWorld
from .documents import CLASS_5A, CLASS_9B, SECOND_LOGIN, Document, with_policy, with_second_vk_login

ROUNDS = 20
PARENTS_CHATS = [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]


@pytest.mark.scenario("R01")
@pytest.mark.rules("I1", "I10")
@pytest.mark.parametrize("number", range(ROUNDS))
def test_two_people_race_for_one_profile_it_is_bound_once_and_the_other_gets_d14(
    new_world: NewWorld, document: Document, number: int
) -> None:
    lenient = new_world(with_policy(document, "LENIENT"))
    people = [lenient.person("anya"), lenient.person("vera")]
    profile = lenient.person("vera").facts.vk_login
    ready = [(person, *signed_in(person, vk=profile)) for person in people]

    done = at_once([lambda who=who: who[0].complete(who[1], who[2]) for who in ready])

    won = [person for person, answer in zip(people, done, strict=True) if not isinstance(answer, Exception)]
    lost = [person for person in people if person not in won]
    assert len(won) == len(lost) == 1
    check_refusal(next(answer for answer in done if isinstance(answer, Exception)), errors.VkProfileAlreadyBound, "D14")
    assert [binding.vk_user_id for binding in active(won[0])] == ["700300103"]
    assert nothing_claimed(lost[0])
    forgo(lenient, people)


@pytest.mark.scenario("R02")
@pytest.mark.rules("I6")
@pytest.mark.parametrize("request_id", ["", "callback"])
def test_callback_submitted_twice_at_once_it_is_one_exchange_and_the_same_answer(world: World, request_id: str) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    # The exchange takes its time, so that the second call finds the first one at it.
    exchanges = Passing(world, latency=timedelta(milliseconds=250))
    refusals = world.control.list_refusals()

    first, second = at_once([lambda: vera.complete(attempt, redirect, request_id=request_id)] * 2)

    assert isinstance(first, CompleteBindingResponse), first
    assert isinstance(second, CompleteBindingResponse), second
    assert first.binding == second.binding
    assert first.decision == second.decision
    assert first.attempt.state == second.attempt.state == BindingAttempt.STATE_COMPLETED
    assert exchanges.count == 1
    assert world.control.list_refusals() == refusals
    assert len(history(vera)) == 1
    # And once more, long after.
    later = vera.complete(attempt, redirect, request_id=request_id)
    assert later.binding == first.binding
    assert exchanges.count == 1


@pytest.mark.scenario("R02")
def test_callback_that_is_refused_submitted_twice_at_once_it_is_the_same_refusal(world: World) -> None:
    anya = world.person("anya")
    attempt, redirect = signed_in(anya, vk=world.person("vera").facts.vk_login)
    exchanges = Passing(world, latency=timedelta(milliseconds=250))
    first, second = at_once([lambda: anya.complete(attempt, redirect)] * 2)
    check_refusal(first, errors.VkProfileNotOwned, "D15")
    check_refusal(second, errors.VkProfileNotOwned, "D15")
    assert exchanges.count == 1


@pytest.mark.scenario("R03")
@pytest.mark.rules("I2", "I4")
def test_unbind_races_a_bind_of_the_pair_it_is_some_serial_order(world: World) -> None:
    vera = world.person("vera")
    for _ in range(10):
        before = vera.bind().binding
        attempt, redirect = signed_in(vera)
        vera.complete(attempt, redirect, preview=True)

        bound, ended = at_once([lambda attempt=attempt: vera.complete(attempt), vera.unbind])

        assert isinstance(bound, CompleteBindingResponse), bound
        assert isinstance(ended, UnbindResponse), ended
        now = active(vera)
        if bound.binding.name == before.name:
            # The bind came first and found the pair bound; the unbind ended that.
            assert bound.already_bound
            assert now == []
        elif ended.binding.name == before.name:
            assert [binding.name for binding in now] == [bound.binding.name]
        else:
            # Not even this: the unbind named the account and ended what the bind had just made.
            assert ended.binding.name == bound.binding.name
            assert now == []
        assert tab(vera) == (PARENTS_CHATS if now else [])
        vera.unbind()


@pytest.mark.scenario("R04")
@pytest.mark.rules("I2")
@pytest.mark.parametrize("number", range(5))
def test_two_tabs_with_two_profiles_it_is_one_binding_and_the_other_gets_d8(
    new_world: NewWorld, document: Document, number: int
) -> None:
    vera = new_world(with_second_vk_login(document)).person("vera")
    ready = [signed_in(vera), signed_in(vera, vk=SECOND_LOGIN)]
    done = at_once([lambda tab_=tab_: vera.complete(*tab_) for tab_ in ready])
    [bound] = [answer for answer in done if isinstance(answer, CompleteBindingResponse)]
    [refused] = [answer for answer in done if isinstance(answer, Exception)]
    check_refusal(refused, errors.DiaryAccountAlreadyBound, "D8")
    assert bound.binding.state == Binding.STATE_ACTIVE
    assert [binding.name for binding in history(vera)] == [bound.binding.name]
    assert tab(vera) == PARENTS_CHATS


@pytest.mark.rules("I6")
def test_unbind_pressed_twice_at_once_it_ends_once(world: World) -> None:
    vera = world.person("vera")
    binding = vera.bind().binding
    done = at_once([lambda: vera.client.unbind(name=binding.name)] * 2)
    assert all(isinstance(answer, UnbindResponse) for answer in done)
    assert sorted(answer.already_unbound for answer in done if isinstance(answer, UnbindResponse)) == [False, True]
    assert vera.chats() == []
