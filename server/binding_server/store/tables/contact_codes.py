"""Tables of one-time codes, of what they showed, and of limits on calls."""

from sqlalchemy import Index
from sqlmodel import Field

from binding_server.store.tables.base import Table, number_key, time_column


class ContactCodeRow(Table, table=True):
    """A one-time code for a contact: digests only. It stays for as long as it counts for the limits."""

    __table_args__ = (
        Index("ix_contact_code_contact", "contact", "made_at"),
        Index("ix_contact_code_person", "person_id", "made_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    person_id: str = Field(foreign_key="person.id")
    contact: bytes
    code: bytes
    made_at: int = time_column(index=True)
    delivered: bool
    tries: int
    void: bool


class ContactConfirmationRow(Table, table=True):
    """Who has shown by a code that a contact works. It holds while that person uses the contact."""

    digest: bytes = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    at: int = time_column()


class ContactTakenRow(Table, table=True):
    """From whom a code has taken a contact that ESIA may go on to tell of that person: ESIA's old word."""

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    digest: bytes = Field(primary_key=True)


class LimitUseRow(Table, table=True):
    """How often somebody has used what is limited, in the window that began then."""

    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    begun_at: int = time_column(index=True)
    uses: int
