"""Tables of visits, and of where audited things were done."""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from binding_server.store.tables.base import Table, only_where, time_column, time_column_or_none


class VisitRow(Table, table=True):
    """A visit of a holder with an operator. A pair has at most one OPEN one."""

    __table_args__ = (
        only_where("uq_visit_open", "operator_id holder_id", "state = 'OPEN'", unique=True),
        only_where("ix_visit_open_expires_at", "expires_at", "state = 'OPEN'"),
        Index("ix_visit_holder_id", "holder_id", "operator_id", "id"),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    operator_id: str = Field(foreign_key="person.id")
    holder_id: str = Field(foreign_key="person.id")
    state: str
    created_at: int = time_column()
    expires_at: int = time_column()
    ended_at: int | None = time_column_or_none()


class AuditPlaceRow(Table, table=True):
    """An organisation that an audit record concerns: where the account was when it was done."""

    __table_args__ = (Index("ix_audit_place_municipality", "municipality_id", "audit_id"),)

    organisation_id: str = Field(primary_key=True)
    audit_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    municipality_id: str
