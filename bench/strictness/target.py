"""What the probe asks of a provider, whatever its dialect."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

REDIRECT_URI = "http://127.0.0.1:9/callback"
FOREIGN_URI = "http://evil.example/callback"


@dataclass(frozen=True)
class Answer:
    """What a provider said. `values` are the redirect's or the document's; `error` is "" if it did as it was asked."""

    status: int
    values: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def refused(self) -> bool:
        """Whether nothing was given out."""
        return bool(self.error) or self.status >= 400


@dataclass
class Verifier:
    """A PKCE verifier (RFC 7636) with its S256 challenge."""

    value: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The S256 challenge."""
        digest = hashlib.sha256(self.value.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class NotOffered(Exception):
    """The provider has no such thing, by its own documents."""


class Target(Protocol):
    """A provider with a person who says yes to everything. `changes` replace parameters; None leaves one out."""

    name: str
    unsaid: frozenset[str]
    """Lines on which the provider's documents say nothing; to refuse them would be a rule of our own."""

    def authorize(self, verifier: Verifier, **changes: str | None) -> Answer:
        """Signs the person in; `values` hold what the redirect carried, `error` what a page said instead."""
        ...

    def exchange(self, granted: Answer, verifier: Verifier, **changes: str | None) -> Answer:
        """Exchanges a code; `client` as a change names another registered client."""
        ...

    def refresh(self, tokens: Answer, granted: Answer, **changes: str | None) -> Answer:
        """Asks for new tokens."""
        ...

    def read(self, token: str) -> Answer:
        """Reads the person's data with a bearer."""
        ...

    def revoke(self, token: str, granted: Answer) -> None:
        """Ends an access token, or the session that it belongs to. Raises NotOffered."""
        ...

    def wrong_secret(self, granted: Answer, verifier: Verifier) -> Answer:
        """Exchanges a code with the client's secret (or signature) wrong. Raises NotOffered for public clients."""
        ...

    def explained(self) -> int:
        """How many refusals the provider has explained to the developer so far; -1 if it explains none."""
        ...
