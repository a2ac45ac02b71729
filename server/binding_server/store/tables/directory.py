"""Tables of the directory: what the e-diary's rosters say, and who uses which contact."""

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from binding_server.store.tables.base import (
    Table,
    number_key,
    only_where,
    seen_column,
    time_column,
    time_column_or_none,
)


class MunicipalityRow(Table, table=True):
    """A municipality with its ownership policy."""

    id: str = Field(primary_key=True)
    display_name: str
    policy: str


class OrganisationRow(Table, table=True):
    """An organisation; `kind` is SCHOOL, COLLEGE or OTHER."""

    id: str = Field(primary_key=True)
    municipality_id: str = Field(foreign_key="municipality.id")
    display_name: str
    kind: str


class SchoolClassRow(Table, table=True):
    """A class of one school year; `continues` is the class of an earlier one that went on as this one."""

    __table_args__ = (only_where("uq_school_class_continues", "continues", "continues IS NOT NULL", unique=True),)

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    year: int
    display_name: str
    continues: str | None = None


class PersonRow(Table, table=True):
    """A person; one per ESIA oid."""

    __table_args__ = (UniqueConstraint("esia_oid"),)

    id: str = Field(primary_key=True)
    esia_oid: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    display_name: str
    birth_date: str | None = None


class AccountRow(Table, table=True):
    """A diary account: one per person and role."""

    __table_args__ = (UniqueConstraint("person_id", "role"),)

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    role: str
    closed: bool
    seen: int = seen_column()


class EnrolmentRow(Table, table=True):
    """A pupil's place in a class; current while `valid_to` is missing."""

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    class_id: str = Field(primary_key=True, foreign_key="school_class.id", index=True)
    valid_from: int = time_column()
    valid_to: int | None = time_column_or_none()
    seen: int = seen_column()


class GuardianshipRow(Table, table=True):
    """Who represents a pupil; current while `valid_to` is missing."""

    guardian_id: str = Field(primary_key=True, foreign_key="person.id")
    pupil_id: str = Field(primary_key=True, foreign_key="person.id", index=True)
    kind: str
    valid_from: int = time_column()
    valid_to: int | None = time_column_or_none()
    seen: int = seen_column()


class DutyRow(Table, table=True):
    """What a member of staff does; current while `valid_to` is missing."""

    # Two indexes, because a unique index takes two missing classes for different ones.
    __table_args__ = (
        only_where("uq_duty_class", "person_id organisation_id kind class_id", "class_id IS NOT NULL", unique=True),
        only_where("uq_duty_no_class", "person_id organisation_id kind", "class_id IS NULL", unique=True),
        only_where("ix_duty_class", "class_id", "class_id IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    person_id: str = Field(foreign_key="person.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    kind: str
    class_id: str | None = Field(default=None, foreign_key="school_class.id")
    valid_from: int = time_column()
    valid_to: int | None = time_column_or_none()
    seen: int = seen_column()


class ContactUseRow(Table, table=True):
    """Who uses a contact, known by its keyed digest; one user at a time. Former uses stay, with their end."""

    __table_args__ = (
        only_where("uq_contact_use_current", "digest", "valid_to IS NULL", unique=True),
        only_where("ix_contact_use_person", "person_id", "valid_to IS NULL"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    digest: bytes
    person_id: str = Field(foreign_key="person.id")
    source: str
    valid_from: int = time_column()
    valid_to: int | None = time_column_or_none()
    seen: int = seen_column()
