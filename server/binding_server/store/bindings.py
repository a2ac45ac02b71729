# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Bindings: reads, lists, counts, and their end."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from binding_server.domain.model import (
    Binding,
    BindingState,
    ChatsState,
    Diagnosis,
    EndReason,
    EntryPoint,
    Policy,
)
from binding_server.domain.watching import EventKind
from binding_server.store.chats import leave_all
from binding_server.store.codec import evidence_of, evidence_text, roles_of, roles_text
from binding_server.store.connection import Connection, Row, Value, columns, insert
from binding_server.store.directory import OF_ORGANISATION
from binding_server.store.events import add_event
from binding_server.store.places import end_binding, places_of_binding
from binding_server.store.requests import add_audit, earlier_result, keep_result
from binding_server.store.tables import BindingRow, micros, micros_or_none, moment, moment_or_none
from binding_server.store.vault import Vault
from binding_server.use_cases.records import AuditEntry, BindingFilter, RequestKey

BINDING = f"SELECT {columns(BindingRow, 'b')} FROM binding b"
BY_ID = f"{BINDING} WHERE b.id = :id"
OF_ACCOUNT = f"{BINDING} WHERE b.account_id = :account_id AND b.state = 'ACTIVE'"
OF_PROFILE = f"{BINDING} WHERE b.vk_digest = :vk_digest AND b.state = 'ACTIVE'"
ANY_ACTIVE = "SELECT 1 FROM binding WHERE state = 'ACTIVE' AND account_id IN (:members) LIMIT 1"
BY_IDS = f"{BINDING} WHERE b.id IN (:members)"
OF_ACCOUNTS = f"""
    SELECT {columns(BindingRow, "b")} FROM (
        SELECT n.*, row_number() OVER (
            PARTITION BY n.account_id ORDER BY n.state = 'ACTIVE' DESC, n.created_at DESC, n.id DESC
        ) AS place FROM binding n WHERE n.account_id IN (:members)
    ) b WHERE b.place = 1
"""
INSERT_FIRST = insert(BindingRow, end="ON CONFLICT DO NOTHING")
UNBIND = """
    UPDATE binding SET state = 'UNBOUND', ended_at = :now, end_reason = :reason, end_entry_point = :entry_point,
        version = version + 1
    WHERE id = :id AND state = 'ACTIVE'
"""
NEWER_FIRST = """
    AND (:before IS NULL OR (b.created_at, b.id) < (SELECT created_at, id FROM binding WHERE id = :before))
    ORDER BY b.created_at DESC, b.id DESC LIMIT :limit
"""


def binding(connection: Connection, vault: Vault, binding_id: str) -> Binding | None:
    """Returns a binding."""
    return _maybe(connection.one(BY_ID, id=binding_id), vault)


def active_binding(connection: Connection, vault: Vault, account_id: str) -> Binding | None:
    """Returns the account's ACTIVE binding."""
    return _maybe(connection.one(OF_ACCOUNT, account_id=account_id), vault)


def active_binding_of_profile(connection: Connection, vault: Vault, vk_digest: bytes) -> Binding | None:
    """Returns the ACTIVE binding of a learning profile."""
    return _maybe(connection.one(OF_PROFILE, vk_digest=vk_digest), vault)


def any_active_binding(connection: Connection, account_ids: Collection[str]) -> bool:
    """Tells whether any of these accounts has an ACTIVE binding."""
    return bool(connection.among(ANY_ACTIVE, set(account_ids)))


def bindings_by_id(connection: Connection, vault: Vault, binding_ids: Collection[str]) -> Mapping[str, Binding]:
    """Returns bindings."""
    return {row["id"]: binding_of(row, vault) for row in connection.among(BY_IDS, set(binding_ids))}


def bindings_of_accounts(connection: Connection, vault: Vault, account_ids: Collection[str]) -> Mapping[str, Binding]:
    """Returns the ACTIVE, else the newest binding of each account that ever had one."""
    return {row["account_id"]: binding_of(row, vault) for row in connection.among(OF_ACCOUNTS, set(account_ids))}


def list_bindings(connection: Connection, vault: Vault, wanted: BindingFilter) -> Sequence[Binding]:
    """Returns the bindings that a filter asks for, newest first."""
    conditions = [_parent(wanted.account_id, wanted.organisation_id)]
    # Literal, so that the partial indexes over ACTIVE are used.
    if wanted.state is not None:
        conditions.append(f"b.state = '{wanted.state.value}'")
    if wanted.diagnosis is not None:
        conditions.append("b.diagnosis = :diagnosis")
    rows = connection.all(
        f"{BINDING} WHERE {' AND '.join(conditions)} {NEWER_FIRST}",
        parent=wanted.account_id or wanted.organisation_id,
        organisation_id=wanted.organisation_id,
        diagnosis=wanted.diagnosis,
        before=wanted.before,
        limit=wanted.limit,
    )
    return [binding_of(row, vault) for row in rows]


