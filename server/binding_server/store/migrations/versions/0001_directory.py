"""Directory: rosters and contacts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema forward."""
    op.create_table(
        "municipality",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_municipality"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name="fk_organisation_municipality_id"),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )
    op.create_table(
        "school_class",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_school_class_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_school_class"),
    )
    op.create_index("ix_school_class_organisation_id", "school_class", ["organisation_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("esia_oid", sa.BigInteger()),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("esia_oid", name="uq_person_esia_oid"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("person_id", "role", name="uq_account_person_id_role"),
    )
    op.create_table(
        "enrolment",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("class_id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger()),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name="fk_enrolment_class_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_enrolment_person_id"),
        sa.PrimaryKeyConstraint("person_id", "class_id", name="pk_enrolment"),
    )
    op.create_index("ix_enrolment_class_id", "enrolment", ["class_id"], unique=False)
    op.create_table(
        "guardianship",
        sa.Column("guardian_id", sa.String(), nullable=False),
        sa.Column("pupil_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger()),
        sa.ForeignKeyConstraint(["guardian_id"], ["person.id"], name="fk_guardianship_guardian_id"),
        sa.ForeignKeyConstraint(["pupil_id"], ["person.id"], name="fk_guardianship_pupil_id"),
        sa.PrimaryKeyConstraint("guardian_id", "pupil_id", name="pk_guardianship"),
    )
    op.create_index("ix_guardianship_pupil_id", "guardianship", ["pupil_id"], unique=False)
    op.create_table(
        "duty",
        number_key(),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("class_id", sa.String()),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger()),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name="fk_duty_class_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_duty_organisation_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_duty_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_duty_organisation_id", "duty", ["organisation_id"], unique=False)
    op.create_index(
        "uq_duty_class",
        "duty",
        ["person_id", "organisation_id", "kind", "class_id"],
        unique=True,
        **only_where("class_id IS NOT NULL"),
    )
    op.create_index(
        "uq_duty_no_class",
        "duty",
        ["person_id", "organisation_id", "kind"],
        unique=True,
        **only_where("class_id IS NULL"),
    )
    op.create_table(
        "contact_use",
        number_key(),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_contact_use_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_use"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_contact_use_person", "contact_use", ["person_id"], unique=False, **only_where("valid_to IS NULL")
    )
    op.create_index("uq_contact_use_current", "contact_use", ["digest"], unique=True, **only_where("valid_to IS NULL"))


def number_key() -> sa.Column[int]:
    """A key that counts up; SQLite counts up only what is declared INTEGER."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def only_where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for each database."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
