"""What holds for any facts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from binding_server.domain import catalogue
from binding_server.domain.decision import Outcome, RowResult, decide, play
from binding_server.domain.diagnosis import examine
from binding_server.domain.facts import Facts, ProfileHeldBy, Relation
from binding_server.domain.model import Diagnosis, EducationalRole, Policy, Role
from binding_server.domain.ownership import roles_fit
from hypothesis import assume
from hypothesis import strategies as st

from .facts import deciding
from .strategies import for_any, known_facts, some_facts

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DECIDES = (Outcome.REFUSES, Outcome.ACCEPTS)


def _deciding_rows(of: Facts) -> list[RowResult]:
    return [row for row in play(of) if row.outcome in DECIDES]


@for_any(known_facts())
def test_exactly_one_row_decides_when_all_is_known(of: Facts) -> None:
    rows = play(of)
    place = next(index for index, row in enumerate(rows) if row.outcome in DECIDES)
    assert len(_deciding_rows(of)) == 1
    assert {row.outcome for row in rows[:place]} <= {Outcome.PASSED, Outcome.NOTED}
    assert {row.outcome for row in rows[place + 1 :]} <= {Outcome.NOT_REACHED}


@for_any(some_facts)
def test_at_most_one_row_decides_when_facts_are_missing(of: Facts) -> None:
    rows = _deciding_rows(of)
    assert rows == ([decide(of)] if decide(of) else [])
    if not rows:
        assert None in (of.contact, of.vk, of.claims)


@for_any(known_facts(), st.sets(st.sampled_from(["contact", "vk", "claims"])))
def test_a_decision_stands_whatever_becomes_known_later(of: Facts, missing: set[str]) -> None:
    early = decide(replace(of, **dict.fromkeys(missing)))
    assume(early is not None)
    assert early == decide(of)


@pytest.mark.rules("I7")
@for_any(known_facts(Policy.STRICT))
def test_a_strict_binding_has_own_contact_own_profile_and_a_fitting_role(of: Facts) -> None:
    row = deciding(of)
    if row.outcome is Outcome.ACCEPTS and row.row != "D12":
        assert of.contact is not None
        assert of.vk is not None
        assert (of.contact.used_by, of.contact.verified) == (Relation.OWN, True)
        assert of.vk.owner is Relation.OWN
        assert of.vk.learning
        assert roles_fit(of.role, of.vk.roles)
        assert examine(of, NOW) == (Diagnosis.OK, ())


@pytest.mark.rules("I1", "I2")
@for_any(known_facts())
def test_nothing_is_accepted_that_is_bound_elsewhere(of: Facts) -> None:
    row = deciding(of)
    if row.outcome is Outcome.ACCEPTS and row.row != "D12":
        assert of.claims is not None
        assert of.claims.account_holds == "NOTHING"
        assert of.claims.profile_held_by in (ProfileHeldBy.NOBODY, ProfileHeldBy.THIS_ACCOUNT)


@pytest.mark.rules("I8")
@for_any(known_facts(Policy.STRICT))
def test_what_strict_refuses_as_not_owned_lenient_accepts_and_names(of: Facts) -> None:
    strict, softly = deciding(of), deciding(replace(of, policy=Policy.LENIENT))
    if strict.row in ("D5", "D6", "D7", "D11", "D15", "D16", "D17", "D18") and softly.outcome is Outcome.ACCEPTS:
        assume(softly.row != "D12")
        assert examine(of, NOW)[0] is not Diagnosis.OK
    if strict.outcome is Outcome.ACCEPTS:
        assert softly == strict


@pytest.mark.rules("I8")
@for_any(known_facts(Policy.LENIENT))
def test_a_lenient_diagnosis_names_exactly_the_false_parts(of: Facts) -> None:
    row = deciding(of)
    assume(row.outcome is Outcome.ACCEPTS and row.row != "D12")
    diagnosis, evidence = examine(of, NOW)
    parts = {part.diagnosis for part in evidence}
    assert len(parts) == len(evidence)
    assert parts == _false_parts(of)
    assert diagnosis in parts if parts else diagnosis is Diagnosis.OK
    noted = {result.row for result in play(of) if result.outcome is Outcome.NOTED}
    assert bool(parts) == bool(noted)
    assert (Diagnosis.CONTACT_NOT_OWNED in parts) == bool(noted & {"D5", "D6", "D7"})


def _false_parts(of: Facts) -> set[Diagnosis]:
    """Says the same in another way: which parts of I7 are false, by the names for them."""
    assert of.contact is not None
    assert of.vk is not None
    parts: set[Diagnosis] = set()
    foreign = {Relation.GUARDIAN, Relation.PUPIL, Relation.OTHER}
    family = {
        (Role.PUPIL, Relation.GUARDIAN): Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT,
        (Role.PARENT, Relation.PUPIL): Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT,
        (Role.LEGAL_REPRESENTATIVE, Relation.PUPIL): Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT,
    }
    if of.vk.owner in foreign:
        parts.add(family.get((of.role, of.vk.owner), Diagnosis.FOREIGN_PROFILE))
    if of.vk.owner is Relation.NOBODY or not of.vk.roles:
        parts.add(Diagnosis.UNKNOWN)
    if of.contact.used_by in foreign:
        parts.add(Diagnosis.CONTACT_NOT_OWNED)
    if of.vk.roles and not roles_fit(of.role, of.vk.roles):
        if of.role is Role.STAFF:
            parts.add(Diagnosis.FAMILY_PROFILE_IN_STAFF_ACCOUNT)
        elif of.role is Role.PUPIL and EducationalRole.PARENT in of.vk.roles:
            parts.add(Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT)
        elif of.role.is_family_adult and EducationalRole.PUPIL in of.vk.roles:
            parts.add(Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT)
        else:
            parts.add(Diagnosis.STAFF_PROFILE_IN_FAMILY_ACCOUNT)
    return parts


@pytest.mark.rules("D18")
@for_any(known_facts(Policy.LENIENT))
def test_role_only_is_lenient_but_for_the_role(of: Facts) -> None:
    lenient, role_only = deciding(of), deciding(replace(of, policy=Policy.ROLE_ONLY))
    if role_only.row == "D18":
        assert lenient.row in ("D19", "D20")
    else:
        assert role_only == lenient


@pytest.mark.rules("I10")
@for_any(known_facts(Policy.STRICT), st.sampled_from(ProfileHeldBy))
def test_strict_tells_nobody_but_the_owner_where_a_profile_is_bound(of: Facts, held_by: ProfileHeldBy) -> None:
    assert of.vk is not None
    assert of.claims is not None
    assume(of.vk.owner is not Relation.OWN)
    other = replace(of, claims=replace(of.claims, profile_held_by=held_by))
    assert play(of) == play(other)
    assert [row.facts for row in play(of)] == [row.facts for row in play(other)]


@pytest.mark.rules("I14")
@for_any(known_facts())
def test_every_refusal_has_a_status_both_messages_and_a_remedy(of: Facts) -> None:
    row = deciding(of)
    if row.outcome is Outcome.REFUSES:
        refusal = row.refusal()
        entry = catalogue.entry(refusal.reason, refusal.row)
        assert entry.status
        for language in catalogue.LANGUAGES:
            assert catalogue.message(refusal.reason, refusal.row, language, refusal.metadata)
        assert (entry.remedies if refusal.remedies is None else refusal.remedies) != ()


@for_any(some_facts)
def test_shows_facts_as_categories_only(of: Facts) -> None:
    for row in play(of):
        for name, value in row.facts:
            assert of.as_text()[name] == value
