"""Composition root of the simulator: builds everything and runs it."""

import asyncio
import importlib
import json
import logging
import os
import socket
import subprocess
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from idp_mock.body_limit import BodyLimit
from idp_mock.http_server import CannotListen, HttpServer, cannot_listen, listen, port_of
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.keys import SigningKeys
from idp_mock.settings import BadSetting, SimulatorSettings, variable
from idp_mock.state_file import StateFile
from idp_mock.tls import LocalAuthority, advice
from idp_mock.web import WorldPrefix
from idp_mock.world import Provider, WorldFile, Worlds

if TYPE_CHECKING:
    import grpc.aio

    from idp_mock.control.calls import ControlCalls

_LOG = logging.getLogger(__name__)
_GRACE_S = 0.5
_DROP_UNUSED_EVERY_S = 1.0


class Simulator:
    """ESIA, VK ID and control of a set of worlds, in the running event loop.

    Args:
        settings: where to listen, where files lie.
        document: the world file of `default` and of copies.

    Raises:
        BadSetting: other machines could call, and there is no control token.
        CannotListen: a port is busy, or the address is not this machine's.
    """

    def __init__(self, settings: SimulatorSettings, document: WorldFile) -> None:
        # Authlib refuses plain http otherwise; a simulator on this machine has nothing else.
        if not settings.listens_on_loopback and not settings.control_token:
            who = "управлять сможет каждый, кому виден адрес (anybody who sees the address could control)"
            raise BadSetting(f"{variable('control_token')}: {who} {settings.host}")
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
        self._settings = settings
        self._listeners: dict[str, socket.socket] = {}
        self._servers: list[HttpServer] = []
        self._grpc: grpc.aio.Server | None = None
        try:
            tls = ("esia_tls_port", "vk_id_tls_port") if settings.tls else ()
            for field in ("esia_port", "vk_id_port", "control_port", *tls):
                self._listeners[field] = listen(settings.host, getattr(settings, field), field)
        except CannotListen:
            self._close_listeners()
            raise
        self.worlds = Worlds(document)
        self.esia_keys = SigningKeys(settings.state_dir, "esia")
        self.vk_id_keys = SigningKeys(settings.state_dir, "vk-id")
        self._authority = LocalAuthority(settings.state_dir / "tls") if settings.tls else None
        self.certificates = ClientCertificates(settings.certificates_dir)
        self._state_file = StateFile(settings.state_file, self.worlds) if settings.state_file else None
        self._chores: list[asyncio.Task[None]] = []
        self._grpc_port = 0
        self._export: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts all servers; HTTP answers first, gRPC is slower to load.

        Raises:
            CannotListen: the gRPC port is busy.
            BadSetting: the state file cannot be read.
            OSError: the state folder cannot be written.
        """
        if self._state_file is not None:
            self._state_file.load()
        for field, build in (("esia_port", self._esia), ("vk_id_port", self._vk_id), ("control_port", self._control)):
            # Built in a thread, that is, loaded there: what runs already goes on answering.
            app = await asyncio.to_thread(build)
            await self._serve(HttpServer(app, self._listeners[field]))
            listener = self._listeners.get(field.replace("_port", "_tls_port"))
            if self._authority is not None and listener is not None:
                files = await asyncio.to_thread(self._authority.certificate_files)
                await self._serve(HttpServer(app, listener, files))
        await asyncio.to_thread(importlib.import_module, "idp_mock.control.grpc_server")
        await self._start_grpc()
        if not self.esia_keys.published:
            await self._make_keys()
        await asyncio.to_thread(self.esia_keys.export)
        # Nobody waits for this one: it is read by whoever sets a client up, long before or after.
        self._export = asyncio.create_task(asyncio.to_thread(self._export_vk_id_key))
        self._chores.append(asyncio.create_task(self._drop_unused()))
        if self._state_file is not None:
            self._chores.append(asyncio.create_task(self._keep_state(self._state_file)))

    async def _drop_unused(self) -> None:
        while True:
            await asyncio.sleep(_DROP_UNUSED_EVERY_S)
            self.worlds.drop_unused()

    async def _keep_state(self, file: StateFile) -> None:
        while True:
            await asyncio.sleep(self._settings.state_every_s)
            try:
                await file.save()
            except OSError as error:
                _LOG.error("%s: %s", variable("state_file"), error.strerror)

    def _export_vk_id_key(self) -> None:
        try:
            self.vk_id_keys.export_public_key()
        except (OSError, ValueError) as error:
            _LOG.warning("vk-id.pem: %s", error)

    async def _make_keys(self) -> None:
        """Makes and publishes keys in a process of its own, so that an idle simulator holds no cryptography.

        If that fails they are made here, when they are needed or published.
        """
        command = [sys.executable, "-m", "idp_mock.esia.make_keys", str(self._settings.state_dir)]
        try:
            maker = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            await maker.wait()
        except OSError:
            return

    def rotate_keys(self, provider: Provider | None = None, *, withdraw: bool = False) -> None:
        """Lets a provider, or both, sign with new keys in every world; for `withdraw` see `SigningKeys.rotate`."""
        for name, keys in (("esia", self.esia_keys), ("vk_id", self.vk_id_keys)):
            if provider in (None, name):
                keys.rotate(withdraw=withdraw)

    async def _serve(self, server: HttpServer) -> None:
        await server.start()
        self._servers.append(server)

    async def stop(self) -> None:
        """Lets hanging requests go on, finishes open ones and stops listening."""
        for chore in self._chores:
            chore.cancel()
        self.worlds.close()
        if self._export is not None:
            await self._export
        stops = [server.stop() for server in self._servers]
        if self._grpc is not None:
            stops.append(self._grpc.stop(_GRACE_S))
        await asyncio.gather(*stops)
        self._close_listeners()
        # Chores are there only if everything had started; a simulator that had not keeps what the file holds.
        if self._state_file is not None and self._chores:
            await self._state_file.save()

    @property
    def addresses(self) -> dict[str, str]:
        """Where the servers answer, as printed when the program is ready."""
        tls = {}
        if self._authority is not None:
            tls = {"esia_tls": self._tls_url("esia_tls_port"), "vk_id_tls": self._tls_url("vk_id_tls_port")}
        return {
            "esia": self._url("esia_port"),
            "vk_id": self._url("vk_id_port"),
            "control": self._url("control_port"),
            "control_grpc": f"{self._shown_host}:{self._grpc_port}",
            **tls,
        }

    @property
    def tls_advice(self) -> str:
        """How one browser or process comes to trust the authority and to find the names here; empty without TLS."""
        if self._authority is None:
            return ""
        return advice(self._authority, self._shown_host, self._port("esia_tls_port"), self._port("vk_id_tls_port"))

    @property
    def ready_line(self) -> str:
        """The line that tells other programs that everything answers."""
        return f"READY {json.dumps(self.addresses)}"

    def _close_listeners(self) -> None:
        for listener in self._listeners.values():
            listener.close()

    @property
    def _shown_host(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104
        return f"[{host}]" if ":" in host else host

    def _url(self, field: str) -> str:
        return f"http://{self._shown_host}:{self._port(field)}"

    def _tls_url(self, field: str) -> str:
        return f"https://localhost:{self._port(field)}"

    def _port(self, field: str) -> int:
        return port_of(self._listeners[field])

    def _esia(self) -> ASGIApp:
        from idp_mock.esia.app import esia_app
        from idp_mock.esia.fault_dialect import EsiaDialect
        from idp_mock.faults import FaultGate
        from idp_mock.journal.recorder import Recorder

        dialect = EsiaDialect(self.esia_keys)

        def watched(app: ASGIApp) -> ASGIApp:
            return Recorder(FaultGate(app, dialect), dialect)

        return WorldPrefix(esia_app(self.worlds, self.esia_keys, self.certificates, watched), self.worlds)

    def _vk_id(self) -> ASGIApp:
        from idp_mock.faults import FaultGate
        from idp_mock.journal.recorder import Recorder
        from idp_mock.vkid.app import vk_id_app
        from idp_mock.vkid.fault_dialect import VkIdDialect
        from idp_mock.vkid.faults import fault_response
        from idp_mock.vkid.wire import too_large

        app = vk_id_app(self.worlds, self.vk_id_keys)
        dialect = VkIdDialect(self.vk_id_keys, fault_response)
        return WorldPrefix(BodyLimit(Recorder(FaultGate(app, dialect), dialect), too_large=too_large), self.worlds)

    def _control(self) -> ASGIApp:
        from idp_mock.control.guard import OwnPagesOnly
        from idp_mock.control.http import control_app

        token = self._settings.control_token
        app: ASGIApp = control_app(lambda: self._calls, token=bool(token))
        if token:
            from idp_mock.control.access import TokenOnly

            app = TokenOnly(app, token)
        return OwnPagesOnly(app, self._settings.host)

    @cached_property
    def _calls(self) -> "ControlCalls":
        from idp_mock.control.calls import ControlCalls
        from idp_mock.control.shortcuts import Shortcuts

        shortcuts = Shortcuts(self.esia_keys, self.vk_id_keys, self.certificates)
        return ControlCalls(self.worlds, self._url("esia_port"), self._url("vk_id_port"), shortcuts, self.rotate_keys)

    async def _start_grpc(self) -> None:
        from idp_mock.control.grpc_server import grpc_server

        server = await grpc_server(self._calls, self._settings.control_token)
        host, port = self._settings.host, self._settings.control_grpc_port
        try:
            self._grpc_port = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError:
            self._grpc_port = 0
        if not self._grpc_port:
            raise cannot_listen(host, port, "control_grpc_port", busy=True)
        await server.start()
        self._grpc = server
