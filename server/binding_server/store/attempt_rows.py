"""An attempt as a row, and back."""

from binding_server.domain.model import Attempt, AttemptState, Policy
from binding_server.store.codec import refusal_of, refusal_text, vk_of, vk_text
from binding_server.store.connection import Row, Value, columns, insert
from binding_server.store.tables import AttemptRow, micros, micros_or_none, moment, moment_or_none
from binding_server.store.vault import Vault

ATTEMPT = columns(AttemptRow, "t")
INSERT = insert(AttemptRow)


def verifier_place(attempt_id: str) -> str:
    """Names where an attempt's verifier is sealed."""
    return f"attempt:{attempt_id}:code_verifier"


def vk_place(attempt_id: str) -> str:
    """Names where an attempt's VK facts are sealed."""
    return f"attempt:{attempt_id}:vk"


def column_values(attempt: Attempt, vault: Vault) -> dict[str, Value]:
    """Returns the columns of a new attempt."""
    return {
        "id": attempt.id,
        "account_id": attempt.account_id,
        "person_id": attempt.person_id,
        "state": attempt.state,
        "contact_digest": attempt.contact_digest,
        "contact_mask": attempt.contact_mask,
        "redirect_uri": attempt.redirect_uri,
        "oauth_state": attempt.oauth_state,
        "sealed_verifier": vault.seal(attempt.code_verifier, verifier_place(attempt.id)),
        "authorization_uri": attempt.authorization_uri,
        "policy": attempt.policy,
        "via_pupil": attempt.via_pupil,
        "created_at": micros(attempt.created_at),
        "expires_at": micros(attempt.expires_at),
        "code_digest": attempt.code_digest,
        "lease_owner": attempt.lease_owner,
        "lease_until": micros_or_none(attempt.lease_until),
        "sealed_vk": None if attempt.vk is None else vault.seal(vk_text(attempt.vk), vk_place(attempt.id)),
        "refusal": refusal_text(attempt.refusal),
        "binding_id": attempt.binding_id,
        "decision": None if attempt.decision is None else int(attempt.decision),
        "end_audit_id": None,
    }


def attempt_of(row: Row, vault: Vault) -> Attempt:
    """Returns the attempt of a row. The verifier is empty once it has been deleted."""
    verifier, vk = row["sealed_verifier"], row["sealed_vk"]
    return Attempt(
        id=row["id"],
        account_id=row["account_id"],
        person_id=row["person_id"],
        state=AttemptState(row["state"]),
        contact_digest=row["contact_digest"],
        contact_mask=row["contact_mask"],
        redirect_uri=row["redirect_uri"],
        oauth_state=row["oauth_state"],
        code_verifier="" if verifier is None else vault.open(verifier, verifier_place(row["id"])),
        authorization_uri=row["authorization_uri"],
        policy=Policy(row["policy"]),
        via_pupil=row["via_pupil"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        code_digest=row["code_digest"],
        lease_owner=row["lease_owner"],
        lease_until=moment_or_none(row["lease_until"]),
        vk=None if vk is None else vk_of(vault.open(vk, vk_place(row["id"]))),
        refusal=refusal_of(row["refusal"]),
        binding_id=row["binding_id"],
        decision=None if row["decision"] is None else str(row["decision"]),
    )
