"""The three known problems: seen, diagnosed and cured where the policy lets them happen, refused where it does not."""

from __future__ import annotations

import pytest
from binding_client import errors
from binding_client.testing import Actor, World
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding, Diagnosis, EntryPoint, OwnershipPolicy, RemedyAction

from .acting import active, nothing_claimed, refusal, tab, where_kira_holds_the_profile_of_boris
from .conftest import NewWorld
from .documents import CLASS_5A, CLASS_9B, Document

CHATS_TAB = EntryPoint.ENTRY_POINT_CHATS_TAB


def bind_the_profile_of(actor: Actor, other: str) -> Binding:
    """Binds with another person's VK sign-in."""
    return actor.bind(vk=actor.world.person(other).facts.vk_login).binding


@pytest.mark.scenario("P11")
def test_problem_1_the_holder_unbinds_on_the_chats_tab_it_is_bound_on_the_repeat(
    new_world: NewWorld, document: Document
) -> None:
    world = where_kira_holds_the_profile_of_boris(new_world, document)
    boris, kira = world.person("boris"), world.person("kira")
    with refusal(errors.VkProfileAlreadyBound, "D14"):
        boris.bind()
    seen = boris.diagnose()
    assert seen.problem == 1
    assert seen.last_refusal == ErrorReason.ERROR_REASON_VK_PROFILE_ALREADY_BOUND
    assert seen.diagnosis == Diagnosis.DIAGNOSIS_UNSPECIFIED
    assert next(remedy.action for remedy in seen.remedies) == RemedyAction.REMEDY_ACTION_UNBIND_IN_OTHER_ACCOUNT
    kira.unbind(entry_point=CHATS_TAB)
    assert boris.bind().binding.state == Binding.STATE_ACTIVE
    assert boris.diagnose().problem == 0
    assert boris.diagnose().last_refusal == ErrorReason.ERROR_REASON_UNSPECIFIED
    assert kira.chats() == []


@pytest.mark.scenario("P21")
@pytest.mark.rules("I8")
def test_problem_2_under_lenient_it_happens_and_is_diagnosed(lenient: World) -> None:
    anya = lenient.person("anya")
    binding = bind_the_profile_of(anya, "vera")
    assert binding.state == Binding.STATE_ACTIVE
    assert binding.policy == OwnershipPolicy.OWNERSHIP_POLICY_LENIENT
    assert tab(anya) == [(CLASS_5A, "PARENTS")]
    seen = anya.diagnose()
    assert seen.problem == 2
    assert seen.diagnosis == Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT
    assert seen.diagnosis == binding.diagnosis
    actions = [remedy.action for remedy in seen.remedies]
    assert actions[:2] == [RemedyAction.REMEDY_ACTION_UNBIND_HERE, RemedyAction.REMEDY_ACTION_REBIND_OWN_PROFILE]
    assert [part.diagnosis for part in seen.evidence] == [Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT]
    assert all(part.observe_time.seconds and part.remedies for part in seen.evidence)


@pytest.mark.scenario("P22")
def test_problem_2_unbind_on_the_chats_tab_and_bind_the_own_profile_it_is_cured(lenient: World) -> None:
    anya = lenient.person("anya")
    bind_the_profile_of(anya, "vera")
    anya.unbind(entry_point=CHATS_TAB)
    assert anya.chats() == []
    anya.bind()
    assert tab(anya) == [(CLASS_5A, "PUPILS")]
    seen = anya.diagnose()
    assert (seen.problem, seen.diagnosis) == (0, Diagnosis.DIAGNOSIS_OK)


@pytest.mark.scenario("P23")
def test_problem_2_the_parents_own_bind_it_is_d14_until_the_pupil_has_unbound(lenient: World) -> None:
    anya, vera = lenient.person("anya"), lenient.person("vera")
    bind_the_profile_of(anya, "vera")
    with refusal(errors.VkProfileAlreadyBound, "D14"):
        vera.bind()
    assert nothing_claimed(vera)
    anya.unbind(entry_point=CHATS_TAB)
    anya.bind()
    assert vera.bind().binding.state == Binding.STATE_ACTIVE
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]


