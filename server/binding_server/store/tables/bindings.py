"""Tables of attempts, bindings and class chats."""

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from binding_server.store.tables.base import (
    Table,
    number_key,
    number_or_none,
    only_where,
    time_column,
    time_column_or_none,
)


class AttemptRow(Table, table=True):
    """One run of the flow. Verifier and VK facts are sealed, and gone once it has ended.

    `end_audit_id` is the audit record of the end: audit numbers tell what came first when times are equal.
    """

    __table_args__ = (
        only_where("ix_attempt_pending", "account_id created_at", "state = 'PENDING'"),
        only_where("ix_attempt_ended", "account_id end_audit_id", "end_audit_id IS NOT NULL"),
        only_where("ix_attempt_open", "expires_at", "state IN ('PENDING', 'AUTHORIZED')"),
        only_where("ix_attempt_leased", "lease_owner", "lease_owner IS NOT NULL"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id")
    person_id: str = Field(foreign_key="person.id")
    state: str
    contact_digest: bytes
    contact_mask: str
    redirect_uri: str
    oauth_state: str
    sealed_verifier: bytes | None = None
    authorization_uri: str
    policy: str
    via_pupil: str | None = None
    created_at: int = time_column()
    expires_at: int = time_column()
    code_digest: bytes | None = None
    lease_owner: str | None = None
    lease_until: int | None = time_column_or_none()
    sealed_vk: bytes | None = None
    refusal: str | None = None
    binding_id: str | None = None
    decision: int | None = number_or_none()
    end_audit_id: int | None = number_or_none()


class SentCodeRow(Table, table=True):
    """Digest of an authorization code that may have reached VK ID: it is never sent again."""

    attempt_id: str = Field(primary_key=True, foreign_key="attempt.id")
    digest: bytes = Field(primary_key=True)


class BindingRow(Table, table=True):
    """The link of an account with a learning profile. I1 and I2 are its two unique indexes."""

    __table_args__ = (
        only_where("uq_binding_profile", "vk_digest", "state = 'ACTIVE'", unique=True),
        only_where("uq_binding_account", "account_id", "state = 'ACTIVE'", unique=True),
        only_where("ix_binding_active", "id", "state = 'ACTIVE'"),
        only_where("ix_binding_contact", "contact_digest", "state = 'ACTIVE'"),
        only_where("ix_binding_chats", "chats", "state = 'ACTIVE' AND chats <> 'READY'"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    sealed_vk_user_id: bytes
    vk_digest: bytes
    state: str
    diagnosis: str
    evidence: str
    chats: str
    roles: str
    policy: str
    contact_digest: bytes
    contact_mask: str
    via_pupil: str | None = None
    created_at: int = time_column()
    ended_at: int | None = time_column_or_none()
    end_reason: str | None = None
    end_entry_point: str
    version: int
    audit_id: int = Field(sa_type=BigInteger)


class ClassChatRow(Table, table=True):
    """A chat of a class: once per class and kind, for ever (I3)."""

    __table_args__ = (UniqueConstraint("class_id", "kind"),)

    id: str = Field(primary_key=True)
    class_id: str = Field(foreign_key="school_class.id")
    kind: str
    ready: bool
    created_at: int = time_column()


class ChatMembershipRow(Table, table=True):
    """An account's time in a chat, through one binding; present while `removed_at` is missing."""

    __table_args__ = (
        only_where("uq_chat_membership_present", "chat_id account_id", "removed_at IS NULL", unique=True),
        only_where("ix_chat_membership_binding", "binding_id", "removed_at IS NULL"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    chat_id: str = Field(foreign_key="class_chat.id")
    account_id: str = Field(foreign_key="account.id")
    binding_id: str = Field(foreign_key="binding.id")
    educational_role: str
    state: str
    joined_at: int = time_column()
    removed_at: int | None = time_column_or_none()


class ChatJobRow(Table, table=True):
    """Work for a provider that does not settle inline: bring a binding's memberships about. QUEUED, DONE or FAILED."""

    __table_args__ = (
        only_where("uq_chat_job_queued", "binding_id", "state = 'QUEUED'", unique=True),
        only_where("ix_chat_job_queued", "run_after", "state = 'QUEUED'"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    binding_id: str = Field(foreign_key="binding.id", index=True)
    state: str
    tries: int
    run_after: int = time_column()
    created_at: int = time_column()
