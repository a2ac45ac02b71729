"""A server with the real interceptor, over the wire, in front of servicers that a test scripts."""

import asyncio
import io
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from binding_server.api.call import Call, World
from binding_server.api.interceptor import Gate
from binding_server.api.metrics import Metrics
from binding_server.api.validation import RequestRules
from binding_server.clock import WorldClock
from binding_server.domain.limits import Limit, Limits
from binding_server.domain.model import Person
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.logs import make_log
from binding_server.use_cases.identity_ports import EsiaIdentity, EsiaSessionEnded
from binding_server.use_cases.services import ServiceIdentity, Services, ServiceToken, ServiceTokenRejected
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sferum.binding.v1 import (
    chat_service_pb2,
    chat_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    testing_service_pb2_grpc,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
VERA = "vera-token"
Behavior = Callable[[Any, Call], Awaitable[Any]]


def service_token(name: str) -> str:
    """What looks like a back end's token; the fake below knows `roster-feed` and `other-feed`."""
    header = urlsafe_b64encode(json.dumps({"alg": "ES256"}).encode()).decode().rstrip("=")
    return f"{header}.{name}.signature"


class FakeIdentities:
    """Knows one person and two back ends; stands for esia, service_tokens and store at once."""

    def verify(self, token: str, now: datetime) -> Any:
        if token.count(".") == 2:
            name = token.split(".")[1]
            if name not in ("roster-feed", "other-feed"):
                raise ServiceTokenRejected("unknown")
            allowed = frozenset({"DirectoryService/ImportRoster"} if name == "roster-feed" else ())
            return ServiceToken(ServiceIdentity(name, allowed, acts_for=frozenset({"EDIARY66"})), "id", now)
        if token != VERA:
            raise EsiaSessionEnded("SIGNATURE")
        return EsiaIdentity(1, "EDIARY66", frozenset({"email"}), NOW)

    async def use_service_token(self, service_id: str, token_id: str, expires_at: datetime) -> bool:
        return True

    async def use_limit(self, kind: str, subject: str, limit: Limit, now: datetime, uses: int = 1) -> datetime | None:
        return None

    async def person_by_oid(self, oid: int) -> Person:
        return Person("vera", oid, "Воронова Вера")


class FakeWorlds:
    """Makes a world of fakes for every name but `nowhere`."""

    async def get(self, name: str) -> World:
        if name == "nowhere":
            raise Refusal(Reason.REQUEST_INVALID, fields=[("x-world", "no such world")])
        known, clock = FakeIdentities(), WorldClock()
        services = SimpleNamespace(esia=known, service_tokens=known, store=known, clock=clock, limits=Limits())
        return World(name, cast(Services, services), clock)

    async def drop(self, name: str) -> None:
        raise NotImplementedError


class Scripted:
    """A servicer whose every method does what the test says, and remembers the call."""

    def __init__(self, answer: Callable[[], Message]) -> None:
        self.calls: list[Call] = []
        self.requests: list[Any] = []
        self._answer = answer
        self.behavior: Behavior | None = None

    def __getattr__(self, name: str) -> Behavior:
        if not name[0].isupper():
            raise AttributeError(name)

        async def method(request: Any, call: Call) -> Message:
            self.calls.append(call)
            if isinstance(request, Message):
                self.requests.append(request)
            else:
                self.requests += [each async for each in request]
            return await self.behavior(request, call) if self.behavior else self._answer()

        return method


class Refused:
    """An error as a client sees it."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code = error.code()
        self.details = error.details() or ""
        self.status = rpc_status.from_call(cast(grpc.Call, error))

    def detail(self, kind: type[Message]) -> Any:
        """The detail of that type; None if there is none."""
        for packed in self.status.details if self.status else ():
            found = kind()
            if packed.Unpack(found):
                return found
        return None

    @property
    def info(self) -> error_details_pb2.ErrorInfo:
        return self.detail(error_details_pb2.ErrorInfo) or error_details_pb2.ErrorInfo()

    @property
    def reason(self) -> str:
        return self.info.reason

    @property
    def fields(self) -> list[str]:
        found = self.detail(error_details_pb2.BadRequest)
        return [violation.field for violation in found.field_violations] if found else []


class Wire:
    """The running server and stubs to it."""

    def __init__(self, channel: grpc.aio.Channel, chats: Scripted, directory: Scripted) -> None:
        self.channel = channel
        self.chats = chats
        self.directory = directory
        self.chat_stub = chat_service_pb2_grpc.ChatServiceStub(channel)
        self.directory_stub = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        self.testing_stub = testing_service_pb2_grpc.TestingServiceStub(channel)
        self.metrics = Metrics()
        self.log_stream = io.StringIO()

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_stream.getvalue().splitlines()]

    async def list_chats(self, *, token: str = VERA, parent: str = "accounts/vera-parent", **metadata: str) -> Any:
        """Calls ListChats; `x_world` and so on become metadata."""
        timeout = metadata.pop("timeout", None)
        pairs = [(name.replace("_", "-"), value) for name, value in metadata.items()]
        if token:
            pairs.append(("authorization", f"Bearer {token}"))
        request = chat_service_pb2.ListChatsRequest(parent=parent)
        return await self.chat_stub.ListChats(request, metadata=pairs, timeout=timeout and float(timeout))

    async def send(self, method: str, body: bytes, *, token: str = VERA) -> Any:
        """Calls a method with bytes as they are."""
        call = self.channel.unary_unary(f"/sferum.binding.v1.{method}")
        return await call(body, metadata=[("authorization", f"Bearer {token}")] if token else [])

    async def send_stream(self, method: str, bodies: list[bytes], token: str) -> Any:
        """Calls a method that takes a stream, with bytes as they are."""
        call = self.channel.stream_unary(f"/sferum.binding.v1.{method}")
        return await call(iter(bodies), metadata=[("authorization", f"Bearer {token}")])

    async def import_roster(self, requests: list[directory_service_pb2.ImportRosterRequest], *, token: str) -> Any:
        pairs = [("authorization", f"Bearer {token}")] if token else []
        return await self.directory_stub.ImportRoster(iter(requests), metadata=pairs)


async def refused(call: Awaitable[Any]) -> Refused:
    """Returns the error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return Refused(raised.value)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    chats = Scripted(chat_service_pb2.ListChatsResponse)
    directory = Scripted(directory_service_pb2.ImportRosterResponse)
    log_stream, metrics = io.StringIO(), Metrics()
    gate = Gate(FakeWorlds(), RequestRules(), make_log(log_stream), metrics, lambda: "made-id")
    server = grpc.aio.server(interceptors=[gate])
    chat_service_pb2_grpc.add_ChatServiceServicer_to_server(chats, server)
    directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server(directory, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        running = Wire(channel, chats, directory)
        running.log_stream, running.metrics = log_stream, metrics
        yield running
    await server.stop(None)
    await asyncio.sleep(0)
