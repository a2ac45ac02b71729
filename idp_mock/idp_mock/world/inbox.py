"""What the providers of a world sent to phones and e-mail addresses."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from idp_mock.world.clock import Clock

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message: running number from 1, recipient, text, the one-time code in it (or empty), when."""

    number: int
    recipient: str
    text: str
    code: str
    time: datetime


class Inbox:
    """All messages of a world; the oldest are forgotten beyond 10 000."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._messages: deque[Message] = deque(maxlen=_KEPT)
        self._last = 0

    def send(self, recipient: str, text: str, code: str = "") -> Message:
        """Sends `text` to a phone (`+79…`) or e-mail address. `code` is the one-time code in it, if there is one."""
        self._last += 1
        message = Message(self._last, recipient, text, code, self._clock.now())
        self._messages.append(message)
        return message

    def messages(self, recipient: str = "", after: int = 0) -> list[Message]:
        """The messages, oldest first; only those to `recipient` if set, only those numbered above `after`."""
        wanted = recipient.casefold()
        return [
            message
            for message in self._messages
            if message.number > after and (not wanted or message.recipient.casefold() == wanted)
        ]
