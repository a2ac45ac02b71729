"""What the blocking and the asyncio client share: stubs, retries, metadata."""

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import grpc
from sferum.binding.v1 import (
    binding_service_pb2_grpc,
    chat_service_pb2_grpc,
    contact_service_pb2_grpc,
    directory_service_pb2_grpc,
    support_service_pb2_grpc,
    testing_service_pb2_grpc,
)

Token = str | Callable[[], str] | None
"""A bearer token, or a function that returns one for each call, or None for no token."""

_PACKAGE = "sferum.binding.v1"
_ENCRYPTED = "grpcs://"

# Reads change nothing; StartBinding, Unbind, CreateTicket and ResolveTicket always carry a request_id; a cancelled
# attempt may be cancelled again. CompleteBinding and CreateBinding are not here and must never be: they spend a code.
RETRIED_METHODS: Mapping[str, tuple[str, ...]] = {
    "BindingService": (
        "StartBinding",
        "CancelAttempt",
        "GetBinding",
        "ListBindings",
        "Unbind",
        "DiagnoseAccount",
        "BatchGetBindings",
        "ExplainBinding",
    ),
    "ChatService": ("ListChats", "GetChat", "ListChatMembers", "BatchListChats"),
    "DirectoryService": (
        "GetAccount",
        "ListAccounts",
        "ListMyAccounts",
        "ListRosterErrors",
        "ListRosterEffects",
        "ReconcileChats",
    ),
    "SupportService": (
        "OpenVisit",
        "CloseVisit",
        "CreateTicket",
        "GetTicket",
        "ListTickets",
        "ResolveTicket",
        "ListAuditRecords",
        "GetDecision",
    ),
    "TestingService": ("GetClock",),
}
_RETRIED_REQUESTS = frozenset(
    f"{_PACKAGE}.{method}Request" for methods in RETRIED_METHODS.values() for method in methods
)
_RETRY_PAUSES_S = (0.1, 0.2, 0.4)


class Attempts:
    """One call with its repeats: safe methods are repeated on UNAVAILABLE, three times in about a second.

    gRPC's own retry policy would send the same metadata again, but a back end's token is good for one call only.
    """

    def __init__(self, request: Any, settings: "CallSettings", timeout_s: float | None) -> None:
        descriptor = getattr(request, "DESCRIPTOR", None)
        safe = descriptor is not None and descriptor.full_name in _RETRIED_REQUESTS
        self._pauses = iter(_RETRY_PAUSES_S if settings.retries and safe else ())
        self._ends = time.monotonic() + (settings.timeout_s if timeout_s is None else timeout_s)

    def left_s(self) -> float:
        """Returns how many seconds of the call's time are left."""
        return max(0.0, self._ends - time.monotonic())

    def pause_s(self, error: grpc.RpcError) -> float | None:
        """Returns how long to wait before the next attempt; None if the error is the call's answer."""
        call: Any = error
        pause = next(self._pauses, None) if call.code() is grpc.StatusCode.UNAVAILABLE else None
        if pause is None:
            return None
        pause *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads repeats, keeps no secret
        return pause if pause < self.left_s() else None


def parse_target(target: str, tls: grpc.ChannelCredentials | None) -> tuple[str, grpc.ChannelCredentials | None]:
    """Returns `host:port` and how to encrypt: `grpcs://host:port` stands for the authorities that this machine trusts,
    or those of the file that GRPC_DEFAULT_SSL_ROOTS_FILE_PATH names."""
    address = target.removeprefix(_ENCRYPTED)
    return address, tls or (grpc.ssl_channel_credentials() if address != target else None)


def channel_options(target: str) -> list[tuple[str, Any]]:
    """Returns the options of a channel to `target`."""
    options: list[tuple[str, Any]] = [
        ("grpc.primary_user_agent", "sferum-binding-python"),
        # A watch comes back soon after the service does; gRPC's own pauses grow to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 5000),
    ]
    if is_loopback(target):
        # A proxy of the environment cannot reach this machine's own loopback.
        options.append(("grpc.enable_http_proxy", 0))
    return options


def is_loopback(target: str) -> bool:
    """Says whether a gRPC target such as "127.0.0.1:50051" is on this machine."""
    return (urlsplit(f"//{target}").hostname or "") in ("127.0.0.1", "localhost", "::1")


def new_request_id() -> str:
    """Returns a name for a request, so that a repeat of it is known as one."""
    return str(uuid.uuid4())


class Stubs:
    """The generated stubs over one channel.

    Attributes:
        binding: Stub of BindingService.
        chat: Stub of ChatService.
        contact: Stub of ContactService.
        directory: Stub of DirectoryService.
        support: Stub of SupportService.
        testing: Stub of TestingService, which only a server with `--test-worlds` answers.
    """

    def __init__(self, channel: Any) -> None:
        self.binding = binding_service_pb2_grpc.BindingServiceStub(channel)
        self.chat = chat_service_pb2_grpc.ChatServiceStub(channel)
        self.contact = contact_service_pb2_grpc.ContactServiceStub(channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        self.support = support_service_pb2_grpc.SupportServiceStub(channel)
        self.testing = testing_service_pb2_grpc.TestingServiceStub(channel)


class Unset:
    """Type of an argument that was not given, where None has a meaning of its own."""


UNSET = Unset()


@dataclass(frozen=True)
class CallSettings:
    """What goes with every call of a client.

    Attributes:
        token: The caller's own bearer token.
        language: Language of texts in answers.
        world: World of a service with `--test-worlds`.
        timeout_s: Seconds to wait for an answer.
        on_behalf_of: ESIA access token of the person for whom a back end acts.
        retries: Repeat safe calls.
        secure: The channel is encrypted, so that tokens go as gRPC call credentials.
    """

    token: Token
    language: str
    world: str | None
    timeout_s: float
    on_behalf_of: Token = None
    retries: bool = True
    secure: bool = False

    def options(self) -> dict[str, Any]:
        """Returns metadata and credentials of one attempt of a call; functions that give tokens are asked now."""
        pairs = [("accept-language", self.language)]
        if self.world:
            pairs.append(("x-world", self.world))
        if not self.secure:
            return {"metadata": pairs + self.token_metadata()}
        credentials = grpc.metadata_call_credentials(_Tokens(self.token_metadata))
        return {"metadata": pairs, "credentials": credentials}

    def token_metadata(self) -> list[tuple[str, str]]:
        """Returns the tokens as metadata."""
        pairs: list[tuple[str, str]] = []
        if token := _given(self.token):
            pairs.append(("authorization", f"Bearer {token}"))
        if person := _given(self.on_behalf_of):
            pairs.append(("x-on-behalf-of", person))
        return pairs

    def changed(self, **given: Any) -> "CallSettings":
        """Returns the settings with those that are given; `UNSET` ones stay."""
        return replace(self, **{name: value for name, value in given.items() if not isinstance(value, Unset)})


class _Tokens(grpc.AuthMetadataPlugin):
    """Tokens as gRPC call credentials: gRPC asks for them before each attempt and sends them over TLS only."""

    def __init__(self, metadata: Callable[[], list[tuple[str, str]]]) -> None:
        self._metadata = metadata

    def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        try:
            pairs = tuple(self._metadata())
        except Exception as error:
            callback((), error)
        else:
            callback(pairs, None)


def _given(token: Token) -> str | None:
    return token() if callable(token) else token
