"""What followers see: events, where each took place, and whether that lies within what is followed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What happened. The names are those of the outbox."""

    BINDING_CREATED = "binding.created"
    BINDING_REMOVED = "binding.removed"
    BINDING_REFUSED = "binding.refused"
    BINDING_DIAGNOSED = "binding.diagnosed"
    """The diagnosis of an ACTIVE binding is another one now, for its contact changed hands."""
    BINDING_MOVED = "binding.moved"
    """The account of an ACTIVE binding has other organisations now."""
    CHAT_CREATED = "chat.created"
    CHATS_CHANGED = "chats.changed"
    """The memberships of an ACTIVE binding followed a roster."""


class Move(StrEnum):
    """How an event stands to a place: it took place there, or brought a binding in or out."""

    WITHIN = "WITHIN"
    ENTERED = "ENTERED"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation that an event concerns, with its municipality."""

    organisation_id: str
    municipality_id: str
    move: Move = Move.WITHIN


@dataclass(frozen=True, slots=True)
class Event:
    """A numbered row of the outbox. Numbers have no gaps; the oldest are gone after a while.

    `binding_id` is set for kinds of bindings but REFUSED, `chat_id` for CHAT_CREATED; `refusal` is the reason of a
    REFUSED one.
    """

    number: int
    kind: EventKind
    at: datetime
    account_id: str
    binding_id: str | None = None
    chat_id: str | None = None
    refusal: str | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Any of these accounts, or any account or chat of any of these organisations or municipalities."""

    accounts: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    municipalities: frozenset[str] = frozenset()

    def moves(self, account_id: str, places: Iterable[Place]) -> set[Move]:
        """Returns how something of an account that takes place somewhere stands to the reach; nothing if outside."""
        if account_id in self.accounts:
            return {Move.WITHIN}
        return {
            place.move
            for place in places
            if place.organisation_id in self.organisations or place.municipality_id in self.municipalities
        }

    def text(self) -> str:
        """Returns the reach as text; equal for equal reaches."""
        return json.dumps([sorted(ids) for ids in (self.accounts, self.organisations, self.municipalities)])


Scope = Sequence[Reach]
"""What is followed: what every one of the reaches holds; all there is, if there are none."""


def sight(scope: Scope, account_id: str, places: Iterable[Place]) -> Move | None:
    """Returns how something looks to one who follows a scope: within it, coming in, going out; None if not at all."""
    stood = [reach.moves(account_id, places) for reach in scope]
    before = all(moves & {Move.WITHIN, Move.LEFT} for moves in stood)
    after = all(moves & {Move.WITHIN, Move.ENTERED} for moves in stood)
    if before and after:
        return Move.WITHIN
    if after:
        return Move.ENTERED
    return Move.LEFT if before else None


def scope_text(scope: Scope) -> str:
    """Returns a scope as text; equal for equal scopes."""
    return "\n".join(sorted(reach.text() for reach in scope))
