"""The applications of a process: one in production, one per test otherwise."""

import re
from collections.abc import Callable

from binding_server.api.call import DEFAULT_WORLD, World
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal

_NAME = re.compile(r"(?=.*[^.])[A-Za-z0-9._-]{1,64}")


class OneWorld:
    """Production: the world `default` and no other."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, name: str) -> World:
        """Returns the world. Raises Refusal REQUEST_INVALID for another name than `default`."""
        if name != DEFAULT_WORLD:
            raise Refusal(Reason.REQUEST_INVALID, fields=[("x-world", "this service has no test worlds")])
        return self._world

    def all(self) -> list[World]:
        """Returns the worlds that there are."""
        return [self._world]

    async def drop(self, name: str) -> None:
        """Never forgets: only TestingService asks for it, which production does not serve."""
        raise Refusal(Reason.CALLER_NOT_ALLOWED)

    async def close(self) -> None:
        """Closes the database."""
        await self._world.services.store.close()


class TestWorlds:
    """Tests: a world for every name, made when it is first called."""

    __test__ = False  # the name begins like a test's

    def __init__(self, make: Callable[[str], World]) -> None:
        self._make = make
        self._worlds: dict[str, World] = {}

    async def get(self, name: str) -> World:
        """Returns a world; an empty one if it is new. Raises Refusal REQUEST_INVALID for a name that cannot stand in
        an address."""
        world = self._worlds.get(name)
        if world is None:
            if not _NAME.fullmatch(name):
                raise Refusal(Reason.REQUEST_INVALID, fields=[("x-world", "expected 1 to 64 of A-Z a-z 0-9 . _ -")])
            world = self._worlds[name] = self._make(name)
        return world

    def all(self) -> list[World]:
        """Returns the worlds that there are."""
        return list(self._worlds.values())

    async def drop(self, name: str) -> None:
        """Forgets a world."""
        world = self._worlds.pop(name, None)
        if world is not None:
            await world.services.store.close()

    async def close(self) -> None:
        """Forgets all."""
        for name in list(self._worlds):
            await self.drop(name)
