"""Follows bindings."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from binding_server.domain.model import Binding
from binding_server.domain.watching import Event, EventKind, Move
from binding_server.use_cases.outcomes import BindingView
from binding_server.use_cases.scopes import WatchFilter
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.watch import Step, Watch, follow


class BindingChangeKind(StrEnum):
    """What happened to a binding or an attempt, as its follower sees it."""

    CREATED = "CREATED"
    REMOVED = "REMOVED"
    REFUSED = "REFUSED"
    DIAGNOSED = "DIAGNOSED"


_KINDS = {
    EventKind.BINDING_CREATED: BindingChangeKind.CREATED,
    EventKind.BINDING_REMOVED: BindingChangeKind.REMOVED,
    EventKind.BINDING_REFUSED: BindingChangeKind.REFUSED,
    EventKind.BINDING_DIAGNOSED: BindingChangeKind.DIAGNOSED,
}
_MOVED = {Move.ENTERED: BindingChangeKind.CREATED, Move.LEFT: BindingChangeKind.REMOVED}


@dataclass(frozen=True, slots=True)
class BindingChange:
    """An event. `view` is the binding as it is now, masked; None for REFUSED, and for a binding that has gone where the
    follower does not look: of that only `binding_id` is told."""

    number: int
    kind: BindingChangeKind
    at: datetime
    account_id: str
    binding_id: str | None
    view: BindingView | None
    refusal: str | None


class _Bindings:
    def __init__(self, services: Services) -> None:
        self._store = services.store

    async def shown(self, bindings: Sequence[Binding]) -> Sequence[BindingView]:
        return [BindingView(binding, in_full=False) for binding in bindings]

    async def changes(self, seen: Sequence[tuple[Event, Move]]) -> Sequence[tuple[int, str, BindingChange]]:
        kinds = [(event, move, _kind(event, move)) for event, move in seen]
        inside = {event.binding_id for event, move, kind in kinds if kind and move is not Move.LEFT}
        bindings = await self._store.bindings_by_id({binding_id for binding_id in inside if binding_id})
        return [
            (event.number, kind, _change(event, kind, bindings.get(event.binding_id or "") if told else None))
            for event, move, kind in kinds
            if kind
            for told in [move is not Move.LEFT]
        ]


def watch_bindings(
    services: Services, caller: Caller, wanted: WatchFilter, kinds: frozenset[BindingChangeKind], token: str
) -> AsyncGenerator[Step[BindingView, BindingChange]]:
    """Yields the snapshot of ACTIVE bindings, or goes on after a token; then every event. Raises as `follow` does."""
    watch = Watch("WatchBindings", wanted, frozenset(kinds), token)
    return follow(services, caller, watch, _Bindings(services))


def _kind(event: Event, move: Move) -> BindingChangeKind | None:
    if event.kind is EventKind.BINDING_MOVED:
        return _MOVED.get(move)
    return _KINDS.get(event.kind)


def _change(event: Event, kind: BindingChangeKind, binding: Binding | None) -> BindingChange:
    view = BindingView(binding, in_full=False) if binding else None
    return BindingChange(event.number, kind, event.at, event.account_id, event.binding_id, view, event.refusal)
