"""The life of an attempt beside the straight way, and binding in one call."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from binding_client import errors
from binding_client.headless import Redirect
from binding_client.testing import Actor, World
from sferum.binding.v1.binding_service_pb2 import CompleteBindingResponse
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt

from .acting import Passing, active, at_once, history, nothing_claimed, refusal, signed_in, tab
from .documents import CLASS_5A, CLASS_9B

REDIRECT = "http://127.0.0.1:8100/"
PENDING_AT_MOST = 5


@dataclass(frozen=True)
class OwnSignIn:
    """A VK ID sign-in that a back end led itself: what it keeps, and what came back."""

    verifier: str
    redirect: Redirect

    def create(self, actor: Actor, request_id: str = "") -> CompleteBindingResponse:
        """Binds with it in one call."""
        return actor.client.create_binding(
            account=actor.account(),
            contact=actor.facts.contact,
            code=self.redirect.code,
            code_verifier=self.verifier,
            redirect_uri=REDIRECT,
            device_id=self.redirect.device_id,
            request_id=request_id,
        )


def own_sign_in(actor: Actor) -> OwnSignIn:
    """Leads a sign-in with the service's VK application."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "51000066",
        "redirect_uri": REDIRECT,
        "state": secrets.token_urlsafe(32),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "scope": "vkid.personal_info phone email",
    }
    return OwnSignIn(verifier, actor.vk_sign_in(f"{actor.world.vk_id_url}/authorize?{urlencode(query)}"))


def test_left_alone_for_half_an_hour_it_is_expired(world: World) -> None:
    vera = world.person("vera")
    attempt = vera.start_binding()
    world.advance(timedelta(minutes=29))
    redirect = vera.vk_sign_in(attempt)
    world.advance(timedelta(minutes=1, seconds=1))
    with refusal(errors.AttemptNotPending) as refused:
        vera.complete(attempt, redirect)
    assert refused.value.metadata["state"] == "EXPIRED"
    assert nothing_claimed(vera)


def test_authorized_and_left_alone_for_half_an_hour_it_is_expired(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    vera.complete(attempt, redirect, preview=True)
    world.advance(timedelta(minutes=31))
    with refusal(errors.AttemptNotPending) as refused:
        vera.complete(attempt)
    assert refused.value.metadata["state"] == "EXPIRED"
    assert nothing_claimed(vera)


def test_one_start_too_many_it_ends_the_oldest_attempt_only(world: World) -> None:
    vera = world.person("vera")
    attempts = [vera.start_binding() for _ in range(PENDING_AT_MOST + 1)]
    assert len({attempt.name for attempt in attempts}) == PENDING_AT_MOST + 1
    with refusal(errors.AttemptNotPending) as refused:
        vera.complete(attempts[0], vera.vk_sign_in(attempts[0]))
    assert refused.value.metadata["state"] == "EXPIRED"
    assert vera.complete(attempts[1], vera.vk_sign_in(attempts[1])).binding.state == Binding.STATE_ACTIVE


def test_cancelled_it_stays_cancelled_and_can_be_cancelled_again(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    cancelled = vera.client.cancel_attempt(name=attempt.name)
    assert cancelled.state == BindingAttempt.STATE_CANCELLED
    assert cancelled.authorization_uri == ""
    assert vera.client.cancel_attempt(name=attempt.name) == cancelled
    with refusal(errors.AttemptNotPending) as refused:
        vera.complete(attempt, redirect)
    assert refused.value.metadata["state"] == "CANCELLED"


def test_cancelled_after_it_is_completed_it_changes_nothing(world: World) -> None:
    vera = world.person("vera")
    done = vera.bind()
    assert vera.client.cancel_attempt(name=done.attempt.name).state == BindingAttempt.STATE_COMPLETED
    assert [binding.name for binding in active(vera)] == [done.binding.name]


@pytest.mark.rules("A1", "S12")
def test_preview_it_shows_what_would_be_bound_and_claims_on_the_next_call(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    shown = vera.complete(attempt, redirect, preview=True)
    assert shown.attempt.state == BindingAttempt.STATE_AUTHORIZED
    assert shown.preview.vk_user_id == "700300103"
    assert len(shown.preview.chat_titles) == 2
    assert "0000103" not in shown.preview.phone_masked
    assert not shown.HasField("binding")
    assert history(vera) == []
    done = vera.complete(attempt)
    assert done.binding.state == Binding.STATE_ACTIVE
    assert done.attempt.name == attempt.name


def test_explain_an_authorized_attempt_it_decides_every_row_and_changes_nothing(world: World) -> None:
    anya = world.person("anya")
    open_yet = anya.explain(contact="anya@example.org")
    assert open_yet.deciding_row == ""
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    vera.complete(attempt, redirect, preview=True)
    explained = vera.explain(attempt=attempt.name)
    assert explained.deciding_row == "D19"
    assert [row.row for row in explained.rows][-1] == "D19"
    assert nothing_claimed(vera)
    assert vera.complete(attempt).binding.state == Binding.STATE_ACTIVE


def test_create_in_one_call_it_is_bound(world: World) -> None:
    vera = world.person("vera")
    done = own_sign_in(vera).create(vera)
    assert done.binding.state == Binding.STATE_ACTIVE
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]


@pytest.mark.rules("I6")
@pytest.mark.parametrize("request_id", ["", "one"])
def test_create_repeated_and_at_once_it_is_one_exchange_and_one_binding(world: World, request_id: str) -> None:
    vera = world.person("vera")
    came = own_sign_in(vera)
    exchanges = Passing(world, latency=timedelta(milliseconds=200))
    answers = [*at_once([lambda: came.create(vera, request_id)] * 2), came.create(vera, request_id)]
    names = {answer.binding.name for answer in answers if isinstance(answer, CompleteBindingResponse)}
    assert len(names) == 1
    assert [type(answer) for answer in answers] == [CompleteBindingResponse] * 3
    assert exchanges.count == 1
    assert len(history(vera)) == 1


@pytest.mark.rules("D21")
def test_create_with_a_verifier_that_does_not_fit_it_is_d21(world: World) -> None:
    vera = world.person("vera")
    came = OwnSignIn("v" * 43, own_sign_in(vera).redirect)
    with refusal(errors.VkAuthFailed, "D21"):
        came.create(vera)
    assert nothing_claimed(vera)


@pytest.mark.rules("D21", "D22")
def test_create_while_vk_id_is_down_it_never_sends_the_code_again_and_a_new_sign_in_binds(world: World) -> None:
    vera = world.person("vera")
    came = own_sign_in(vera)
    world.control.create_fault(provider="VK_ID", endpoint="/oauth2/user_info", kind="DROP")
    exchanges = Passing(world)
    with refusal(errors.ProviderUnavailable, "D22"):
        came.create(vera)
    # The sign-in was the caller's own, so there is no address to send anybody to: a new one is up to the caller.
    with refusal(errors.VkAuthFailed, "D21"):
        came.create(vera)
    assert exchanges.count == 1
    assert nothing_claimed(vera)
    assert own_sign_in(vera).create(vera).binding.state == Binding.STATE_ACTIVE
