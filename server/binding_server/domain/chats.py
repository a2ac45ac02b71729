"""Which class chats a binding gives: by the learning profile's roles, in the classes of the account (choice A14)."""

from collections.abc import Collection, Iterable

from binding_server.domain.model import ChatKind, EducationalRole, Policy, Role, SchoolClass
from binding_server.domain.ownership import FITTING

KINDS = {
    EducationalRole.PUPIL: (ChatKind.PUPILS,),
    EducationalRole.PARENT: (ChatKind.PARENTS,),
    EducationalRole.STAFF: (ChatKind.PUPILS, ChatKind.PARENTS),
}
"""The chats of a class that a role is in."""


def effective_roles(
    role: Role, profile_roles: Collection[EducationalRole], policy: Policy
) -> frozenset[EducationalRole]:
    """Returns the roles that give chats: those that fit the account; under LENIENT all of the profile, as it happens
    in life."""
    roles = frozenset(profile_roles)
    return roles if policy is Policy.LENIENT else roles & FITTING[role]


def memberships(
    role: Role, profile_roles: Collection[EducationalRole], policy: Policy, classes: Iterable[SchoolClass]
) -> dict[tuple[str, ChatKind], EducationalRole]:
    """Returns (class id, kind) of every chat that the binding gives, with the role that gives it. Invariant I12
    rests on it."""
    wanted: dict[tuple[str, ChatKind], EducationalRole] = {}
    # A chat that several roles give is told under the one that fits the account.
    roles = sorted(effective_roles(role, profile_roles, policy), key=lambda each: (each not in FITTING[role], each))
    for educational_role in roles:
        for school_class in classes:
            for kind in KINDS[educational_role]:
                wanted.setdefault((school_class.id, kind), educational_role)
    return wanted
