"""What the command keeps between runs: its keys and the session, in a folder of the user."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from binding_client._keys import write_private


def default_state_dir() -> Path:
    """Returns the folder: SFERUM_STATE_DIR, else `sferum` in the user's state folder."""
    stated = os.environ.get("SFERUM_STATE_DIR")
    if stated:
        return Path(stated)
    root = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(root) / "sferum"


@dataclass(frozen=True)
class Session:
    """A sign-in.

    Attributes:
        access_token: The ESIA access token.
        oid: The person's ESIA number.
        esia_url: Where the person signed in.
    """

    access_token: str
    oid: int
    esia_url: str


class State:
    """The folder. Its session files are readable by their owner only. `who` tells apart whose sign-in is meant: one's
    own, or that of the person who is at the desk."""

    def __init__(self, directory: Path, who: str = "session") -> None:
        self.directory = directory
        self._who = who

    @classmethod
    def of(cls, directory: Path | None) -> "State":
        """Returns the folder that is named, or the user's own."""
        return cls(directory or default_state_dir())

    def session(self) -> Session | None:
        """Returns the kept session; None if there is none or the file is not one."""
        try:
            return Session(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, session: Session) -> None:
        """Keeps a session in place of the one before."""
        write_private(self._file, json.dumps(asdict(session)).encode())

    def visitor(self) -> "State":
        """Returns the same folder for the sign-in of the person at the desk."""
        return State(self.directory, "visitor")

    def visit(self) -> str:
        """Returns the name of the visit that was opened last; "" if there is none."""
        try:
            return self._visit_file.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def keep_visit(self, name: str) -> None:
        """Keeps the name of the open visit."""
        write_private(self._visit_file, name.encode())

    def forget_visit(self) -> None:
        """Forgets the visit, and the sign-in of the person who was there."""
        self._visit_file.unlink(missing_ok=True)
        self.visitor()._file.unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return self.directory / f"{self._who}.json"

    @property
    def _visit_file(self) -> Path:
        return self.directory / "visit"
