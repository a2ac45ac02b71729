"""What the calls of the blocking client stand on; `_transport_aio` is the same for the asyncio one."""

from collections.abc import Iterable, Iterator
from time import sleep
from typing import TypeVar

from grpc import Channel, insecure_channel, secure_channel

__all__ = ["Channel", "Stream", "insecure_channel", "secure_channel", "sleep", "stream_of"]

T = TypeVar("T")

Stream = Iterable[T]
"""Messages as the caller gives them."""


def stream_of(messages: Stream[T]) -> Iterator[T]:
    """Messages as gRPC takes them."""
    return iter(messages)
