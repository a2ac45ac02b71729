"""What all tables share: their metadata, how names of tables and constraints are made, column types."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, Integer, MetaData, text
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Table(SQLModel):
    """A table of the service. Its name is the class's without `Row`, in snake case.

    Times are UTC microseconds since 1970 as integers; enumerations are their names as text; sets and lists are JSON
    text.
    """

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)  # pyright: ignore[reportIncompatibleVariableOverride]

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # pyright: ignore[reportIncompatibleVariableOverride]
        """Returns `school_class` for `SchoolClassRow`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__.removesuffix("Row")).lower()


def micros(at: datetime) -> int:
    """Returns an aware time as stored."""
    return (at - EPOCH) // MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    """Returns an aware time as stored, or None."""
    return None if at is None else micros(at)


def moment(stored: int) -> datetime:
    """Returns a stored time as an aware UTC datetime."""
    return EPOCH + stored * MICROSECOND


def moment_or_none(stored: int | None) -> datetime | None:
    """Returns a stored time as an aware UTC datetime, or None."""
    return None if stored is None else moment(stored)


def time_column(*, index: bool = False) -> Any:
    """A time that is always known."""
    return Field(sa_type=BigInteger, index=index)


def time_column_or_none() -> Any:
    """A time that may be missing."""
    return Field(default=None, sa_type=BigInteger, nullable=True)


def number_key() -> Any:
    """A primary key that counts up and never reuses a number."""
    return Field(
        default=None,
        primary_key=True,
        # SQLite counts up only what is declared INTEGER, and its INTEGER has 64 bits.
        sa_type=BigInteger().with_variant(Integer(), "sqlite"),  # pyright: ignore[reportArgumentType]
    )


def number_or_none() -> Any:
    """The number of another table's row, which may be missing; not enforced, for records outlive each other."""
    return Field(default=None, sa_type=BigInteger, nullable=True)


def seen_column() -> Any:
    """The number of the newest roster that told the row; what an older one began is not ended by it."""
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


def only_where(name: str, columns: str, condition: str, *, unique: bool = False) -> Index:
    """Returns an index over the rows that meet a condition; a query uses it if it states the condition literally.

    Args:
        name: the index's name.
        columns: column names, separated by blanks.
        condition: SQL over the table's columns.
        unique: whether no two such rows may be equal in these columns.
    """
    return Index(name, *columns.split(), unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))
