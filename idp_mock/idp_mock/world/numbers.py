"""Numbers that a simulator gives once over all its worlds."""

from dataclasses import asdict, dataclass
from typing import Self

from idp_mock.world.live_document import FIRST_NEW_USER_ID

FIRST_FRESH_SEED = 5_000_001
"""Seeds below are for whoever chooses one."""


@dataclass(slots=True)
class Numbers:
    """The next VK ID number of a new profile, and the next seed of a family. Iterating gives VK ID numbers."""

    user_id: int = FIRST_NEW_USER_ID
    seed: int = FIRST_FRESH_SEED

    def __iter__(self) -> Self:
        """Itself."""
        return self

    def __next__(self) -> int:
        """A VK ID number that was not given before."""
        self.user_id += 1
        return self.user_id - 1

    def fresh_seed(self) -> int:
        """A seed that was not given before."""
        self.seed += 1
        return self.seed - 1

    def as_dict(self) -> dict[str, int]:
        """For a snapshot."""
        return asdict(self)

    def go_beyond(self, other: dict[str, int]) -> None:
        """Gives no number that another simulator gave before these were its next."""
        self.user_id = max(self.user_id, other.get("user_id", 0))
        self.seed = max(self.seed, other.get("seed", 0))
