"""Rosters: who imported when, what a complete roster has told, whose chats still have to follow."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SWEPT = ("account", "enrolment", "guardianship", "duty", "contact_use")


def upgrade() -> None:
    """Brings the schema forward."""
    op.create_table(
        "roster_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_roster_run"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "unsettled_account",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_unsettled_account_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_unsettled_account"),
    )
    for table in SWEPT:
        op.add_column(table, sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_duty_person_id", "duty", ["person_id"], unique=False)
