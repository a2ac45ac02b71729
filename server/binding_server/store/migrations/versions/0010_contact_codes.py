"""One-time codes for contacts, diagnoses that follow contacts, and limits on calls."""

import json
import time

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ABANDONED = """
    SELECT b.id, b.diagnosis, b.evidence FROM binding b
    WHERE b.state = 'ACTIVE' AND NOT EXISTS (
        SELECT 1 FROM contact_use u
        WHERE u.digest = b.contact_digest AND u.valid_to IS NULL AND u.person_id = b.person_id
    )
"""
"""Bindings whose contact the holder uses no longer. So far that was found out by whoever asked."""


def upgrade() -> None:
    """Brings the schema forward, and the diagnoses of bindings with it."""
    op.create_table(
        "contact_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_contact_code_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_code"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_code_contact", "contact_code", ["contact", "made_at"], unique=False)
    op.create_index("ix_contact_code_person", "contact_code", ["person_id", "made_at"], unique=False)
    op.create_index("ix_contact_code_made_at", "contact_code", ["made_at"], unique=False)
    op.create_table(
        "contact_confirmation",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_contact_confirmation_person_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_contact_confirmation"),
    )
    op.create_table(
        "contact_taken",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_contact_taken_person_id"),
        sa.PrimaryKeyConstraint("person_id", "digest", name="pk_contact_taken"),
    )
    op.create_table(
        "limit_use",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_limit_use"),
    )
    op.create_index("ix_limit_use_begun_at", "limit_use", ["begun_at"], unique=False)
    condition = sa.text("state = 'ACTIVE'")
    op.create_index(
        "ix_binding_contact", "binding", ["contact_digest"], sqlite_where=condition, postgresql_where=condition
    )
    _diagnose()


def _diagnose() -> None:
    connection = op.get_bind()
    for binding_id, diagnosis, text in connection.execute(sa.text(ABANDONED)).all():
        evidence = json.loads(text)
        if any(name in ("CONTACT_NOT_OWNED", "CONTACT_STALE") for name, _ in evidence):
            continue
        parts = [*evidence, ["CONTACT_STALE", time.time_ns() // 1000]]
        parts.sort(key=lambda part: part[0] == "UNKNOWN")
        found = parts[0][0]
        connection.execute(
            sa.text("UPDATE binding SET diagnosis = :diagnosis, evidence = :evidence WHERE id = :id"),
            {"diagnosis": found, "evidence": json.dumps(parts), "id": binding_id},
        )
        if found != diagnosis:
            connection.execute(
                sa.text("UPDATE binding_place SET diagnosis = :diagnosis WHERE binding_id = :id"),
                {"diagnosis": found, "id": binding_id},
            )
