"""Whose contact is stated."""

from __future__ import annotations

import pytest
from binding_client import errors
from binding_client.testing import World
from sferum.binding.v1.resources_pb2 import Binding, Diagnosis

from .acting import Passing, nothing_claimed, refusal, signed_in, tab
from .conftest import NewWorld
from .documents import CLASS_5A, CLASS_9B, Document, person_in

VERAS_PHONE = "+79000000103"
BORIS_PHONE = "+79000000102"
KIRAS_PHONE = "+79000000110"
FAMILY_PHONE = "+79000000120"


def mobile(value: str, *, verified: bool = True) -> dict[str, object]:
    """A mobile phone in an ESIA account."""
    return {"type": "MBT", "value": value, "verified": verified}


@pytest.mark.scenario("C01")
def test_pupil_states_a_parents_phone_it_is_d5(world: World) -> None:
    anya = world.person("anya")
    with refusal(errors.ContactNotOwned, "D5") as refused:
        anya.start_binding(contact=VERAS_PHONE)
    assert refused.value.remedies == ["USE_OWN_CONTACT"]
    assert nothing_claimed(anya)


@pytest.mark.scenario("C02")
def test_parent_states_the_childs_email_it_is_d6(world: World) -> None:
    vera = world.person("vera")
    with refusal(errors.ContactNotOwned, "D6"):
        vera.start_binding(contact="anya@example.org")
    assert nothing_claimed(vera)


@pytest.mark.scenario("C03")
def test_parent_states_a_strangers_phone_it_is_d7(world: World) -> None:
    vera = world.person("vera")
    with refusal(errors.ContactNotOwned, "D7"):
        vera.start_binding(contact=KIRAS_PHONE)
    assert nothing_claimed(vera)


@pytest.mark.scenario("C05")
def test_shared_phone_recorded_as_the_mothers_it_is_d5_for_the_child_and_the_own_email_helps(
    new_world: NewWorld, document: Document
) -> None:
    person_in(document, "anya")["esia"]["contacts"].append(mobile(VERAS_PHONE))
    anya = new_world(document).person("anya")
    with refusal(errors.ContactNotOwned, "D5") as refused:
        anya.start_binding(contact=VERAS_PHONE)
    assert refused.value.remedies == ["USE_OWN_CONTACT"]
    assert anya.bind(contact="anya@example.org").binding.state == Binding.STATE_ACTIVE


@pytest.mark.scenario("C06")
def test_sim_on_the_fathers_contract_used_by_the_son_it_is_the_sons(new_world: NewWorld, document: Document) -> None:
    # Whose contract it is stands nowhere; at most the father has the number in his own ESIA account too.
    person_in(document, "gleb")["esia"]["contacts"].append(mobile(BORIS_PHONE))
    world = new_world(document)
    boris, gleb = world.person("boris"), world.person("gleb")
    with refusal(errors.ContactNotOwned, "D6"):
        gleb.start_binding(contact=BORIS_PHONE)
    done = boris.bind(contact=BORIS_PHONE)
    assert done.binding.diagnosis == Diagnosis.DIAGNOSIS_OK
    assert tab(boris) == [(CLASS_9B, "PUPILS")]


@pytest.mark.scenario("C07")
@pytest.mark.parametrize(
    "spelling",
    ["8 (900) 000-01-03", "+79000000103", "79000000103", "  +7 900 000 01 03 ", "VERA@example.org", "Vera@Example.ORG"],
)
def test_contact_in_another_spelling_it_is_the_same_contact(world: World, spelling: str) -> None:
    vera = world.person("vera")
    plain = vera.start_binding(contact="vera@example.org" if "@" in spelling else VERAS_PHONE)
    done = vera.bind(contact=spelling)
    assert done.binding.contact_masked == plain.contact_masked
    assert done.binding.diagnosis == Diagnosis.DIAGNOSIS_OK


@pytest.mark.scenario("C08")
def test_contact_revoked_between_start_and_completion_it_is_not_verified_and_nothing_is_claimed(world: World) -> None:
    boris = world.person("boris")
    attempt, redirect = signed_in(boris)
    exchanges = Passing(world)
    world.control.update_person("boris", {"esia": {"contacts": [mobile(BORIS_PHONE, verified=False)]}})
    with refusal(errors.ContactNotVerified, "D4"):
        boris.complete(attempt, redirect)
    assert nothing_claimed(boris)
    assert exchanges.count == 0
    with refusal(errors.AttemptNotPending) as refused:
        boris.complete(attempt, redirect)
    assert refused.value.metadata["state"] == "FAILED"


@pytest.mark.scenario("C09")
def test_vk_id_returns_no_contact_it_is_d11_and_bound_after_a_wider_consent(world: World) -> None:
    boris = world.person("boris")
    with refusal(errors.OwnershipUnverified, "D11") as refused:
        boris.bind(scopes=["vkid.personal_info"])
    assert refused.value.remedies == ["GRANT_VK_SCOPES"]
    assert nothing_claimed(boris)
    done = boris.bind(scopes=["vkid.personal_info", "phone", "email"])
    assert done.binding.state == Binding.STATE_ACTIVE


@pytest.mark.rules("D11")
def test_vk_id_returns_a_contact_that_nobody_is_known_to_use_it_is_d11_with_another_way_out(
    new_world: NewWorld, document: Document
) -> None:
    person_in(document, "boris")["vk_id"][0]["phone"] = FAMILY_PHONE
    boris = new_world(document).person("boris")
    with refusal(errors.OwnershipUnverified, "D11") as refused:
        boris.bind(vk=FAMILY_PHONE)
    assert refused.value.remedies == ["VERIFY_CONTACT"]
    assert nothing_claimed(boris)


@pytest.mark.scenario("C10")
def test_sim_operated_by_the_mother_recorded_as_the_childs_it_is_the_childs(
    new_world: NewWorld, document: Document
) -> None:
    for key in ("anya", "vera"):
        person_in(document, key)["esia"]["contacts"].append(mobile(FAMILY_PHONE))
    person_in(document, "anya")["recorded_contacts"].append(FAMILY_PHONE)
    world = new_world(document)
    anya, vera = world.person("anya"), world.person("vera")
    with refusal(errors.ContactNotOwned, "D6"):
        vera.start_binding(contact=FAMILY_PHONE)
    anya.bind(contact=FAMILY_PHONE)
    assert tab(anya) == [(CLASS_5A, "PUPILS")]
