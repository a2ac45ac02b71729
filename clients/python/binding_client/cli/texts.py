"""The command's words in two languages, and the names of enum values for people."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from sferum.binding.v1.resources_pb2 import (
    Binding,
    ChatKind,
    Diagnosis,
    EducationalRole,
    OwnershipPolicy,
    Role,
)

_Value = TypeVar("_Value")


class Language(StrEnum):
    """What the command speaks."""

    RU = "ru"
    EN = "en"


class Say:
    """Chooses between a Russian and an English text.

    Attributes:
        language: "ru" or "en".
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, russian: str, english: str) -> str:
        """Returns the text in the chosen language."""
        return english if self.language == "en" else russian

    def role(self, role: Role) -> str:
        """Returns an account's role."""
        return self._named(_ROLES, role, Role.Name(role))

    def educational_role(self, role: EducationalRole) -> str:
        """Returns a learning profile's role."""
        return self._named(_EDUCATIONAL_ROLES, role, EducationalRole.Name(role))

    def policy(self, policy: OwnershipPolicy) -> str:
        """Returns a policy."""
        return OwnershipPolicy.Name(policy).removeprefix("OWNERSHIP_POLICY_")

    def diagnosis(self, diagnosis: Diagnosis) -> str:
        """Returns a diagnosis: its name, with the words for it."""
        name = Diagnosis.Name(diagnosis).removeprefix("DIAGNOSIS_")
        words = self._named(_DIAGNOSES, diagnosis, "")
        return f"{name} ({words})" if words else name

    def chat_kind(self, kind: ChatKind) -> str:
        """Returns for whom a chat is."""
        return self._named(_CHAT_KINDS, kind, ChatKind.Name(kind))

    def binding_state(self, binding: Binding) -> str:
        """Returns whether a binding holds."""
        return Binding.State.Name(binding.state).removeprefix("STATE_")

    def _named(self, names: Mapping[_Value, tuple[str, str]], value: _Value, otherwise: str) -> str:
        return self(*names[value]) if value in names else otherwise


_ROLES = {
    Role.ROLE_PUPIL: ("обучающийся", "pupil"),
    Role.ROLE_PARENT: ("родитель", "parent"),
    Role.ROLE_LEGAL_REPRESENTATIVE: ("законный представитель", "legal representative"),
    Role.ROLE_STAFF: ("сотрудник", "staff"),
}
_EDUCATIONAL_ROLES = {
    EducationalRole.EDUCATIONAL_ROLE_PUPIL: ("ученик", "pupil"),
    EducationalRole.EDUCATIONAL_ROLE_PARENT: ("родитель", "parent"),
    EducationalRole.EDUCATIONAL_ROLE_STAFF: ("сотрудник", "staff"),
}
_CHAT_KINDS = {
    ChatKind.CHAT_KIND_PUPILS: ("ученики", "pupils"),
    ChatKind.CHAT_KIND_PARENTS: ("родители", "parents"),
}
_DIAGNOSES = {
    Diagnosis.DIAGNOSIS_OK: ("все верно", "nothing is wrong"),
    Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT: (
        "проблема 2: профиль родителя у обучающегося",
        "problem 2: a parent's profile in a pupil's account",
    ),
    Diagnosis.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT: (
        "проблема 3: профиль обучающегося у родителя",
        "problem 3: a pupil's profile in a parent's account",
    ),
    Diagnosis.DIAGNOSIS_UNSPECIFIED: ("привязки нет", "no binding"),
}
