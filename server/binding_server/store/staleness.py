"""What follows when contacts change hands, in the transaction that changes them: what a code has shown of a former user
is forgotten, and bindings made with the contact are diagnosed anew."""

from collections.abc import Collection
from datetime import datetime

from binding_server.domain.diagnosis import with_stale_contact, without_stale_contact
from binding_server.domain.model import Diagnosis, Policy
from binding_server.domain.watching import EventKind
from binding_server.store.codec import evidence_of, evidence_text
from binding_server.store.connection import Connection
from binding_server.store.events import add_event
from binding_server.store.places import places_of_binding
from binding_server.store.requests import add_audit
from binding_server.use_cases.records import AuditEntry

FORGOTTEN = """
    SELECT c.digest FROM contact_confirmation c WHERE c.digest IN (:members) AND NOT EXISTS (
        SELECT 1 FROM contact_use u
        WHERE u.digest = c.digest AND u.valid_to IS NULL AND u.person_id = c.person_id
    )
"""
FORGET = "DELETE FROM contact_confirmation WHERE digest = :digest"
BINDINGS = """
    SELECT b.id, b.account_id, b.person_id, b.diagnosis, b.evidence, b.policy, u.person_id AS user_id
    FROM binding b LEFT JOIN contact_use u ON u.digest = b.contact_digest AND u.valid_to IS NULL
    WHERE b.state = 'ACTIVE' AND b.contact_digest IN (:members)
"""
DIAGNOSE = "UPDATE binding SET diagnosis = :diagnosis, evidence = :evidence, version = version + 1 WHERE id = :id"
DIAGNOSE_PLACES = "UPDATE binding_place SET diagnosis = :diagnosis WHERE binding_id = :id"


def contacts_changed(connection: Connection, digests: Collection[bytes], actor: str, now: datetime) -> int:
    """Lets everything follow contacts whose use began, ended or changed hands. Returns how many bindings were diagnosed
    anew, each with an event and an audit record.

    Args:
        actor: who changed them, as the audit names it.
    """
    if not digests:
        return 0
    gone = connection.among(FORGOTTEN, digests)
    connection.many(FORGET, [{"digest": row["digest"]} for row in gone])
    # A portion of `among` may be filled up with its last member: each binding counts once.
    found = {row["id"]: row for row in connection.among(BINDINGS, digests)}
    changed = 0
    for row in found.values():
        before = evidence_of(row["evidence"])
        diagnosis = Diagnosis(row["diagnosis"])
        if row["user_id"] == row["person_id"]:
            diagnosis, evidence = without_stale_contact(diagnosis, before)
        else:
            diagnosis, evidence = with_stale_contact(diagnosis, before, now)
        if evidence == before:
            continue
        changed += 1
        connection.run(DIAGNOSE, id=row["id"], diagnosis=diagnosis, evidence=evidence_text(evidence))
        connection.run(DIAGNOSE_PLACES, id=row["id"], diagnosis=diagnosis)
        add_event(
            connection,
            EventKind.BINDING_DIAGNOSED,
            now,
            places_of_binding(connection, row["id"]),
            binding_id=row["id"],
            account_id=row["account_id"],
        )
        add_audit(
            connection,
            AuditEntry(
                actor, "binding.diagnose", row["account_id"], now, policy=Policy(row["policy"]), reason=diagnosis
            ),
        )
    return changed
