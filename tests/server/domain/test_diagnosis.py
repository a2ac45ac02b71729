"""What is told about a binding that a policy let through."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from binding_server.domain.diagnosis import PROBLEMS, REMEDIES, examine, with_stale_contact, without_stale_contact
from binding_server.domain.facts import Relation
from binding_server.domain.model import Diagnosis, EducationalRole, Evidence, Policy, Role
from binding_server.domain.reasons import Remedy
from binding_server.domain.texts import diagnosis_text

from .facts import facts

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
AS_PUPIL = frozenset({EducationalRole.PUPIL})
AS_PARENT = frozenset({EducationalRole.PARENT})
AS_STAFF = frozenset({EducationalRole.STAFF})
D = Diagnosis

pytestmark = pytest.mark.rules("I8")


@pytest.mark.parametrize(
    ("role", "given", "named"),
    [
        (Role.PUPIL, {}, []),
        (Role.PUPIL, {"owner": Relation.GUARDIAN}, [D.PARENT_PROFILE_IN_PUPIL_ACCOUNT]),
        (
            Role.PUPIL,
            {"owner": Relation.GUARDIAN, "roles": AS_PARENT},
            [D.PARENT_PROFILE_IN_PUPIL_ACCOUNT],
        ),
        (Role.PUPIL, {"roles": AS_PARENT}, [D.PARENT_PROFILE_IN_PUPIL_ACCOUNT]),
        (Role.PUPIL, {"roles": AS_STAFF}, [D.STAFF_PROFILE_IN_FAMILY_ACCOUNT]),
        (Role.PUPIL, {"owner": Relation.OTHER}, [D.FOREIGN_PROFILE]),
        (Role.PARENT, {"owner": Relation.PUPIL}, [D.PUPIL_PROFILE_IN_PARENT_ACCOUNT]),
        (Role.LEGAL_REPRESENTATIVE, {"owner": Relation.PUPIL}, [D.PUPIL_PROFILE_IN_PARENT_ACCOUNT]),
        (Role.PARENT, {"roles": AS_PUPIL}, [D.PUPIL_PROFILE_IN_PARENT_ACCOUNT]),
        (Role.PARENT, {"roles": AS_STAFF}, [D.STAFF_PROFILE_IN_FAMILY_ACCOUNT]),
        (Role.STAFF, {"roles": AS_PARENT}, [D.FAMILY_PROFILE_IN_STAFF_ACCOUNT]),
        (Role.STAFF, {"owner": Relation.OTHER}, [D.FOREIGN_PROFILE]),
        (Role.PARENT, {"contact": Relation.PUPIL}, [D.CONTACT_NOT_OWNED]),
        (Role.PARENT, {"owner": Relation.NOBODY}, [D.UNKNOWN]),
        (Role.PARENT, {"roles": frozenset()}, [D.UNKNOWN]),
        (
            Role.PUPIL,
            {"owner": Relation.OTHER, "roles": AS_STAFF, "contact": Relation.GUARDIAN},
            [D.FOREIGN_PROFILE, D.STAFF_PROFILE_IN_FAMILY_ACCOUNT, D.CONTACT_NOT_OWNED],
        ),
        (
            Role.PARENT,
            {"owner": Relation.NOBODY, "roles": AS_PUPIL, "contact": Relation.OTHER},
            [D.PUPIL_PROFILE_IN_PARENT_ACCOUNT, D.CONTACT_NOT_OWNED, D.UNKNOWN],
        ),
        (Role.PARENT, {"owner": Relation.NOBODY, "contact": Relation.OTHER}, [D.CONTACT_NOT_OWNED, D.UNKNOWN]),
    ],
)
def test_names_owner_then_role_then_contact_then_what_is_unknown(
    role: Role, given: dict[str, Any], named: list[Diagnosis]
) -> None:
    diagnosis, evidence = examine(facts(role, Policy.LENIENT, **given), NOW)
    assert list(evidence) == [Evidence(part, NOW) for part in named]
    assert diagnosis is (named[0] if named else D.OK)


class TestAContactThatHasGoneSince:
    def test_is_the_diagnosis_of_a_binding_that_was_well(self) -> None:
        assert with_stale_contact(D.OK, (), LATER) == (D.CONTACT_STALE, (Evidence(D.CONTACT_STALE, LATER),))

    def test_ranks_behind_owner_and_role(self) -> None:
        before = (Evidence(D.FOREIGN_PROFILE, NOW),)
        diagnosis, evidence = with_stale_contact(D.FOREIGN_PROFILE, before, LATER)
        assert diagnosis is D.FOREIGN_PROFILE
        assert evidence == (*before, Evidence(D.CONTACT_STALE, LATER))

    def test_ranks_before_an_unknown_owner(self) -> None:
        before = (Evidence(D.UNKNOWN, NOW),)
        diagnosis, evidence = with_stale_contact(D.UNKNOWN, before, LATER)
        assert diagnosis is D.CONTACT_STALE
        assert evidence == (Evidence(D.CONTACT_STALE, LATER), *before)

    def test_says_nothing_new_of_one_that_never_was_the_holders(self) -> None:
        before = (Evidence(D.CONTACT_NOT_OWNED, NOW),)
        assert with_stale_contact(D.CONTACT_NOT_OWNED, before, LATER) == (D.CONTACT_NOT_OWNED, before)


class TestAContactThatCameBack:
    @pytest.mark.parametrize(
        ("before", "found"),
        [
            ((D.CONTACT_STALE,), D.OK),
            ((D.FOREIGN_PROFILE, D.CONTACT_STALE), D.FOREIGN_PROFILE),
            ((D.CONTACT_STALE, D.UNKNOWN), D.UNKNOWN),
        ],
    )
    def test_leaves_what_was_wrong_besides(self, before: tuple[Diagnosis, ...], found: Diagnosis) -> None:
        evidence = tuple(Evidence(part, NOW) for part in before)
        kept = tuple(part for part in evidence if part.diagnosis is not D.CONTACT_STALE)
        assert without_stale_contact(before[0], evidence) == (found, kept)

    @pytest.mark.parametrize("before", [(), (D.CONTACT_NOT_OWNED,), (D.FOREIGN_PROFILE, D.UNKNOWN)])
    def test_changes_nothing_of_one_that_had_not_gone(self, before: tuple[Diagnosis, ...]) -> None:
        evidence = tuple(Evidence(part, NOW) for part in before)
        diagnosis = before[0] if before else D.OK
        assert without_stale_contact(diagnosis, evidence) == (diagnosis, evidence)


def test_knows_the_two_problems_that_are_bindings() -> None:
    assert PROBLEMS == {D.PARENT_PROFILE_IN_PUPIL_ACCOUNT: 2, D.PUPIL_PROFILE_IN_PARENT_ACCOUNT: 3}


@pytest.mark.rules("S16", "S18")
@pytest.mark.parametrize("diagnosis", [D.PARENT_PROFILE_IN_PUPIL_ACCOUNT, D.PUPIL_PROFILE_IN_PARENT_ACCOUNT])
def test_cures_problems_2_and_3_by_unbinding_here_and_binding_the_own_profile(diagnosis: Diagnosis) -> None:
    assert REMEDIES[diagnosis][:2] == (Remedy.UNBIND_HERE, Remedy.REBIND_OWN_PROFILE)


@pytest.mark.parametrize("diagnosis", [each for each in D if each is not D.OK])
def test_has_a_way_out_and_both_sentences_for_everything_that_is_wrong(diagnosis: Diagnosis) -> None:
    assert REMEDIES[diagnosis]
    assert diagnosis_text(diagnosis, "ru") != diagnosis_text(diagnosis, "en")
