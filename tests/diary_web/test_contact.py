"""The page that leads through a one-time code."""

from __future__ import annotations

import grpc
import pytest

from .conftest import Stand
from .fake_service import Refusal

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
NOT_VERIFIED = Refusal(PRECONDITION, "CONTACT_NOT_VERIFIED", remedies=(("VERIFY_CONTACT", ""),))
PHONE = "+79000000177"


@pytest.fixture
async def asked(stand: Stand) -> Stand:
    """Vera has pressed the button with a contact that is not confirmed."""
    await stand.sign_in()
    stand.service.refuse("StartBinding", NOT_VERIFIED)
    await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    await stand.browser.submit("bind", contact=PHONE)
    return stand


@pytest.mark.rules("D4")
async def test_contact_that_is_not_confirmed_it_sends_a_code_asks_for_it_and_goes_on_to_vk_id(asked: Stand) -> None:
    page = asked.browser.page
    assert page is not None
    assert page.status == 200
    assert "+7 *** *** ** 77" in page.text
    assert page.unlabelled == []
    assert [request.contact for request in asked.service.called("SendContactCode")] == [PHONE]
    away = await asked.browser.submit("confirm-contact", code="042137")
    [confirmed] = asked.service.called("ConfirmContact")
    assert (confirmed.contact, confirmed.code) == (PHONE, "042137")
    assert away.location.startswith("https://vk.example/authorize")
    refused, repeated = asked.service.called("StartBinding")
    assert (repeated.contact, repeated.via_pupil) == (PHONE, "accounts/anya-pupil")
    # The refusal is kept under the first name.
    assert repeated.request_id != refused.request_id


async def test_code_that_is_wrong_it_is_asked_for_again_with_the_tries_that_are_left(asked: Stand) -> None:
    wrong = Refusal(PRECONDITION, "CONTACT_CODE_INVALID", metadata={"cause": "WRONG", "tries_left": "4"})
    asked.service.refuse("ConfirmContact", wrong)
    page = await asked.browser.submit("confirm-contact", code="111111")
    assert (page.status, page.mark("reason")) == (409, "CONTACT_CODE_INVALID")
    assert "4" in page.text
    assert "111111" not in page.html
    away = await asked.browser.submit("confirm-contact", code="042137")
    assert away.location.startswith("https://vk.example/authorize")


async def test_another_code_too_soon_it_says_so_and_takes_the_first_one(asked: Stand) -> None:
    limited = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED", metadata={"limit": "CONTACT_CODE_RESEND"})
    asked.service.refuse("SendContactCode", limited)
    page = await asked.browser.submit("resend")
    assert (page.status, page.mark("reason")) == (429, "RATE_LIMITED")
    away = await asked.browser.submit("confirm-contact", code="042137")
    assert away.location.startswith("https://vk.example/authorize")


async def test_another_code_it_is_sent_to_the_same_contact(asked: Stand) -> None:
    page = await asked.browser.submit("resend")
    assert page.status == 200
    assert [request.contact for request in asked.service.called("SendContactCode")] == [PHONE, PHONE]


@pytest.mark.parametrize("method", ["SendContactCode", "ConfirmContact"])
async def test_contact_of_somebody_else_it_asks_for_another_one(stand: Stand, method: str) -> None:
    await stand.sign_in()
    stand.service.refuse(method, Refusal(PRECONDITION, "CONTACT_NOT_OWNED", remedies=(("USE_OWN_CONTACT", ""),)))
    await stand.browser.open("/accounts/vera-parent/contact")
    page = await stand.browser.submit("send-code", contact='"><b>x')
    if method == "ConfirmContact":
        page = await stand.browser.submit("confirm-contact", code="042137")
    assert (page.status, page.mark("reason")) == (409, "CONTACT_NOT_OWNED")
    assert page.forms["send-code"].fields["contact"] == '"><b>x'
    assert "<b>" not in page.html


async def test_gateway_that_is_down_it_says_so(asked: Stand) -> None:
    down = Refusal(grpc.StatusCode.UNAVAILABLE, "PROVIDER_UNAVAILABLE", metadata={"provider": "NOTIFIER"})
    asked.service.refuse("SendContactCode", down)
    page = await asked.browser.submit("resend")
    assert (page.status, page.mark("reason")) == (503, "PROVIDER_UNAVAILABLE")
    assert "confirm-contact" in page.forms


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_contact_for_its_own_sake_it_is_confirmed_and_back_on_the_profile(stand: Stand, language: str) -> None:
    await stand.sign_in()
    page = await stand.browser.open(f"/accounts/vera-parent/contact?lang={language}")
    assert page.unlabelled == []
    await stand.browser.submit("send-code", contact=PHONE)
    page = await stand.browser.submit("confirm-contact", code="042137")
    assert page.path == "/accounts/vera-parent"
    assert stand.service.called("StartBinding") == []


async def test_diagnosis_that_the_contact_is_gone_it_leads_to_the_page(stand: Stand) -> None:
    await stand.sign_in()
    remedies = (("VERIFY_CONTACT", ""),)
    stand.service.refuse("CompleteBinding", Refusal(PRECONDITION, "OWNERSHIP_UNVERIFIED", remedies=remedies))
    page = await stand.to_vk_and_back()
    assert 'href="/accounts/vera-parent/contact?via=anya-pupil"' in page.html


async def test_page_of_a_visitor_it_asks_to_sign_in_first(stand: Stand) -> None:
    page = await stand.browser.open("/accounts/vera-parent/contact")
    assert page.path == "/"
