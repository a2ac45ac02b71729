"""What ESIA remembers in one world: sign-ins, requests on their way, consents, codes and tokens."""

from __future__ import annotations

import secrets
import uuid
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from idp_mock.oauth.codes import Codes
from idp_mock.oauth.room import make_room
from idp_mock.oauth.tokens import Families, Tokens
from idp_mock.world import Provider

#: How long a person may stay on the sign-in pages, in seconds.
REQUEST_TTL_S = 1800
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person's session in one browser: an id (not the cookie), whose, and since when (seconds since 1970)."""

    sid: str
    oid: int
    auth_time: int


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An accepted request of a client system that waits for the person. `expires_at` in seconds since 1970."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    offline: bool
    expires_at: int
    org_scopes: tuple[str, ...] = ()
    organisation: int | None = None
    challenge: str = ""
    person_filter: str = ""
    permissions: tuple[Permission, ...] = ()


Permission = dict[str, Any]
"""One consent of the digital profile as the system asked for it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person let a client system have. Codes and refresh tokens stand for it.

    Scopes of an organisation stand in `scopes` with `?org_oid=`; `challenge` is the PKCE challenge, if there was one.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    offline: bool
    sign_in: SignIn
    challenge: str = ""
    permissions: tuple[Permission, ...] = ()

    def get_scope(self) -> str:
        """For the OAuth core."""
        return " ".join(self.scopes)

    def get_redirect_uri(self) -> str:
        """For the OAuth core."""
        return self.redirect_uri


@dataclass(slots=True)
class SecondFactor:
    """A code that a person is to type before the session begins: whose, and how often a wrong one came."""

    oid: int
    code: str
    tries: int = 0


class EsiaState:
    """ESIA's memory in one world."""

    provider: ClassVar[Provider] = "esia"

    def __init__(self) -> None:
        self.codes: Codes[Grant] = Codes()
        self.tokens: Tokens[int] = Tokens()
        self.families: Families[Grant] = Families()
        self.second_factors: dict[str, SecondFactor] = {}
        self._sessions: dict[str, SignIn] = {}
        self._ended: dict[str, None] = {}
        self._requests: OrderedDict[str, AuthorizationRequest] = OrderedDict()
        self._consents: set[tuple[int, str, frozenset[str]]] = set()
        self._seen: dict[str, tuple[str, int]] = {}

    @property
    def last_issued(self) -> int | None:
        """When the newest code or token was issued; None before the first."""
        times = (self.codes.last_issued, self.tokens.last_issued)
        return max((time for time in times if time is not None), default=None)

    def sign_in(self, oid: int, *, now: int) -> tuple[str, SignIn]:
        """Begins a session; returns the cookie's value and the session."""
        make_room(self._sessions)
        cookie, session = secrets.token_urlsafe(32), SignIn(str(uuid.uuid4()), oid, now)
        self._sessions[cookie] = session
        return cookie, session

    def session(self, cookie: str | None) -> SignIn | None:
        """The live session of a browser."""
        return self._sessions.get(cookie) if cookie else None

    def sign_out(self, cookie: str | None) -> None:
        """Ends a browser's session and its access tokens. Offline refresh tokens stay: that is their use."""
        session = self._sessions.pop(cookie, None) if cookie else None
        if session is not None:
            make_room(self._ended)
            self._ended[session.sid] = None
            self.tokens.revoke_where(lambda token: token.session == session.sid)

    def ended(self, sign_in: SignIn) -> bool:
        """Whether the person has signed out of it."""
        return sign_in.sid in self._ended

    def remember(self, request: AuthorizationRequest, *, now: int) -> str:
        """Keeps a request while the person signs in; returns its key."""
        while self._requests:
            oldest = next(iter(self._requests.values()))
            if oldest.expires_at > now and len(self._requests) < _KEPT:
                break
            self.forget(next(iter(self._requests)))
        key = str(uuid.uuid4())
        self._requests[key] = request
        return key

    def request(self, key: str, *, now: int) -> AuthorizationRequest | None:
        """The request that waits under this key."""
        request = self._requests.get(key)
        return request if request is not None and now < request.expires_at else None

    def choose(self, key: str, organisation: int) -> AuthorizationRequest:
        """Notes the organisation in whose name the person signs in."""
        chosen = self._requests[key] = replace(self._requests[key], organisation=organisation)
        return chosen

    def forget(self, key: str) -> None:
        """Drops a request that has had its answer."""
        self._requests.pop(key, None)
        self.second_factors.pop(key, None)

    def consented(self, oid: int, request: AuthorizationRequest) -> bool:
        """Whether the person has let this system have these scopes before."""
        return _consent(oid, request) in self._consents

    def consent(self, oid: int, request: AuthorizationRequest) -> None:
        """Notes that the person lets this system have these scopes."""
        self._consents.add(_consent(oid, request))

    def withdraw_consent(self, oid: int, client_id: str) -> None:
        """Forgets what the person allowed a system, or all systems if `client_id` is empty, and ends its tokens."""
        self._consents = {
            consent for consent in self._consents if consent[0] != oid or client_id not in ("", consent[1])
        }
        self.tokens.revoke_where(lambda token: token.owner == oid and client_id in ("", token.client_id))
        self.families.close_where(
            lambda family: family.owner.sign_in.oid == oid and client_id in ("", family.client_id)
        )

    def has_consented(self, oid: int, client_id: str) -> bool:
        """Whether the person has let this system have anything."""
        return any(consent[:2] == (oid, client_id) for consent in self._consents)

    def updated_on(self, person_id: str, content: str, *, now: int) -> int:
        """When an account got the content that it has: the time when this content was first looked at."""
        seen = self._seen.get(person_id)
        if seen is None or seen[0] != content:
            seen = self._seen[person_id] = (content, now)
        return seen[1]


def _consent(oid: int, request: AuthorizationRequest) -> tuple[int, str, frozenset[str]]:
    organisation = f"?org_oid={request.organisation}" if request.organisation else ""
    return oid, request.client_id, frozenset((*request.scopes, *(scope + organisation for scope in request.org_scopes)))
