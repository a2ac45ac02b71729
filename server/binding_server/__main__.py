"""The program: `python -m binding_server [--test-worlds]`. Settings come from the environment."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence

import uvloop

from binding_server.app import StartError, build
from binding_server.logs import set_up_library_logs
from binding_server.settings import Settings, SettingsError, read_settings

_CANNOT_START = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT. Returns 0 then, 2 if the server cannot start: stderr names the setting."""
    parser = argparse.ArgumentParser(
        prog="sferum-binding-server",
        description="Binds e-diary accounts to Sferum learning profiles. Settings are environment variables BINDING_*.",
    )
    parser.add_argument(
        "--test-worlds",
        action="store_true",
        help="an application in memory for each x-world of the metadata, and TestingService; loopback only",
    )
    chosen = parser.parse_args(arguments)
    set_up_library_logs()
    try:
        settings = read_settings()
        uvloop.run(_serve(settings, test_worlds=chosen.test_worlds))
    except (SettingsError, StartError) as error:
        print(error, file=sys.stderr)
        return _CANNOT_START
    return 0


async def _serve(settings: Settings, *, test_worlds: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = build(settings, test_worlds=test_worlds)
    try:
        address = await server.start()
        print(f"READY {json.dumps({'grpc': address})}", flush=True)
        await stop.wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    sys.exit(main())
