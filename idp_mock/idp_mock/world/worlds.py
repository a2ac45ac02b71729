"""The worlds of a simulator."""

import itertools
import re

from idp_mock.world.schema import WorldFile
from idp_mock.world.world import FIRST_NEW_USER_ID, AlreadyExists, NotFound, World

DEFAULT = "default"
_NAME = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


class Worlds:
    """The worlds of a simulator. `default` is always there; others are made from a document, or as its copies.

    Args:
        template: the world file loaded at start.
    """

    def __init__(self, template: WorldFile) -> None:
        self._template = template
        self._user_ids = itertools.count(FIRST_NEW_USER_ID)
        self._worlds: dict[str, World] = {}
        self.create(DEFAULT)

    @property
    def default(self) -> World:
        """The world that is also served at the root."""
        return self._worlds[DEFAULT]

    def get(self, name: str) -> World | None:
        """The world of that name; `default` if it is empty."""
        return self._worlds.get(name or DEFAULT)

    def list(self) -> list[World]:
        """The worlds, by name."""
        return sorted(self._worlds.values(), key=lambda world: world.name)

    def create(self, name: str, document: WorldFile | None = None) -> World:
        """Makes a world from `document`, or as a copy of the file loaded at start.

        Raises:
            ValueError: the name is not 1 to 64 of `A-Z a-z 0-9 . _ -`, or only dots.
            AlreadyExists: there is one of that name.
        """
        # Names of dots only would vanish from a URL's path.
        if not _NAME.match(name) or not name.strip("."):
            raise ValueError("a world's name is 1 to 64 of `A-Z a-z 0-9 . _ -` and not dots only")
        if name in self._worlds:
            raise AlreadyExists(f"world {name!r}")
        world = World(name, document or self._template, self._user_ids)
        self._worlds[name] = world
        return world

    def drop(self, name: str) -> None:
        """Forgets all of a world; requests that hang in it go on.

        Raises:
            NotFound: there is no such world.
            ValueError: it is `default`.
        """
        if name == DEFAULT:
            raise ValueError(f"world {DEFAULT!r} cannot be dropped")
        world = self._worlds.pop(name, None)
        if world is None:
            raise NotFound(f"world {name!r}")
        world.faults.delete()

    def close(self) -> None:
        """Lets all hanging requests go on, so that the servers can stop."""
        for world in self._worlds.values():
            world.faults.delete()
