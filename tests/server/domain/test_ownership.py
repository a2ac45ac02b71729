"""Who uses a contact, who owns a profile, which policy applies, who may bind."""

from dataclasses import replace

import pytest
from binding_server.domain.facts import Relation
from binding_server.domain.model import (
    Account,
    AccountContext,
    Duty,
    DutyKind,
    EducationalRole,
    Person,
    Policy,
    Role,
    SchoolClass,
)
from binding_server.domain.ownership import is_eligible, profile_owner, relation, roles_fit, strictest

CLASS = SchoolClass("5a", "school", 2026, "5А")


def account(role: Role, *, closed: bool = False) -> AccountContext:
    """An account of `me`, with a parent and a child on file, whatever its role."""
    return AccountContext(
        account=Account("mine", "me", role, closed),
        person=Person("me", 1, "Я"),
        classes=(CLASS,),
        duties=(Duty("me", "school", DutyKind.TEACHER),),
        guardians=frozenset({"mother"}),
        pupils=frozenset({"child"}),
    )


@pytest.mark.rules("S8", "A3", "D5", "D6", "D7")
@pytest.mark.parametrize(
    ("role", "person", "whose"),
    [
        (Role.PUPIL, "me", Relation.OWN),
        (Role.PUPIL, "mother", Relation.GUARDIAN),
        (Role.PUPIL, "child", Relation.OTHER),
        (Role.PUPIL, None, Relation.NOBODY),
        (Role.PARENT, "child", Relation.PUPIL),
        (Role.LEGAL_REPRESENTATIVE, "child", Relation.PUPIL),
        (Role.PARENT, "mother", Relation.OTHER),
        (Role.PARENT, "stranger", Relation.OTHER),
        (Role.STAFF, "child", Relation.OTHER),
        (Role.STAFF, "mother", Relation.OTHER),
        (Role.STAFF, "me", Relation.OWN),
    ],
)
def test_sees_whose_it_is_from_the_accounts_role(role: Role, person: str | None, whose: Relation) -> None:
    assert relation(account(role), person) is whose


@pytest.mark.rules("A4", "D11", "D17")
@pytest.mark.parametrize(
    ("phone", "email", "owner"),
    [
        ("me", None, "me"),
        (None, "me", "me"),
        ("me", "me", "me"),
        ("mother", None, "mother"),
        ("me", "mother", "mother"),
        ("mother", "me", "mother"),
        ("mother", "stranger", "mother"),
        (None, None, None),
    ],
)
def test_lets_the_phone_decide_and_never_calls_a_mixture_own(
    phone: str | None, email: str | None, owner: str | None
) -> None:
    assert profile_owner("me", phone, email) == owner


@pytest.mark.parametrize(
    ("policies", "applies"),
    [
        ([], Policy.STRICT),
        ([Policy.LENIENT], Policy.LENIENT),
        ([Policy.LENIENT, Policy.ROLE_ONLY], Policy.ROLE_ONLY),
        ([Policy.LENIENT, Policy.STRICT, Policy.ROLE_ONLY], Policy.STRICT),
    ],
)
def test_applies_the_strictest_policy(policies: list[Policy], applies: Policy) -> None:
    assert strictest(policies) is applies


@pytest.mark.rules("D18")
@pytest.mark.parametrize("role", list(Role))
def test_lets_exactly_one_educational_role_fit(role: Role) -> None:
    fitting = {Role.PUPIL: EducationalRole.PUPIL, Role.STAFF: EducationalRole.STAFF}.get(role, EducationalRole.PARENT)
    assert [each for each in EducationalRole if roles_fit(role, {each})] == [fitting]


@pytest.mark.rules("D2")
class TestEligible:
    @pytest.mark.parametrize("role", list(Role))
    def test_is_an_account_with_its_role_in_life(self, role: Role) -> None:
        assert is_eligible(account(role))

    @pytest.mark.parametrize("role", list(Role))
    def test_is_no_closed_account(self, role: Role) -> None:
        assert not is_eligible(account(role, closed=True))

    @pytest.mark.parametrize("role", [Role.PUPIL, Role.PARENT, Role.LEGAL_REPRESENTATIVE])
    def test_is_no_family_account_without_a_class(self, role: Role) -> None:
        assert not is_eligible(replace(account(role), classes=()))

    def test_is_a_teacher_without_a_class_but_with_a_duty(self) -> None:
        assert is_eligible(replace(account(Role.STAFF), classes=()))
        assert not is_eligible(replace(account(Role.STAFF), duties=()))
