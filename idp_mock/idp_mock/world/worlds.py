"""The worlds of a simulator."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idp_mock.world.live_document import AlreadyExists, NotFound
from idp_mock.world.numbers import Numbers
from idp_mock.world.schema import WorldFile
from idp_mock.world.snapshot import Snapshot, pack, revive, unpack
from idp_mock.world.template import Template
from idp_mock.world.world import Stands, World

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Entry:
    """A world and what is known of it from outside.

    Attributes:
        world: the world.
        origin: what it was made of: a template with how the clocks stood, or a snapshot.
        ttl_s: after so many seconds without use it is dropped; None: never.
        used_at: when it was last used, by the monotonic clock.
    """

    world: World
    origin: tuple[Template, Stands | None] | Snapshot
    ttl_s: float | None
    used_at: float


class Worlds:
    """The worlds of a simulator. `default` is always there; others are made from a document, or as copies.

    Copies share all that does not change, so that thousands cost little more than what happens in them.

    Args:
        template: the world file loaded at start.
        monotonic: seconds, for what is dropped after a time without use.
    """

    def __init__(self, template: WorldFile, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._template = Template(template)
        self._monotonic = monotonic
        self.numbers = Numbers()
        self._entries: dict[str, Entry] = {}
        self.create(DEFAULT)

    @property
    def default(self) -> World:
        """The world that is also served at the root."""
        return self._entries[DEFAULT].world

    def get(self, name: str) -> World | None:
        """The world of that name, which is thereby used; `default` if it is empty."""
        entry = self._entries.get(name or DEFAULT)
        if entry is None:
            return None
        now = self._monotonic()
        if entry.ttl_s is not None:
            if now - entry.used_at >= entry.ttl_s:
                self._forget(name)
                return None
            entry.used_at = now
        return entry.world

    def ttl_s(self, name: str) -> float | None:
        """After how many seconds without use a world is dropped; None: never."""
        entry = self._entries.get(name)
        return entry.ttl_s if entry is not None else None

    def list(self) -> list[World]:
        """The worlds, by name."""
        self.drop_unused()
        return [self._entries[name].world for name in sorted(self._entries)]

    def entries(self) -> Sequence[Entry]:
        """The worlds with what they were made of."""
        self.drop_unused()
        return tuple(self._entries.values())

    def create(self, name: str, document: WorldFile | None = None, ttl_s: float | None = None) -> World:
        """Makes a world from `document`, or as a copy of the file loaded at start.

        Args:
            ttl_s: drop it after so many seconds without use.

        Raises:
            ValueError: the name is not 1 to 64 of `A-Z a-z 0-9 . _ -`, or only dots.
            AlreadyExists: there is one of that name.
        """
        self._check_free(name)
        template = self._template if document is None else Template(document)
        return self._put(name, (template, None), ttl_s)

    def fork(self, name: str, source: str, ttl_s: float | None = None) -> World:
        """Makes a world with the document and the clocks of another one as they are now.

        Raises:
            NotFound: there is no world `source`.
            ValueError, AlreadyExists: as `create`.
        """
        original = self.get(source)
        if original is None:
            raise NotFound(f"world {source!r}")
        self._check_free(name)
        return self._put(name, (original.template(), original.stands), ttl_s)

    def snapshot(self, world: World) -> bytes:
        """All of a world in one piece."""
        return pack(world, self.numbers.as_dict())

    def restore(self, name: str, data: bytes, ttl_s: float | None = None) -> World:
        """Puts a world back to a snapshot, or makes it of one.

        Raises:
            ValueError: the name cannot be one.
            OtherVersion, SnapshotError: see `snapshot`; the world is as it was.
        """
        check_name(name)
        snapshot = unpack(data)
        before = self._entries.get(name)
        return self._put(name, snapshot, before.ttl_s if before is not None else ttl_s)

    def reset(self, name: str) -> World:
        """Puts a world back to how it was made.

        Raises:
            NotFound: there is no such world.
        """
        entry = self._entries.get(name) if self.get(name) is not None else None
        if entry is None:
            raise NotFound(f"world {name!r}")
        return self._put(name, entry.origin, entry.ttl_s)

    def reset_to_file(self, name: str) -> None:
        """Lets a later reset put a world back to the file loaded at start."""
        self._entries[name].origin = self._template, None

    def made_of_file(self, entry: Entry) -> bool:
        """Whether a reset puts a world back to the file loaded at start."""
        return entry.origin == (self._template, None)

    def drop(self, name: str) -> None:
        """Forgets all of a world; requests that hang in it go on.

        Raises:
            NotFound: there is no such world.
            ValueError: it is `default`.
        """
        if name == DEFAULT:
            raise ValueError(f"world {DEFAULT!r} cannot be dropped")
        if name not in self._entries:
            raise NotFound(f"world {name!r}")
        self._forget(name)

    def drop_unused(self) -> None:
        """Forgets the worlds whose time without use is over."""
        now = self._monotonic()
        for name, entry in tuple(self._entries.items()):
            if entry.ttl_s is not None and now - entry.used_at >= entry.ttl_s:
                self._forget(name)

    def close(self) -> None:
        """Lets all hanging requests go on, so that the servers can stop."""
        for entry in self._entries.values():
            entry.world.close()

    def _check_free(self, name: str) -> None:
        check_name(name)
        if self.get(name) is not None:
            raise AlreadyExists(f"world {name!r}: drop it first, or choose another name")

    def _put(self, name: str, origin: tuple[Template, Stands | None] | Snapshot, ttl_s: float | None) -> World:
        if isinstance(origin, Snapshot):
            world = revive(name, origin, self.numbers)
            self.numbers.go_beyond(origin.numbers)
        else:
            world = World(name, origin[0], self.numbers)
            if origin[1] is not None:
                world.set_clocks(origin[1])
        before = self._entries.get(name)
        self._entries[name] = Entry(world, origin, ttl_s, self._monotonic())
        if before is not None:
            before.world.close()
        return world

    def _forget(self, name: str) -> None:
        self._entries.pop(name).world.close()


def check_name(name: str) -> None:
    """Raises ValueError for a name that cannot stand in an address."""
    # Names of dots only would vanish from a URL's path.
    if not _NAME.fullmatch(name) or not name.strip("."):
        raise ValueError("a world's name is 1 to 64 of `A-Z a-z 0-9 . _ -` and not dots only")
