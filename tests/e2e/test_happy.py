"""Binding as it should go."""

from __future__ import annotations

import re

import pytest
from binding_client import errors
from binding_client.testing import World
from sferum.binding.v1.resources_pb2 import (
    Binding,
    BindingAttempt,
    Diagnosis,
    EntryPoint,
    Role,
)

from .acting import active, chat_names, history, members, refusal, signed_in, tab
from .conftest import NewWorld
from .documents import CLASS_5A, CLASS_9B, Document, person_in, somebody, without_guardianship


@pytest.mark.scenario("H01")
def test_pupil_binds_with_own_phone_it_is_active_in_the_pupils_chat_only(world: World) -> None:
    boris = world.person("boris")
    done = boris.bind()
    assert done.binding.state == Binding.STATE_ACTIVE
    assert done.binding.account == "accounts/boris-pupil"
    assert done.binding.chats == Binding.CHATS_STATE_READY
    assert done.binding.diagnosis == Diagnosis.DIAGNOSIS_OK
    assert done.attempt.state == BindingAttempt.STATE_COMPLETED
    assert not done.already_bound
    assert done.decision
    assert tab(boris) == [(CLASS_9B, "PUPILS")]


@pytest.mark.scenario("H02")
def test_pupil_without_a_phone_binds_with_her_email_it_is_active(world: World) -> None:
    anya = world.person("anya")
    done = anya.bind(contact="anya@example.org", vk="anya@example.org")
    assert done.binding.state == Binding.STATE_ACTIVE
    assert tab(anya) == [(CLASS_5A, "PUPILS")]


@pytest.mark.scenario("H03")
def test_parent_of_one_child_binds_it_is_in_the_parents_chat(new_world: NewWorld, document: Document) -> None:
    vera = new_world(without_guardianship(document, "vera", "boris")).person("vera")
    done = vera.bind()
    assert done.binding.state == Binding.STATE_ACTIVE
    assert tab(vera) == [(CLASS_5A, "PARENTS")]


@pytest.mark.scenario("H04")
@pytest.mark.parametrize(("first", "other"), [("anya", "boris"), ("boris", "anya")])
def test_parent_of_two_binds_via_either_child_it_is_one_binding_with_two_chats(
    world: World, first: str, other: str
) -> None:
    vera = world.person("vera")
    done = vera.bind(via_pupil=f"accounts/{first}-pupil")
    assert done.binding.via_pupil == f"accounts/{first}-pupil"
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]
    again = vera.bind(via_pupil=f"accounts/{other}-pupil")
    assert again.already_bound
    assert again.binding.name == done.binding.name
    assert len(history(vera)) == 1


@pytest.mark.scenario("H05")
def test_parent_of_three_with_two_in_one_class_it_is_two_chats_with_one_membership_each(
    new_world: NewWorld, document: Document
) -> None:
    document["persons"].append(somebody(1, "PUPIL", enrolments=[CLASS_5A]))
    document["guardianships"].append({"guardian": "vera", "pupil": "p1", "kind": "PARENT"})
    vera = new_world(document).person("vera")
    vera.bind()
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]
    for chat in vera.chats():
        assert members(vera, chat.name) == ["accounts/vera-parent"]
        assert chat.member_count == 1


