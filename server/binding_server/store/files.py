"""A database file before SQLite opens it for good: whose it is, which version, which secret, who has it open."""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from binding_server.store.errors import StoreError, StoreProblem
from binding_server.store.migrations import APPLICATION_ID, known_revisions
from binding_server.store.vault import Vault

CHECK = "SELECT value FROM server_meta WHERE name = 'secret_check'"


def lock(path: Path) -> int:
    """Takes the lock beside a database file and returns its descriptor: leases and batches need one server for one
    file. It ends with the process, however that ends.

    Raises:
        StoreError: IN_USE or UNWRITABLE.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(
            StoreProblem.IN_USE,
            f"database {path} is open in another server; stop that one, or give this one a database of its own",
        ) from error
    return descriptor


def examine(path: Path, vault: Vault) -> None:
    """Looks at a file without touching it. One that is missing is made, empty.

    Raises:
        StoreError: NOT_OURS, NEWER, SECRET or UNWRITABLE.
    """
    if not path.exists():
        _create(path)
    if not path.is_file():
        raise unwritable(path, None)
    if path.stat().st_size == 0 and not _left(path, "-wal"):
        return
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{_mode(path)}", uri=True)) as raw:
            tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            ours = raw.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            revisions: set[str] = set()
            if "alembic_version" in tables:
                revisions = {name for (name,) in raw.execute("SELECT version_num FROM alembic_version")}
            kept = raw.execute(CHECK).fetchone() if ours and "server_meta" in tables else None
    except sqlite3.DatabaseError as error:
        raise _not_ours(path) from error
    if tables and not (ours and revisions):
        raise _not_ours(path)
    if not revisions <= known_revisions():
        raise StoreError(
            StoreProblem.NEWER,
            f"database {path} was written by a newer version (schema {', '.join(sorted(revisions))}); "
            "start that version, or restore a backup made before the upgrade",
        )
    if kept is not None and kept[0] != vault.check():
        raise StoreError(
            StoreProblem.SECRET,
            f"database {path} was written with another secret; start with the secret file that belongs to it",
        )


def unwritable(path: Path, error: BaseException | None) -> StoreError:
    """Returns the error for a file that cannot be made or written."""
    why = f" ({error.strerror if isinstance(error, OSError) else error})" if error else ""
    return StoreError(
        StoreProblem.UNWRITABLE,
        f"database {path} cannot be written{why}; check the path, the rights and the space on the disk",
    )


def _create(path: Path) -> None:
    """Makes an empty file that its owner only can read; SQLite gives its log the same rights."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise unwritable(path, error) from error


def _mode(path: Path) -> str:
    # A change that a crash cut short can only be taken back by writing.
    if _left(path, "-journal"):
        return "mode=rw"
    # An immutable database is read without a lock or a helper file; a log that a crash left has to be read, too.
    return "mode=ro" if _left(path, "-wal") else "mode=ro&immutable=1"


def _left(path: Path, suffix: str) -> bool:
    helper = path.with_name(path.name + suffix)
    return helper.exists() and helper.stat().st_size > 0


def _not_ours(path: Path) -> StoreError:
    return StoreError(
        StoreProblem.NOT_OURS,
        f"{path} is not a database of this service; name another file, or move this one away",
    )
