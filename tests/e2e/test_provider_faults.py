"""VK ID and ESIA that refuse, fail, contradict themselves or are slow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from binding_client import errors
from binding_client.testing import Actor, World
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt

from .acting import Passing, active, history, nothing_claimed, refusal, signed_in, struck

EXCHANGE = "/oauth2/auth"
USER_INFO = "/oauth2/user_info"
USERS_GET = "/method/users.get"


def ended_as_failed(actor: Actor, attempt: BindingAttempt) -> bool:
    """Tells whether the attempt is FAILED: nothing can go on from it."""
    with refusal(errors.AttemptNotPending) as refused:
        actor.complete(attempt)
    return refused.value.metadata["state"] == "FAILED"


def expect_a_new_way_in(error: errors.ProviderUnavailable, attempt: BindingAttempt) -> str:
    """Checks D22 after the code had been sent; returns the fresh address."""
    assert error.metadata["provider"] == "VK_ID"
    assert error.retry_after_s
    fresh = error.metadata["authorization_uri"]
    assert fresh.startswith("http")
    assert fresh != attempt.authorization_uri
    return fresh


@pytest.mark.scenario("X01")
def test_code_expired_it_is_d21(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    world.advance(timedelta(minutes=11))
    with refusal(errors.VkAuthFailed, "D21"):
        vera.complete(attempt, redirect)
    assert nothing_claimed(vera)
    assert ended_as_failed(vera, attempt)
    assert vera.bind().binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("X01")
def test_code_reused_in_another_attempt_it_is_d21_and_the_binding_stays(world: World) -> None:
    vera = world.person("vera")
    first, redirect = signed_in(vera)
    done = vera.complete(first, redirect)
    second, other = signed_in(vera)
    stale = AuthorizationResult(code=redirect.code, state=other.state, device_id=redirect.device_id)
    with refusal(errors.VkAuthFailed, "D21"):
        vera.client.complete_binding(name=second.name, result=stale)
    assert [binding.name for binding in active(vera)] == [done.binding.name]
    assert ended_as_failed(vera, second)


@pytest.mark.scenario("X01")
def test_code_with_another_device_id_it_is_d21(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    attempt, redirect = signed_in(vera)
    _, elsewhere = signed_in(gleb)
    forged = AuthorizationResult(code=redirect.code, state=redirect.state, device_id=elsewhere.device_id)
    with refusal(errors.VkAuthFailed, "D21"):
        vera.client.complete_binding(name=attempt.name, result=forged)
    assert nothing_claimed(vera)
    assert ended_as_failed(vera, attempt)


@pytest.mark.scenario("X02")
@pytest.mark.parametrize("state", ["", "foreign"])
def test_state_missing_or_foreign_it_is_d21_and_the_code_is_not_sent(world: World, state: str) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    exchanges = Passing(world)
    forged = AuthorizationResult(code=redirect.code, state=state, device_id=redirect.device_id)
    with refusal(errors.VkAuthFailed, "D21"):
        vera.client.complete_binding(name=attempt.name, result=forged)
    assert exchanges.count == 0
    assert nothing_claimed(vera)
    assert ended_as_failed(vera, attempt)


@pytest.mark.scenario("X02")
def test_state_of_another_persons_attempt_it_is_d21(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    attempt, redirect = signed_in(vera)
    of_gleb, _ = signed_in(gleb)
    with refusal(errors.VkAuthFailed, "D21"):
        gleb.complete(of_gleb, redirect)
    assert nothing_claimed(gleb)
    assert vera.complete(attempt, redirect).binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("X02")
def test_pkce_does_not_fit_it_is_d21(world: World) -> None:
    vera = world.person("vera")
    _, of_first = signed_in(vera)
    second, of_second = signed_in(vera)
    # A code that was made for the first attempt's challenge, brought with the second one's state.
    mixed = AuthorizationResult(code=of_first.code, state=of_second.state, device_id=of_first.device_id)
    with refusal(errors.VkAuthFailed, "D21"):
        vera.client.complete_binding(name=second.name, result=mixed)
    assert nothing_claimed(vera)
    assert ended_as_failed(vera, second)


DOWN: list[tuple[str, dict[str, Any]]] = [
    (EXCHANGE, {"kind": "STATUS", "status": 503}),
    (EXCHANGE, {"kind": "DROP"}),
    (EXCHANGE, {"kind": "MALFORMED_JSON"}),
    (EXCHANGE, {"kind": "ERROR_WITH_200", "error": "server_error"}),
    (EXCHANGE, {"kind": "ERROR_WITH_200", "error": "temporarily_unavailable"}),
    (USER_INFO, {"kind": "STATUS", "status": 500}),
    (USER_INFO, {"kind": "DROP"}),
    (USER_INFO, {"kind": "MALFORMED_JSON"}),
    (USERS_GET, {"kind": "STATUS", "status": 502}),
    (USERS_GET, {"kind": "DROP"}),
    (USERS_GET, {"kind": "MALFORMED_JSON"}),
]


@pytest.mark.scenario("X03")
@pytest.mark.parametrize(("endpoint", "fault"), DOWN)
def test_vk_id_is_down_it_is_d22_and_a_new_sign_in_finishes_the_same_attempt(
    world: World, endpoint: str, fault: dict[str, Any]
) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    armed = world.control.create_fault(provider="VK_ID", endpoint=endpoint, **fault)
    with refusal(errors.ProviderUnavailable, "D22") as refused:
        vera.complete(attempt, redirect)
    assert struck(world.control, armed["id"]) == 1
    assert nothing_claimed(vera)

    fresh = expect_a_new_way_in(refused.value, attempt)
    done = vera.complete(attempt, vera.vk_sign_in(fresh))
    assert done.binding.state == Binding.STATE_ACTIVE
    assert done.attempt.name == attempt.name
    assert len(history(vera)) == 1


@pytest.mark.scenario("X03")
def test_vk_id_says_an_error_with_http_200_it_is_d21(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    world.control.create_fault(provider="VK_ID", endpoint=EXCHANGE, kind="ERROR_WITH_200", error="invalid_grant")
    with refusal(errors.VkAuthFailed, "D21"):
        vera.complete(attempt, redirect)
    assert nothing_claimed(vera)
    assert vera.bind().binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("X03")
@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_vk_ids_redirect_says_that_it_is_down_it_is_d22_and_the_attempt_goes_on(world: World, error: str) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    down = AuthorizationResult(error=error, state=redirect.state)
    with refusal(errors.ProviderUnavailable, "D22"):
        vera.client.complete_binding(name=attempt.name, result=down)
    assert vera.complete(attempt, redirect).binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("X03")
@pytest.mark.parametrize("kind", ["STATUS", "DROP", "MALFORMED_JSON"])
def test_esia_is_down_at_completion_it_is_d22_and_the_same_code_finishes(world: World, kind: str) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    exchanges = Passing(world)
    world.control.create_fault(
        provider="ESIA", endpoint="/ctts", kind=kind, status=503 if kind == "STATUS" else 0, times=1
    )
    with refusal(errors.ProviderUnavailable, "D22") as refused:
        vera.complete(attempt, redirect)
    assert refused.value.metadata["provider"] == "ESIA"
    assert "authorization_uri" not in refused.value.metadata
    assert exchanges.count == 0
    assert nothing_claimed(vera)
    assert vera.complete(attempt, redirect).binding.state == Binding.STATE_ACTIVE
    assert exchanges.count == 1


@pytest.mark.scenario("X04")
@pytest.mark.parametrize(("endpoint", "kind"), [(EXCHANGE, "HANG_AFTER"), (EXCHANGE, "HANG"), (USER_INFO, "HANG")])
def test_exchange_slower_than_the_deadline_it_is_d22_and_a_late_answer_changes_nothing(
    world: World, endpoint: str, kind: str
) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    world.control.create_fault(provider="VK_ID", endpoint=endpoint, kind=kind)
    impatient = vera.client.using(timeout_s=1.5)
    with refusal(errors.ProviderUnavailable, "D22") as refused:
        impatient.complete_binding(name=attempt.name, result=redirect.authorization_result())
    expect_a_new_way_in(refused.value, attempt)
    world.control.delete_faults()
    assert nothing_claimed(vera)

    exchanges = Passing(world)
    with refusal(errors.ProviderUnavailable, "D22") as again:
        vera.complete(attempt, redirect)
    assert exchanges.count == 0
    newest = expect_a_new_way_in(again.value, attempt)
    done = vera.complete(attempt, vera.vk_sign_in(newest))
    assert done.attempt.name == attempt.name
    assert exchanges.count == 1
    assert len(active(vera)) == len(history(vera)) == 1


@pytest.mark.scenario("X06")
def test_esia_session_ended_between_start_and_completion_it_is_d1_and_goes_on_after_a_sign_in(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    exchanges = Passing(world)
    before = vera.client.using(token=vera.tokens.access_token if vera.tokens else "")
    vera.sign_out()
    with refusal(errors.EsiaSessionRequired, "D1") as refused:
        before.complete_binding(name=attempt.name, result=redirect.authorization_result())
    assert refused.value.metadata["cause"] == "ENDED"
    assert exchanges.count == 0

    vera.sign_in()
    assert nothing_claimed(vera)
    done = vera.complete(attempt, redirect)
    assert done.binding.state == Binding.STATE_ACTIVE
    assert done.attempt.name == attempt.name
    assert exchanges.count == 1


@pytest.mark.scenario("X07")
@pytest.mark.parametrize("endpoint", [USER_INFO, USERS_GET])
def test_the_answer_names_another_user_than_the_token_it_is_d21(world: World, endpoint: str) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    world.control.create_fault(provider="VK_ID", endpoint=endpoint, kind="OTHER_USER")
    with refusal(errors.VkAuthFailed, "D21"):
        vera.complete(attempt, redirect)
    assert nothing_claimed(vera)
    assert ended_as_failed(vera, attempt)
