"""A world in one piece.

The first line is JSON: product, version, the world's document. The rest, compressed, is what happened in the world, as
Python pickles it. Only classes that keep the state of a world are ever made of it, so bytes from anywhere can call
nothing else; a class that has changed since, or that is not one of these, is told as another version's.
"""

import asyncio
import dataclasses
import hashlib
import io
import json
import pickle
import zlib
from dataclasses import dataclass
from typing import Any

from idp_mock.world.errors import WorldErrors
from idp_mock.world.loader import dump, load_document
from idp_mock.world.schema import WorldFile
from idp_mock.world.world import World

PRODUCT = "sferum-idp-mock"
VERSION = 1
"""Goes up when what a world keeps changes in another way than by the fields of a dataclass."""

MOST_BYTES = 1 << 30
"""A longer state is not taken: nobody's memory is to be filled by a few compressed bytes."""

_OUR_PLACES = (
    "idp_mock.world.",
    "idp_mock.oauth.codes",
    "idp_mock.oauth.tokens",
    "idp_mock.esia.state",
    "idp_mock.vkid.",
)
_OTHERS = {
    ("asyncio.locks", "Event"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "OrderedDict"),
    ("collections", "deque"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("random", "Random"),
}


class SnapshotError(Exception):
    """Bytes are no snapshot; the text tells what is wrong with them."""


class OtherVersion(Exception):
    """A snapshot is of another product or version; the text tells of which, and what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world that was kept.

    Attributes:
        document: its document.
        numbers: which numbers the simulator would have given next; see `numbers.Numbers`.
        happened: what happened in it, still compressed.
        shapes: fields of the classes in there.
    """

    document: WorldFile
    numbers: dict[str, int]
    happened: bytes
    shapes: dict[str, list[str]]


def pack(world: World, numbers: dict[str, int]) -> bytes:
    """All of a world as bytes."""
    buffer = io.BytesIO()
    pickler = _Pickler(buffer)
    pickler.dump(_kept(world.happened()))
    body = zlib.compress(buffer.getvalue(), 1)
    head = {
        "product": PRODUCT,
        "version": VERSION,
        "digest": hashlib.sha256(body).hexdigest(),
        "numbers": numbers,
        "shapes": pickler.shapes,
        "document": dump(world.document),
    }
    return json.dumps(head, ensure_ascii=False).encode() + b"\n" + body


def unpack(data: bytes) -> Snapshot:
    """Reads what `pack` returned.

    Raises:
        OtherVersion: it is another product's or version's.
        SnapshotError: it is no snapshot, or a damaged one.
    """
    line, _, body = data.partition(b"\n")
    try:
        head: Any = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or "product" not in head:
        raise SnapshotError("these bytes are no snapshot")
    theirs = f"{str(head['product'])[:50]} {str(head.get('version'))[:20]}"
    if (head["product"], head.get("version")) != (PRODUCT, VERSION):
        raise OtherVersion(f"a snapshot of {theirs}, this is {PRODUCT} {VERSION}: make it anew")
    try:
        if hashlib.sha256(body).hexdigest() != head["digest"]:
            raise SnapshotError("the snapshot is damaged")
        numbers = {str(name): int(number) for name, number in head["numbers"].items()}
        shapes = {str(name): list(fields) for name, fields in head["shapes"].items()}
        return Snapshot(load_document(head["document"]), numbers, body, shapes)
    except (KeyError, TypeError, ValueError, AttributeError, WorldErrors) as error:
        raise SnapshotError(f"the snapshot is damaged: {str(error)[:300]}") from error


def revive(name: str, snapshot: Snapshot, user_ids: Any) -> World:
    """A world as it was when the snapshot was made.

    Args:
        name: its name, which may be another one than then.
        snapshot: what `unpack` returned.
        user_ids: VK ID numbers for new profiles.

    Raises:
        OtherVersion: what it keeps has other fields now.
        SnapshotError: it cannot be read.
    """
    world = World(name, snapshot.document, user_ids)
    try:
        reader = zlib.decompressobj()
        content = reader.decompress(snapshot.happened, MOST_BYTES)
        if not reader.eof:
            raise SnapshotError("the snapshot is damaged")
        happened = _Unpickler(io.BytesIO(content), snapshot.shapes).load()
        world.take_over(happened)
    except OtherVersion:
        raise
    except Exception as error:
        # Whatever is wrong with the bytes: the pickle's own errors are of many kinds.
        raise SnapshotError(f"the snapshot is damaged: {type(error).__name__}") from error
    return world


def _kept(happened: dict[str, Any]) -> dict[str, Any]:
    """Without what is not of a world's own state, such as who waits for news of it."""
    rooms = {kind: room for kind, room in happened["_rooms"].items() if kind.__module__.startswith(_OUR_PLACES)}
    return {**happened, "_rooms": rooms}


class _Pickler(pickle.Pickler):
    """Notes the fields of each dataclass that it meets."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.shapes: dict[str, list[str]] = {}

    def reducer_override(self, value: Any) -> Any:
        """Who waits for an event waits in this process only."""
        if isinstance(value, asyncio.Event):
            return asyncio.Event, ()
        kind = type(value)
        if dataclasses.is_dataclass(kind):
            self.shapes[_name_of(kind)] = _fields(kind)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shapes: dict[str, list[str]]) -> None:
        super().__init__(file)
        self._shapes = shapes

    def find_class(self, module: str, name: str) -> Any:
        """A class that keeps the state of a world; nothing else has a place in a snapshot."""
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        if not module.startswith(_OUR_PLACES):
            raise SnapshotError("not a part of a world")
        try:
            found = super().find_class(module, name)
        except (ImportError, AttributeError):
            raise OtherVersion(f"the snapshot has a {name}, which this version does not know: make it anew") from None
        if not isinstance(found, type) or found.__module__ != module:
            raise SnapshotError("not a part of a world")
        if dataclasses.is_dataclass(found) and self._shapes.get(_name_of(found)) != _fields(found):
            raise OtherVersion(f"{name} has other fields in this version: make the snapshot anew")
        return found


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _fields(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]
