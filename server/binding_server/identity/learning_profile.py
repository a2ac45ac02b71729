"""The learning profile as VK's API returns it.

The method `users.get` and its errors are documented; that `educational_profile` has `roles` and `organizations` is
inferred from what other programs read. Whatever turns out to be different is changed here and nowhere else.
"""

from dataclasses import dataclass, field
from typing import Any

from binding_server.domain.model import EducationalRole
from binding_server.use_cases.identity_ports import VkRefused

FIELDS = "educational_profile"
_ROLES = {
    "PUPIL": EducationalRole.PUPIL,
    "STUDENT": EducationalRole.PUPIL,
    "PARENT": EducationalRole.PARENT,
    "TEACHER": EducationalRole.STAFF,
    "ADMINISTRATOR": EducationalRole.STAFF,
}
_FAULTS_OF_THE_API = (1, 6, 9, 10, 29)
"""Unknown error, too many requests (three kinds), internal error: none says anything about the person."""


@dataclass(frozen=True, slots=True)
class LearningProfile:
    """What the API says of a user id: whether it is a learning profile, and in which roles."""

    user_id: str = field(repr=False)
    name: str = field(repr=False)
    exists: bool
    roles: frozenset[EducationalRole]


def read_users_get(document: Any) -> LearningProfile:
    """Reads the answer of `users.get` for the token's own user. Roles of unknown names are left out.

    Raises:
        VkRefused: the API refused, as `api_5` and the like.
        ValueError: the API is at fault, or the answer makes no sense.
    """
    if not isinstance(document, dict):
        raise ValueError("not an object")
    if "error" in document:
        code = document["error"].get("error_code") if isinstance(document["error"], dict) else None
        if not isinstance(code, int) or code in _FAULTS_OF_THE_API:
            raise ValueError("the API is at fault")
        raise VkRefused(f"api_{code}")
    users = document.get("response")
    if not isinstance(users, list) or len(users) != 1 or not isinstance(users[0], dict):
        raise ValueError("not one user")
    user = users[0]
    profile = user.get(FIELDS)
    roles = profile.get("roles") if isinstance(profile, dict) else None
    named = [role.upper() for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    names = (user.get("first_name"), user.get("last_name"))
    return LearningProfile(
        user_id=str(user.get("id")),
        name=" ".join(name for name in names if isinstance(name, str) and name),
        exists=isinstance(profile, dict),
        roles=frozenset(_ROLES[name] for name in named if name in _ROLES),
    )
