"""VK ID and ESIA that refuse, fail, contradict themselves or are slow."""

from __future__ import annotations

import pytest
from binding_client import errors
from binding_client.testing import Actor, World
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt

from .acting import active, nothing_claimed, refusal, signed_in

EXCHANGE = "/oauth2/auth"


def ended_as_failed(actor: Actor, attempt: BindingAttempt) -> bool:
    """Tells whether the attempt is FAILED: nothing can go on from it."""
    with refusal(errors.AttemptNotPending) as refused:
        actor.complete(attempt)
    return refused.value.metadata["state"] == "FAILED"


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


@pytest.mark.scenario("X02")
def test_state_of_another_persons_attempt_it_is_d21(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    attempt, redirect = signed_in(vera)
    of_gleb, _ = signed_in(gleb)
    with refusal(errors.VkAuthFailed, "D21"):
        gleb.complete(of_gleb, redirect)
    assert nothing_claimed(gleb)
    assert vera.complete(attempt, redirect).binding.state == Binding.STATE_ACTIVE


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
