"""The three steps of the instruction: sign in, open the profile through a child, bind; and undo."""

from __future__ import annotations

import grpc
import pytest
from sferum.binding.v1 import resources_pb2

from .conftest import Stand, query_of
from .fake_service import Refusal


@pytest.mark.rules("A2", "S5")
async def test_click_on_a_childs_name_it_opens_the_parents_own_profile(stand: Stand) -> None:
    page = await stand.sign_in()
    assert page.marks["child"] == ["anya-pupil", "boris-pupil"]
    assert 'href="/accounts/vera-parent?via=anya-pupil"' in page.html
    page = await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    assert "Воронова Вера Павловна" in page.text
    assert "Воронова Анна Глебовна" in page.text
    assert "Привязать учебный профиль Сферума" in page.text


@pytest.mark.rules("S6", "S7")
async def test_bind_it_starts_an_attempt_and_leads_to_vk_id(stand: Stand) -> None:
    await stand.sign_in()
    await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    away = await stand.browser.submit("bind", contact="8 (900) 000-01-03")
    assert away.location.startswith("https://vk.example/authorize?")
    [request] = stand.service.called("StartBinding")
    assert request.account == "accounts/vera-parent"
    assert request.contact == "8 (900) 000-01-03"
    assert request.via_pupil == "accounts/anya-pupil"
    assert request.redirect_uri == "http://127.0.0.1:8100/vk/callback"


async def test_bind_twice_with_one_form_it_is_one_request(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent")
    for contact in ("+79000000103", "+79000000103", "vera@example.org"):
        await stand.browser.post("/accounts/vera-parent/bind", {**page.forms["bind"].fields, "contact": contact})
    first, second, corrected = stand.service.called("StartBinding")
    assert first.request_id == second.request_id
    assert corrected.request_id != first.request_id


@pytest.mark.parametrize("reason", ["CONTACT_INVALID", "CONTACT_NOT_OWNED"])
async def test_bind_with_a_contact_that_is_refused_it_says_so_beside_the_field(stand: Stand, reason: str) -> None:
    await stand.sign_in()
    remedies = (("USE_OWN_CONTACT", "Укажите свой номер."),)
    refusal = Refusal(grpc.StatusCode.FAILED_PRECONDITION, reason, remedies=remedies, metadata={"decision": "K7-42"})
    stand.service.refuse("StartBinding", refusal)
    await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    page = await stand.browser.submit("bind", contact='"><b>x')
    assert page.mark("reason") == reason
    assert page.mark("remedy") == "USE_OWN_CONTACT"
    assert "K7-42" in page.text
    assert page.forms["bind"].fields["contact"] == '"><b>x'
    assert page.forms["bind"].fields["via"] == "anya-pupil"
    assert "<b>" not in page.html


async def test_return_from_vk_id_it_shows_what_would_be_bound(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.to_vk_and_back()
    assert page.path == "/attempts/a1/confirm"
    for shown in ("+7 *** *** ** 03", "Вера Воронова", "5А · Родители", "родитель"):
        assert shown in page.text
    [request] = stand.service.called("CompleteBinding")
    assert request.preview
    assert request.result.code == "vk2.a.canary-code"
    assert request.result.device_id == "canary-device"
    assert request.result.state == "vk-state-1"


async def test_reload_of_the_confirmation_it_does_not_send_the_code_again(stand: Stand) -> None:
    await stand.sign_in()
    await stand.to_vk_and_back()
    page = await stand.browser.open("/attempts/a1/confirm")
    assert "preview" in page.marks
    assert len(stand.service.called("CompleteBinding")) == 1


async def test_preview_with_a_diagnosis_it_warns(stand: Stand) -> None:
    stand.service.preview_diagnosis = resources_pb2.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT
    await stand.sign_in()
    page = await stand.to_vk_and_back()
    assert page.mark("diagnosis") == "PUPIL_PROFILE_IN_PARENT_ACCOUNT"


@pytest.mark.rules("S11")
async def test_confirm_it_binds_and_shows_the_chats(stand: Stand) -> None:
    await stand.sign_in()
    await stand.to_vk_and_back()
    page = await stand.browser.submit("confirm")
    assert page.path == "/accounts/vera-parent/bound"
    assert page.mark("notice") == "success"
    assert page.marks["chat"] == ["c1", "c2"]
    claim = stand.service.called("CompleteBinding")[-1]
    assert claim.name == "attempts/a1"
    assert not claim.preview
    assert not claim.HasField("result")


async def test_confirm_twice_it_is_one_request_and_one_answer(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.to_vk_and_back()
    fields = page.forms["confirm"].fields
    pages = [await stand.browser.post("/attempts/a1/confirm", fields) for _ in range(2)]
    assert {page.path for page in pages} == {"/accounts/vera-parent/bound"}
    _, first, second = stand.service.called("CompleteBinding")
    assert first == second


async def test_cancel_on_the_confirmation_it_binds_nothing(stand: Stand) -> None:
    await stand.sign_in()
    await stand.to_vk_and_back()
    page = await stand.browser.submit("cancel")
    assert page.path == "/accounts/vera-parent"
    assert stand.service.called("CancelAttempt")[0].name == "attempts/a1"
    assert stand.service.binding is None


async def test_return_from_vk_id_with_an_unknown_state_it_is_refused(stand: Stand) -> None:
    await stand.sign_in()
    await stand.to_vk_and_back()
    page = await stand.back_from_vk("another-state")
    assert (page.status, page.mark("error")) == (400, "VK_STATE")


async def test_return_from_vk_id_in_another_browser_it_is_refused(stand: Stand) -> None:
    await stand.sign_in()
    await stand.browser.open("/accounts/vera-parent")
    away = await stand.browser.submit("bind", contact="+79000000103")
    other = stand.another_browser()
    await stand.sign_in(browser=other)
    page = await other.open(f"/vk/callback?code=c&device_id=d&state={query_of(away.location)['state']}")
    assert page.mark("error") == "VK_STATE"


@pytest.mark.rules("S12", "S24")
async def test_profile_of_a_bound_account_it_shows_the_own_vk_number_and_the_button(stand: Stand) -> None:
    stand.service.bind()
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent")
    assert "700300103" in page.text
    assert "Отменить привязку Сферума" in page.text
    assert "bind" not in page.forms


@pytest.mark.rules("S12")
async def test_unbind_on_the_profile_page_it_names_its_entry_point(stand: Stand) -> None:
    stand.service.bind()
    await stand.sign_in()
    await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    page = await stand.browser.submit("unbind")
    [request] = stand.service.called("Unbind")
    assert request.name == "bindings/b1"
    assert request.etag == "e1"
    assert request.entry_point == resources_pb2.ENTRY_POINT_PROFILE_PAGE
    assert page.path == "/accounts/vera-parent"
    assert page.mark("notice") == "success"
    assert "bind" in page.forms


async def test_profile_of_a_child_it_can_only_be_read(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.open("/accounts/anya-pupil")
    assert page.status == 200
    assert "bind" not in page.forms
    assert 'href="/accounts/vera-parent?via=anya-pupil"' in page.html
