"""Tables of support tickets."""

from sqlalchemy import Index
from sqlmodel import Field

from binding_server.store.tables.base import Table, number_or_none, only_where, time_column, time_column_or_none


class TicketRow(Table, table=True):
    """A support ticket. What people wrote is sealed; the VK ID number is in it, and a digest beside it.

    `binding_id` and `profile_binding_id` are what account and profile were bound by when it was filed.
    """

    __table_args__ = (
        Index("ix_ticket_account_id", "account_id", "id"),
        Index("ix_ticket_filed_by", "filed_by", "id"),
        only_where("ix_ticket_screenshot_kept", "ended_at", "ended_at IS NOT NULL AND screenshot_deleted_at IS NULL"),
    )

    id: str = Field(primary_key=True)
    state: str
    account_id: str = Field(foreign_key="account.id")
    filed_by: str
    sealed_items: bytes
    vk_digest: bytes
    decision: int | None = number_or_none()
    binding_id: str | None = None
    profile_binding_id: str | None = None
    width: int
    height: int
    screenshot_deleted_at: int | None = time_column_or_none()
    sealed_resolution: bytes | None = None
    agent: str | None = None
    created_at: int = time_column()
    ended_at: int | None = time_column_or_none()


class TicketScreenshotRow(Table, table=True):
    """The picture of a ticket, sealed; apart, so that lists do not read it."""

    ticket_id: str = Field(primary_key=True, foreign_key="ticket.id")
    sealed_content: bytes


class TicketPlaceRow(Table, table=True):
    """An organisation in which a ticket's account was when it was filed."""

    __table_args__ = (
        Index("ix_ticket_place_organisation", "organisation_id", "ticket_id"),
        Index("ix_ticket_place_municipality", "municipality_id", "ticket_id"),
    )

    ticket_id: str = Field(primary_key=True, foreign_key="ticket.id")
    organisation_id: str = Field(primary_key=True)
    municipality_id: str
