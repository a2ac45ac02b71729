"""Migrations and tables say the same, and the invariants stand in the database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from binding_server.store import events, following
from binding_server.store.migrations import known_revisions, migrate, revision_config
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


MUNICIPALITY = "USING COVERING INDEX ix_binding_place_municipality (municipality_id=? AND active=? AND binding_id>?)"


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT id FROM binding WHERE account_id = 'a' AND state = 'ACTIVE'", "uq_binding_account"),
        ("SELECT id FROM binding WHERE vk_digest = x'00' AND state = 'ACTIVE'", "uq_binding_profile"),
        ("SELECT digest FROM contact_use WHERE valid_to IS NULL AND digest IN (x'00')", "uq_contact_use_current"),
        ("SELECT id FROM chat_membership WHERE removed_at IS NULL AND binding_id = 'b'", "ix_chat_membership_binding"),
        ("SELECT count(*) FROM chat_membership WHERE removed_at IS NULL AND chat_id = 'c'", "uq_chat_membership"),
        ("SELECT id FROM attempt WHERE account_id = 'a' AND state = 'PENDING'", "ix_attempt_pending"),
        (events.NEWEST, "uq_event_number"),
        (events.AFTER.replace(":after", "5").replace(":limit", "9"), "uq_event_number"),
        (
            following.OF_MUNICIPALITY.replace(":after", "'a'").replace(":place", "'m'").replace(":limit", "9"),
            MUNICIPALITY,
        ),
        (following.ALL_ACTIVE.replace(":after", "'a'").replace(":limit", "9"), "ix_binding_active"),
    ],
)
def test_it_uses_the_partial_index(raw: sqlite3.Connection, sql: str, index: str) -> None:
    values = {"after": 0, "limit": 9, "place": "m"}
    plan = " ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", values))
    assert index in plan


def indexes(raw: sqlite3.Connection) -> set[str]:
    return {sql for (sql,) in raw.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")}


def test_it_numbers_the_events_and_places_the_bindings_of_an_older_database(tmp_path: Path) -> None:
    path = tmp_path / "older.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(revision_config(connection), "0005")
    engine.dispose()
    with closing(sqlite3.connect(path)) as older:
        older.executescript(OLDER)
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as newer:
        assert newer.execute("SELECT id, number FROM event ORDER BY id").fetchall() == [(3, 1), (7, 2)]
        assert newer.execute("SELECT * FROM binding_place ORDER BY binding_id").fetchall() == [
            # Nobody is known to use the contact that it was made with.
            ("active", "s5", "ekb", 1, "CONTACT_STALE"),
            ("ended", "s5", "ekb", 0, "OK"),
        ]


OLDER = """
    INSERT INTO municipality VALUES ('ekb', 'Е', 'STRICT');
    INSERT INTO organisation VALUES ('s5', 'ekb', 'Ш', 'SCHOOL');
    INSERT INTO school_class VALUES ('5a', 's5', 2026, '5А');
    INSERT INTO person VALUES ('anya', 1, 'А'), ('vera', 2, 'В');
    INSERT INTO account (id, person_id, role, closed) VALUES
        ('pupil', 'anya', 'PUPIL', 0), ('parent', 'vera', 'PARENT', 0);
    INSERT INTO enrolment (person_id, class_id, valid_from) VALUES ('anya', '5a', 0);
    INSERT INTO guardianship (guardian_id, pupil_id, kind, valid_from) VALUES ('vera', 'anya', 'PARENT', 0);
    INSERT INTO event (id, kind, committed_at) VALUES (3, 'binding.created', 0), (7, 'binding.removed', 0);
    INSERT INTO binding (id, account_id, person_id, sealed_vk_user_id, vk_digest, state, diagnosis, evidence, chats,
        roles, policy, contact_digest, contact_mask, created_at, end_entry_point, version, audit_id)
    VALUES
        ('active', 'parent', 'vera', x'00', x'01', 'ACTIVE', 'OK', '[]', 'READY', '', 'STRICT', x'02', '', 0, '', 1, 1),
        ('ended', 'pupil', 'anya', x'00', x'02', 'UNBOUND', 'OK', '[]', 'READY', '', 'STRICT', x'02', '', 0, '', 1, 1);
"""
