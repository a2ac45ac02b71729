"""Attempts, bindings and class chats."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("contact_digest", sa.LargeBinary(), nullable=False),
        sa.Column("contact_mask", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("oauth_state", sa.String(), nullable=False),
        sa.Column("sealed_verifier", sa.LargeBinary()),
        sa.Column("authorization_uri", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("via_pupil", sa.String()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary()),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("sealed_vk", sa.LargeBinary()),
        sa.Column("refusal", sa.String()),
        sa.Column("binding_id", sa.String()),
        sa.Column("decision", sa.BigInteger()),
        sa.Column("end_audit_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_attempt_account_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_attempt_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index(
        "ix_attempt_ended",
        "attempt",
        ["account_id", "end_audit_id"],
        unique=False,
        **only_where("end_audit_id IS NOT NULL"),
    )
    op.create_index(
        "ix_attempt_leased", "attempt", ["lease_owner"], unique=False, **only_where("lease_owner IS NOT NULL")
    )
    op.create_index(
        "ix_attempt_open", "attempt", ["expires_at"], unique=False, **only_where("state IN ('PENDING', 'AUTHORIZED')")
    )
    op.create_index(
        "ix_attempt_pending", "attempt", ["account_id", "created_at"], unique=False, **only_where("state = 'PENDING'")
    )
    op.create_table(
        "sent_code",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="fk_sent_code_attempt_id"),
        sa.PrimaryKeyConstraint("attempt_id", "digest", name="pk_sent_code"),
    )
    op.create_table(
        "binding",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("sealed_vk_user_id", sa.LargeBinary(), nullable=False),
        sa.Column("vk_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("diagnosis", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("chats", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("contact_digest", sa.LargeBinary(), nullable=False),
        sa.Column("contact_mask", sa.String(), nullable=False),
        sa.Column("via_pupil", sa.String()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("end_reason", sa.String()),
        sa.Column("end_entry_point", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_binding_account_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_binding_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_binding"),
    )
    op.create_index("ix_binding_account_id", "binding", ["account_id"], unique=False)
    op.create_index(
        "ix_binding_chats", "binding", ["chats"], unique=False, **only_where("state = 'ACTIVE' AND chats <> 'READY'")
    )
    op.create_index("uq_binding_account", "binding", ["account_id"], unique=True, **only_where("state = 'ACTIVE'"))
    op.create_index("uq_binding_profile", "binding", ["vk_digest"], unique=True, **only_where("state = 'ACTIVE'"))
    op.create_table(
        "class_chat",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("class_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name="fk_class_chat_class_id"),
        sa.PrimaryKeyConstraint("id", name="pk_class_chat"),
        sa.UniqueConstraint("class_id", "kind", name="uq_class_chat_class_id_kind"),
    )
    op.create_table(
        "chat_membership",
        number_key(),
        sa.Column("chat_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("educational_role", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_chat_membership_account_id"),
        sa.ForeignKeyConstraint(["binding_id"], ["binding.id"], name="fk_chat_membership_binding_id"),
        sa.ForeignKeyConstraint(["chat_id"], ["class_chat.id"], name="fk_chat_membership_chat_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_membership"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_chat_membership_binding",
        "chat_membership",
        ["binding_id"],
        unique=False,
        **only_where("removed_at IS NULL"),
    )
    op.create_index(
        "uq_chat_membership_present",
        "chat_membership",
        ["chat_id", "account_id"],
        unique=True,
        **only_where("removed_at IS NULL"),
    )
    op.create_table(
        "chat_job",
        number_key(),
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["binding_id"], ["binding.id"], name="fk_chat_job_binding_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_job"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_chat_job_binding_id", "chat_job", ["binding_id"], unique=False)
    op.create_index("ix_chat_job_queued", "chat_job", ["run_after"], unique=False, **only_where("state = 'QUEUED'"))
    op.create_index("uq_chat_job_queued", "chat_job", ["binding_id"], unique=True, **only_where("state = 'QUEUED'"))


def number_key() -> sa.Column[int]:
    """A key that counts up; SQLite counts up only what is declared INTEGER."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def only_where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for each database."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
