"""What the blocking and the asyncio client share: stubs, retries, metadata."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sferum.binding.v1 import (
    binding_service_pb2_grpc,
    chat_service_pb2_grpc,
    directory_service_pb2_grpc,
    testing_service_pb2_grpc,
)

Token = str | Callable[[], str] | None
"""A bearer token, or a function that returns one for each call, or None for no token."""

_PACKAGE = "sferum.binding.v1"

# Reads change nothing; StartBinding and Unbind always carry a request_id; a cancelled attempt may be cancelled again.
# CompleteBinding and CreateBinding are not here and must never be: they spend a VK ID code.
RETRIED_METHODS: Mapping[str, tuple[str, ...]] = {
    "BindingService": (
        "StartBinding",
        "CancelAttempt",
        "GetBinding",
        "ListBindings",
        "Unbind",
        "DiagnoseAccount",
        "ExplainBinding",
    ),
    "ChatService": ("ListChats", "GetChat", "ListChatMembers"),
    "DirectoryService": ("GetAccount", "ListAccounts", "ListMyAccounts"),
    "TestingService": ("GetClock",),
}


def service_config() -> str:
    """Returns the gRPC service config: safe methods are repeated on UNAVAILABLE, three times in about a second."""
    names = [
        {"service": f"{_PACKAGE}.{service}", "method": method}
        for service, methods in RETRIED_METHODS.items()
        for method in methods
    ]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.1s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": policy}]})


def channel_options(target: str, *, retries: bool) -> list[tuple[str, Any]]:
    """Returns the options of a channel to `target`."""
    options: list[tuple[str, Any]] = [("grpc.primary_user_agent", "sferum-binding-python")]
    if retries:
        options.append(("grpc.service_config", service_config()))
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
        directory: Stub of DirectoryService.
        testing: Stub of TestingService, which only a server with `--test-worlds` answers.
    """

    def __init__(self, channel: Any) -> None:
        self.binding = binding_service_pb2_grpc.BindingServiceStub(channel)
        self.chat = chat_service_pb2_grpc.ChatServiceStub(channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        self.testing = testing_service_pb2_grpc.TestingServiceStub(channel)


class Unset:
    """Type of an argument that was not given, where None has a meaning of its own."""


UNSET = Unset()


@dataclass(frozen=True)
class CallSettings:
    """What goes with every call of a client."""

    token: Token
    language: str
    world: str | None
    timeout_s: float

    def metadata(self) -> list[tuple[str, str]]:
        """Returns the gRPC metadata of a call; asks the token's function if there is one."""
        pairs = [("accept-language", self.language)]
        token = self.token() if callable(self.token) else self.token
        if token:
            pairs.append(("authorization", f"Bearer {token}"))
        if self.world:
            pairs.append(("x-world", self.world))
        return pairs

    def changed(
        self, token: Token | Unset, language: str | Unset, world: str | Unset | None, timeout_s: float | Unset
    ) -> "CallSettings":
        """Returns the settings with those that are given."""
        given = {"token": token, "language": language, "world": world, "timeout_s": timeout_s}
        return replace(self, **{name: value for name, value in given.items() if not isinstance(value, Unset)})
