"""Life events: what rosters tell of classes and persons over time."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
