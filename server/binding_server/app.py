"""The composition root: the only place where the server's parts are made and put together."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import httpx
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from prometheus_client import start_http_server
from sferum.binding.v1 import (
    binding_service_pb2_grpc,
    chat_service_pb2_grpc,
    contact_service_pb2_grpc,
    directory_service_pb2_grpc,
    support_service_pb2_grpc,
    testing_service_pb2_grpc,
)

from binding_server.api.access import PACKAGE, all_methods
from binding_server.api.binding import BindingServicer
from binding_server.api.call import DEFAULT_WORLD, World
from binding_server.api.chats import ChatServicer
from binding_server.api.contacts import ContactServicer
from binding_server.api.directory import DirectoryServicer
from binding_server.api.housekeeping import Keep, keep_house
from binding_server.api.interceptor import Gate
from binding_server.api.metrics import Metrics
from binding_server.api.reflection import add_reflection
from binding_server.api.streams import Streams
from binding_server.api.support import SupportServicer
from binding_server.api.testing import TestingServicer
from binding_server.api.validation import RequestRules
from binding_server.api.worlds import OneWorld, TestWorlds
from binding_server.chats.embedded import EmbeddedChatProvider
from binding_server.clock import WorldClock
from binding_server.identity.callers import Callers, CallersFileError, Redirects, load_callers
from binding_server.identity.contacts import ContactForms
from binding_server.identity.esia import Esia
from binding_server.identity.esia_tokens import EsiaTokens
from binding_server.identity.keys import KeyFileError, WatchedKeys
from binding_server.identity.service_jwt import ServiceJwts
from binding_server.identity.vk_id import VkId
from binding_server.ids import RandomIds
from binding_server.images.screenshots import PillowScreenshots
from binding_server.logs import Log, make_log
from binding_server.notify.ways import NotifierFileError, Ways
from binding_server.settings import Settings, is_loopback
from binding_server.store.errors import StoreError
from binding_server.store.sqlite import WorldTemplate, open_store
from binding_server.store.vault import Vault, load_secret
from binding_server.tls import TlsFileError, server_credentials
from binding_server.use_cases.ports import Store
from binding_server.use_cases.services import ServiceIdentity, Services

SERVICES = ("BindingService", "ChatService", "ContactService", "DirectoryService", "SupportService")
_DRAIN_S = 10.0
_AGENT = "sferum-binding-server"
_OPTIONS = (
    # Two servers on one port would share it in silence otherwise.
    ("grpc.so_reuseport", 0),
    ("grpc.max_metadata_size", 65_536),
    # A follower whose machine has gone without a word is found out, and one may find out the same of this server.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)
_ANY_SIZE = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_POOL = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=2.0)
"""Idle connections are closed before common servers close them (5 s): a code must not be sent into a closing one."""


class StartError(Exception):
    """The server cannot start; the text names the setting and what to do."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all worlds of the process have in common."""

    settings: Settings
    http: httpx.AsyncClient
    tokens: EsiaTokens
    service_tokens: ServiceJwts
    redirects: Redirects
    vault: Vault
    contacts: ContactForms
    notifiers: Ways
    screenshots: PillowScreenshots
    instance_id: str


class Server:
    """A server that is put together and not started yet."""

    def __init__(
        self,
        settings: Settings,
        grpc_server: grpc.aio.Server,
        streams: Streams,
        health_servicer: HealthServicer,
        services: Sequence[str],
        worlds: OneWorld | TestWorlds,
        http: httpx.AsyncClient,
        metrics: Metrics | None,
        keep_house: Callable[[], Coroutine[Any, Any, None]],
        tls: grpc.ServerCredentials | None,
    ) -> None:
        self._tls = tls
        self._keep_house = keep_house
        self._housekeeping: asyncio.Task[None] | None = None
        self._settings = settings
        self._grpc = grpc_server
        self._streams = streams
        self._health = health_servicer
        self._services = services
        self._worlds = worlds
        self._http = http
        self._metrics = metrics
        self._metrics_server: Any = None

    async def start(self) -> str:
        """Begins to serve and returns the address, `host:port`. Raises StartError if a port cannot be had."""
        listen = self._settings.listen
        try:
            port = self._grpc.add_secure_port(listen, self._tls) if self._tls else self._grpc.add_insecure_port(listen)
        except RuntimeError as error:
            raise StartError(f"BINDING_LISTEN: {listen} is in use or not an address of this machine") from error
        if self._metrics is not None and self._settings.metrics_listen:
            self._metrics_server = _serve_metrics(self._metrics, self._settings.metrics_listen)
        for service in self._services:
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        await self._grpc.start()
        self._housekeeping = asyncio.create_task(self._keep_house())
        return f"{listen.rpartition(':')[0]}:{port}"

    async def stop(self) -> None:
        """Takes no new calls, ends watches, lets other calls under way finish (10 s at most), closes everything. May be
        called without a start."""
        await self._health.enter_graceful_shutdown()
        self._streams.drain()
        await self._grpc.stop(_DRAIN_S)
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        if self._metrics_server is not None:
            self._metrics_server.shutdown()
            self._metrics_server.server_close()
        await self._worlds.close()
        await self._http.aclose()


