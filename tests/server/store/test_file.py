"""A database file over its life: crashes, restarts, files that are not ours to touch."""

import asyncio
import hashlib
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from binding_server.store.errors import StoreError, StoreProblem
from binding_server.store.sqlite import SqliteStore, open_store
from binding_server.store.vault import Vault

from .samples import DIRECTORY, NOON, Records, after, key

CHILD = Path(__file__).with_name("crash_child.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "binding.sqlite3"


async def make(path: Path, vault: Vault) -> None:
    store = SqliteStore.open(path, vault)
    await store.apply_roster(DIRECTORY, NOON)
    await store.close()


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problem(path: Path, vault: Vault) -> StoreProblem:
    with pytest.raises(StoreError) as refused:
        SqliteStore.open(path, vault)
    return refused.value.problem


def answers_before_kill(path: Path, answers: int) -> list[str]:
    """Kills a claiming process after so many answers, and returns all that it gave."""
    with subprocess.Popen([sys.executable, str(CHILD), str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        printed = [child.stdout.readline().strip() for _ in range(answers)]
        child.kill()
        # What stands in the pipe was answered, too; the last line may be cut short.
        return printed + [line.strip() for line in child.stdout if line.endswith("\n")]


def copy_as_after_a_crash(path: Path, copy: Path) -> None:
    """Copies a database that is open, so that its newest change stands in the log only."""
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())


def foreign_file(path: Path, content: str) -> None:
    if content == "text":
        path.write_text("a letter to grandmother\n" * 100)
        return
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE letter (text)")


class TestCrash:
    @pytest.mark.parametrize("answers", [1, 100, 700])
    async def test_it_keeps_every_answer_and_no_half(self, path: Path, vault: Vault, answers: int) -> None:
        printed = answers_before_kill(path, answers)
        assert all(printed)
        store = SqliteStore.open(path, vault)
        records = Records(store, vault)
        for binding_id in printed:
            assert await store.binding(binding_id) is not None
        kept = (await records.rows("SELECT count(*) AS n FROM binding"))[0]["n"]
        assert kept >= len(printed)
        for sql in (
            "SELECT count(*) AS n FROM event WHERE kind = 'binding.created'",
            "SELECT count(*) AS n FROM audit WHERE action = 'binding.create'",
            "SELECT count(*) AS n FROM decision",
            "SELECT count(*) AS n FROM request",
            "SELECT count(*) / 2 AS n FROM chat_membership",
        ):
            assert (await records.rows(sql))[0]["n"] == kept
        assert (await records.rows("SELECT count(*) AS n FROM class_chat"))[0]["n"] == 2
        await store.close()

    async def test_it_ends_leases_at_the_start_but_never_sends_a_code_again(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        store = SqliteStore.open(path, vault)
        attempt = await Records(store, vault).pending()
        await store.lease_attempt(attempt.id, b"code", "me", after(3600), NOON)
        await store.close()
        store = SqliteStore.open(path, vault)
        assert not (await store.lease_attempt(attempt.id, b"code", "you", after(60), NOON)).granted
        assert (await store.lease_attempt(attempt.id, b"other", "you", after(60), NOON)).granted
        await store.close()

    async def test_it_finishes_what_is_under_way_when_it_closes(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        store = SqliteStore.open(path, vault)
        claiming = asyncio.create_task(store.claim(Records(store, vault).claim("vera-parent", "1", request=key("r"))))
        await asyncio.sleep(0)
        await store.close()
        await claiming
        store = SqliteStore.open(path, vault)
        assert await store.active_binding("vera-parent") is not None
        await store.close()

    async def test_it_refuses_work_once_closed(self, path: Path, vault: Vault) -> None:
        store = SqliteStore.open(path, vault)
        await store.close()
        await store.close()
        with pytest.raises(StoreError) as refused:
            await store.account("vera-parent")
        assert refused.value.problem is StoreProblem.CLOSED


class TestOpen:
    async def test_it_makes_folders_and_a_file_for_the_owner_only(self, tmp_path: Path, vault: Vault) -> None:
        path = tmp_path / "state" / "sferum" / "binding.sqlite3"
        await make(path, vault)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    async def test_it_finds_its_data_again(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        store = open_store(f"sqlite:///{path}", vault)
        assert await store.account("vera-parent") is not None
        await store.close()

    async def test_it_leaves_a_newer_database_untouched(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
            raw.commit()
        before = fingerprint(path)
        assert problem(path, vault) is StoreProblem.NEWER
        assert fingerprint(path) == before
        assert not path.with_name(f"{path.name}-wal").exists()

    async def test_it_leaves_a_newer_database_with_a_log_untouched(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
            raw.commit()
            copy = path.with_name("copy.sqlite3")
            copy_as_after_a_crash(path, copy)
        before = fingerprint(copy)
        assert problem(copy, vault) is StoreProblem.NEWER
        assert fingerprint(copy) == before

    @pytest.mark.parametrize("content", ["text", "sqlite"])
    async def test_it_leaves_a_foreign_file_untouched(self, path: Path, vault: Vault, content: str) -> None:
        foreign_file(path, content)
        before = fingerprint(path)
        assert problem(path, vault) is StoreProblem.NOT_OURS
        assert fingerprint(path) == before

    async def test_it_leaves_a_database_of_another_secret_untouched(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        before = fingerprint(path)
        assert problem(path, Vault(b"x" * 32)) is StoreProblem.SECRET
        assert fingerprint(path) == before

    async def test_it_opens_after_a_refused_secret(self, path: Path, vault: Vault) -> None:
        await make(path, vault)
        problem(path, Vault(b"x" * 32))
        await make(path, vault)

    async def test_it_is_open_in_one_server_only(self, path: Path, vault: Vault) -> None:
        store = SqliteStore.open(path, vault)
        assert problem(path, vault) is StoreProblem.IN_USE
        await store.close()
        await make(path, vault)

    async def test_it_cannot_write_where_a_file_is_a_folder(self, tmp_path: Path, vault: Vault) -> None:
        (tmp_path / "file").write_text("")
        (tmp_path / "folder").mkdir()
        assert problem(tmp_path / "file" / "binding.sqlite3", vault) is StoreProblem.UNWRITABLE
        assert problem(tmp_path / "folder", vault) is StoreProblem.UNWRITABLE

    async def test_it_cannot_write_into_proc(self, vault: Vault) -> None:
        assert problem(Path("/proc/binding.sqlite3"), vault) is StoreProblem.UNWRITABLE

    @pytest.mark.parametrize("url", ["postgresql://localhost/x", "sqlite://", "sqlite:///:memory:", "nonsense"])
    def test_it_supports_sqlite_files_only(self, vault: Vault, url: str) -> None:
        with pytest.raises(StoreError) as refused:
            open_store(url, vault)
        assert refused.value.problem is StoreProblem.UNSUPPORTED
