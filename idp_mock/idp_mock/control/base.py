"""What all control calls stand on."""

from dataclasses import dataclass

from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.control.shortcuts import Shortcuts
from idp_mock.world import NotFound, World, Worlds


@dataclass(frozen=True)
class Calls:
    """Finds the worlds that calls are for.

    Args:
        worlds: the worlds.
        esia_url, vk_id_url: base URLs of the providers, without a world's prefix.
        shortcuts: sign-ins without pages.
    """

    worlds: Worlds
    esia_url: str
    vk_id_url: str
    shortcuts: Shortcuts

    def world(self, name: str) -> World:
        """The world of that name. Raises NotFound."""
        world = self.worlds.get(name)
        if world is None:
            raise NotFound(f"world {name!r}")
        return world

    def from_world(self, world: World) -> pb.World:
        """A world with its addresses."""
        return convert.from_world(world, self.esia_url, self.vk_id_url, self.worlds.ttl_s(world.name))