def build(settings: Settings, *, test_worlds: bool = False, log: Log | None = None) -> Server:
    """Puts a server together, inside a running event loop; opens database and key files, but no port.

    Args: `test_worlds`: an application in memory for each `x-world`, and TestingService.

    Raises:
        StartError: something that a setting names is not usable.
    """
    log = log or make_log()
    if test_worlds and not settings.listens_on_loopback:
        raise StartError(f"BINDING_LISTEN: --test-worlds is for this machine only, not for {settings.listen}")
    tls = _tls(settings, log)
    callers = _callers(settings)
    tokens = EsiaTokens(_esia_keys(settings, log), settings.esia_issuer, callers.esia_clients.keys())
    service_tokens = _service_tokens(callers, log)
    # Worlds of tests leave nothing behind, not even a secret; with one of their own a snapshot outlives the process.
    passing = test_worlds and settings.secret_file is None
    vault = Vault(secrets.token_bytes(32) if passing else _secret(settings))
    only_store = None if test_worlds else _open_database(settings, vault)
    # A proxy of the environment must not stand between programs of one machine.
    local = is_loopback(httpx.URL(_of_world(settings.esia_url, DEFAULT_WORLD)).netloc.decode())
    http = httpx.AsyncClient(limits=_POOL, trust_env=not local, headers={"user-agent": _AGENT})
    shared = _Shared(
        settings,
        http,
        tokens,
        service_tokens,
        Redirects(callers),
        vault,
        ContactForms(),
        _notifiers(settings, http),
        PillowScreenshots(),
        secrets.token_hex(8),
    )
    worlds = (
        OneWorld(_world(shared, DEFAULT_WORLD, only_store, WorldClock()))
        if only_store is not None
        else TestWorlds(partial(_world, shared), WorldTemplate.build(), vault)
    )
    metrics = Metrics() if settings.metrics_listen else None
    return _server(settings, worlds, http, metrics, log, tls)


def _server(
    settings: Settings,
    worlds: OneWorld | TestWorlds,
    http: httpx.AsyncClient,
    metrics: Metrics | None,
    log: Log,
    tls: grpc.ServerCredentials | None,
) -> Server:
    rules = RequestRules()
    streams = Streams(settings.watch_patience_s)
    gate = Gate(worlds, rules, log, metrics, RandomIds(WorldClock()).new_id, streams)
    # Snapshots of worlds are bigger than gRPC's own limit of 4 MB.
    options = (*_OPTIONS, *_ANY_SIZE) if isinstance(worlds, TestWorlds) else _OPTIONS
    server = grpc.aio.server(interceptors=[gate], options=options)
    binding_service_pb2_grpc.add_BindingServiceServicer_to_server(BindingServicer(), server)
    chat_service_pb2_grpc.add_ChatServiceServicer_to_server(ChatServicer(), server)
    contact_service_pb2_grpc.add_ContactServiceServicer_to_server(ContactServicer(), server)
    directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server(DirectoryServicer(rules), server)
    support_service_pb2_grpc.add_SupportServiceServicer_to_server(SupportServicer(), server)
    names = [f"{PACKAGE}.{service}" for service in SERVICES]
    if isinstance(worlds, TestWorlds):
        testing_service_pb2_grpc.add_TestingServiceServicer_to_server(TestingServicer(worlds), server)
        names.append(f"{PACKAGE}.TestingService")
    health_servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    add_reflection(server, [*names, health.SERVICE_NAME])
    records = timedelta(days=settings.record_retention_days) or None
    keep = Keep(timedelta(days=settings.event_retention_days), timedelta(days=settings.request_retention_days), records)
    reconcile = timedelta(hours=settings.reconcile_hours) or None
    cleaner = partial(keep_house, worlds.all, settings.housekeeping_s, keep, log, reconcile)
    return Server(settings, server, streams, health_servicer, names, worlds, http, metrics, cleaner, tls)


