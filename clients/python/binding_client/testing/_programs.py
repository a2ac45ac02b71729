"""The programs of the stack with their keys, files and settings."""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from binding_client.esia import KeyPair, ensure_key
from binding_client.roster import WorldSource, load_world
from binding_client.service_credentials import ensure_service_key
from binding_client.testing._process import Child, StackError

DIARY = "EDIARY66"
COMMAND_LINE = "SFERUM_CLI"
ROSTER_FEED = "roster-feed"
ROSTER_METHODS = (
    "DirectoryService/ImportRoster",
    "DirectoryService/ListRosterErrors",
    "DirectoryService/ListRosterEffects",
    "DirectoryService/ReconcileChats",
)
"""What the back end may do that feeds rosters."""
LOOPBACK_REDIRECT = "http://127.0.0.1:8100/"
"""Redirect URI of the headless persons: nobody listens there for them, they read the address only."""

_LIMITS = ("BINDING_LIMIT_PROBES_PER_10_MIN", "BINDING_LIMIT_STARTS_PER_HOUR", "BINDING_LIMIT_TICKETS_PER_DAY")
_OWN_SETTINGS = ("BINDING_", "IDP_MOCK_", "DIARY_WEB_")


@dataclass(frozen=True)
class StackOptions:
    """How to run the stack.

    Attributes:
        world: World file, or its document; the demo world of the repository if None.
        test_worlds: Run the service with `--test-worlds`, so that each test has a world of its own.
        diary_web: Run the e-diary web too.
        state_dir: Where keys, databases and logs are; a temporary folder if None.
        default_ports: Listen on the products' default ports or those of the environment, not on free ones.
        database_url: The service's database; a SQLite file in the state folder if empty.
        environment: Further settings of the processes.
        language: Language of the clients.
        import_roster: Send the world's roster to the service at start.
        services: Further back ends by name: the methods that they may call, in all municipalities, or the whole entry
            of the callers file but the key (`methods`, `municipalities`, `acts_for`, `loopback_redirects`, …).
        cli_state_dir: State folder of the `sferum` command: its keys are registered, so that it works at once.
    """

    world: Path | Mapping[str, Any] | None = None
    test_worlds: bool = False
    diary_web: bool = False
    state_dir: Path | None = None
    default_ports: bool = False
    database_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    language: str = "ru"
    import_roster: bool = True
    services: Mapping[str, Sequence[str] | Mapping[str, Any]] = field(default_factory=dict)
    cli_state_dir: Path | None = None


def demo_world_file() -> Path:
    """Returns `worlds/demo.yaml` of the repository, looked for upwards from the working directory and from this file.

    Raises:
        StackError: There is none.
    """
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            found = folder / "worlds" / "demo.yaml"
            if found.is_file():
                return found
    raise StackError("worlds/demo.yaml is not there; name a world file")


