"""Used tokens of back ends."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
    op.create_table(
        "service_jti",
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "jti", name="pk_service_jti"),
    )
    op.create_index("ix_service_jti_expires_at", "service_jti", ["expires_at"], unique=False)
