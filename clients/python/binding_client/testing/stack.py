"""The whole stack for tests that wait for answers."""

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from binding_client._rpc import Token
from binding_client.client import BindingClient
from binding_client.control import SimulatorControl
from binding_client.testing._process import StackError
from binding_client.testing._programs import (
    ROSTER_FEED,
    Programs,
    StackOptions,
    new_world_name,
    plain,
)
from binding_client.testing.actor import Actor
from binding_client.testing.world import World

_HTTP_TIMEOUT_S = 20.0


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
        self._template: World | None = None

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
        self.control: SimulatorControl = SimulatorControl(
            self.control_grpc, token=programs.options.environment.get("IDP_MOCK_CONTROL_TOKEN", "")
        )
        self.default = World(self, "default", plain(programs.source.document), programs.source.lines)
        if programs.options.import_roster:
            try:
                self.send_roster(self.default)
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
        if document is None and self.programs.options.import_roster:
            self._template_world().client().fork_world(world=chosen)
            return World(self, chosen, plain(source.document), source.lines, forked=True)
        made = World(
            self, chosen, plain(source.document if document is None else document), None if document else source.lines
        )
        if self.programs.options.import_roster:
            self.send_roster(made)
        return made

    def _template_world(self) -> World:
        # The roster is sent once; each further world is a copy of what came of it.
        if self._template is None:
            source = self.programs.source
            template = World(self, f"template-{new_world_name()}", plain(source.document), source.lines)
            self.send_roster(template)
            self._template = template
        return self._template

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

    def send_roster(self, world: World, document: Mapping[str, Any] | None = None) -> None:
        """Sends a world's roster to the service, or a part of it.

        Raises:
            StackError: It has bad records.
        """
        answer = world.import_roster(document)
        if answer.failed:
            first = answer.errors[0]
            raise StackError(f"the roster has {answer.failed} bad records; line {first.line}: {first.message}")

    def need_test_worlds(self) -> None:
        """Raises StackError if the stack runs without `test_worlds`."""
        if not self.programs.options.test_worlds:
            raise StackError("this needs a stack with test_worlds=True")

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.log_tail())
        self.stop()
