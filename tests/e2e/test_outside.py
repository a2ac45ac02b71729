"""What happens outside while a binding stands, or before it: clocks that disagree, a consent that is withdrawn."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from binding_client import errors
from binding_client.esia import EsiaError
from binding_client.testing import Actor, World
from sferum.binding.v1.resources_pb2 import Binding, Diagnosis

from .acting import refusal, tab
from .documents import CLASS_5A, CLASS_9B

APP = 51000066
CALLBACK = "http://127.0.0.1:8100/vk/callback"
TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.scenario("X05")
@pytest.mark.parametrize("ahead", ["ESIA", "the system"])
def test_clocks_ten_minutes_apart_it_is_refused_by_esias_own_code_and_bound_once_they_agree(
    world: World, ahead: str
) -> None:
    vera = world.person("vera")
    here = world.now()
    world.control.set_clock(here + TEN_MINUTES if ahead == "ESIA" else here - TEN_MINUTES)
    with pytest.raises(EsiaError) as refused:
        vera.sign_in()
    assert refused.value.description.startswith("ESIA-007015: ")
    assert len(refused.value.description) > len("ESIA-007015: ")
    [explained] = world.control.list_refusals()
    assert (explained["endpoint"], explained["error"]) == ("/aas/oauth2/ac", "ESIA-007015")
    assert "300" in explained["explanation"]
    world.freeze(here)
    assert vera.bind().binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("X05")
def test_service_whose_clock_is_behind_or_ahead_it_says_what_is_wrong_with_the_session(world: World) -> None:
    vera = world.person("vera")
    world.freeze(world.now())
    vera.sign_in()
    world.client().advance_clock(duration=timedelta(hours=3))
    with refusal(errors.EsiaSessionRequired, "D1") as refused:
        vera.start_binding()
    assert refused.value.metadata["cause"] == "EXPIRED"
    assert refused.value.remedies == ["SIGN_IN_ESIA"]


def withdraw_consent(actor: Actor, login: str) -> None:
    """Takes back at VK ID what the person allowed the service's application, as the person's own settings there do."""
    http, vk_id = actor.browser.http, actor.world.vk_id_url
    verifier = "v" * 50
    query = {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": CALLBACK,
        "state": "s" * 32,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
        "scope": "vkid.personal_info phone email",
    }
    redirect = actor.vk_sign_in(f"{vk_id}/authorize?{urlencode(query)}", login)
    exchange = {
        "grant_type": "authorization_code",
        "client_id": APP,
        "code": redirect.code,
        "code_verifier": verifier,
        "device_id": redirect.device_id,
        "redirect_uri": CALLBACK,
        "state": "s" * 32,
    }
    token = http.post(f"{vk_id}/oauth2/auth", data=exchange).json()["access_token"]
    answer = http.post(f"{vk_id}/oauth2/revoke", data={"client_id": APP, "access_token": token})
    assert answer.json() == {"response": 1}


@pytest.mark.scenario("X08")
def test_consent_withdrawn_after_the_bind_it_is_still_active_with_the_evidence_of_that_day(lenient: World) -> None:
    vera = lenient.person("vera")
    lenient.freeze(lenient.now())
    # A binding with something to tell: Anya's profile in Vera's account.
    bound = vera.bind(vk="anya@example.org").binding
    chats = tab(vera)
    assert chats == [(CLASS_5A, "PUPILS"), (CLASS_9B, "PUPILS")]
    lenient.advance(timedelta(days=3))
    vera.sign_in()
    withdraw_consent(vera, "anya@example.org")
    found = vera.diagnose()
    assert found.binding.state == Binding.STATE_ACTIVE
    assert found.diagnosis == Diagnosis.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT
    assert [part.observe_time for part in found.evidence] == [bound.create_time]
    assert list(found.binding.evidence) == list(bound.evidence)
    assert tab(vera) == chats
    # It is really withdrawn: the next sign-in asks again, and who says no is not bound.
    with refusal(errors.UserCancelled, "D9"):
        vera.bind(vk="anya@example.org", decision="deny")
    assert vera.diagnose().binding.name == bound.name
