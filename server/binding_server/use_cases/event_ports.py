"""What following and asking for many need from the database; part of the port `Store`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from binding_server.domain.model import AccountContext, Binding, Chat
from binding_server.domain.watching import Event, Scope


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """ACTIVE bindings by id. `next` is the id after which the next page begins, None on the last; a page may be empty
    and not the last."""

    bindings: Sequence[Binding]
    next: str | None


class EventStore(Protocol):
    """The outbox, as followers read it. Each read is a few statements, however much is asked for."""

    async def database_id(self) -> str:
        """Names this database among all others; the same for as long as it lives."""
        ...

    async def newest_event_number(self) -> int:
        """The number of the newest committed event; 0 if there never was one."""
        ...

    async def events_after(self, number: int, limit: int) -> Sequence[Event]:
        """Committed events with greater numbers, in order, of all kinds and places. The first one follows `number`
        directly, unless what followed was trimmed."""
        ...

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Returns as soon as an event with a greater number is committed, or the time is over."""
        ...

    async def trim_events(self, before: datetime, limit: int) -> int:
        """Forgets at most `limit` of the oldest events, as far as they were committed before that time; the newest one
        stays. Returns how many."""
        ...

    async def snapshot_bindings(self, scope: Scope, after: str | None, limit: int) -> SnapshotPage:
        """ACTIVE bindings within a scope, by id, after an id; at most `limit`."""
        ...


class BatchStore(Protocol):
    """Reads of many at once. What is not there is absent from the answer."""

    async def accounts_by_id(self, account_ids: Collection[str]) -> Mapping[str, AccountContext]: ...
    async def bindings_by_id(self, binding_ids: Collection[str]) -> Mapping[str, Binding]: ...
    async def bindings_of_accounts(self, account_ids: Collection[str]) -> Mapping[str, Binding]:
        """The ACTIVE, else the newest binding of each account."""
        ...

    async def chats_by_id(self, chat_ids: Collection[str]) -> Mapping[str, Chat]: ...
    async def chats_of_accounts(self, account_ids: Collection[str]) -> Mapping[str, Sequence[Chat]]:
        """Chats visible now through each account's ACTIVE binding, by class year, name and kind."""
        ...
