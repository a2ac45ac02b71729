"""Which chats a binding gives (choice A14)."""

from typing import Any

import pytest
from binding_server.domain.chats import effective_roles, memberships
from binding_server.domain.model import ChatKind, EducationalRole, Policy, Role, SchoolClass
from hypothesis import strategies as st

from .strategies import educational_roles, for_any

PUPIL, PARENT, STAFF = EducationalRole.PUPIL, EducationalRole.PARENT, EducationalRole.STAFF
PUPILS, PARENTS = ChatKind.PUPILS, ChatKind.PARENTS
FIRST = SchoolClass("5a", "school", 2026, "5А")
SECOND = SchoolClass("9b", "school", 2026, "9Б")

pytestmark = pytest.mark.rules("A14", "I12")


def _given(role: Role, roles: set[EducationalRole], policy: Policy, *classes: SchoolClass) -> dict[Any, Any]:
    return memberships(role, roles, policy, classes or (FIRST,))


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    ("role", "roles", "kinds"),
    [
        (Role.PUPIL, {PUPIL}, {PUPILS}),
        (Role.PARENT, {PARENT}, {PARENTS}),
        (Role.LEGAL_REPRESENTATIVE, {PARENT}, {PARENTS}),
        (Role.STAFF, {STAFF}, {PUPILS, PARENTS}),
    ],
)
def test_gives_the_chats_of_the_role_under_every_policy(
    role: Role, roles: set[EducationalRole], kinds: set[ChatKind], policy: Policy
) -> None:
    assert set(_given(role, roles, policy)) == {("5a", kind) for kind in kinds}


@pytest.mark.parametrize(
    ("role", "roles", "kinds"),
    [
        (Role.PUPIL, {PARENT}, {PARENTS}),
        (Role.PARENT, {PUPIL}, {PUPILS}),
        (Role.PARENT, {PUPIL, PARENT}, {PUPILS, PARENTS}),
        (Role.PUPIL, {STAFF}, {PUPILS, PARENTS}),
    ],
)
def test_shows_under_lenient_what_the_profile_is_in_life(
    role: Role, roles: set[EducationalRole], kinds: set[ChatKind]
) -> None:
    assert set(_given(role, roles, Policy.LENIENT)) == {("5a", kind) for kind in kinds}


@pytest.mark.parametrize("policy", [Policy.STRICT, Policy.ROLE_ONLY])
def test_gives_a_teacher_in_a_parents_account_no_teachers_chats(policy: Policy) -> None:
    assert _given(Role.PARENT, {STAFF, PARENT}, policy) == {("5a", PARENTS): PARENT}


def test_gives_the_chats_of_all_classes() -> None:
    assert set(_given(Role.PARENT, {PARENT}, Policy.STRICT, FIRST, SECOND)) == {("5a", PARENTS), ("9b", PARENTS)}


def test_gives_one_chat_of_a_class_that_two_children_share() -> None:
    assert _given(Role.PARENT, {PARENT}, Policy.STRICT, FIRST, FIRST) == {("5a", PARENTS): PARENT}


def test_gives_nothing_without_classes() -> None:
    assert memberships(Role.STAFF, {STAFF}, Policy.STRICT, ()) == {}


def test_tells_the_role_that_fits_the_account_where_several_give_a_chat() -> None:
    assert _given(Role.STAFF, {PARENT, STAFF}, Policy.LENIENT) == {("5a", PUPILS): STAFF, ("5a", PARENTS): STAFF}
    assert _given(Role.PARENT, {PARENT, STAFF}, Policy.LENIENT) == {("5a", PUPILS): STAFF, ("5a", PARENTS): PARENT}


@for_any(st.sampled_from(Role), educational_roles)
def test_gives_under_the_stricter_policies_never_more_than_under_lenient(
    role: Role, roles: frozenset[EducationalRole]
) -> None:
    lenient = effective_roles(role, roles, Policy.LENIENT)
    assert lenient == roles
    for policy in (Policy.STRICT, Policy.ROLE_ONLY):
        assert effective_roles(role, roles, policy) <= lenient


@for_any(st.sampled_from(Role), educational_roles, st.sampled_from(Policy), st.permutations([FIRST, SECOND]))
def test_does_not_depend_on_the_order_of_classes(
    role: Role, roles: frozenset[EducationalRole], policy: Policy, classes: list[SchoolClass]
) -> None:
    assert memberships(role, roles, policy, classes) == memberships(role, roles, policy, (FIRST, SECOND))
