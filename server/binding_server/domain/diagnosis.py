"""What is wrong with a binding that a policy let through, or that time has made wrong."""

from collections.abc import Sequence
from datetime import datetime

from binding_server.domain.facts import Facts, Relation
from binding_server.domain.model import Diagnosis, EducationalRole, Evidence, Role
from binding_server.domain.ownership import roles_fit
from binding_server.domain.reasons import Remedy

PROBLEMS = {
    Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT: 2,
    Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT: 3,
}
"""The known problems by diagnosis. Problem 1 is a refusal, not a binding."""

_WRONG_PROFILE = (Remedy.UNBIND_HERE, Remedy.REBIND_OWN_PROFILE, Remedy.VISIT_SCHOOL)

REMEDIES = {
    Diagnosis.OK: (),
    Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT: _WRONG_PROFILE,
    Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT: _WRONG_PROFILE,
    Diagnosis.FOREIGN_PROFILE: _WRONG_PROFILE,
    Diagnosis.STAFF_PROFILE_IN_FAMILY_ACCOUNT: _WRONG_PROFILE,
    Diagnosis.FAMILY_PROFILE_IN_STAFF_ACCOUNT: _WRONG_PROFILE,
    Diagnosis.CONTACT_NOT_OWNED: (Remedy.UNBIND_HERE, Remedy.USE_OWN_CONTACT),
    Diagnosis.CONTACT_STALE: (Remedy.VERIFY_CONTACT, Remedy.UNBIND_HERE, Remedy.USE_OWN_CONTACT),
    Diagnosis.UNKNOWN: (Remedy.GRANT_VK_SCOPES, Remedy.VISIT_SCHOOL),
}
"""Ways out of each, best first."""


def examine(facts: Facts, now: datetime) -> tuple[Diagnosis, tuple[Evidence, ...]]:
    """Returns the diagnosis of a binding made on these facts, with every false part of I7.

    The diagnosis is the first that holds of: owner, role, contact, owner or role unknown.
    """
    parts = [*_owner(facts), *_role(facts), *_contact(facts), *_unknown(facts)]
    evidence = tuple(Evidence(part, now) for part in dict.fromkeys(parts))
    return (evidence[0].diagnosis if evidence else Diagnosis.OK), evidence


def with_stale_contact(
    diagnosis: Diagnosis, evidence: Sequence[Evidence], now: datetime
) -> tuple[Diagnosis, tuple[Evidence, ...]]:
    """Adds that the contact is no longer the holder's; it ranks with the contact, before an unknown owner."""
    known = {part.diagnosis for part in evidence}
    if known & {Diagnosis.CONTACT_NOT_OWNED, Diagnosis.CONTACT_STALE}:
        return diagnosis, tuple(evidence)
    parts = [*evidence, Evidence(Diagnosis.CONTACT_STALE, now)]
    parts.sort(key=lambda part: part.diagnosis is Diagnosis.UNKNOWN)
    return parts[0].diagnosis, tuple(parts)


def without_stale_contact(diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> tuple[Diagnosis, tuple[Evidence, ...]]:
    """Takes back that the contact is no longer the holder's."""
    parts = tuple(part for part in evidence if part.diagnosis is not Diagnosis.CONTACT_STALE)
    if len(parts) == len(evidence):
        return diagnosis, parts
    return (parts[0].diagnosis if parts else Diagnosis.OK), parts


def _owner(facts: Facts) -> list[Diagnosis]:
    owner = facts.vk.owner if facts.vk else Relation.OWN
    if owner in (Relation.OWN, Relation.NOBODY):
        return []
    if owner is Relation.GUARDIAN and facts.role is Role.PUPIL:
        return [Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT]
    if owner is Relation.PUPIL and facts.role.is_family_adult:
        return [Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT]
    return [Diagnosis.FOREIGN_PROFILE]


def _role(facts: Facts) -> list[Diagnosis]:
    roles = facts.vk.roles if facts.vk else frozenset[EducationalRole]()
    # A profile without any role that is known here fits nothing and is nobody's in particular: see `_unknown`.
    if not roles or roles_fit(facts.role, roles):
        return []
    if facts.role is Role.STAFF:
        return [Diagnosis.FAMILY_PROFILE_IN_STAFF_ACCOUNT]
    if facts.role is Role.PUPIL and EducationalRole.PARENT in roles:
        return [Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT]
    if facts.role.is_family_adult and EducationalRole.PUPIL in roles:
        return [Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT]
    return [Diagnosis.STAFF_PROFILE_IN_FAMILY_ACCOUNT]


def _contact(facts: Facts) -> list[Diagnosis]:
    foreign = facts.contact is not None and facts.contact.used_by not in (Relation.OWN, Relation.NOBODY)
    return [Diagnosis.CONTACT_NOT_OWNED] if foreign else []


def _unknown(facts: Facts) -> list[Diagnosis]:
    unknown = facts.vk is not None and (facts.vk.owner is Relation.NOBODY or not facts.vk.roles)
    return [Diagnosis.UNKNOWN] if unknown else []
