"""One learning profile in one account, one account with one learning profile."""

from __future__ import annotations

import pytest
from binding_client import errors
from binding_client.testing import World
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt, EntryPoint

from .acting import active, history, nothing_claimed, refusal, signed_in, tab, where_kira_holds_the_profile_of_boris
from .conftest import NewWorld
from .documents import CLASS_1V, CLASS_5A, SECOND_LOGIN, Document, with_second_vk_login


@pytest.mark.scenario("B01")
def test_the_same_pair_again_it_is_the_same_binding(world: World) -> None:
    vera = world.person("vera")
    first = vera.bind()
    again = vera.bind()
    assert again.already_bound
    assert again.binding == first.binding
    assert len(history(vera)) == 1


@pytest.mark.scenario("B02")
def test_an_account_that_holds_another_profile_it_is_d8(new_world: NewWorld, document: Document) -> None:
    vera = new_world(with_second_vk_login(document)).person("vera")
    first = vera.bind()
    chats = tab(vera)
    with refusal(errors.DiaryAccountAlreadyBound, "D8") as refused:
        vera.bind(vk=SECOND_LOGIN)
    assert refused.value.remedies[0] == "UNBIND_HERE"
    assert history(vera) == [first.binding]
    assert tab(vera) == chats
    vera.unbind()
    assert vera.bind(vk=SECOND_LOGIN).binding.vk_user_id == "700300203"


@pytest.mark.scenario("B03")
@pytest.mark.rules("I10")
def test_a_profile_that_another_person_holds_it_is_d14_and_the_holder_is_not_told(
    new_world: NewWorld, document: Document
) -> None:
    world = where_kira_holds_the_profile_of_boris(new_world, document)
    boris = world.person("boris")
    with refusal(errors.VkProfileAlreadyBound, "D14") as refused:
        boris.bind()
    told = refused.value
    assert told.metadata["same_person"] == "false"
    assert told.metadata["holder_role"] == "FAMILY"
    assert told.metadata["holder_organisation_kind"] == "SCHOOL"
    assert told.remedies == ["UNBIND_IN_OTHER_ACCOUNT", "VISIT_SCHOOL", "SUPPORT_TICKET"]
    words = " ".join([told.message, *told.ways_out, *told.metadata.values()]).lower()
    for secret in ("kira", "кира", "лапин", "shkola-7", "школа № 7", "0110"):
        assert secret not in words
    assert nothing_claimed(boris)
    assert len(active(world.person("kira"))) == 1


@pytest.mark.scenario("B04")
def test_a_profile_bound_in_the_other_account_of_the_same_person_it_is_d13(world: World) -> None:
    zhanna = world.person("zhanna")
    zhanna.bind("STAFF")
    with refusal(errors.VkProfileAlreadyBound, "D13") as refused:
        zhanna.bind("PARENT")
    assert refused.value.metadata["same_person"] == "true"
    assert refused.value.remedies == ["UNBIND_IN_OTHER_ACCOUNT"]
    assert nothing_claimed(zhanna, "PARENT")
    assert len(active(zhanna, "STAFF")) == 1


@pytest.mark.scenario("B05")
def test_the_old_binding_has_ended_it_is_free_for_another_account_at_once(world: World) -> None:
    zhanna = world.person("zhanna")
    zhanna.bind("STAFF")
    zhanna.unbind("STAFF", entry_point=EntryPoint.ENTRY_POINT_PROFILE_PAGE)
    done = zhanna.bind("PARENT")
    assert done.binding.state == Binding.STATE_ACTIVE
    assert tab(zhanna, "STAFF") == []
    assert tab(zhanna, "PARENT") == [(CLASS_1V, "PARENTS")]


@pytest.mark.scenario("B05")
def test_the_old_binding_of_another_person_has_ended_it_is_free_at_once(lenient: World) -> None:
    anya, vera = lenient.person("anya"), lenient.person("vera")
    anya.bind(vk=vera.facts.vk_login)
    anya.unbind()
    assert vera.bind().binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("B06")
@pytest.mark.rules("I13")
def test_a_pending_attempt_elsewhere_with_the_same_profile_it_does_not_block(world: World) -> None:
    zhanna = world.person("zhanna")
    pending = zhanna.start_binding("STAFF")
    waiting, redirect = signed_in(zhanna, "STAFF")
    seen = zhanna.complete(waiting, redirect, preview=True)
    assert pending.state == BindingAttempt.STATE_PENDING
    assert seen.attempt.state == BindingAttempt.STATE_AUTHORIZED
    assert zhanna.bind("PARENT").binding.state == Binding.STATE_ACTIVE
    with refusal(errors.VkProfileAlreadyBound, "D13"):
        zhanna.complete(waiting)
    assert tab(zhanna, "STAFF") == []


@pytest.mark.rules("A12")
def test_two_accounts_of_one_class_it_is_one_binding_each(world: World) -> None:
    anya, dina = world.person("anya"), world.person("dina")
    anya.bind()
    dina.bind()
    assert tab(anya) == [(CLASS_5A, "PUPILS")]
    assert tab(dina) == [(CLASS_5A, "PARENTS")]