@pytest.mark.scenario("P24")
@pytest.mark.parametrize("bound", [False, True])
def test_problem_2_under_strict_it_is_d15_whether_the_profile_is_bound_or_not(world: World, bound: bool) -> None:
    anya, vera = world.person("anya"), world.person("vera")
    if bound:
        vera.bind()
    with refusal(errors.VkProfileNotOwned, "D15") as refused:
        bind_the_profile_of(anya, "vera")
    assert refused.value.metadata["hint"] == "problem-2"
    assert nothing_claimed(anya)
    assert vera.bind().already_bound is bound


@pytest.mark.scenario("P31")
@pytest.mark.rules("I8")
def test_problem_3_under_lenient_it_happens_and_is_diagnosed(lenient: World) -> None:
    vera = lenient.person("vera")
    binding = bind_the_profile_of(vera, "boris")
    assert binding.state == Binding.STATE_ACTIVE
    assert tab(vera) == [(CLASS_5A, "PUPILS"), (CLASS_9B, "PUPILS")]
    seen = vera.diagnose()
    assert seen.problem == 3
    assert seen.diagnosis == Diagnosis.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT
    assert RemedyAction.REMEDY_ACTION_UNBIND_HERE in [remedy.action for remedy in seen.remedies]


@pytest.mark.scenario("P32")
def test_problem_3_unbind_on_the_chats_tab_and_bind_the_own_profile_it_is_cured(lenient: World) -> None:
    vera = lenient.person("vera")
    bind_the_profile_of(vera, "boris")
    vera.unbind(entry_point=CHATS_TAB)
    assert vera.chats() == []
    vera.bind()
    assert tab(vera) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]
    assert vera.diagnose().diagnosis == Diagnosis.DIAGNOSIS_OK


@pytest.mark.scenario("P33")
@pytest.mark.parametrize("bound", [False, True])
def test_problem_3_under_strict_it_is_d16_whether_the_profile_is_bound_or_not(world: World, bound: bool) -> None:
    boris, vera = world.person("boris"), world.person("vera")
    if bound:
        boris.bind()
    with refusal(errors.VkProfileNotOwned, "D16") as refused:
        bind_the_profile_of(vera, "boris")
    assert refused.value.metadata["hint"] == "problem-3"
    assert nothing_claimed(vera)
    assert boris.bind().already_bound is bound


@pytest.mark.scenario("P34")
@pytest.mark.parametrize(("first", "second"), [("anya", "vera"), ("vera", "anya")])
def test_parent_and_child_hold_each_others_profile_it_takes_both_unbinds(
    lenient: World, first: str, second: str
) -> None:
    one, other = lenient.person(first), lenient.person(second)
    bind_the_profile_of(one, second)
    bind_the_profile_of(other, first)
    assert {one.diagnose().problem, other.diagnose().problem} == {2, 3}
    one.unbind(entry_point=CHATS_TAB)
    with refusal(errors.VkProfileAlreadyBound, "D14"):
        one.bind()
    other.unbind(entry_point=CHATS_TAB)
    other.bind()
    one.bind()
    for actor in (one, other):
        assert len(active(actor)) == 1
        assert actor.diagnose().diagnosis == Diagnosis.DIAGNOSIS_OK
    assert tab(lenient.person("anya")) == [(CLASS_5A, "PUPILS")]
    assert tab(lenient.person("vera")) == [(CLASS_5A, "PARENTS"), (CLASS_9B, "PARENTS")]


@pytest.mark.rules("D18")
@pytest.mark.parametrize(("policy", "refused"), [("LENIENT", False), ("ROLE_ONLY", True)])
def test_role_only_it_refuses_what_lenient_lets_through(
    new_world: NewWorld, document: Document, policy: str, refused: bool
) -> None:
    for municipality in document["municipalities"]:
        municipality["ownership_policy"] = policy
    anya = new_world(document).person("anya")
    if refused:
        with refusal(errors.VkRoleMismatch, "D18"):
            bind_the_profile_of(anya, "vera")
        assert nothing_claimed(anya)
    else:
        bind_the_profile_of(anya, "vera")
        assert len(active(anya)) == 1
