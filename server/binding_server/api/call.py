"""What a servicer gets beside the request."""

from dataclasses import dataclass
from typing import Protocol

from binding_server.api.call_journal import CallJournal
from binding_server.clock import WorldClock
from binding_server.use_cases.services import Caller, Services

DEFAULT_WORLD = "default"


@dataclass(frozen=True, slots=True)
class World:
    """One application: a database, a clock and providers of its own. Production has exactly one, and keeps no journal
    of its calls."""

    name: str
    services: Services
    clock: WorldClock
    journal: CallJournal | None = None


class Worlds(Protocol):
    """The applications of this process."""

    async def get(self, name: str) -> World:
        """Returns a world. Raises Refusal REQUEST_INVALID for a name that cannot be one."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call, admitted: in which world, by whom, in which language it is answered (`ru` or `en`)."""

    world: World
    caller: Caller
    language: str
    request_id: str

    @property
    def services(self) -> Services:
        """What use cases need."""
        return self.world.services
