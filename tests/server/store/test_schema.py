"""Migrations and tables say the same, and the invariants stand in the database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from binding_server.store.migrations import known_revisions, migrate
from binding_server.store.tables import METADATA
from sqlalchemy import create_engine


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "x.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def raw(migrated: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(migrated)) as connection:
        yield connection


def test_it_migrates_to_what_the_tables_say(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_it_has_the_same_partial_indexes_as_the_tables(raw: sqlite3.Connection, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'tables.sqlite3'}")
    METADATA.create_all(engine)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "tables.sqlite3")) as other:
        assert indexes(raw) == indexes(other)


def test_it_migrates_twice_without_a_change(migrated: Path) -> None:
    before = migrated.read_bytes()
    migrate(f"sqlite:///{migrated}")
    assert migrated.read_bytes() == before


def test_it_names_its_revisions(raw: sqlite3.Connection) -> None:
    (revision,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision == max(known_revisions())


@pytest.mark.rules("I1", "I2", "I3")
def test_it_holds_the_invariants_as_unique_indexes(raw: sqlite3.Connection) -> None:
    unique = {sql for sql in indexes(raw) if sql.startswith("CREATE UNIQUE INDEX")}
    assert "CREATE UNIQUE INDEX uq_binding_profile ON binding (vk_digest) WHERE state = 'ACTIVE'" in unique
    assert "CREATE UNIQUE INDEX uq_binding_account ON binding (account_id) WHERE state = 'ACTIVE'" in unique
    (chat,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'class_chat'").fetchone()
    assert "UNIQUE (class_id, kind)" in chat


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT id FROM binding WHERE account_id = 'a' AND state = 'ACTIVE'", "uq_binding_account"),
        ("SELECT id FROM binding WHERE vk_digest = x'00' AND state = 'ACTIVE'", "uq_binding_profile"),
        ("SELECT digest FROM contact_use WHERE valid_to IS NULL AND digest IN (x'00')", "uq_contact_use_current"),
        ("SELECT id FROM chat_membership WHERE removed_at IS NULL AND binding_id = 'b'", "ix_chat_membership_binding"),
        ("SELECT count(*) FROM chat_membership WHERE removed_at IS NULL AND chat_id = 'c'", "uq_chat_membership"),
        ("SELECT id FROM attempt WHERE account_id = 'a' AND state = 'PENDING'", "ix_attempt_pending"),
    ],
)
def test_it_uses_the_partial_index(raw: sqlite3.Connection, sql: str, index: str) -> None:
    plan = " ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}"))
    assert index in plan


def indexes(raw: sqlite3.Connection) -> set[str]:
    return {sql for (sql,) in raw.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")}
