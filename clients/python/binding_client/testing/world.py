"""A world of the stack, for tests that wait for answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx
from sferum.binding.v1.directory_service_pb2 import ImportRosterResponse

from binding_client._rpc import Token
from binding_client.client import BindingClient
from binding_client.control import SimulatorControl
from binding_client.esia import EsiaClient
from binding_client.roster import Lines, import_roster, roster_records
from binding_client.service_credentials import ServiceCredentials
from binding_client.testing._facts import WorldClock, person_facts
from binding_client.testing._families import Family, WorldSnapshot, merged
from binding_client.testing._programs import (
    DIARY,
    LOOPBACK_REDIRECT,
    ROSTER_FEED,
    new_world_name,
)
from binding_client.testing.actor import Actor
from binding_client.testing.looking import Looking

if TYPE_CHECKING:
    from binding_client.testing.stack import Stack


class World(Looking):
    """Everything that one test owns: persons at the providers and, with `test_worlds`, a service of its own.

    Attributes:
        name: Its name, "default" for the world that the programs were started with.
        document: The world in the world file's schema, with the families that came.
        control: Control of the simulator for this world.
        clock: The time of this world.
        esia_url: Base URL of its ESIA.
        vk_id_url: Base URL of its VK ID.
    """

    def __init__(
        self,
        stack: "Stack",
        name: str,
        document: Mapping[str, Any],
        lines: Lines | None = None,
        *,
        forked: bool = False,
    ) -> None:
        self.name = name
        self.document = document
        self.clock = WorldClock()
        self.control: SimulatorControl = stack.control.using(name)
        prefix = "" if name == "default" else f"/w/{name}"
        self.esia_url = f"{stack.esia}{prefix}"
        self.vk_id_url = f"{stack.vk_id}{prefix}"
        self._stack = stack
        self._lines = lines
        self._actors: dict[str, Actor] = {}
        self._origin = (document, self.clock.state)
        self._forked = forked

    def person(self, person_id: str) -> Actor:
        """Returns a person of this world with a browser; the same object each time.

        Raises:
            LookupError: There is no such person in the document.
        """
        if person_id not in self._actors:
            self._actors[person_id] = Actor(self, person_facts(self.document, person_id))
        return self._actors[person_id]

    def client(self, token: Token = None) -> BindingClient:
        """Returns a client of the service in this world, over the stack's connection."""
        return self._stack.channel.using(token=token, world=self._world_header)

    def service_client(self, service: str = ROSTER_FEED, *, on_behalf_of: Token = None) -> BindingClient:
        """Returns a client with the tokens of a back end.

        Args:
            service: Name of the back end.
            on_behalf_of: ESIA access token of a person, or a function that returns one; `access_token` of an actor.
        """
        key = self._stack.programs.service_key_pem(service)
        client = self.client(ServiceCredentials(service, key, clock=self.clock))
        return client.using(on_behalf_of=on_behalf_of)

    def esia_client(self, mnemonic: str = DIARY, redirect_uri: str = LOOPBACK_REDIRECT) -> EsiaClient:
        """Returns an ESIA system of this world; the stack has its key and certificate."""
        key = self._stack.programs.esia_key(mnemonic)
        return EsiaClient(self.esia_url, mnemonic, key.key_pem, key.certificate_pem, redirect_uri, clock=self.clock)

    def browser(self) -> httpx.Client:
        """Returns an HTTP client with an empty cookie jar; closed with the stack."""
        return self._stack.browser()

    def import_roster(self, document: Mapping[str, Any] | None = None) -> ImportRosterResponse:
        """Sends a world's roster to the service.

        Args:
            document: World in the world file's schema; the one that this world was made of if None.
        """
        lines = self._lines if document is None else None
        records = roster_records(self.document if document is None else document, lines)
        return import_roster(self.service_client(), records)

    def now(self) -> datetime:
        """Returns the world's time."""
        return self.clock()

    def advance(self, by: timedelta) -> None:
        """Moves the clocks of both products forward.

        Raises:
            StackError: The stack has no test worlds.
        """
        self._stack.need_test_worlds()
        self.control.advance_clock(by)
        self.client().advance_clock(duration=by)
        self.clock.advance(by)

    def freeze(self, at: datetime | None, *, allow_backwards: bool = False) -> None:
        """Stops the clocks of both products at an aware instant; None lets them run with the real one again.

        Args:
            at: Where to stop.
            allow_backwards: Go back even to before what was issued and recorded.

        Raises:
            StackError: The stack has no test worlds.
        """
        self._stack.need_test_worlds()
        self.control.set_clock(at, allow_backwards=allow_backwards)
        self.client().set_clock(time=at, allow_backwards=allow_backwards)
        self.clock.freeze(at)

    def skew(self, party: str, by: timedelta) -> None:
        """Sets the clock of one party apart from the world's; negative: behind.

        Args:
            party: "ESIA", "VK_ID" or "SERVICE".
            by: How far it runs ahead.

        Raises:
            StackError: The stack has no test worlds.
        """
        self._stack.need_test_worlds()
        if party != "SERVICE":
            self.control.set_clock(party=party, skew=by, allow_backwards=True)
        elif self.clock.state.frozen is not None:
            self.client().set_clock(time=self.clock.state.frozen + by, allow_backwards=True)
        else:
            self.client().set_clock(skew=self.clock.state.ahead + by, allow_backwards=True)

    def family(self, **wishes: Any) -> Family[Actor]:
        """Makes a family that nobody has seen before, and tells the service of it.

        Args:
            wishes: As of `SimulatorControl.create_family`: `children`, `parents`, `guardians`, `teacher`, `vk`,
                `policy`, `organisation`, `seed`, `prefix`, `recorded`, `verified`.

        Raises:
            StackError: The service did not take its roster.
        """
        made = self.control.create_family(**wishes)
        self.document = merged(self.document, made["document"])
        if self._stack.programs.options.import_roster:
            self._stack.send_roster(self, made["document"])
        persons = {role: [self.person(key) for key in made[role]] for role in ("parents", "guardians", "children")}
        return Family(seed=made["seed"], document=made["document"], **persons)

    def fork(self, name: str | None = None) -> "World":
        """Makes a new world of both products as a copy of this one; nobody is signed in there.

        Raises:
            StackError: The stack has no test worlds.
        """
        self._stack.need_test_worlds()
        chosen = name or new_world_name()
        self.control.fork_world(chosen)
        self.client().fork_world(world=chosen)
        made = World(self._stack, chosen, self.document, forked=True)
        made.clock.state = self.clock.state
        return made

    def snapshot(self) -> WorldSnapshot:
        """Returns all of the world in both products.

        Raises:
            StackError: The stack has no test worlds.
        """
        self._stack.need_test_worlds()
        simulator = self.control.snapshot_world()
        answer = self.client().snapshot_world()
        return WorldSnapshot(simulator, answer.snapshot, self.document, self.clock.state)

    def restore(self, snapshot: WorldSnapshot) -> None:
        """Puts the world back to a snapshot of both products; persons open fresh browsers."""
        self.control.restore_world(snapshot.simulator)
        self.client().restore_world(snapshot=snapshot.service)
        self.document, self.clock.state = snapshot.document, snapshot.clock
        self._origin, self._forked = (snapshot.document, snapshot.clock), True
        self._actors.clear()

    def reset(self) -> None:
        """Puts the world back to how it was made, in both products; persons open fresh browsers.

        Raises:
            StackError: The stack has no test worlds, or the service did not take the roster.
        """
        self._stack.need_test_worlds()
        self.control.reset_world()
        self.client().reset_world()
        self.document, self.clock.state = self._origin
        self._actors.clear()
        if not self._forked and self._stack.programs.options.import_roster:
            self._stack.send_roster(self)

    def drop(self) -> None:
        """Forgets the world in both products; the default one stays at the simulator."""
        if self.name != "default":
            self.control.drop_world()
        if self._stack.programs.options.test_worlds:
            self.client().drop_world()

    @property
    def _world_header(self) -> str | None:
        return None if self.name == "default" else self.name

    def __enter__(self) -> "World":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()
