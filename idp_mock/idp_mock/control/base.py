"""What all control calls stand on."""

from dataclasses import dataclass
from typing import Protocol

from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.control.shortcuts import Shortcuts
from idp_mock.world import NotFound, Provider, World, Worlds


class RotateKeys(Protocol):
    """How keys are rotated."""

    def __call__(self, provider: Provider | None = None, *, withdraw: bool = False) -> None:
        """Lets a provider, or both, sign with new keys."""
        ...


@dataclass(frozen=True)
class Calls:
    """Finds the worlds that calls are for.

    Args:
        worlds: the worlds.
        esia_url, vk_id_url: base URLs of the providers, without a world's prefix.
        shortcuts: sign-ins without pages.
        rotate: lets a provider (None: both) sign with new keys; `withdraw` makes the old ones good for nothing.
    """

    worlds: Worlds
    esia_url: str
    vk_id_url: str
    shortcuts: Shortcuts
    rotate: RotateKeys

    def world(self, name: str) -> World:
        """The world of that name. Raises NotFound."""
        world = self.worlds.get(name)
        if world is None:
            raise NotFound(f"world {name!r}")
        return world

    def from_world(self, world: World) -> pb.World:
        """A world with its addresses."""
        return convert.from_world(world, self.esia_url, self.vk_id_url, self.worlds.ttl_s(world.name))