def count_diagnoses(
    connection: Connection, account_id: str | None, organisation_id: str | None
) -> Mapping[Diagnosis, int]:
    """Returns how many ACTIVE bindings of an account or organisation have which diagnosis."""
    rows = connection.all(
        f"""SELECT b.diagnosis, count(*) AS bindings FROM binding b
        WHERE {_parent(account_id, organisation_id)} AND b.state = 'ACTIVE' GROUP BY b.diagnosis""",
        parent=account_id or organisation_id,
        organisation_id=organisation_id,
    )
    return {Diagnosis(row["diagnosis"]): row["bindings"] for row in rows}


def unbind(
    connection: Connection,
    vault: Vault,
    binding_id: str,
    *,
    reason: EndReason,
    entry_point: EntryPoint,
    expected_version: int | None,
    now: datetime,
    audit: AuditEntry,
    request: RequestKey | None,
) -> tuple[Binding, bool] | None:
    """Ends an ACTIVE binding. One that has ended stays as it is, whatever version was expected: what was asked for
    holds already (I6)."""
    earlier = earlier_result(connection, request)
    if earlier is not None and earlier.binding_id is not None:
        return known(connection, vault, earlier.binding_id), earlier.already
    found = known(connection, vault, binding_id)
    already = found.state is BindingState.UNBOUND
    if not already:
        if expected_version is not None and expected_version != found.version:
            return None
        connection.run(UNBIND, id=binding_id, now=micros(now), reason=reason, entry_point=entry_point)
        leave_all(connection, binding_id, now)
        end_binding(connection, binding_id)
        places = places_of_binding(connection, binding_id)
        removed = EventKind.BINDING_REMOVED
        add_event(connection, removed, now, places, binding_id=binding_id, account_id=found.account_id)
        add_audit(connection, audit, places)
    keep_result(connection, request, now, binding_id=binding_id, already=already)
    return known(connection, vault, binding_id), already


def known(connection: Connection, vault: Vault, binding_id: str) -> Binding:
    """Returns a binding that must be there.

    Raises:
        LookupError: there is none of that id.
    """
    found = binding(connection, vault, binding_id)
    if found is None:
        raise LookupError(f"no binding {binding_id}")
    return found


def column_values(binding: Binding, vault: Vault, audit_id: int) -> dict[str, Value]:
    """Returns the columns of a new binding."""
    return {
        "id": binding.id,
        "account_id": binding.account_id,
        "person_id": binding.person_id,
        "sealed_vk_user_id": vault.seal(binding.vk_user_id, _place(binding.id)),
        "vk_digest": binding.vk_digest,
        "state": binding.state,
        "diagnosis": binding.diagnosis,
        "evidence": evidence_text(binding.evidence),
        "chats": binding.chats,
        "roles": roles_text(binding.roles),
        "policy": binding.policy,
        "contact_digest": binding.contact_digest,
        "contact_mask": binding.contact_mask,
        "via_pupil": binding.via_pupil,
        "created_at": micros(binding.created_at),
        "ended_at": micros_or_none(binding.ended_at),
        "end_reason": binding.end_reason,
        "end_entry_point": binding.end_entry_point,
        "version": binding.version,
        "audit_id": audit_id,
    }


def binding_of(row: Row, vault: Vault) -> Binding:
    """Returns the binding of a row."""
    return Binding(
        id=row["id"],
        account_id=row["account_id"],
        person_id=row["person_id"],
        vk_user_id=vault.open(row["sealed_vk_user_id"], _place(row["id"])),
        vk_digest=row["vk_digest"],
        state=BindingState(row["state"]),
        diagnosis=Diagnosis(row["diagnosis"]),
        evidence=evidence_of(row["evidence"]),
        chats=ChatsState(row["chats"]),
        roles=roles_of(row["roles"]),
        policy=Policy(row["policy"]),
        contact_digest=row["contact_digest"],
        contact_mask=row["contact_mask"],
        via_pupil=row["via_pupil"],
        created_at=moment(row["created_at"]),
        ended_at=moment_or_none(row["ended_at"]),
        end_reason=None if row["end_reason"] is None else EndReason(row["end_reason"]),
        end_entry_point=EntryPoint(row["end_entry_point"]),
        version=row["version"],
    )


def _maybe(row: Row | None, vault: Vault) -> Binding | None:
    return None if row is None else binding_of(row, vault)


def _place(binding_id: str) -> str:
    return f"binding:{binding_id}:vk_user_id"


def _parent(account_id: str | None, organisation_id: str | None) -> str:
    if (account_id is None) == (organisation_id is None):
        raise ValueError("exactly one of account and organisation")
    return "b.account_id = :parent" if account_id is not None else f"b.account_id IN ({OF_ORGANISATION})"
