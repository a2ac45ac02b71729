"""The digits by which a person shows to hold a phone or an e-mail address."""

import math
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from idp_mock.world import World

LIFE = timedelta(minutes=10)
TRIES = 5


class Verdict(Enum):
    """What an entered code is worth."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


@dataclass(slots=True)
class OneTimeCode:
    """A code on its way to a contact.

    Attributes:
        contact: phone as `+79…` or e-mail address.
        sent: when, by the world's clock.
        called: it is the end of a caller's number and not a message.
        tries_left: wrong entries that are still allowed.
    """

    contact: str
    sent: datetime
    digits: str = field(repr=False)
    called: bool = False
    tries_left: int = TRIES

    def check(self, entered: str, now: datetime) -> Verdict:
        """Judges an entry and counts it if it is wrong."""
        if now >= self.sent + LIFE:
            return Verdict.EXPIRED
        if secrets.compare_digest(entered.strip().encode(), self.digits.encode()):
            return Verdict.RIGHT
        self.tries_left -= 1
        return Verdict.WRONG if self.tries_left > 0 else Verdict.EXHAUSTED

    def wait_s(self, world: World) -> int:
        """Seconds until another code may be asked for."""
        passed = (world.clock_of("vk_id").now() - self.sent).total_seconds()
        return max(0, math.ceil(world.settings.vk_resend_s - passed))


def send(world: World, contact: str) -> OneTimeCode:
    """Sends a new code of six digits into the world's inbox."""
    code = OneTimeCode(contact, world.clock_of("vk_id").now(), _digits(world))
    world.inbox.send(contact, f"VK ID: код {code.digits}. Никому его не сообщайте.", code.digits)
    return code


def call(world: World, phone: str) -> OneTimeCode:
    """Calls and hangs up: the last four digits of the caller's number are the code. How many there are is recalled."""
    caller = f"{secrets.randbelow(1000):03d}{_digits(world)[-4:]}"
    code = OneTimeCode(phone, world.clock_of("vk_id").now(), caller[-4:], called=True)
    number = f"+7 495 {caller[:3]}-{caller[3:5]}-{caller[5:]}"
    world.inbox.send(phone, f"VK ID: сброшенный звонок с номера {number}", code.digits)
    return code


def _digits(world: World) -> str:
    return world.settings.one_time_code or f"{secrets.randbelow(1_000_000):06d}"
