"""The applications of a process: one in production, one per test otherwise."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from binding_server.api.call import DEFAULT_WORLD, World
from binding_server.api.call_journal import CallJournal
from binding_server.clock import ClockState, WorldClock
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.store.snapshot import Snapshot, SnapshotError, pack, unpack
from binding_server.store.sqlite import SqliteStore, WorldStore, WorldTemplate
from binding_server.store.vault import Vault
from binding_server.use_cases.ports import Store

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

    async def close(self) -> None:
        """Closes the database."""
        await self._world.services.store.close()


@dataclass(slots=True)
class _Room:
    """A world with its store, and how it was made."""

    world: World
    store: WorldStore
    origin: Snapshot


class TestWorlds:
    """Tests: a world for every name, made when it is first called.

    Args:
        make: puts an application of a name over a store and a clock.
        empty: what a new world begins with.
        vault: of the stores.
    """

    __test__ = False  # the name begins like a test's

    def __init__(self, make: Callable[[str, Store, WorldClock], World], empty: WorldTemplate, vault: Vault) -> None:
        self._make = make
        self._empty = Snapshot(empty, ClockState())
        self._vault = vault
        self._rooms: dict[str, _Room] = {}

    async def get(self, name: str) -> World:
        """Returns a world; an empty one if it is new. Raises Refusal REQUEST_INVALID for a name that cannot stand in
        an address."""
        room = self._rooms.get(name)
        if room is None:
            check_name(name, "x-world")
            room = self._open(name, self._empty)
        return room.world

    def all(self) -> list[World]:
        """Returns the worlds that there are."""
        return [room.world for room in self._rooms.values()]

    def newest(self, name: str) -> datetime | None:
        """Returns when the newest record of what happened in a world was made."""
        return self._rooms[name].store.newest()

    async def fork(self, name: str, source: str) -> None:
        """Makes a world as a copy of another one. Raises Refusal REQUEST_INVALID if the name is taken or cannot be
        one."""
        check_name(name, "world")
        if name in self._rooms:
            raise Refusal(Reason.REQUEST_INVALID, fields=[("world", "there is a world of that name: drop it first")])
        self._open(name, self._now(self._rooms[source]))

    async def snapshot(self, name: str) -> bytes:
        """Returns all of a world."""
        return pack(self._now(self._rooms[name]), self._vault)

    async def restore(self, name: str, data: bytes) -> None:
        """Puts a world back to a snapshot. Raises Refusal REQUEST_INVALID if it is not one for this service."""
        try:
            origin = unpack(data, self._vault)
        except SnapshotError as error:
            raise Refusal(Reason.REQUEST_INVALID, fields=[("snapshot", str(error))]) from error
        await self._replace(name, origin)

    async def reset(self, name: str) -> None:
        """Puts a world back to how it was made."""
        await self._replace(name, self._rooms[name].origin)

    async def drop(self, name: str) -> None:
        """Forgets a world."""
        room = self._rooms.pop(name, None)
        if room is not None:
            await room.store.close()

    async def close(self) -> None:
        """Forgets all."""
        for name in list(self._rooms):
            await self.drop(name)

    def _now(self, room: _Room) -> Snapshot:
        return Snapshot(room.store.template(), room.world.clock.state)

    def _open(self, name: str, origin: Snapshot) -> _Room:
        store = SqliteStore.in_memory(origin.template, self._vault)
        world = replace(self._make(name, store, WorldClock(origin.clock)), journal=CallJournal())
        room = self._rooms[name] = _Room(world, store, origin)
        return room

    async def _replace(self, name: str, origin: Snapshot) -> None:
        # The new one first: if it cannot be opened, the old one is as it was.
        before = self._rooms[name]
        self._open(name, origin)
        await before.store.close()


def check_name(name: str, field: str) -> None:
    """Raises Refusal REQUEST_INVALID, naming the field, for a name that cannot stand in an address."""
    if not _NAME.fullmatch(name):
        raise Refusal(Reason.REQUEST_INVALID, fields=[(field, "expected 1 to 64 of A-Z a-z 0-9 . _ -")])
