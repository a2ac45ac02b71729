"""What an account may stand on, and what follows for it when that changes (I12)."""

from dataclasses import dataclass
from enum import StrEnum

from binding_server.domain.model import AccountContext, ChatKind
from binding_server.domain.ownership import is_eligible


@dataclass(frozen=True, slots=True)
class Ground:
    """What a binding's chats rest on: whether its account may be bound at all, and the classes that it gives. Whoever
    decides about chats names the ground; the transaction that writes them compares it with what holds then."""

    eligible: bool
    classes: frozenset[str]


def ground_of(context: AccountContext) -> Ground:
    """Returns what an account stands on."""
    return Ground(is_eligible(context), frozenset(place.id for place in context.classes))


class EffectKind(StrEnum):
    """What follows for an account."""

    ACCOUNT_OPENED = "ACCOUNT_OPENED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    UNBOUND = "UNBOUND"
    JOINED = "JOINED"
    LEFT = "LEFT"
    MOVED = "MOVED"


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows for an account. `binding_id` is set for what concerns one, the rest for what concerns a chat."""

    kind: EffectKind
    account_id: str
    binding_id: str = ""
    class_id: str = ""
    class_name: str = ""
    organisation_name: str = ""
    chat_kind: ChatKind | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling a binding changed: chats joined and left, and whether its account belongs elsewhere now. True if
    any chat changed."""

    joined: tuple[tuple[str, ChatKind], ...] = ()
    left: tuple[tuple[str, ChatKind], ...] = ()
    moved: bool = False

    def __bool__(self) -> bool:
        return bool(self.joined or self.left)
