"""Where units of work run: the interface of the engine rooms."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from binding_server.store.connection import Connection

T = TypeVar("T")

Work = Callable[[Connection], T]
"""A unit of work: all statements of one method of the store. It does not wait for anything but the database."""


class Engine(Protocol):
    """Runs units of work on one database."""

    async def read(self, work: Work[T]) -> T:
        """Runs reading work on one consistent view of what is committed."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Runs writing work in a transaction of its own in effect: all of it is durable when this returns, or, if it
        raises, none of it happened."""
        ...

    async def copy(self) -> "Engine":
        """Returns an engine on a private copy of what is committed, which is gone when it is closed."""
        ...

    async def close(self) -> None:
        """Finishes what is under way and closes the database."""
        ...
