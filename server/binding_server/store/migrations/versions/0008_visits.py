"""Visits, and for whom and in which case something was done."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PLACE_AUDIT = """
    INSERT INTO audit_place (organisation_id, audit_id, municipality_id)
    SELECT o.id, t.id, o.municipality_id FROM audit t
    JOIN (
        SELECT a.id AS account_id, c.organisation_id FROM account a
        JOIN enrolment e ON e.person_id = a.person_id AND e.valid_to IS NULL
        JOIN school_class c ON c.id = e.class_id WHERE a.role = 'PUPIL'
        UNION
        SELECT a.id, c.organisation_id FROM account a
        JOIN guardianship g ON g.guardian_id = a.person_id AND g.valid_to IS NULL
        JOIN enrolment e ON e.person_id = g.pupil_id AND e.valid_to IS NULL
        JOIN school_class c ON c.id = e.class_id WHERE a.role IN ('PARENT', 'LEGAL_REPRESENTATIVE')
        UNION
        SELECT a.id, d.organisation_id FROM account a
        JOIN duty d ON d.person_id = a.person_id AND d.valid_to IS NULL WHERE a.role = 'STAFF'
    ) AS stays ON stays.account_id = t.account_id
    JOIN organisation o ON o.id = stays.organisation_id
"""


def upgrade() -> None:
    """Brings the schema forward. What was audited before is placed where its account is now."""
    op.create_table(
        "visit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_visit_organisation_id"),
        sa.ForeignKeyConstraint(["operator_id"], ["person.id"], name="fk_visit_operator_id"),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name="fk_visit_holder_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
    )
    _index_where("uq_visit_open", "visit", ["operator_id", "holder_id"], "state = 'OPEN'", unique=True)
    _index_where("ix_visit_open_expires_at", "visit", ["expires_at"], "state = 'OPEN'")
    op.create_index("ix_visit_holder_id", "visit", ["holder_id", "operator_id", "id"], unique=False)
    op.create_table(
        "audit_place",
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "audit_id", name="pk_audit_place"),
    )
    op.create_index("ix_audit_place_municipality", "audit_place", ["municipality_id", "audit_id"], unique=False)
    for name in ("on_behalf_of", "visit_id", "ticket_id"):
        op.add_column("audit", sa.Column(name, sa.String()))
    op.add_column("audit", sa.Column("decision", sa.BigInteger()))
    for name in ("actor", "on_behalf_of"):
        _index_where(f"ix_audit_{name}", "audit", [name], "account_id IS NULL")
    for name in ("visit_id", "ticket_id"):
        _index_where(f"ix_audit_{name}", "audit", [name], f"{name} IS NOT NULL")
    op.execute(PLACE_AUDIT)


def _index_where(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
