"""A world: its contents and everything that happens in it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from idp_mock.world.clock import Clock, Stand
from idp_mock.world.faults import Faults
from idp_mock.world.inbox import Inbox
from idp_mock.world.live_document import LiveDocument
from idp_mock.world.refusals import Provider, Refusals
from idp_mock.world.schema import WorldFile
from idp_mock.world.template import Template

T = TypeVar("T")

Stands = tuple[Stand, dict[Provider, Stand]]
"""How the world's clock stands, and those of the providers."""

_HAPPENED = ("clock", "_clocks", "inbox", "faults", "refusals", "_rooms")


class World(LiveDocument):
    """Everything that one test, or one developer, owns. All state is in memory and belongs to one event loop.

    Args:
        name: its name, part of its URLs.
        source: what it is made of; it is not changed.
        user_ids: VK ID numbers for new profiles.

    Attributes:
        name: as above.
        document: the world file as it is now.
        clock: the world's own, which the clocks of both providers follow.
        inbox, faults, refusals: the world's own.
    """

    def __init__(self, name: str, source: WorldFile | Template, user_ids: Iterator[int] | None = None) -> None:
        super().__init__(source, user_ids)
        self.name = name
        self.clock = Clock()
        self._clocks: dict[Provider, Clock] = {"esia": Clock(leader=self.clock), "vk_id": Clock(leader=self.clock)}
        self.inbox = Inbox(self.clock)
        self.faults = Faults()
        self.refusals = Refusals(self.clock, name)
        self._rooms: dict[type, Any] = {}

    def clock_of(self, provider: Provider) -> Clock:
        """The clock of a provider: by it everything is issued and checked there."""
        return self._clocks[provider]

    @property
    def stands(self) -> Stands:
        """How the world's clock stands, and those of the providers."""
        return self.clock.stand, {provider: clock.stand for provider, clock in self._clocks.items()}

    def set_clocks(self, stands: Stands) -> None:
        """Sets all clocks as they stood somewhere, sometime."""
        self.clock.stand = stands[0]
        for provider, stand in stands[1].items():
            self._clocks[provider].stand = stand

    def happened(self) -> dict[str, Any]:
        """All that happened in the world, its clocks too; the document is not of it."""
        return {part: getattr(self, part) for part in _HAPPENED}

    def take_over(self, happened: dict[str, Any]) -> None:
        """Goes on from what had happened in a world with the same document."""
        for part in _HAPPENED:
            setattr(self, part, happened[part])
        self.refusals.world = self.name

    def last_issued(self, provider: Provider) -> int | None:
        """When the newest code or token of a provider was issued, in seconds since 1970 by its clock."""
        rooms = (room for room in self._rooms.values() if getattr(room, "provider", None) == provider)
        return max((room.last_issued for room in rooms if room.last_issued is not None), default=None)

    def close(self) -> None:
        """Lets what waits in the world go on: it is about to be forgotten."""
        self.faults.delete()

    def of(self, cls: Callable[[], T]) -> T:
        """The world's own instance of a provider's state class, made on first use without arguments."""
        room = self._rooms.get(cls)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if room is None:
            room = self._rooms[cls] = cls()  # pyright: ignore[reportArgumentType]
        return room
