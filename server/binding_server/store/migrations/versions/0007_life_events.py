"""Classes that go on as others, birth dates, and what imports report."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
    op.add_column("school_class", sa.Column("continues", sa.String(), nullable=True))
    op.create_index(
        "uq_school_class_continues",
        "school_class",
        ["continues"],
        unique=True,
        sqlite_where=sa.text("continues IS NOT NULL"),
        postgresql_where=sa.text("continues IS NOT NULL"),
    )
    op.add_column("person", sa.Column("birth_date", sa.String(), nullable=True))
    op.create_index(
        "ix_duty_class",
        "duty",
        ["class_id"],
        sqlite_where=sa.text("class_id IS NOT NULL"),
        postgresql_where=sa.text("class_id IS NOT NULL"),
    )
    op.create_table(
        "roster_finding",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "kind", "number", name="pk_roster_finding"),
    )
