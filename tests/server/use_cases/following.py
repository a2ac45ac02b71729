"""How tests follow: steps one by one, and back ends with rights of their own."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from binding_server.domain.model import EntryPoint
from binding_server.domain.roster import RosterItem
from binding_server.use_cases.import_roster import METHOD, import_roster
from binding_server.use_cases.read_bindings import BindingRef
from binding_server.use_cases.read_bindings import unbind as end_binding
from binding_server.use_cases.roster_report import RosterInput, RosterPart
from binding_server.use_cases.scopes import WatchFilter
from binding_server.use_cases.services import Caller, ServiceIdentity
from binding_server.use_cases.watch import Step
from binding_server.use_cases.watch_bindings import watch_bindings
from binding_server.use_cases.watch_chats import watch_chats

from .town import Town


def back_end(*municipalities: str, everywhere: bool = False, name: str = "chats") -> Caller:
    """Returns a back end that reads municipalities, or all."""
    reads = None if everywhere else frozenset(municipalities)
    return Caller(lambda: 10.0, service=ServiceIdentity(name, frozenset(), reads))


EVERYWHERE = back_end(everywhere=True)


class Follower:
    """A watch whose steps a test takes one by one."""

    def __init__(self, steps: AsyncGenerator[Step[Any, Any]]) -> None:
        self._steps = steps
        self.token = ""

    async def step(self) -> Step[Any, Any]:
        """Returns the next step."""
        step = await asyncio.wait_for(anext(self._steps), 5)
        self.token = step.token
        return step

    async def snapshot(self) -> list[Any]:
        """Takes the whole snapshot and returns what it holds."""
        found: list[Any] = []
        while True:
            step = await self.step()
            if step.snapshot_end:
                return found
            assert step.snapshot is not None
            assert not step.token
            found.append(step.snapshot)

    async def changes(self, count: int) -> list[Any]:
        """Takes so many events."""
        return [(await self.step()).change for _ in range(count)]

    async def is_silent(self) -> bool:
        """Tells whether there is nothing but signs of life."""
        step = await self.step()
        return step.change is None and step.snapshot is None

    async def leave(self) -> str:
        """Ends the watch; returns the newest token."""
        await self._steps.aclose()
        return self.token


def bindings(
    town: Town, caller: Caller, token: str = "", *, kinds: Any = (), heartbeat_s: float = 60.0, **wanted: str
) -> Follower:
    """Follows bindings."""
    services = replace(town.services, heartbeat_s=heartbeat_s)
    return Follower(watch_bindings(services, caller, WatchFilter(**wanted), frozenset(kinds), token))


def chats(
    town: Town, caller: Caller, token: str = "", *, kinds: Any = (), heartbeat_s: float = 60.0, **wanted: str
) -> Follower:
    """Follows chats."""
    services = replace(town.services, heartbeat_s=heartbeat_s)
    return Follower(watch_chats(services, caller, WatchFilter(**wanted), frozenset(kinds), token))


async def unbind(town: Town, name: str) -> None:
    """A person ends the own binding."""
    await end_binding(town.services, await town.caller(name), BindingRef(account_id=name), EntryPoint.API, "", "")


async def send(town: Town, *items: RosterItem) -> None:
    """A back end imports a roster; bindings and chats follow it."""

    async def stream() -> AsyncGenerator[RosterPart]:
        yield RosterPart([RosterInput(0, item) for item in items])

    feed = Caller(lambda: 10.0, service=ServiceIdentity("feed", frozenset({METHOD}), None))
    report = await import_roster(town.services, feed, stream())
    assert not report.errors
