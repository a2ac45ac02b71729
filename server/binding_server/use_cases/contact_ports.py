"""What confirming contacts needs from the outside; the store's part is part of the port `Store`."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from binding_server.domain.contact_codes import Trial, Wait
from binding_server.domain.model import Contact
from binding_server.use_cases.records import AuditEntry


class NotifierUnavailable(Exception):
    """A message did not go out, or may not have. `sent` tells whether it may have reached the person all the same."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("sent" if sent else "not sent")
        self.sent = sent


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """A message with a one-time code. It is not kept anywhere."""

    recipient: Contact = field(repr=False)
    subject: str
    text: str = field(repr=False)
    code: str = field(repr=False)


class Notifier(Protocol):
    """Sends messages to people."""

    async def send(self, message: CodeMessage, timeout_s: float) -> None:
        """Sends a message, once, within `timeout_s` seconds. Raises NotifierUnavailable."""
        ...


class NoNotifier:
    """Where no way to send messages is set up."""

    async def send(self, message: CodeMessage, timeout_s: float) -> None:
        """Raises NotifierUnavailable."""
        raise NotifierUnavailable(sent=False)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What became of a try to confirm a contact. `taken` if the code was right, but a school has the contact recorded
    for somebody else."""

    trial: Trial
    taken: bool = False


class ContactStore(Protocol):
    """One-time codes, and who confirmed what."""

    async def add_contact_code(self, person_id: str, contact: bytes, code: bytes, now: datetime) -> int | Wait:
        """Notes a code that is about to be sent and returns its number; or says what limit stands against it."""
        ...

    async def contact_code_sent(self, number: int, audit: "AuditEntry") -> None:
        """Notes that a code went out: earlier ones of the same person and contact are void."""
        ...

    async def drop_contact_code(self, number: int) -> None:
        """Forgets a code that did not go out; earlier ones stay good."""
        ...

    async def confirm_contact(
        self, person_id: str, contact: bytes, code: bytes, now: datetime, audit: "AuditEntry"
    ) -> Confirmation:
        """Tries a code. A wrong one is counted. A right one is used up, and from now on the person uses the contact
        (source CODE, or as a school has recorded it) and nobody else does; diagnoses follow."""
        ...

    async def esia_takes(self, person_id: str, digests: Collection[bytes]) -> Collection[bytes]:
        """Which of the contacts, verified at ESIA, would come to be the person's by a live read."""
        ...

    async def forget_contact_codes(self, before: datetime, limit: int) -> int:
        """Forgets at most `limit` codes from before a time; returns how many."""
        ...
