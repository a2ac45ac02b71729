"""The command `sferum-idp-mock`.

Made with argparse: to import Typer takes a fifth of the whole start, and a simulator is started for every test run.
"""

import argparse
import gc
import json
import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from idp_mock import generate_command
from idp_mock.settings import BadSetting, SimulatorSettings, option, read_settings, variable

if TYPE_CHECKING:
    import asyncio

_WRONG_DOCUMENT = 1
_CANNOT_START = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: the command line without the program's name; that of the process if None.

    Returns:
        0 if all is well; 1 if a world file has faults, or nobody answers a health check; 2 if the simulator cannot
        start (bad setting, busy port, state folder) or the command line is wrong.
    """
    # Importing makes many objects and no garbage; to look for it again and again costs a tenth of the start.
    gc.disable()
    # Nor are all installed distributions searched for plugins of pydantic.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return _CANNOT_START


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sferum-idp-mock", description="Симулятор ЕСИА и VK ID (simulator of ESIA and VK ID)."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="запустить (run the simulator)")
    serve.add_argument("world", type=Path, metavar="WORLD", help="файл мира, .yaml или .jsonl (world file)")
    for name, field in SimulatorSettings.model_fields.items():
        described = f"{field.description} [{variable(name)}]"
        if field.annotation is bool:
            serve.add_argument(option(name), action="store_const", const=True, help=described)
        else:
            serve.add_argument(option(name), help=described)
    serve.set_defaults(run=_serve)
    validate = commands.add_parser("validate", help="проверить файл мира (check a world file)")
    validate.add_argument("world", type=Path, metavar="WORLD", help="файл мира, .yaml или .jsonl (world file)")
    validate.set_defaults(run=_validate)
    healthcheck = commands.add_parser("healthcheck", help="отвечает ли симулятор (does it answer)")
    for name in ("host", "control_port"):
        description = SimulatorSettings.model_fields[name].description
        healthcheck.add_argument(option(name), help=f"{description} [{variable(name)}]")
    healthcheck.set_defaults(run=_healthcheck)
    generate = commands.add_parser("generate", help="придумать мир любой величины (invent a world of any size)")
    generate_command.add_options(generate)
    generate.set_defaults(run=generate_command.run)
    schema = commands.add_parser("schema", help="JSON Schema файла мира (of the world file)")
    schema.set_defaults(run=_schema)
    return parser


def _settings(options: argparse.Namespace) -> SimulatorSettings:
    return read_settings(os.environ, vars(options))


def _serve(options: argparse.Namespace) -> int:
    settings = _settings(options)
    from idp_mock.world import WorldErrors, load_file

    try:
        document = load_file(options.world)
    except WorldErrors as error:
        print(error, file=sys.stderr)
        return _WRONG_DOCUMENT

    import asyncio
    import logging

    import uvloop

    _leave_out_uvicorns_command()
    from idp_mock.app import Simulator
    from idp_mock.http_server import CannotListen

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")

    async def run() -> None:
        asked_to_stop = _stop_signals()
        simulator = Simulator(settings, document)
        try:
            await simulator.start()
            # The world stays; of thousands of persons it would be walked through in vain again and again.
            gc.freeze()
            gc.enable()
            print(simulator.tls_advice, end="")
            print(simulator.ready_line, flush=True)
            await asked_to_stop.wait()
        finally:
            await simulator.stop()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except CannotListen as error:
        print(error, file=sys.stderr)
        return _CANNOT_START
    except OSError as error:
        print(f"{variable('state_dir')}: {error}", file=sys.stderr)
        return _CANNOT_START
    return 0


def _leave_out_uvicorns_command() -> None:
    """uvicorn imports its own command line with itself, and click with that: a tenth of the start, for nothing."""
    command = types.ModuleType("uvicorn.main")
    for name in ("Server", "main", "run"):
        setattr(command, name, None)
    sys.modules.setdefault(command.__name__, command)


def _stop_signals() -> "asyncio.Event":
    import asyncio
    import signal

    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked


def _validate(options: argparse.Namespace) -> int:
    from idp_mock.world import WorldErrors, check_file

    try:
        contents = check_file(options.world)
    except WorldErrors as error:
        print(error, file=sys.stderr)
        return _WRONG_DOCUMENT
    print(f"{options.world}: {contents.persons} persons, {contents.clients} clients")
    return 0


def _healthcheck(options: argparse.Namespace) -> int:
    from http.client import HTTPConnection, HTTPException

    settings = _settings(options)
    connection = HTTPConnection(settings.host, settings.control_port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        healthy = connection.getresponse().status == 200
    except (OSError, HTTPException):
        healthy = False
    finally:
        connection.close()
    print("ok" if healthy else f"no answer from {settings.host}:{settings.control_port}")
    return 0 if healthy else 1


def _schema(_: argparse.Namespace) -> int:
    from idp_mock.world import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
