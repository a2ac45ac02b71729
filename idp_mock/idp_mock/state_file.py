"""All worlds in a file, so that they survive a restart."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

from idp_mock.oauth.key_pair import write_file
from idp_mock.settings import BadSetting, variable
from idp_mock.world import OtherVersion, SnapshotError, Worlds
from idp_mock.world.snapshot import PRODUCT, VERSION


class StateFile:
    """Writes all worlds now and then and at the end, and reads them at the start.

    The first line is JSON: product, version, and of each world its name, its time without use, whether a reset puts it
    back to the world file, and the length of its snapshot; the snapshots follow. It holds test passwords and tokens,
    so nobody else may read it.

    Args:
        path: the file.
        worlds: the worlds.
    """

    def __init__(self, path: Path, worlds: Worlds) -> None:
        self._path = path
        self._worlds = worlds
        self._written = b""

    def load(self) -> None:
        """Restores the worlds of the file, if there is one; a reset then puts them back to that.

        Raises:
            BadSetting: the file cannot be read, or is another version's.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise _bad(f"{self._path}: {error.strerror}") from None
        worlds = self._worlds
        try:
            for entry, snapshot in _parts(data):
                worlds.restore(entry["name"], snapshot, entry["ttl_s"])
                if entry["of_file"]:
                    worlds.reset_to_file(entry["name"])
        except (OtherVersion, SnapshotError, ValueError, KeyError, TypeError) as error:
            advice = "уберите файл или запустите прежнюю версию (remove the file, or run the version that wrote it)"
            raise _bad(f"{self._path}: {error}; {advice}") from None
        self._written = hashlib.sha256(data).digest()

    async def save(self) -> None:
        """Writes the worlds as they are now, if they are not as they were written last. Raises OSError."""
        data = self._all()
        digest = hashlib.sha256(data).digest()
        if digest != self._written:
            await asyncio.to_thread(write_file, self._path, data, 0o600)
            self._written = digest

    def _all(self) -> bytes:
        entries: list[dict[str, Any]] = []
        snapshots: list[bytes] = []
        for entry in self._worlds.entries():
            snapshots.append(self._worlds.snapshot(entry.world))
            entries.append(
                {
                    "name": entry.world.name,
                    "ttl_s": entry.ttl_s,
                    "of_file": self._worlds.made_of_file(entry),
                    "size": len(snapshots[-1]),
                }
            )
        head = {"product": f"{PRODUCT} state", "version": VERSION, "worlds": entries}
        return b"".join([json.dumps(head).encode(), b"\n", *snapshots])


def _parts(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    line, _, body = data.partition(b"\n")
    head: Any = json.loads(line)
    if not isinstance(head, dict) or head.get("product") != f"{PRODUCT} state":
        raise ValueError("not a state file of this program")
    if head.get("version") != VERSION:
        raise OtherVersion(f"written by version {head.get('version')} of its format, this is {VERSION}")
    found, begin = [], 0
    for entry in head["worlds"]:
        found.append((entry, body[begin : begin + entry["size"]]))
        begin += entry["size"]
    return found


def _bad(text: str) -> BadSetting:
    return BadSetting(f"{variable('state_file')}: {text}")
