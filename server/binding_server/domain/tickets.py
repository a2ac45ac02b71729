"""Support tickets: what belongs to one, what may be attached, and which binding support may end against it.

Support only unbinds (S22). A ticket is about the binding that stood when it was filed: what was bound since stays
(T05).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from binding_server.domain.facts import Facts, Relation

MAX_SCREENSHOT_BYTES = 3 * 1024 * 1024
"""Of a screenshot as it comes, and as it is kept."""
MAX_SCREENSHOT_PIXELS = 4096 * 4096
"""Width times height; screens of today have half as many."""
MAX_SCREENSHOT_SIDE = 16_384
"""Of the longer side, in pixels: a whole page of a phone."""
KEPT_PIXELS = 3840 * 2160
"""What has more is made smaller; text on a screenshot stays readable."""

PROOF_LASTS = timedelta(days=90)
"""How long a sign-in at VK ID shows whose the profile is: after that a phone number may be somebody else's."""

PROVING_ROWS = frozenset({"D13", "D14"})
"""The rows that refuse a profile which is the person's own because it is bound elsewhere."""


class TicketState(StrEnum):
    """How far support is; all but OPEN are final."""

    OPEN = "OPEN"
    UNBOUND = "UNBOUND"
    CLOSED = "CLOSED"


class TicketAction(StrEnum):
    """What support does with a ticket."""

    UNBIND = "UNBIND"
    CLOSE = "CLOSE"


class ImageProblem(StrEnum):
    """Why a screenshot cannot be used."""

    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    DAMAGED = "DAMAGED"
    ANIMATED = "ANIMATED"


class Settlement(StrEnum):
    """What an order to unbind leads to."""

    UNBIND = "UNBIND"
    CLOSE = "CLOSE"
    MISMATCH = "MISMATCH"
    UNPROVEN = "UNPROVEN"


@dataclass(frozen=True, slots=True)
class TicketItems:
    """What a ticket must say (S24), and what it may. The screenshot (S25) goes beside it."""

    municipality: str = field(repr=False)
    school_name: str = field(repr=False)
    full_name: str = field(repr=False)
    vk_user_id: str = field(repr=False)
    school_steps: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A screenshot as it is kept: PNG, without metadata. `content` is empty where it is not asked for, or deleted."""

    width: int
    height: int
    content: bytes = field(default=b"", repr=False)
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A support ticket.

    `filed_by` is `person:ID` or `service:ID`. `binding_id` is what the account, and `profile_binding_id` what the
    profile was bound by when the ticket was filed. `organisations` and `municipalities` are where the account was then.
    """

    id: str
    state: TicketState
    account_id: str
    filed_by: str
    items: TicketItems
    vk_digest: bytes = field(repr=False)
    screenshot: Screenshot
    created_at: datetime
    decision: str | None = None
    binding_id: str | None = None
    profile_binding_id: str | None = None
    organisations: frozenset[str] = frozenset()
    municipalities: frozenset[str] = frozenset()
    resolution: str = field(default="", repr=False)
    agent: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """An ACTIVE binding, as far as a ticket looks at it."""

    binding_id: str
    account_id: str
    vk_digest: bytes = field(repr=False)


def missing_items(items: TicketItems) -> Sequence[str]:
    """Returns the names of mandatory items that say nothing: blanks, dashes, dots."""
    mandatory: Mapping[str, str] = {
        "municipality": items.municipality,
        "school_name": items.school_name,
        "full_name": items.full_name,
        "vk_user_id": items.vk_user_id,
    }
    return [name for name, text in mandatory.items() if not any(char.isalnum() for char in text)]


def size_problem(width: int, height: int) -> ImageProblem | None:
    """Returns why an image of that size in pixels is not taken; known before it is unpacked, so that one which unpacks
    to gigabytes never is."""
    if width < 1 or height < 1:
        return ImageProblem.NOT_AN_IMAGE
    if max(width, height) > MAX_SCREENSHOT_SIDE or width * height > MAX_SCREENSHOT_PIXELS:
        return ImageProblem.TOO_MANY_PIXELS
    return None


def proves_owner(row: str, facts: Facts) -> bool:
    """Tells whether a refusal shows that the profile is the account's person's own: signed in at VK ID, found to be the
    own, and bound elsewhere."""
    return row in PROVING_ROWS and facts.vk is not None and facts.vk.owner is Relation.OWN


def settle(ticket: Ticket, target: str, bound: Bound | None, held: Bound | None, *, proven: bool) -> Settlement:
    """Says what an order to unbind leads to.

    Args:
        ticket: an OPEN ticket.
        target: the account whose binding shall end.
        bound: what that account is bound by now.
        held: what the profile of the ticket is bound by now, in whichever account.
        proven: whether the ticket's person is known to own the profile.
    """
    if target == ticket.account_id:
        return _settle_own(ticket, bound, held)
    if ticket.profile_binding_id and (held is None or held.binding_id != ticket.profile_binding_id):
        return Settlement.CLOSE
    if bound is None and held is None:
        return Settlement.CLOSE
    if bound is None or bound.vk_digest != ticket.vk_digest:
        return Settlement.MISMATCH
    if bound.binding_id != ticket.profile_binding_id:
        return Settlement.CLOSE
    return Settlement.UNBIND if proven else Settlement.UNPROVEN


def _settle_own(ticket: Ticket, bound: Bound | None, held: Bound | None) -> Settlement:
    if bound is None and ticket.binding_id is None and held and held.binding_id == ticket.profile_binding_id:
        # Nothing to end here: it is another account that holds the profile, and support has to name it.
        return Settlement.MISMATCH
    if bound is None or bound.binding_id != ticket.binding_id:
        return Settlement.CLOSE
    return Settlement.UNBIND if bound.vk_digest == ticket.vk_digest else Settlement.MISMATCH
