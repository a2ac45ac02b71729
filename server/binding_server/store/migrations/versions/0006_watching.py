"""Where bindings and events are; events get their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER_EVENTS = """
    UPDATE event SET number = counted.place
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM event) AS counted WHERE counted.id = event.id
"""
PLACE_BINDINGS = """
    INSERT INTO binding_place (binding_id, organisation_id, municipality_id, active, diagnosis)
    SELECT b.id, o.id, o.municipality_id, b.state = 'ACTIVE', b.diagnosis FROM binding b
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
    ) AS stays ON stays.account_id = b.account_id
    JOIN organisation o ON o.id = stays.organisation_id
"""


def upgrade() -> None:
    """Brings the schema forward. Bindings are placed where their accounts are now; events of the past, which nobody
    has followed, nowhere."""
    op.create_table(
        "binding_place",
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("diagnosis", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["binding_id"], ["binding.id"], name="fk_binding_place_binding_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_binding_place_organisation_id"),
        sa.PrimaryKeyConstraint("binding_id", "organisation_id", name="pk_binding_place"),
    )
    for name, columns in (
        ("organisation", ["organisation_id", "active", "binding_id"]),
        ("municipality", ["municipality_id", "active", "binding_id"]),
        ("diagnosis", ["municipality_id", "active", "diagnosis", "binding_id"]),
    ):
        op.create_index(f"ix_binding_place_{name}", "binding_place", columns, unique=False)
    op.create_table(
        "event_place",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("move", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", "organisation_id", "municipality_id", name="pk_event_place"),
    )
    condition = sa.text("state = 'ACTIVE'")
    op.create_index("ix_binding_active", "binding", ["id"], sqlite_where=condition, postgresql_where=condition)
    op.execute(NUMBER_EVENTS)
    op.execute(PLACE_BINDINGS)
