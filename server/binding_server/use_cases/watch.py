"""Follows what happens: a snapshot or a resume token first, then every event once, in commit order, for ever.

Nothing is queued for a follower. It takes one page after another from the database and hands it over before it takes
the next, so that one who does not read costs a page and no more.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from binding_server.domain.model import Binding
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.watching import Event, Move, Reach, scope_text, sight
from binding_server.use_cases.callers import session_required
from binding_server.use_cases.identity_ports import EsiaSessionEnded
from binding_server.use_cases.resume_tokens import ResumeTokens
from binding_server.use_cases.scopes import WatchFilter, check_filter, scope_of
from binding_server.use_cases.services import Caller, Services

PAGE = 200
"""At most so many bindings or events are read, and held, at once."""

Item = TypeVar("Item", covariant=True)
Change = TypeVar("Change", covariant=True)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a call asks for: `method` as in the contract, `kinds` by name (all if empty), `token` empty for a
    snapshot."""

    method: str
    wanted: WatchFilter
    kinds: frozenset[str]
    token: str


@dataclass(frozen=True, slots=True)
class Step(Generic[Item, Change]):
    """One step: part of the snapshot, its end, an event, or, with nothing set, a sign of life. `token` is empty within
    a snapshot."""

    token: str = ""
    snapshot: Item | None = None
    snapshot_end: bool = False
    change: Change | None = None


class View(Protocol[Item, Change]):
    """How a method shows what happens."""

    async def shown(self, bindings: Sequence[Binding]) -> Sequence[Item]:
        """Returns what the snapshot tells of ACTIVE bindings."""
        ...

    async def changes(self, seen: Sequence[tuple[Event, Move]]) -> Sequence[tuple[int, str, Change]]:
        """Returns the changes that events are, with their number and the name of their kind, in order; events of no
        interest are left out."""
        ...


async def follow(
    services: Services, caller: Caller, watch: Watch, view: View[Item, Change]
) -> AsyncGenerator[Step[Item, Change]]:
    """Yields steps until the caller goes away.

    Raises:
        Refusal: RESUME_TOKEN_INVALID for a token of something else, and when the caller may see other things now than
            when the watch began; RESUME_TOKEN_EXPIRED if events after the token are kept no longer;
            ESIA_SESSION_REQUIRED when a person's token has run out; CALLER_NOT_ALLOWED, ACCOUNT_NOT_ACCESSIBLE.
    """
    scope = await scope_of(services, caller, watch.wanted)
    subject = [await services.store.database_id(), watch.method, caller.actor, scope_text(scope), *sorted(watch.kinds)]
    tokens = ResumeTokens(services.vault, "\x00".join(subject))
    at = await services.store.newest_event_number()
    if watch.token:
        at = _after_token(tokens.read(watch.token), at)
    else:
        await check_filter(services, caller, watch.wanted)
        # What happens from here on is told after the snapshot, which may show it already.
        async for item in _snapshot(services, scope, view):
            yield Step(snapshot=item)
        yield Step(tokens.give(at), snapshot_end=True)
    clock = asyncio.get_running_loop().time
    spoke = checked = clock()
    while True:
        _check_session(services, caller)
        if clock() - checked >= services.heartbeat_s:
            if await scope_of(services, caller, watch.wanted) != scope:
                raise Refusal(Reason.RESUME_TOKEN_INVALID)
            checked = clock()
        events = await services.store.events_after(at, PAGE)
        if events and events[0].number != at + 1:
            raise Refusal(Reason.RESUME_TOKEN_EXPIRED)
        for number, kind, change in await view.changes(_seen(scope, events)):
            if not watch.kinds or kind in watch.kinds:
                yield Step(tokens.give(number), change=change)
                spoke = clock()
        at = events[-1].number if events else at
        silent_s = clock() - spoke
        if silent_s >= services.heartbeat_s:
            yield Step(tokens.give(at))
            spoke = clock()
        elif events:
            # A long way through what others follow leaves room for other calls.
            await services.sleep(0)
        else:
            await services.store.wait_for_events(at, services.heartbeat_s - silent_s)


def _after_token(number: int, newest: int) -> int:
    if number > newest:
        # The database was put back to an earlier state: what the follower has seen did not happen.
        raise Refusal(Reason.RESUME_TOKEN_INVALID)
    return number


async def _snapshot(services: Services, scope: Sequence[Reach], view: View[Item, Change]) -> AsyncGenerator[Item]:
    after: str | None = None
    while True:
        page = await services.store.snapshot_bindings(scope, after, PAGE)
        for item in await view.shown(page.bindings):
            yield item
        if page.next is None:
            return
        after = page.next
        await services.sleep(0)


def _seen(scope: Sequence[Reach], events: Sequence[Event]) -> list[tuple[Event, Move]]:
    found = [(event, sight(scope, event.account_id, event.places)) for event in events]
    return [(event, move) for event, move in found if move is not None]


def _check_session(services: Services, caller: Caller) -> None:
    if caller.identity is not None and caller.identity.expires_at <= services.clock.now():
        raise session_required(EsiaSessionEnded("EXPIRED"))
