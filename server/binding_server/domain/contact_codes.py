"""One-time codes that show that a contact works and is the person's own: how long they are good, and how often they may
be sent and tried. The numbers are a choice of ours: decision 37."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DIGITS = 6
"""Length of a code."""

CODE_LIFE = timedelta(minutes=10)
"""How long a code is good."""

MAX_TRIES = 5
"""How often a code may be tried; after that it is void."""

RESEND_AFTER = timedelta(seconds=60)
"""How long a person waits before another code for the same contact."""

SEND_WINDOW = timedelta(hours=1)
"""The time over which sent codes are counted."""

MOST_TO_CONTACT = 5
"""How many codes may be sent to one contact within the window, whoever asks for them."""

MOST_BY_PERSON = 10
"""How many codes one person may have sent within the window, to whatever contacts."""


@dataclass(frozen=True, slots=True)
class ContactCode:
    """A code that was sent, or may have been.

    `contact` and `code` are keyed digests. `delivered` is false until the message is known to have gone out. `tries`
    counts wrong ones. A `void` code was used, or a later one took its place.
    """

    person_id: str
    contact: bytes = field(repr=False)
    code: bytes = field(repr=False)
    made_at: datetime
    delivered: bool = False
    tries: int = 0
    void: bool = False

    @property
    def expires_at(self) -> datetime:
        """Until when it is good."""
        return self.made_at + CODE_LIFE

    def is_live(self, now: datetime) -> bool:
        """Tells whether the right digits would still do."""
        return not self.void and self.tries < MAX_TRIES and now < self.expires_at


class SendLimit(StrEnum):
    """Which limit another code runs into."""

    RESEND = "CONTACT_CODE_RESEND"
    CONTACT = "CONTACT_CODES_TO_CONTACT"
    PERSON = "CONTACT_CODES_BY_PERSON"


@dataclass(frozen=True, slots=True)
class Wait:
    """Another code cannot be sent before `until`."""

    limit: SendLimit
    until: datetime


def must_wait(codes: Sequence[ContactCode], person_id: str, contact: bytes, now: datetime) -> Wait | None:
    """Returns why another code cannot be sent now, with the limit that lasts longest; None if it can.

    Args:
        codes: those made within the window by the person, and those made for the contact by whomever.
        person_id: who asks.
        contact: digest of the contact.
    """
    recent = [code for code in codes if code.made_at > now - SEND_WINDOW]
    by_person = sorted(code.made_at for code in recent if code.person_id == person_id)
    to_contact = sorted(code.made_at for code in recent if code.contact == contact)
    own = [code.made_at for code in recent if code.delivered and (code.person_id, code.contact) == (person_id, contact)]
    waits: list[Wait] = []
    if len(by_person) >= MOST_BY_PERSON:
        waits.append(Wait(SendLimit.PERSON, by_person[-MOST_BY_PERSON] + SEND_WINDOW))
    if len(to_contact) >= MOST_TO_CONTACT:
        waits.append(Wait(SendLimit.CONTACT, to_contact[-MOST_TO_CONTACT] + SEND_WINDOW))
    if own and now < max(own) + RESEND_AFTER:
        waits.append(Wait(SendLimit.RESEND, max(own) + RESEND_AFTER))
    return max(waits, key=lambda wait: wait.until, default=None)


class Verdict(StrEnum):
    """What comes of a try."""

    RIGHT = "RIGHT"
    WRONG = "WRONG"
    VOID = "VOID"  # there is no code that would do: never sent, expired, used, or tried too often


@dataclass(frozen=True, slots=True)
class Trial:
    """A try: what comes of it, and how many tries are left after it (of a WRONG one)."""

    verdict: Verdict
    tries_left: int = 0


def judge(codes: Sequence[ContactCode], code: bytes, now: datetime) -> Trial:
    """Judges a try. More than one code can be live, if one of them may have got lost on its way.

    Args:
        codes: all that were made for the person and the contact.
        code: digest of what was typed.
    """
    live = [each for each in codes if each.is_live(now)]
    if not live:
        return Trial(Verdict.VOID)
    if any(each.code == code for each in live):
        return Trial(Verdict.RIGHT)
    return Trial(Verdict.WRONG, max(MAX_TRIES - each.tries for each in live) - 1)


def message(code: str, language: str) -> tuple[str, str]:
    """Returns subject and text of the message that carries a code, in Russian or in English (`en`)."""
    if language == "en":
        return "Confirmation code", f"Confirmation code for the e-diary: {code}. Do not tell it to anybody."
    return "Код подтверждения", f"Код подтверждения для электронного дневника: {code}. Никому его не сообщайте."
