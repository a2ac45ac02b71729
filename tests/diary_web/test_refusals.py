"""Refusals of the service: the known problem 1, providers that are down, and everything else."""

from __future__ import annotations

import grpc
import pytest
from sferum.binding.v1 import error_reason_pb2

from .conftest import Stand
from .fake_service import VK_AUTHORIZE, Refusal

ALREADY_BOUND = Refusal(
    grpc.StatusCode.ALREADY_EXISTS,
    "VK_PROFILE_ALREADY_BOUND",
    "НЕ удалось авторизоваться. Профиль VK ID уже привязан к другой учетной записи.",
    (
        ("UNBIND_IN_OTHER_ACCOUNT", "Отмените привязку там."),
        ("VISIT_SCHOOL", "Придите в школу."),
        ("SUPPORT_TICKET", "Напишите в поддержку."),
    ),
    {"row": "D14", "same_person": "false", "decision": "K7-42"},
)


@pytest.mark.rules("S13", "S14", "D14")
async def test_problem_1_it_shows_the_title_the_ways_out_and_the_number(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("CompleteBinding", ALREADY_BOUND)
    page = await stand.to_vk_and_back()
    assert page.status == 409
    assert page.mark("reason") == "VK_PROFILE_ALREADY_BOUND"
    assert '<h1 id="title">НЕ удалось авторизоваться</h1>' in page.html
    assert page.text.count("Профиль VK ID уже привязан к другой учетной записи.") == 1
    assert page.marks["remedy"] == ["UNBIND_IN_OTHER_ACCOUNT", "VISIT_SCHOOL", "SUPPORT_TICKET"]
    assert "Отмените привязку там." in page.text
    assert "mailto:is-ecp@uprinf.ru" in page.html
    assert "K7-42" in page.text


@pytest.mark.rules("D13")
async def test_problem_1_of_the_same_person_it_links_to_the_own_diaries(stand: Stand) -> None:
    await stand.sign_in()
    metadata = {**ALREADY_BOUND.metadata, "same_person": "true"}
    refusal = Refusal(ALREADY_BOUND.code, ALREADY_BOUND.reason, "Уже привязан.", ALREADY_BOUND.remedies[:1], metadata)
    stand.service.refuse("CompleteBinding", refusal)
    page = await stand.to_vk_and_back()
    assert 'class="button secondary" href="/home"' in page.html


async def test_refusal_it_has_the_services_message_as_its_heading(stand: Stand) -> None:
    await stand.sign_in()
    remedies = (("CREATE_LEARNING_PROFILE", ""),)
    code = grpc.StatusCode.FAILED_PRECONDITION
    stand.service.refuse("CompleteBinding", Refusal(code, "LEARNING_PROFILE_REQUIRED", "Создайте профиль.", remedies))
    page = await stand.to_vk_and_back()
    assert '<h1 id="title">Создайте профиль.</h1>' in page.html
    assert 'href="/accounts/vera-parent?via=anya-pupil"' in page.html


@pytest.mark.rules("D22")
async def test_provider_down_after_the_code_was_sent_it_goes_on_at_vk_id_with_the_same_attempt(stand: Stand) -> None:
    await stand.sign_in()
    fresh = f"{VK_AUTHORIZE}?client_id=51000066&state=fresh-state"
    metadata = {"provider": "VK_ID", "authorization_uri": fresh}
    refusal = Refusal(grpc.StatusCode.UNAVAILABLE, "PROVIDER_UNAVAILABLE", remedies=(("RETRY", ""),), metadata=metadata)
    stand.service.refuse("CompleteBinding", refusal)
    page = await stand.to_vk_and_back()
    assert (page.status, page.mark("link")) == (503, "continue")
    assert "Продолжить во VK ID" in page.text
    page = await stand.back_from_vk("fresh-state", code="second", device_id="d")
    assert "preview" in page.marks
    request = stand.service.called("CompleteBinding")[-1]
    assert (request.name, request.result.code) == ("attempts/a1", "second")


@pytest.mark.rules("D22")
async def test_provider_down_before_the_code_was_sent_it_repeats_the_same_call(stand: Stand) -> None:
    await stand.sign_in()
    refusal = Refusal(grpc.StatusCode.UNAVAILABLE, "PROVIDER_UNAVAILABLE", remedies=(("RETRY", ""),))
    stand.service.refuse("CompleteBinding", refusal)
    page = await stand.to_vk_and_back()
    assert 'href="/attempts/a1/confirm"' in page.html
    page = await stand.browser.open("/attempts/a1/confirm")
    assert "preview" in page.marks
    first, second = stand.service.called("CompleteBinding")
    assert first == second


@pytest.mark.rules("D9")
async def test_refusal_at_vk_id_it_is_passed_on_to_the_service(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("CompleteBinding", Refusal(grpc.StatusCode.ABORTED, "USER_CANCELLED", "Вход отменен."))
    page = await stand.to_vk_and_back(error="access_denied")
    assert page.mark("reason") == "USER_CANCELLED"
    [request] = stand.service.called("CompleteBinding")
    assert (request.result.error, request.result.code) == ("access_denied", "")


async def test_account_of_somebody_else_it_shows_the_services_refusal(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.open("/accounts/gleb-parent")
    assert (page.status, page.mark("reason")) == (403, "ACCOUNT_NOT_ACCESSIBLE")


async def test_service_that_is_down_it_says_so(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("Unbind", Refusal(grpc.StatusCode.DEADLINE_EXCEEDED, ""))
    stand.service.bind()
    await stand.browser.open("/accounts/vera-parent")
    page = await stand.browser.submit("unbind")
    assert (page.status, page.mark("error")) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_any_reason_it_shows_a_page_in_both_languages(stand: Stand, language: str) -> None:
    await stand.sign_in()
    await stand.browser.open(f"/home?lang={language}")
    code, remedies = grpc.StatusCode.FAILED_PRECONDITION, (("RETRY", ""), ("SOMETHING_NEW", ""))
    for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values[1:]:
        reason = value.name.removeprefix("ERROR_REASON_")
        if reason == "ESIA_SESSION_REQUIRED":
            continue
        stand.service.refuse("ListMyAccounts", Refusal(code, reason, "x", remedies))
        page = await stand.browser.open("/home")
        assert (page.status, page.mark("reason")) == (409, reason)
        assert f'<html lang="{language}">' in page.html
