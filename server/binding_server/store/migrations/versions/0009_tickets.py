"""Support tickets with their screenshots, and decisions that show whose a profile is."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
    op.create_table(
        "ticket",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("sealed_items", sa.LargeBinary(), nullable=False),
        sa.Column("vk_digest", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.BigInteger()),
        sa.Column("binding_id", sa.String()),
        sa.Column("profile_binding_id", sa.String()),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("screenshot_deleted_at", sa.BigInteger()),
        sa.Column("sealed_resolution", sa.LargeBinary()),
        sa.Column("agent", sa.String()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_ticket_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
    )
    op.create_index("ix_ticket_account_id", "ticket", ["account_id", "id"], unique=False)
    op.create_index("ix_ticket_filed_by", "ticket", ["filed_by", "id"], unique=False)
    kept = sa.text("ended_at IS NOT NULL AND screenshot_deleted_at IS NULL")
    op.create_index("ix_ticket_screenshot_kept", "ticket", ["ended_at"], sqlite_where=kept, postgresql_where=kept)
    op.create_table(
        "ticket_screenshot",
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_ticket_screenshot_ticket_id"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_ticket_screenshot"),
    )
    op.create_table(
        "ticket_place",
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_ticket_place_ticket_id"),
        sa.PrimaryKeyConstraint("ticket_id", "organisation_id", name="pk_ticket_place"),
    )
    for place in ("organisation", "municipality"):
        op.create_index(f"ix_ticket_place_{place}", "ticket_place", [f"{place}_id", "ticket_id"], unique=False)
    op.add_column("request", sa.Column("ticket_id", sa.String()))
    op.add_column("decision", sa.Column("proof", sa.LargeBinary()))
    op.add_column("audit", sa.Column("agent", sa.String()))
