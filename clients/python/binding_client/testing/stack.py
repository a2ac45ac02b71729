"""The whole stack for tests that wait for answers."""

import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from sferum.binding.v1.directory_service_pb2 import ImportRosterResponse

from binding_client._rpc import Token
from binding_client.client import BindingClient
from binding_client.control import SimulatorControl
from binding_client.esia import EsiaClient
from binding_client.roster import Lines, import_roster, roster_records
from binding_client.service_credentials import ServiceCredentials
from binding_client.testing._facts import WorldClock, person_facts
from binding_client.testing._process import StackError
from binding_client.testing._programs import (
    DIARY,
    LOOPBACK_REDIRECT,
    ROSTER_FEED,
    Programs,
    StackOptions,
    new_world_name,
    plain,
)
from binding_client.testing.actor import Actor

_HTTP_TIMEOUT_S = 20.0


class World:
    """Everything that one test owns: persons at the providers and, with `test_worlds`, a service of its own.

    Attributes:
        name: Its name, "default" for the world that the programs were started with.
        document: The world in the world file's schema, as it was made.
        control: Control of the simulator for this world.
        clock: The time of this world.
        esia_url: Base URL of its ESIA.
        vk_id_url: Base URL of its VK ID.
    """

    def __init__(self, stack: "Stack", name: str, document: Mapping[str, Any], lines: Lines | None = None) -> None:
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

    def freeze(self, at: datetime | None) -> None:
        """Stops the clocks of both products at an aware instant; None lets them run with the real one again.

        Raises:
            StackError: The stack has no test worlds.
        """
        self._stack.need_test_worlds()
        self.control.set_clock(at)
        self.client().set_clock(time=at)
        self.clock.freeze(at)

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


class Stack:
    """The simulator, the binding service and, if wanted, the e-diary web: real programs, talked to over real wires.

    Attributes:
        grpc: Address of the binding service, `host:port`.
        esia, vk_id, control_http: Base URLs of the simulator.
        control_grpc: Address of the simulator's control, `host:port`.
        web: Base URL of the e-diary web, "" without it.
        control: Control of the default world.
        default: The world of the world file.
        programs: The processes.
    """

    def __init__(
        self,
        *,
        world: Path | Mapping[str, Any] | None = None,
        test_worlds: bool = False,
        diary_web: bool = False,
        state_dir: Path | None = None,
        default_ports: bool = False,
        database_url: str = "",
        environment: Mapping[str, str] | None = None,
        language: str = "ru",
        import_roster: bool = True,
        services: Mapping[str, Sequence[str] | Mapping[str, Any]] | None = None,
        cli_state_dir: Path | None = None,
    ) -> None:
        """Says what to run; `start` or the context manager runs it.

        Args:
            world: World file, or its document; the demo world of the repository if None.
            test_worlds: Run the service with `--test-worlds`, so that `world` can make worlds.
            diary_web: Run the e-diary web too.
            state_dir: Where keys, databases and logs are kept; a temporary folder if None.
            default_ports: Listen on the products' default ports, not on free ones.
            database_url: The service's database; a SQLite file in the state folder if empty.
            environment: Further settings of the programs.
            language: Language of the clients, "ru" or "en".
            import_roster: Send the world's roster to the service at start.
            services: Further back ends by name: the methods that they may call, in all municipalities, or the whole
                entry of the callers file but the key (`methods`, `municipalities`, `acts_for`, `redirect_uris`, …).
            cli_state_dir: State folder of a `sferum` command that shall work with this stack.

        Raises:
            WorldFileError: The world file cannot be read.
        """
        self.programs = Programs(
            StackOptions(
                world=world,
                test_worlds=test_worlds,
                diary_web=diary_web,
                state_dir=state_dir,
                default_ports=default_ports,
                database_url=database_url,
                environment=environment or {},
                language=language,
                import_roster=import_roster,
                services=services or {},
                cli_state_dir=cli_state_dir,
            )
        )
        self.grpc = self.esia = self.vk_id = self.control_http = self.control_grpc = self.web = ""
        self._browsers: list[httpx.Client] = []
        self._tls: ssl.SSLContext | None = None

    def start(self) -> None:
        """Starts the programs and sends the roster.

        Raises:
            StackError: A program did not start; the text holds its last log lines.
        """
        self.programs.start()
        programs = self.programs
        self.grpc, self.esia, self.vk_id = programs.grpc, programs.esia, programs.vk_id
        self.control_http, self.control_grpc, self.web = programs.control, programs.control_grpc, programs.web
        self.channel: BindingClient = BindingClient.connect(self.grpc, language=programs.options.language)
        self.control: SimulatorControl = SimulatorControl(self.control_grpc)
        self.default = World(self, "default", plain(programs.source.document), programs.source.lines)
        if programs.options.import_roster:
            try:
                self._import(self.default)
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """Closes the connections and stops the programs."""
        for browser in self._browsers:
            browser.close()
        self.control.close()
        self.channel.close()
        self.programs.stop()

    def world(self, document: Mapping[str, Any] | None = None, name: str | None = None) -> World:
        """Makes a fresh world in both products, roster included; use it as a context manager, or drop it yourself.

        Args:
            document: World in the world file's schema; a copy of the stack's world file if None.
            name: Its name; a new one if None.

        Raises:
            StackError: The stack has no test worlds.
        """
        self.need_test_worlds()
        source = self.programs.source
        chosen = name or new_world_name()
        self.control.create_world(chosen, None if document is None else plain(document))
        made = World(
            self, chosen, plain(source.document if document is None else document), None if document else source.lines
        )
        if self.programs.options.import_roster:
            self._import(made)
        return made

    def person(self, person_id: str) -> Actor:
        """Returns a person of the default world."""
        return self.default.person(person_id)

    def client(self, token: Token = None) -> BindingClient:
        """Returns a client of the service in the default world."""
        return self.default.client(token)

    def service_client(self, service: str = ROSTER_FEED, *, on_behalf_of: Token = None) -> BindingClient:
        """Returns a client of the default world with the tokens of a back end, as `World.service_client`."""
        return self.default.service_client(service, on_behalf_of=on_behalf_of)

    def browser(self) -> httpx.Client:
        """Returns an HTTP client with an empty cookie jar; closed with the stack."""
        if self._tls is None:
            # Made once: reading the trusted certificates takes longer than a sign-in.
            self._tls = ssl.create_default_context()
        browser = httpx.Client(timeout=_HTTP_TIMEOUT_S, trust_env=False, verify=self._tls)
        self._browsers.append(browser)
        return browser

    def kill_server(self) -> None:
        """Ends the binding service at once, as `kill -9` does."""
        self.programs.server.kill()

    def stop_server(self) -> None:
        """Lets the binding service end cleanly."""
        self.programs.server.stop()

    def restart_server(self) -> None:
        """Starts the binding service again on the same address and the same database."""
        self.programs.start_server()

    def log_tail(self, lines: int = 40) -> str:
        """Returns the last log lines of the programs."""
        return self.programs.log_tail(lines)

    def need_test_worlds(self) -> None:
        """Raises StackError if the stack runs without `test_worlds`."""
        if not self.programs.options.test_worlds:
            raise StackError("this needs a stack with test_worlds=True")

    def _import(self, world: World) -> None:
        answer = world.import_roster()
        if answer.failed:
            first = answer.errors[0]
            raise StackError(f"the roster has {answer.failed} bad records; line {first.line}: {first.message}")

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.log_tail())
        self.stop()