@pytest.mark.scenario("H06")
def test_the_other_parent_binds_too_it_is_in_the_same_chats(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    vera.bind()
    gleb.bind()
    assert len(active(vera)) == len(active(gleb)) == 1
    assert chat_names(gleb) == chat_names(vera)
    for chat in chat_names(gleb):
        assert members(gleb, chat) == ["accounts/gleb-parent", "accounts/vera-parent"]


@pytest.mark.scenario("H07")
def test_legal_representative_binds_it_is_in_the_parents_chat_in_that_role(world: World) -> None:
    dina = world.person("dina")
    done = dina.bind()
    assert done.binding.state == Binding.STATE_ACTIVE
    assert dina.client.get_account(name=done.binding.account).role == Role.ROLE_LEGAL_REPRESENTATIVE
    assert tab(dina) == [(CLASS_5A, "PARENTS")]


@pytest.mark.scenario("H08")
def test_class_teacher_binds_it_is_in_both_chats_of_the_class(world: World) -> None:
    zhanna = world.person("zhanna")
    done = zhanna.bind("STAFF")
    assert done.binding.state == Binding.STATE_ACTIVE
    assert tab(zhanna, "STAFF") == [(CLASS_5A, "PARENTS"), (CLASS_5A, "PUPILS")]
    assert tab(zhanna, "PARENT") == []


@pytest.mark.scenario("H09")
def test_number_unknown_to_vk_id_it_registers_inside_the_flow_and_is_bound(world: World) -> None:
    mark = world.person("mark")
    assert not world.control.get_person("mark")["document"].get("vk_id")
    done = mark.bind()
    assert done.binding.state == Binding.STATE_ACTIVE
    [login] = world.control.get_person("mark")["document"]["vk_id"]
    [made] = [profile for profile in login["profiles"] if profile["kind"] == "LEARNING"]
    assert done.binding.vk_user_id == str(made["user_id"])


@pytest.mark.scenario("H10")
def test_only_a_personal_profile_it_is_refused_and_bound_once_a_learning_profile_is_created(
    new_world: NewWorld, document: Document
) -> None:
    person_in(document, "vera")["vk_id"][0]["profiles"] = [{"user_id": 700300103, "kind": "PERSONAL"}]
    vera = new_world(document).person("vera")
    with refusal(errors.LearningProfileRequired, "D10") as refused:
        vera.bind()
    assert "CREATE_LEARNING_PROFILE" in refused.value.remedies
    done = vera.bind(profile="create")
    assert done.binding.state == Binding.STATE_ACTIVE
    assert done.binding.vk_user_id != "700300103"
    assert len(history(vera)) == 1


@pytest.mark.scenario("H11")
def test_unbind_on_the_profile_page_and_bind_again_it_is_a_new_binding_in_the_same_chats(world: World) -> None:
    vera = world.person("vera")
    first = vera.bind().binding
    chats = chat_names(vera)
    ended = vera.unbind(entry_point=EntryPoint.ENTRY_POINT_PROFILE_PAGE)
    assert ended.binding.name == first.name
    assert ended.binding.state == Binding.STATE_UNBOUND
    assert ended.binding.end_entry_point == EntryPoint.ENTRY_POINT_PROFILE_PAGE
    assert chat_names(vera) == []
    second = vera.bind().binding
    assert second.name != first.name
    assert chat_names(vera) == chats
    for chat in chats:
        assert members(vera, chat) == ["accounts/vera-parent"]
    assert [binding.name for binding in history(vera)] == [second.name, first.name]


@pytest.mark.scenario("H12")
def test_read_a_binding_it_shows_the_vk_id_number_to_the_holder_only(world: World) -> None:
    anya = world.person("anya")
    name = anya.bind().binding.name
    assert anya.client.get_binding(name=name).vk_user_id == "700300101"
    assert anya.client.get_binding(name="accounts/anya-pupil/binding").vk_user_id == "700300101"
    for reader in (world.person("ivan"), world.person("vera")):
        seen = reader.client.get_binding(name=name)
        assert seen.state == Binding.STATE_ACTIVE
        assert re.fullmatch(r"\*+0101", seen.vk_user_id)
    listed = world.person("ivan").client.list_bindings(parent="organisations/shkola-5").bindings
    assert [re.sub(r"\*+", "*", binding.vk_user_id) for binding in listed] == ["*0101"]
    # A back end's policy can list no method that reads bindings yet: it sees nothing at all.
    with refusal(errors.CallerNotAllowed):
        world.service_client().get_binding(name=name)
    with refusal(errors.ResourceNotAccessible):
        world.person("kira").client.get_binding(name=name)


@pytest.mark.scenario("H13")
def test_a_family_members_vk_session_in_the_browser_it_is_not_taken_silently(world: World) -> None:
    anya, vera = world.person("anya"), world.person("vera")
    of_vera = vera.start_binding()
    vera.complete(of_vera, anya.vk_sign_in(of_vera, vera.facts.vk_login))

    attempt = anya.start_binding()
    page = anya.browser.http.get(attempt.authorization_uri)
    assert page.status_code == 200
    assert 'data-step="account"' in page.text
    done = anya.complete(attempt, anya.vk_sign_in(attempt))
    assert done.binding.vk_user_id == "700300101"
    assert done.binding.diagnosis == Diagnosis.DIAGNOSIS_OK


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
