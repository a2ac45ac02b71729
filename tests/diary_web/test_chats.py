"""The tab «Чаты»."""

from __future__ import annotations

import pytest
from sferum.binding.v1 import error_reason_pb2, resources_pb2

from .conftest import Stand


async def test_chats_it_lists_all_of_them_with_members_by_name(stand: Stand) -> None:
    stand.service.bind()
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent/chats")
    assert page.marks["chat"] == ["c1", "c2"]
    assert page.text.count("Воронов Глеб Андреевич") == 2


async def test_chats_without_a_binding_it_leads_to_the_profile(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent/chats?via=anya-pupil")
    assert "unbind" not in page.forms
    assert 'class="button" href="/accounts/vera-parent?via=anya-pupil"' in page.html


@pytest.mark.rules("S16", "S18")
async def test_wrong_profile_it_shows_the_problem_and_what_to_do(stand: Stand) -> None:
    stand.service.bind()
    stand.service.diagnosis.diagnosis = resources_pb2.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT
    stand.service.diagnosis.problem = 3
    stand.service.diagnosis.message = "У родителя отображаются чаты обучающегося."
    unbind = resources_pb2.Remedy(action=resources_pb2.REMEDY_ACTION_UNBIND_HERE, description="Отмените привязку.")
    stand.service.diagnosis.remedies.append(unbind)
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent/chats")
    assert page.mark("diagnosis") == "PUPIL_PROFILE_IN_PARENT_ACCOUNT"
    assert page.mark("remedy") == "UNBIND_HERE"
    assert "У родителя отображаются чаты обучающегося." in page.text
    assert "Отменить привязку профиля" in page.text


@pytest.mark.rules("S14")
async def test_unbind_on_the_chats_tab_it_names_its_entry_point_and_the_chats_are_gone(stand: Stand) -> None:
    stand.service.bind()
    await stand.sign_in()
    await stand.browser.open("/accounts/vera-parent/chats")
    page = await stand.browser.submit("unbind")
    [request] = stand.service.called("Unbind")
    assert request.entry_point == resources_pb2.ENTRY_POINT_CHATS_TAB
    assert page.path == "/accounts/vera-parent/chats"
    assert "chat" not in page.marks


async def test_last_refusal_it_is_told(stand: Stand) -> None:
    stand.service.diagnosis.last_refusal = error_reason_pb2.ERROR_REASON_VK_PROFILE_ALREADY_BOUND
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent/chats")
    assert page.mark("last-refusal") == "VK_PROFILE_ALREADY_BOUND"
    assert "НЕ удалось авторизоваться" in page.text