class Programs:
    """The simulator, the binding service and the e-diary web as processes. Blocking: the asyncio stack uses threads.

    Attributes:
        options: How they are run.
        source: The world file as it was read.
        esia, vk_id, control, control_grpc, grpc, web: Addresses, once started; `web` is "" without the e-diary.
    """

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        self.source = _read_world(options.world)
        self.esia = self.vk_id = self.control = self.control_grpc = self.grpc = self.web = ""
        self._temporary = options.state_dir is None
        # Only named here, and made at the start: options that are never started leave nothing behind.
        temporary = Path(tempfile.gettempdir()) / f"sferum-stack-{secrets.token_hex(8)}"
        self.state_dir = (options.state_dir or temporary).resolve()
        logs = self.state_dir / "logs"
        self.simulator = Child("sferum-idp-mock", ["idp_mock", "serve", str(self._world_file())], logs / "idp-mock.log")
        arguments = ["binding_server", *(["--test-worlds"] if options.test_worlds else [])]
        self.server = Child("binding server", arguments, logs / "server.log")
        self.diary = Child("e-diary web", ["diary_web"], logs / "diary-web.log")

    @property
    def keys_dir(self) -> Path:
        """Folder of the ESIA systems' keys and certificates and of the back ends' keys."""
        return self.state_dir / "keys"

    def esia_key(self, mnemonic: str) -> KeyPair:
        """Returns the key of an ESIA system, and registers a new one if there is none."""
        return ensure_key(self.keys_dir, mnemonic)

    def service_key_pem(self, service: str) -> bytes:
        """Returns the private key of a back end."""
        return ensure_service_key(self._service_keys(), service).key_pem

    def start(self) -> None:
        """Starts everything.

        Raises:
            StackError: A program did not start; those that did are stopped.
        """
        self._prepare()
        try:
            self.simulator.start(self._simulator_environment())
            said = self.simulator.ready
            self.esia, self.vk_id = said["esia"], said["vk_id"]
            self.control, self.control_grpc = said["control"], said["control_grpc"]
            self.start_server()
            if self.options.diary_web:
                self.diary.start(self._diary_environment())
                self.web = self.diary.ready["web"]
        except BaseException:
            self.stop()
            raise

    def start_server(self) -> None:
        """Starts the binding service; on the address that it had before, if it had one."""
        self.server.start(self._server_environment())
        self.grpc = self.server.ready["grpc"]

    def stop(self) -> None:
        """Stops everything, and removes the state folder if it is a temporary one."""
        for child in (self.diary, self.server, self.simulator):
            child.stop()
        if self._temporary:
            shutil.rmtree(self.state_dir, ignore_errors=True)

    def log_tail(self, lines: int = 40) -> str:
        """Returns the last log lines of each program."""
        parts = [(child.name, child.tail(lines)) for child in (self.simulator, self.server, self.diary)]
        return "\n".join(f"--- {name}\n{tail}" for name, tail in parts if tail)

    def _prepare(self) -> None:
        if self._temporary:
            self.state_dir.mkdir(mode=0o700)
        self.keys_dir.mkdir(parents=True, exist_ok=True)
        if isinstance(self.options.world, Mapping):
            text = json.dumps(plain(self.options.world), ensure_ascii=False, indent=1)
            self._world_file().write_text(text, encoding="utf-8")
        self.esia_key(DIARY)
        if self.options.cli_state_dir is None:
            self.esia_key(COMMAND_LINE)
        else:
            # A link, so that a key which the command line makes anew is known without a restart.
            pair = ensure_key(self.options.cli_state_dir, COMMAND_LINE)
            link = self.keys_dir / pair.certificate_path.name
            link.unlink(missing_ok=True)
            link.symlink_to(pair.certificate_path.resolve())
        self._write_callers()

    def _write_callers(self) -> None:
        services: dict[str, Any] = {}
        for name, given in {ROSTER_FEED: ROSTER_METHODS, **self.options.services}.items():
            key = ensure_service_key(self._service_keys(), name)
            policy = plain(given) if isinstance(given, Mapping) else {"methods": list(given), "municipalities": "*"}
            services[name] = {"public_key_file": str(key.public_key_path.resolve()), **policy}
        redirects = {"redirect_uris": [], "loopback_redirects": True}
        callers = {"esia_clients": {DIARY: redirects, COMMAND_LINE: dict(redirects)}, "services": services}
        self._callers_file.write_text(yaml.safe_dump(callers, sort_keys=False), encoding="utf-8")

    @property
    def _callers_file(self) -> Path:
        return self.state_dir / "callers.yaml"

    def _service_keys(self) -> Path:
        cli = self.options.cli_state_dir
        return cli if cli is not None else self.keys_dir

    def _world_file(self) -> Path:
        world = self.options.world
        if isinstance(world, Mapping):
            # JSON is YAML too.
            return self.state_dir / "world.yaml"
        return world or demo_world_file()

    def _environment(self, settings: Mapping[str, str], ports: Mapping[str, str]) -> dict[str, str]:
        if self.options.default_ports:
            base = dict(os.environ)
        else:
            # Settings of the person's own servers must not reach those of a test.
            base = {key: value for key, value in os.environ.items() if not key.startswith(_OWN_SETTINGS)}
            base |= ports
        return {**base, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **settings, **self.options.environment}

    def _simulator_environment(self) -> dict[str, str]:
        names = ("ESIA", "VK_ID", "CONTROL", "CONTROL_GRPC")
        settings = {
            "IDP_MOCK_STATE_DIR": str(self.state_dir / "idp-mock"),
            "IDP_MOCK_CLIENT_CERTIFICATES": str(self.keys_dir),
        }
        return self._environment(settings, {f"IDP_MOCK_{name}_PORT": "0" for name in names})

    def _server_environment(self) -> dict[str, str]:
        world = "/w/{world}" if self.options.test_worlds else ""
        settings = {
            "BINDING_STATE_DIR": str(self.state_dir / "server"),
            "BINDING_ESIA_URL": f"{self.esia}{world}",
            "BINDING_ESIA_KEYS": str(self.state_dir / "idp-mock" / "esia.pem"),
            "BINDING_VK_ID_URL": f"{self.vk_id}{world}",
            "BINDING_CALLERS_FILE": str(self._callers_file),
            # Nothing leaves this machine: codes lie in the simulator's inbox.
            "BINDING_NOTIFIER_EMAIL_URL": f"{self.control}/control/v1/worlds/{{world}}/inbox",
            "BINDING_NOTIFIER_SMS_URL": f"{self.control}/control/v1/worlds/{{world}}/inbox",
        }
        if self.options.test_worlds:
            # One test is not to run into the limits that keep people from prying; one about them sets its own.
            settings |= dict.fromkeys(_LIMITS, "1000000")
        if self.options.database_url:
            settings["BINDING_DATABASE_URL"] = self.options.database_url
        # Clients keep their channel over a restart, so the address must stay.
        return self._environment(settings, {"BINDING_LISTEN": self.grpc or "127.0.0.1:0"})

    def _diary_environment(self) -> dict[str, str]:
        settings = {
            "DIARY_WEB_STATE_DIR": str(self.keys_dir),
            "DIARY_WEB_ESIA_URL": self.esia,
            "DIARY_WEB_BINDING_TARGET": self.grpc,
        }
        return self._environment(settings, {"DIARY_WEB_LISTEN": "127.0.0.1:0"})


def _read_world(world: Path | Mapping[str, Any] | None) -> WorldSource:
    if isinstance(world, Mapping):
        return WorldSource(plain(world), {})
    return load_world(world or demo_world_file())


def plain(value: Any) -> Any:
    """Returns a document with YAML's dates as text, as the world file's schema has them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def new_world_name() -> str:
    """Returns a name that no other world has."""
    return f"w-{secrets.token_hex(6)}"