def _world(shared: _Shared, name: str, store: Store, clock: WorldClock) -> World:
    settings, contacts = shared.settings, shared.contacts
    vk_id_url = _of_world(settings.vk_id_url, name)
    vk_api_url = _of_world(settings.vk_api_url or settings.vk_id_url, name)
    services = Services(
        store=store,
        esia=Esia(shared.http, _of_world(settings.esia_url, name), shared.tokens, contacts),
        vk=VkId(shared.http, vk_id_url, vk_api_url, settings.vk_app_id, settings.vk_scopes, contacts),
        vault=shared.vault,
        contacts=contacts,
        clock=clock,
        ids=RandomIds(clock),
        chats=EmbeddedChatProvider(),
        redirects=shared.redirects,
        service_tokens=shared.service_tokens,
        screenshots=shared.screenshots,
        instance_id=shared.instance_id,
        sleep=asyncio.sleep,
        heartbeat_s=settings.watch_heartbeat_s,
        visit_life=timedelta(minutes=settings.visit_minutes),
        notifier=shared.notifiers.of_world(name),
        limits=settings.limits,
        options=settings.options,
        keep_screenshots=timedelta(days=settings.screenshot_days),
    )
    return World(name, services, clock)


def _notifiers(settings: Settings, http: httpx.AsyncClient) -> Ways:
    try:
        return Ways(
            http,
            email_url=settings.notifier_email_url or "",
            email_from=settings.notifier_email_from,
            email_password_file=settings.notifier_email_password_file,
            sms_url=settings.notifier_sms_url or "",
            token_file=settings.notifier_token_file,
        )
    except NotifierFileError as error:
        raise StartError(f"BINDING_NOTIFIER_{error.setting}: {error}") from error


def _of_world(url: str, name: str) -> str:
    return url.replace("{world}", name)


def _tls(settings: Settings, log: Log) -> grpc.ServerCredentials | None:
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if certificate is None or key is None:
        return None
    try:
        return server_credentials(
            certificate, key, settings.tls_client_ca_file, lambda problem: log.error("tls_file", problem=problem)
        )
    except TlsFileError as error:
        raise StartError(f"BINDING_{error.setting}: {error}") from error


def _callers(settings: Settings) -> Callers:
    try:
        return load_callers(settings.callers_file, all_methods())
    except CallersFileError as error:
        raise StartError(f"BINDING_CALLERS_FILE: {error}") from error


def _esia_keys(settings: Settings, log: Log) -> WatchedKeys:
    try:
        return WatchedKeys(settings.esia_keys, lambda error: log.error("key_file", problem=str(error)))
    except KeyFileError as error:
        raise StartError(f"BINDING_ESIA_KEYS: {error}") from error


def _service_tokens(callers: Callers, log: Log) -> ServiceJwts:
    services: list[tuple[ServiceIdentity, WatchedKeys]] = []
    for name, service in callers.services.items():
        try:
            keys = WatchedKeys([service.public_key_file], lambda error: log.error("key_file", problem=str(error)))
        except KeyFileError as error:
            raise StartError(f"BINDING_CALLERS_FILE: services.{name}.public_key_file: {error}") from error
        services.append((service.identity(name), keys))
    return ServiceJwts(services)


def _secret(settings: Settings) -> bytes:
    try:
        return load_secret(
            settings.secret_file or _state_file(settings, "secret.key"), create=settings.listens_on_loopback
        )
    except StoreError as error:
        raise StartError(f"BINDING_SECRET_FILE: {error}") from error


def _open_database(settings: Settings, vault: Vault) -> Store:
    url = settings.database_url or f"sqlite:///{_state_file(settings, 'binding.db').absolute()}"
    try:
        return open_store(url, vault)
    except StoreError as error:
        raise StartError(f"BINDING_DATABASE_URL: {error}") from error


def _state_file(settings: Settings, name: str) -> Path:
    # What is wrong with the folder, the file's reader tells better.
    with suppress(OSError):
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return settings.state_dir / name


def _serve_metrics(metrics: Metrics, listen: str) -> Any:
    host, _, port = listen.rpartition(":")
    try:
        server, _ = start_http_server(int(port), host.strip("[]"), metrics.registry)
    except OSError as error:
        raise StartError(f"BINDING_METRICS_LISTEN: {listen}: {error.strerror}") from error
    return server
