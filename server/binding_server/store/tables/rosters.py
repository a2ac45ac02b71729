"""Tables of imports: one row for each, and the accounts whose chats still have to follow one."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from binding_server.store.tables.base import Table, number_key, time_column, time_column_or_none


class RosterRunRow(Table, table=True):
    """An import of a roster; its number marks what it told. Without `ended_at` it is under way, or was cut."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = number_key()
    actor: str
    mode: str
    begun_at: int = time_column()
    ended_at: int | None = time_column_or_none()


class UnsettledAccountRow(Table, table=True):
    """A bound account that a roster has touched, until its chats follow; written with the change itself (I12)."""

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    run_id: int = Field(sa_type=BigInteger)
    since: int = time_column()


class RosterFindingRow(Table, table=True):
    """What an import has to report: a record that was skipped (ERROR), or what a dry run showed (EFFECT), as JSON."""

    run_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    content: str
