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
    """The folder. Its session file is readable by its owner only."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

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

    @property
    def _file(self) -> Path:
        return self.directory / "session.json"
