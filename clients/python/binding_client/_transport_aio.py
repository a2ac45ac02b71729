"""What the calls of the asyncio client stand on; `_transport` is the same for the blocking one."""

from asyncio import sleep
from collections.abc import AsyncIterable, Iterable
from typing import TypeVar

from grpc.aio import Channel, insecure_channel, secure_channel

__all__ = ["Channel", "Stream", "insecure_channel", "secure_channel", "sleep", "stream_of"]

T = TypeVar("T")

Stream = Iterable[T] | AsyncIterable[T]
"""Messages as the caller gives them."""


def stream_of(messages: Stream[T]) -> Stream[T]:
    """Messages as gRPC takes them."""
    return messages
