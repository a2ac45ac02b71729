"""Who uses a contact, who owns a VK profile, which policy applies."""

from collections.abc import Collection, Mapping

from binding_server.domain.facts import Relation
from binding_server.domain.model import AccountContext, EducationalRole, Policy, Role

FITTING: Mapping[Role, frozenset[EducationalRole]] = {
    Role.PUPIL: frozenset({EducationalRole.PUPIL}),
    Role.PARENT: frozenset({EducationalRole.PARENT}),
    Role.LEGAL_REPRESENTATIVE: frozenset({EducationalRole.PARENT}),
    Role.STAFF: frozenset({EducationalRole.STAFF}),
}
"""The educational roles that fit an account's role (D18): PARENT serves legal representatives too."""

_STRICTEST_FIRST = (Policy.STRICT, Policy.ROLE_ONLY, Policy.LENIENT)


def relation(context: AccountContext, person_id: str | None) -> Relation:
    """Returns whose it is, seen from the account: the same person in several ways counts as the nearest (own,
    family, other)."""
    if person_id is None:
        return Relation.NOBODY
    if person_id == context.person.id:
        return Relation.OWN
    if context.account.role is Role.PUPIL and person_id in context.guardians:
        return Relation.GUARDIAN
    if context.account.role.is_family_adult and person_id in context.pupils:
        return Relation.PUPIL
    return Relation.OTHER


def profile_owner(own_id: str, phone_user: str | None, email_user: str | None) -> str | None:
    """Returns the person who owns a VK profile, judged by who uses the contacts that VK returned; None if nobody is
    known to.

    The phone decides; the e-mail counts only if no returned phone is known, since VK does not say that it was
    verified. A phone and an
    e-mail of two different persons make the profile not own: the one who is not the account's person is returned.
    """
    if phone_user and email_user and phone_user != email_user:
        return email_user if phone_user == own_id else phone_user
    return phone_user or email_user


def roles_fit(role: Role, roles: Collection[EducationalRole]) -> bool:
    """Tells whether a learning profile's roles meet the account's role."""
    return bool(FITTING[role] & set(roles))


def strictest(policies: Collection[Policy]) -> Policy:
    """Returns the policy of an account that spans several municipalities; STRICT where none is known."""
    return next((policy for policy in _STRICTEST_FIRST if policy in policies), Policy.STRICT)


def is_eligible(context: AccountContext) -> bool:
    """Tells whether an account may bind: not closed, and its role still gives a class or a duty (D2)."""
    if context.account.closed:
        return False
    if context.account.role is Role.STAFF:
        return bool(context.duties)
    return bool(context.classes)
