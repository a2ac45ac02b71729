"""How rich values of the domain stand in a column."""

import json
from collections.abc import Mapping

from binding_server.domain.model import (
    Diagnosis,
    EducationalRole,
    Evidence,
    RefusalRecord,
    VkEvidence,
)
from binding_server.store.tables import micros, moment


def roles_text(roles: frozenset[EducationalRole]) -> str:
    """Returns `PARENT,PUPIL`."""
    return ",".join(sorted(roles))


def roles_of(text: str) -> frozenset[EducationalRole]:
    """Returns the roles of `roles_text`."""
    return frozenset(EducationalRole(name) for name in text.split(",") if name)


def evidence_text(evidence: tuple[Evidence, ...]) -> str:
    """Returns evidence as JSON pairs of diagnosis and time."""
    return json.dumps([[part.diagnosis, micros(part.observed_at)] for part in evidence])


def evidence_of(text: str) -> tuple[Evidence, ...]:
    """Returns the evidence of `evidence_text`."""
    return tuple(Evidence(Diagnosis(name), moment(at)) for name, at in json.loads(text))


def facts_text(facts: Mapping[str, str]) -> str:
    """Returns a decision's facts as JSON."""
    return json.dumps(dict(facts), ensure_ascii=False)


def facts_of(text: str) -> Mapping[str, str]:
    """Returns the facts of `facts_text`."""
    return json.loads(text)


def refusal_text(refusal: RefusalRecord | None) -> str | None:
    """Returns a refusal as JSON."""
    if refusal is None:
        return None
    return json.dumps([refusal.reason, refusal.row, list(refusal.metadata), list(refusal.remedies)])


def refusal_of(text: str | None) -> RefusalRecord | None:
    """Returns the refusal of `refusal_text`."""
    if text is None:
        return None
    reason, row, metadata, remedies = json.loads(text)
    return RefusalRecord(reason, row, tuple((name, value) for name, value in metadata), tuple(remedies))


def vk_text(vk: VkEvidence) -> str:
    """Returns VK facts as JSON, to be sealed."""
    return json.dumps(
        {
            "vk_user_id": vk.vk_user_id,
            "profile_name": vk.profile_name,
            "learning": vk.learning,
            "roles": sorted(vk.roles),
            "phone_digest": vk.phone_digest and vk.phone_digest.hex(),
            "email_digest": vk.email_digest and vk.email_digest.hex(),
            "phone_mask": vk.phone_mask,
            "email_mask": vk.email_mask,
        }
    )


def vk_of(text: str) -> VkEvidence:
    """Returns the VK facts of `vk_text`."""
    stored = json.loads(text)
    return VkEvidence(
        vk_user_id=stored["vk_user_id"],
        profile_name=stored["profile_name"],
        learning=stored["learning"],
        roles=frozenset(EducationalRole(name) for name in stored["roles"]),
        phone_digest=bytes.fromhex(stored["phone_digest"]) if stored["phone_digest"] else None,
        email_digest=bytes.fromhex(stored["email_digest"]) if stored["email_digest"] else None,
        phone_mask=stored["phone_mask"],
        email_mask=stored["email_mask"],
    )
