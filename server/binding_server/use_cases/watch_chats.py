"""Follows chats and who is in them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from binding_server.domain.model import Binding, Chat
from binding_server.domain.watching import Event, EventKind, Move
from binding_server.use_cases.scopes import WatchFilter
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.watch import Step, Watch, follow


class ChatChangeKind(StrEnum):
    """What happened to chats, as their follower sees it."""

    CREATED = "CREATED"
    MEMBERSHIP_CHANGED = "MEMBERSHIP_CHANGED"


_KINDS = {
    EventKind.CHAT_CREATED: ChatChangeKind.CREATED,
    EventKind.CHATS_CHANGED: ChatChangeKind.MEMBERSHIP_CHANGED,
    EventKind.BINDING_CREATED: ChatChangeKind.MEMBERSHIP_CHANGED,
    EventKind.BINDING_REMOVED: ChatChangeKind.MEMBERSHIP_CHANGED,
}


@dataclass(frozen=True, slots=True)
class AccountChats:
    """The chats that an account sees, in its order; none if it is not bound."""

    account_id: str
    chats: Sequence[Chat]


@dataclass(frozen=True, slots=True)
class ChatChange:
    """An event: `chat` for CREATED, `account_chats` for MEMBERSHIP_CHANGED; both as they are now."""

    number: int
    kind: ChatChangeKind
    at: datetime
    chat: Chat | None = None
    account_chats: AccountChats | None = None


class _Chats:
    def __init__(self, services: Services) -> None:
        self._store = services.store

    async def shown(self, bindings: Sequence[Binding]) -> Sequence[AccountChats]:
        accounts = [binding.account_id for binding in bindings]
        chats = await self._store.chats_of_accounts(accounts)
        return [AccountChats(account_id, chats.get(account_id, ())) for account_id in accounts]

    async def changes(self, seen: Sequence[tuple[Event, Move]]) -> Sequence[tuple[int, str, ChatChange]]:
        kinds = [(event, move, kind) for event, move in seen if (kind := _kind(event, move))]
        # Whose account has gone where the follower does not look, sees no chats there.
        inside = {
            event.account_id
            for event, move, kind in kinds
            if kind is not ChatChangeKind.CREATED and move is not Move.LEFT
        }
        of_accounts = await self._store.chats_of_accounts(inside)
        chats = await self._store.chats_by_id({event.chat_id for event, _, _ in kinds if event.chat_id})
        found: list[tuple[int, str, ChatChange]] = []
        for event, move, kind in kinds:
            if kind is ChatChangeKind.CREATED:
                change = ChatChange(event.number, kind, event.at, chat=chats.get(event.chat_id or ""))
            else:
                now = () if move is Move.LEFT else of_accounts.get(event.account_id, ())
                change = ChatChange(event.number, kind, event.at, account_chats=AccountChats(event.account_id, now))
            found.append((event.number, kind, change))
        return found


def watch_chats(
    services: Services, caller: Caller, wanted: WatchFilter, kinds: frozenset[ChatChangeKind], token: str
) -> AsyncGenerator[Step[AccountChats, ChatChange]]:
    """Yields the chats of every bound account, or goes on after a token; then every event. Raises as `follow` does."""
    watch = Watch("WatchChats", wanted, frozenset(kinds), token)
    return follow(services, caller, watch, _Chats(services))


def _kind(event: Event, move: Move) -> ChatChangeKind | None:
    if event.kind is EventKind.BINDING_MOVED:
        return None if move is Move.WITHIN else ChatChangeKind.MEMBERSHIP_CHANGED
    return _KINDS.get(event.kind)
