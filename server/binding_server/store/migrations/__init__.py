"""The schema's history, as Alembic revisions, run by the program itself: there is no `alembic.ini`.

A new revision: change the tables, then `python -m binding_server.store.migrations "what changes"`, and read what it
wrote. Migrations only go forward.
"""

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event

HERE = Path(__file__).parent


APPLICATION_ID = 0x53464552  # "SFER": marks an SQLite file as ours, as SQLite provides for


def migrate(url: str) -> None:
    """Brings a database to the newest schema, in one transaction.

    Args:
        url: SQLAlchemy URL of the database. SQLite makes the file if there is none.

    Raises:
        sqlalchemy.exc.DBAPIError: the database cannot be reached or written; it is as it was.
    """
    engine = create_engine(url)
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()


def migrate_engine(engine: Engine) -> None:
    """Brings the database of an engine to the newest schema, in one transaction."""
    if engine.dialect.name == "sqlite":
        _begin_explicitly(engine)
    with engine.begin() as connection:
        command.upgrade(revision_config(connection), "head")
        if engine.dialect.name == "sqlite":
            _mark(connection)


def known_revisions() -> frozenset[str]:
    """Returns all revisions that this version of the program can start from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(revision_config(None)).walk_revisions())


@cache
def newest_revision() -> str:
    """Returns the revision that migrated databases have."""
    return ScriptDirectory.from_config(revision_config(None)).get_current_head() or ""


def revision_config(connection: Connection | None) -> Config:
    """Returns Alembic's configuration; the migrations run over `connection`."""
    config = Config()
    # Alembic takes % for an interpolation.
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _begin_explicitly(engine: Engine) -> None:
    """Makes SQLite's changes of the schema part of the transaction: Python's driver begins none for them."""

    def take_over(raw: Any, _record: object) -> None:
        raw.isolation_level = None

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", take_over)
    event.listen(engine, "begin", begin)


def _mark(connection: Connection) -> None:
    # Setting the mark anew would change the file, even to the same value.
    if connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID:
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
