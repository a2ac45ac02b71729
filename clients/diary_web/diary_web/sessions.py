"""Sessions, kept in memory and found by a random cookie.

ESIA tokens, VK states and attempts live here and nowhere else: the browser holds only the key of its session.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sferum.binding.v1.binding_service_pb2 import CompleteBindingResponse

from diary_web.clock import Clock

COOKIE = "diary_session"

MAX_PER_KIND = 20_000
"""Sessions kept at most, once for visitors and once for signed-in people, so that visitors cannot push people out."""

MAX_STATES = 5
"""ESIA sign-ins begun in one session and not finished (tabs); the oldest is forgotten."""

MAX_NOTICES = 5
"""Sentences that wait for the next page; the oldest is forgotten. A browser need not follow to the page at all."""

MAX_ATTEMPTS = 20
"""Binding attempts remembered in one session; the oldest is forgotten."""


@dataclass
class Attempt:
    """A binding attempt that this browser began."""

    name: str
    """`attempts/{attempt}`."""
    account: str
    """`accounts/{account}` that is to be bound."""
    via: str
    """`accounts/{account}` of the child through which a parent came, or empty."""
    result: Mapping[str, str] | None = field(default=None, repr=False)
    """What VK ID's redirect brought: fields of AuthorizationResult."""
    preview: CompleteBindingResponse | None = None
    """CompleteBindingResponse with what would be bound, once the result has been accepted."""
    completed: bool = False
    """It ended in a binding."""


@dataclass
class Session:
    """What the diary knows about one browser."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    language: str = "ru"
    token: str | None = field(default=None, repr=False)
    """The ESIA access token, never sent to the browser."""
    oid: str | None = None
    """ESIA's number of the person who signed in last; survives the end of the ESIA session."""
    person_name: str = ""
    esia_states: list[str] = field(default_factory=list, repr=False)
    attempts: OrderedDict[str, Attempt] = field(default_factory=OrderedDict, repr=False)
    """By the state that VK ID will send back."""
    after_sign_in: str | None = field(default=None, repr=False)
    """Path to go on with after the next sign-in."""
    notices: list[tuple[str, str]] = field(default_factory=list)
    """(kind, sentence) to show on the next page; kind is `info`, `success` or `warning`."""

    def note(self, kind: str, sentence: str) -> None:
        """Has a sentence shown on the next page, once; `kind` is `info`, `success` or `warning`."""
        others = [notice for notice in self.notices if notice != (kind, sentence)]
        self.notices = [*others, (kind, sentence)][-MAX_NOTICES:]

    def csrf_ok(self, token: str) -> bool:
        """Whether a form carries this session's token."""
        return hmac.compare_digest(self.csrf.encode(), token.encode("utf-8", "replace"))

    def remember_state(self, state: str) -> None:
        """Notes an ESIA sign-in that begins now."""
        self.esia_states = [*self.esia_states, state][-MAX_STATES:]

    def take_state(self, state: str) -> bool:
        """Whether this browser began the ESIA sign-in; true once."""
        if state not in self.esia_states:
            return False
        self.esia_states.remove(state)
        return True

    def remember_attempt(self, state: str, attempt: Attempt) -> None:
        """Notes under which VK state an attempt will come back."""
        self.attempts[state] = attempt
        while len(self.attempts) > MAX_ATTEMPTS:
            self.attempts.popitem(last=False)

    def attempt_named(self, name: str) -> Attempt | None:
        """The attempt `attempts/{attempt}` of this browser."""
        return next((attempt for attempt in self.attempts.values() if attempt.name == name), None)

    def forget_person(self) -> None:
        """Drops all that belongs to the person who signed in last."""
        self.token = None
        self.oid = None
        self.person_name = ""
        self.attempts.clear()
        self.after_sign_in = None

    def end_sign_in(self) -> None:
        """Drops the token but remembers who it was, so that the same person can go on after a new sign-in."""
        self.token = None


class Sessions:
    """All sessions of this process."""

    def __init__(self, clock: Clock, idle: timedelta) -> None:
        self._clock = clock
        self._idle = idle
        self._visitors: OrderedDict[str, tuple[Session, datetime]] = OrderedDict()
        self._people: OrderedDict[str, tuple[Session, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visitors) + len(self._people)

    def find(self, key: str) -> Session | None:
        """The session with this key, if it was used lately."""
        for kind in (self._people, self._visitors):
            if key in kind:
                session, used = kind[key]
                if self._clock.now() - used > self._idle:
                    del kind[key]
                    return None
                return session
        return None

    def keep(self, session: Session) -> None:
        """Keeps a session, marks it as used now, and drops what is too old or too many."""
        self._visitors.pop(session.key, None)
        self._people.pop(session.key, None)
        # A person whose ESIA session has ended keeps the place, because an attempt may go on after a new sign-in.
        kind = self._people if session.oid else self._visitors
        now = self._clock.now()
        kind[session.key] = (session, now)
        for each in (self._people, self._visitors):
            while each and (len(each) > MAX_PER_KIND or now - next(iter(each.values()))[1] > self._idle):
                each.popitem(last=False)

    def renew_key(self, session: Session) -> None:
        """Gives a session a new key and CSRF token: at a sign-in, so that a planted cookie is worth nothing."""
        self.drop(session)
        session.key = secrets.token_urlsafe(32)
        session.csrf = secrets.token_urlsafe(32)

    def drop(self, session: Session) -> None:
        """Forgets a session."""
        self._visitors.pop(session.key, None)
        self._people.pop(session.key, None)
