"""Decisions, events, audit, named requests, facts about the database."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
    op.create_table(
        "decision",
        number_key(),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String()),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("deciding_row", sa.String(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_account_id", "decision", ["account_id"], unique=False)
    op.create_table(
        "event",
        number_key(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("binding_id", sa.String()),
        sa.Column("account_id", sa.String()),
        sa.Column("attempt_id", sa.String()),
        sa.Column("chat_id", sa.String()),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_event_number", "event", ["number"], unique=True, **only_where("number IS NOT NULL"))
    op.create_table(
        "audit",
        number_key(),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("account_id", sa.String()),
        sa.Column("entry_point", sa.String(), nullable=False),
        sa.Column("policy", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("via_pupil", sa.String()),
        sa.Column("client_id", sa.String()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_account_id", "audit", ["account_id"], unique=False)
    op.create_table(
        "request",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("attempt_id", sa.String()),
        sa.Column("binding_id", sa.String()),
        sa.Column("already", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.BigInteger()),
        sa.Column("refusal", sa.String()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "method", "request_id", name="pk_request"),
    )
    op.create_index("ix_request_at", "request", ["at"], unique=False)
    op.create_table(
        "server_meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_server_meta"),
    )


def number_key() -> sa.Column[int]:
    """A key that counts up; SQLite counts up only what is declared INTEGER."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def only_where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for each database."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
