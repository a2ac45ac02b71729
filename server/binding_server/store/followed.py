"""The part of `ports.Store` that followers and batches use, over an engine."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from binding_server.domain.model import AccountContext, Binding, Chat
from binding_server.domain.watching import Event, Scope
from binding_server.store import bindings, chats, directory, events, following
from binding_server.store.connection import Connection
from binding_server.store.engine import Engine
from binding_server.store.news import AnnouncingEngine
from binding_server.store.vault import Vault
from binding_server.use_cases.event_ports import SnapshotPage

DATABASE_ID = "SELECT value FROM server_meta WHERE name = 'database_id'"


class FollowedStore:
    """What each method means is said in `event_ports`.

    Args:
        engine: where units of work run.
        vault: opens what only the service may read.
    """

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = AnnouncingEngine(engine)
        self._vault = vault

    async def database_id(self) -> str:
        """Returns the name of this database."""
        return await self._engine.read(_database_id)

    async def newest_event_number(self) -> int:
        """Returns the number of the newest event."""
        return await self._engine.read(events.newest_event_number)

    async def events_after(self, number: int, limit: int) -> Sequence[Event]:
        """Returns events with greater numbers, in order."""
        return await self._engine.read(lambda c: events.events_after(c, number, limit))

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Returns as soon as there is an event with a greater number, or the time is over."""
        await self._engine.wait_for_events(after, timeout_s)

    async def trim_events(self, before: datetime, limit: int) -> int:
        """Forgets old events. Returns how many."""
        return await self._engine.write(lambda c: events.trim_events(c, before, limit))

    async def snapshot_bindings(self, scope: Scope, after: str | None, limit: int) -> SnapshotPage:
        """Returns ACTIVE bindings within a scope, by id, after an id."""
        return await self._engine.read(lambda c: following.snapshot_bindings(c, self._vault, scope, after, limit))

    async def accounts_by_id(self, account_ids: Collection[str]) -> Mapping[str, AccountContext]:
        """Returns accounts with what stands around them."""
        return await self._engine.read(lambda c: directory.accounts_by_id(c, account_ids))

    async def bindings_by_id(self, binding_ids: Collection[str]) -> Mapping[str, Binding]:
        """Returns bindings."""
        return await self._engine.read(lambda c: bindings.bindings_by_id(c, self._vault, binding_ids))

    async def bindings_of_accounts(self, account_ids: Collection[str]) -> Mapping[str, Binding]:
        """Returns the ACTIVE, else the newest binding of each account."""
        return await self._engine.read(lambda c: bindings.bindings_of_accounts(c, self._vault, account_ids))

    async def chats_by_id(self, chat_ids: Collection[str]) -> Mapping[str, Chat]:
        """Returns chats."""
        return await self._engine.read(lambda c: chats.chats_by_id(c, chat_ids))

    async def chats_of_accounts(self, account_ids: Collection[str]) -> Mapping[str, Sequence[Chat]]:
        """Returns the chats visible to each account that sees any."""
        return await self._engine.read(lambda c: chats.chats_of_accounts(c, account_ids))


def _database_id(connection: Connection) -> str:
    row = connection.one(DATABASE_ID)
    if row is None:
        raise LookupError("the database has no id")
    return row["value"]
