"""`python -m binding_client.testing run`: the whole stack with the demo world, for a person."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from sferum.binding.v1 import binding_service_pb2, chat_service_pb2, contact_service_pb2, directory_service_pb2

from binding_client.cli.render import plain
from binding_client.cli.state import default_state_dir
from binding_client.errors import BindingError
from binding_client.roster import WorldFileError
from binding_client.testing._process import StackError
from binding_client.testing._programs import COMMAND_LINE, DIARY, ROSTER_METHODS
from binding_client.testing.stack import Stack

_BACK_END = "back-end"
"""A back end to try things with: its key lies with those of the `sferum` command."""
_SUPPORT = "support"
"""Technical support, which works tickets off; its key lies there too."""
_SUPPORT_METHODS = (
    "SupportService/CreateTicket",
    "SupportService/GetTicket",
    "SupportService/ListTickets",
    "SupportService/ResolveTicket",
    "SupportService/ListAuditRecords",
    "SupportService/GetDecision",
    "BindingService/GetBinding",
    "BindingService/ListBindings",
    "BindingService/DiagnoseAccount",
)
_USAGE = "python -m binding_client.testing run [WORLD.yaml]"


def run(world: Path | None, console: Console) -> int:
    """Runs the stack until SIGINT or SIGTERM; returns the exit code.

    Keys, database and logs are in the folder SFERUM_STACK_DIR, `.state` of the working directory if it is not set.

    Args:
        world: World file; the repository's `worlds/demo.yaml` if None.
        console: Where to print the addresses and the logins.
    """
    state_dir = Path(os.environ.get("SFERUM_STACK_DIR") or ".state")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        stack = Stack(
            world=world,
            diary_web=True,
            state_dir=state_dir,
            default_ports=True,
            services={_BACK_END: _everything(), _SUPPORT: list(_SUPPORT_METHODS)},
            cli_state_dir=default_state_dir(),
        )
        stack.start()
    except (StackError, WorldFileError, BindingError) as error:
        return _failed("Стенд не запустился", error)
    try:
        console.print(_addresses(stack, state_dir))
        console.print(_logins(stack.default.document))
        console.print("Остановить: Ctrl-C")
        _wait(stopped, stack)
    except StackError as error:
        return _failed("Стенд сломался", error)
    finally:
        stack.stop()
        console.print("Стенд остановлен.")
    return 0


def _everything() -> dict[str, Any]:
    """Returns the policy of a back end that may do all but send rosters."""
    services = [
        module.DESCRIPTOR.services_by_name[name]
        for module, name in (
            (binding_service_pb2, "BindingService"),
            (chat_service_pb2, "ChatService"),
            (contact_service_pb2, "ContactService"),
            (directory_service_pb2, "DirectoryService"),
        )
    ]
    methods = [f"{service.name}/{method.name}" for service in services for method in service.methods]
    return {
        "methods": [method for method in methods if method not in ROSTER_METHODS],
        "municipalities": "*",
        "acts_for": [DIARY, COMMAND_LINE],
        "loopback_redirects": True,
    }


def _failed(title: str, error: Exception) -> int:
    Console(stderr=True).print(Panel(Text(str(error)), title=title, border_style="red", title_align="left"))
    return getattr(error, "exit_code", None) or 1


def _wait(stopped: threading.Event, stack: Stack) -> None:
    programs = stack.programs
    # Looks around now and then: a stack of which a part has died is no stack.
    while not stopped.wait(1.0):
        for child in (programs.simulator, programs.server, programs.diary):
            if not child.running:
                raise StackError(f"{child.name} остановился сам\n{child.tail(20)}")


def _addresses(stack: Stack, state_dir: Path) -> Table:
    table = Table(title="Адреса", title_justify="left", show_header=False)
    for name, address in (
        ("Электронный дневник", stack.web),
        ("Служба привязки (gRPC)", stack.grpc),
        ("Госуслуги (симулятор)", stack.esia),
        ("VK ID (симулятор)", stack.vk_id),
        ("Управление симулятором", f"{stack.control_http}  gRPC {stack.control_grpc}"),
        ("Входящие: коды VK ID и подтверждения контактов", f"{stack.control_http}/inbox"),
        ("Ключи, база, журналы", str(state_dir.resolve())),
        ("Другая система для проб", f"sferum watch --service {_BACK_END}"),
    ):
        table.add_row(name, plain(address))
    return table


def _logins(document: Mapping[str, Any]) -> Table:
    table = Table(title="Кем можно войти", title_justify="left")
    for name in ("Человек", "Логин Госуслуг", "Пароль", "VK ID (код лежит во входящих симулятора)"):
        table.add_column(name)
    for person in document.get("persons") or ():
        esia = person.get("esia")
        if not esia:
            continue
        name = person["name"]
        logins = [login.get("phone") or login.get("email") for login in person.get("vk_id") or ()]
        cells = (f"{name['last']} {name['first']}", esia["login"], esia["password"], ", ".join(logins) or "нет")
        table.add_row(*map(plain, cells))
    return table


def main(arguments: list[str]) -> int:
    """Runs the command; exit code 2 for a wrong use."""
    if not arguments or arguments[0] != "run" or len(arguments) > 2:
        Console(stderr=True).print(_USAGE)
        return 2
    return run(Path(arguments[1]) if len(arguments) == 2 else None, Console())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
