"""A thin skin over a database connection: SQL text with `:name` parameters in, rows by column name out.

Statements are text, because the hot ones must cost microseconds; columns of whole rows come from the tables, so that
text and schema cannot drift apart.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from binding_server.store.tables import Table

Value = str | int | bytes | None
"""What a column holds."""

AMONG = 500
"""At most this many values in one `IN (…)`."""


class Row(Protocol):
    """A row, by column name."""

    def __getitem__(self, key: str, /) -> Any: ...


class Connection(Protocol):
    """What statements run on. Synchronous: an engine decides when and where."""

    def one(self, sql: str, /, **values: Value) -> Row | None:
        """Returns the first row, or None."""
        ...

    def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        """Returns all rows."""
        ...

    def among(self, sql: str, members: Collection[Value], /, **values: Value) -> Sequence[Row]:
        """Returns the rows of a statement that holds `IN (:members)`, asked in portions; order only holds within
        one."""
        ...

    def run(self, sql: str, /, **values: Value) -> int:
        """Runs a statement and returns how many rows it changed."""
        ...

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        """Runs a statement once for each mapping of values."""
        ...

    def add(self, sql: str, /, **values: Value) -> int:
        """Runs an INSERT into a table with a number as its key, and returns the number."""
        ...


class SqliteConnection:
    """A connection to SQLite that never commits by itself."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        raw.isolation_level = None
        raw.row_factory = sqlite3.Row
        self.raw = raw

    def one(self, sql: str, /, **values: Value) -> Row | None:
        """Returns the first row, or None."""
        # All rows are taken: a statement that is left halfway keeps its snapshot open.
        rows: list[Row] = self.raw.execute(sql, values).fetchall()
        return rows[0] if rows else None

    def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        """Returns all rows."""
        return self.raw.execute(sql, values).fetchall()

    def among(self, sql: str, members: Collection[Value], /, **values: Value) -> Sequence[Row]:
        """Returns the rows of a statement that holds `IN (:members)`."""
        found: list[Row] = []
        for portion in _portions(members):
            names = {f"member{place}": member for place, member in enumerate(portion)}
            placed = sql.replace(":members", ",".join(f":{name}" for name in names))
            found += self.all(placed, **values, **names)
        return found

    def run(self, sql: str, /, **values: Value) -> int:
        """Runs a statement and returns how many rows it changed."""
        return self.raw.execute(sql, values).rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        """Runs a statement once for each mapping of values."""
        self.raw.executemany(sql, rows)

    def add(self, sql: str, /, **values: Value) -> int:
        """Runs an INSERT and returns the new row's number."""
        return self.raw.execute(sql, values).lastrowid or 0


def insert(table: type[Table], *, end: str = "") -> str:
    """Returns an INSERT of all columns of a table, a number key left out; `end` goes behind it."""
    names = [name for name in column_names(table) if not _counts_up(table, name)]
    return f"INSERT INTO {_name(table)} ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)}) {end}"  # noqa: S608


def columns(table: type[Table], alias: str) -> str:
    """Returns all columns of a table for a SELECT, under an alias of the table."""
    return ", ".join(f"{alias}.{name}" for name in column_names(table))


def column_names(table: type[Table]) -> tuple[str, ...]:
    """Returns the names of a table's columns."""
    return tuple(table.metadata.tables[_name(table)].columns.keys())


def _name(table: type[Table]) -> str:
    return str(table.__tablename__)


def _counts_up(table: type[Table], name: str) -> bool:
    described = table.metadata.tables[_name(table)]
    return name == "id" and bool(described.dialect_options["sqlite"]["autoincrement"])


def _portions(members: Collection[Value]) -> Iterator[list[Value]]:
    # Portions are filled up to a power of two with their last member, so that few different statements are prepared.
    rest = iter(members)
    while portion := list(islice(rest, AMONG)):
        size = min(AMONG, 1 << (len(portion) - 1).bit_length())
        yield portion + portion[-1:] * (size - len(portion))
