"""Writes a new revision from the difference between the newest schema and the tables."""

import sys

from alembic import command
from sqlalchemy import create_engine

from binding_server.store.migrations import known_revisions, migrate_engine, revision_config

if __name__ == "__main__":
    engine = create_engine("sqlite://")
    migrate_engine(engine)
    with engine.begin() as connection:
        number = f"{len(known_revisions()) + 1:04}"
        command.revision(revision_config(connection), sys.argv[1], autogenerate=True, rev_id=number)
