"""Tables that tell followers where bindings and events are."""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from binding_server.store.tables.base import Table


class BindingPlaceRow(Table, table=True):
    """An organisation in which a binding's account is, as long as the binding is ACTIVE; where it was last, after that.

    `active` and `diagnosis` are the binding's, so that a municipality is listed and counted without reading each.
    """

    __table_args__ = (
        Index("ix_binding_place_organisation", "organisation_id", "active", "binding_id"),
        Index("ix_binding_place_municipality", "municipality_id", "active", "binding_id"),
        Index("ix_binding_place_diagnosis", "municipality_id", "active", "diagnosis", "binding_id"),
    )

    binding_id: str = Field(primary_key=True, foreign_key="binding.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id")
    municipality_id: str
    active: bool
    diagnosis: str


class EventPlaceRow(Table, table=True):
    """An organisation that a numbered event concerns; `move` says whether it brought a binding in or out there."""

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    organisation_id: str = Field(primary_key=True)
    municipality_id: str = Field(primary_key=True)
    move: str
