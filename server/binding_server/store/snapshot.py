"""A world of tests in one piece: what its database holds, and how its clock stands.

The first line is JSON and tells product, version and schema; the rest is the database, compressed. Sealed values open
with the secret they were sealed with only, so a service with another one does not take it.
"""

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from binding_server.clock import ClockState
from binding_server.store.migrations import newest_revision
from binding_server.store.sqlite import WorldTemplate
from binding_server.store.vault import Vault

PRODUCT = "sferum-binding"
VERSION = 1
MOST_BYTES = 1 << 30
"""A longer database is not taken: nobody's memory is to be filled by a few compressed bytes."""


class SnapshotError(Exception):
    """Bytes are no snapshot that this service can take; the text tells why and what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world: its database and its clock."""

    template: WorldTemplate
    clock: ClockState


def pack(snapshot: Snapshot, vault: Vault) -> bytes:
    """Returns a snapshot as bytes."""
    image, clock = snapshot.template.image, snapshot.clock
    head = {
        "product": PRODUCT,
        "version": VERSION,
        "schema": newest_revision(),
        "secret": vault.check(),
        "digest": hashlib.sha256(image).hexdigest(),
        "frozen_at": clock.frozen_at.isoformat() if clock.frozen_at else None,
        "ahead_us": clock.ahead // timedelta(microseconds=1),
    }
    return json.dumps(head).encode() + b"\n" + zlib.compress(image, 1)


def unpack(data: bytes, vault: Vault) -> Snapshot:
    """Reads what `pack` returned.

    Raises:
        SnapshotError: it is none, damaged, or of another product, version, schema or secret.
    """
    line, _, body = data.partition(b"\n")
    head = _head(line)
    if head.get("product") != PRODUCT:
        raise SnapshotError(f"a snapshot of {str(head.get('product'))[:50]!r}, expected one of {PRODUCT!r}")
    ours = {"version": VERSION, "schema": newest_revision()}
    theirs = {name: head.get(name) for name in ours}
    if theirs != ours:
        raise SnapshotError(f"a snapshot of {_told(theirs)}, this service has {_told(ours)}: make it anew")
    if head.get("secret") != vault.check():
        raise SnapshotError("a snapshot of another service: its secret differs; set BINDING_SECRET_FILE for both")
    try:
        reader = zlib.decompressobj()
        image = reader.decompress(body, MOST_BYTES)
        if not reader.eof or hashlib.sha256(image).hexdigest() != head["digest"]:
            raise SnapshotError("the snapshot is damaged")
        frozen = head["frozen_at"]
        clock = ClockState(
            datetime.fromisoformat(frozen) if frozen else None, timedelta(microseconds=int(head["ahead_us"]))
        )
    except (zlib.error, KeyError, TypeError, ValueError, OverflowError) as error:
        raise SnapshotError("the snapshot is damaged") from error
    return Snapshot(WorldTemplate(image), clock)


def _head(line: bytes) -> dict[str, Any]:
    try:
        head: Any = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict):
        raise SnapshotError("these bytes are no snapshot")
    return head  # pyright: ignore[reportUnknownVariableType]


def _told(parts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {str(value)[:50]}" for name, value in parts.items())
