"""An answer about to be spoiled."""

from collections.abc import Callable
from dataclasses import dataclass, field

from idp_mock.faults.captured import Captured
from idp_mock.faults.dialect import Dialect
from idp_mock.oauth.keys import SigningKeys
from idp_mock.world import Fault, World


@dataclass(frozen=True)
class Spoiling:
    """A draft of an answer, to be spoiled by a fault of a provider, at a path, in a world.

    `stranger` makes the key that is not the provider's, or not yet. What has to change in the world along with the
    answer goes to `effects`: a fault that does not strike after all has changed nothing.
    """

    fault: Fault
    answer: Captured
    dialect: Dialect
    world: World
    path: str
    stranger: Callable[[], SigningKeys]
    effects: list[Callable[[], None]] = field(default_factory=list)
