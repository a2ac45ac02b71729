"""Access tokens by value, and refresh tokens in families.

A refresh gives a new refresh token of the same family; a spent one that comes again closes the family (RFC 9700,
section 4.14.2). Times in seconds since 1970, by the world's clock.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from idp_mock.oauth.codes import Use
from idp_mock.oauth.room import make_room

T = TypeVar("T")

_KEPT = 200_000


@dataclass(slots=True)
class Token(Generic[T]):
    """An access token: whose (`owner`: person or user number), for which client and scopes, its life."""

    value: str
    owner: T
    client_id: str
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    family: str = ""
    session: str = ""
    revoked: bool = False

    def active(self, now: int) -> bool:
        """Whether it works at `now`."""
        return not self.revoked and now < self.expires_at


class Tokens(Generic[T]):
    """The access tokens of one provider in one world; the oldest are forgotten beyond 200 000.

    Attributes:
        last_issued: when the newest of all was issued; None before the first.
    """

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, Token[T]] = OrderedDict()
        self.last_issued: int | None = None

    def issue(
        self,
        owner: T,
        client_id: str,
        scopes: tuple[str, ...],
        *,
        now: int,
        ttl_s: int,
        value: str | None = None,
        family: str = "",
        session: str = "",
    ) -> Token[T]:
        """Makes a token, or registers one of the given `value`.

        Args:
            family: the refresh family that it came with.
            session: the sign-in that it came from, by whatever name the provider gives it.
        """
        if len(self._tokens) >= _KEPT:
            self._tokens.popitem(last=False)
        token = Token(value or secrets.token_urlsafe(32), owner, client_id, scopes, now, now + ttl_s, family, session)
        self._tokens[token.value] = token
        self.last_issued = max(now, self.last_issued or now)
        return token

    def find(self, value: str) -> Token[T] | None:
        """The token, active or not."""
        return self._tokens.get(value)

    def active(self, value: str, *, now: int) -> Token[T] | None:
        """The token if it works at `now`."""
        token = self._tokens.get(value)
        return token if token is not None and token.active(now) else None

    def rename(self, value: str, new_value: str) -> None:
        """Gives a token another value; the old one is unknown from now on, as an unknown one stays."""
        token = self._tokens.pop(value, None)
        if token is not None:
            token.value = new_value
            self._tokens[new_value] = token

    def revoke(self, value: str) -> None:
        """Withdraws a token; an unknown one is no error."""
        token = self._tokens.get(value)
        if token is not None:
            token.revoked = True

    def revoke_where(self, condition: Callable[[Token[T]], bool]) -> int:
        """Withdraws the tokens for which `condition` holds; returns how many."""
        hit = [token for token in self._tokens.values() if not token.revoked and condition(token)]
        for token in hit:
            token.revoked = True
        return len(hit)

    def revoke_family(self, family: str) -> int:
        """Withdraws the access tokens that came with a refresh family; returns how many."""
        return self.revoke_where(lambda token: token.family == family) if family else 0


@dataclass(slots=True)
class Family(Generic[T]):
    """One sign-in's chain of refresh tokens."""

    id: str
    owner: T
    client_id: str
    scopes: tuple[str, ...]
    device_id: str = ""
    closed: bool = False
    current: str = ""
    expires_at: int = 0
    spent: set[str] = field(default_factory=set)


class Families(Generic[T]):
    """The refresh families of one provider in one world; the oldest are forgotten beyond 100 000."""

    def __init__(self) -> None:
        self._families: dict[str, Family[T]] = {}
        self._by_token: dict[str, Family[T]] = {}

    def open(
        self,
        owner: T,
        client_id: str,
        scopes: tuple[str, ...],
        *,
        now: int,
        ttl_s: int,
        device_id: str = "",
        value: str | None = None,
    ) -> Family[T]:
        """Starts a family; its first refresh token is `current`."""
        for forgotten in make_room(self._families):
            for token in (*forgotten.spent, forgotten.current):
                self._by_token.pop(token, None)
        family = Family(secrets.token_hex(8), owner, client_id, scopes, device_id)
        self._families[family.id] = family
        self._renew(family, now + ttl_s, value)
        return family

    def find(self, value: str) -> Family[T] | None:
        """The family that a refresh token belongs to, spent or not."""
        return self._by_token.get(value)

    def peek(self, value: str, *, now: int) -> tuple[Use, Family[T] | None]:
        """What `rotate` would say, without any effect: for checks that come before it."""
        family = self._by_token.get(value)
        if family is None:
            return Use.UNKNOWN, None
        if value in family.spent:
            return Use.REUSED, family
        if family.closed:
            return Use.CLOSED, family
        return (Use.EXPIRED if now >= family.expires_at else Use.FRESH), family

    def rotate(self, value: str, *, now: int, ttl_s: int, new_value: str | None = None) -> tuple[Use, Family[T] | None]:
        """Spends a refresh token for the next one of its family.

        Returns:
            FRESH with the family (the new token is `current`); REUSED with the family, which is closed now (the caller
            withdraws its access tokens by `Tokens.revoke_family`); CLOSED or EXPIRED with it; UNKNOWN without one.
        """
        use, family = self.peek(value, now=now)
        if family is not None and use is Use.REUSED:
            family.closed = True
        elif family is not None and use is Use.FRESH:
            family.spent.add(value)
            self._renew(family, now + ttl_s, new_value)
        return use, family

    def close(self, family_id: str) -> None:
        """Ends a family, as at logout; an unknown one is no error."""
        family = self._families.get(family_id)
        if family is not None:
            family.closed = True

    def close_where(self, condition: Callable[[Family[T]], bool]) -> list[Family[T]]:
        """Ends the families for which `condition` holds, and returns them."""
        hit = [family for family in self._families.values() if not family.closed and condition(family)]
        for family in hit:
            family.closed = True
        return hit

    def _renew(self, family: Family[T], expires_at: int, value: str | None) -> None:
        family.current = value or secrets.token_urlsafe(32)
        family.expires_at = expires_at
        self._by_token[family.current] = family
