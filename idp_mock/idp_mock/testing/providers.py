"""A simulator that runs in a thread of this process, or somewhere else."""

import asyncio
import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from idp_mock.testing.control import Control

_START_S = 30.0

DOCUMENT: Mapping[str, Any] = {
    "version": 1,
    "clients": {
        "esia": [
            {
                "mnemonic": "TEST",
                "name": "Тест",
                "loopback_redirects": True,
                "signature_mode": "off",
                "scopes": ["openid", "fullname", "birthdate", "gender", "email", "mobile", "snils", "kid_fullname"],
            }
        ],
        "vk_id": [{"app_id": 51000001, "name": "Тест", "loopback_redirects": True}],
    },
}
"""The world of those who bring none: nobody lives in it; a system `TEST`, whose signature is not looked at, and an
application 51000001 are registered with any loopback redirect URI."""


class Providers:
    """ESIA, VK ID and their control.

    Attributes:
        esia_url, vk_id_url, control_url: base URLs.
        control: the control API.
    """

    def __init__(self, addresses: Mapping[str, str], token: str = "") -> None:
        self.esia_url, self.vk_id_url = addresses["esia"], addresses["vk_id"]
        self.control_url = addresses["control"]
        self.control = Control(self.control_url, token)
        self._stop = lambda: None

    @classmethod
    def start(cls, world: Path | Mapping[str, Any] | None = None) -> "Providers":
        """Starts a simulator in a thread with an event loop of its own, on free ports of loopback.

        Args:
            world: the world file, or its document; `DOCUMENT` if None.

        Raises:
            WorldErrors: the world file has faults.
        """
        from idp_mock.app import Simulator
        from idp_mock.settings import SimulatorSettings
        from idp_mock.world import load_document, load_file

        if isinstance(world, Path):
            document = load_file(world)
        else:
            document = load_document(dict(DOCUMENT if world is None else world))
        folder = TemporaryDirectory(prefix="idp-mock-")
        ports = dict.fromkeys(("esia_port", "vk_id_port", "control_port", "control_grpc_port"), 0)
        settings = SimulatorSettings(state_dir=Path(folder.name), **ports)  # type: ignore[arg-type]
        ready: Future[dict[str, str]] = Future()
        stop = threading.Event()
        loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

        async def serve() -> None:
            end = asyncio.Event()
            loops.append((asyncio.get_running_loop(), end))
            simulator = Simulator(settings, document)
            try:
                await simulator.start()
                ready.set_result(simulator.addresses)
                if not stop.is_set():
                    await end.wait()
            finally:
                await simulator.stop()

        def run() -> None:
            try:
                asyncio.run(serve())
            except BaseException as error:
                if not ready.done():
                    ready.set_exception(error)

        thread = threading.Thread(target=run, name="sferum-idp-mock", daemon=True)
        thread.start()
        providers = cls(ready.result(_START_S))

        def end() -> None:
            stop.set()
            loop, event = loops[0]
            loop.call_soon_threadsafe(event.set)
            thread.join(_START_S)
            folder.cleanup()

        providers._stop = end
        return providers

    @classmethod
    def attach(cls, control_url: str, token: str = "") -> "Providers":
        """Goes to a simulator that runs already, by the address of its control over HTTP.

        Raises:
            ControlFailed: nobody answers there.
        """
        world = Control(control_url, token).call("GetWorld")
        return cls({"esia": world["esia_url"], "vk_id": world["vk_id_url"], "control": control_url}, token)

    @property
    def addresses(self) -> str:
        """Where it answers, as JSON: what another process needs to attach."""
        return json.dumps({"esia": self.esia_url, "vk_id": self.vk_id_url, "control": self.control_url})

    def stop(self) -> None:
        """Stops it, if it was started here."""
        self._stop()
        self._stop = lambda: None

    def __enter__(self) -> "Providers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
