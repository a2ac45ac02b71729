"""What the use cases need of ESIA and VK ID, as interfaces; `identity` implements them, tests fake them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from binding_server.domain.model import Contact, EducationalRole


@dataclass(frozen=True, slots=True)
class EsiaIdentity:
    """What a verified ESIA access token says. `scopes` are names without their owner. `expires_at` is UTC."""

    oid: int
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EsiaContact:
    """A contact of the person's ESIA account, in its normal form."""

    contact: Contact
    verified: bool


class EsiaSessionEnded(Exception):
    """ESIA does not accept the token (any more). `cause` is MISSING, MALFORMED, NOT_ACCESS_TOKEN, SIGNATURE, ISSUER,
    CLIENT, EXPIRED or ENDED."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class EsiaScopeMissing(Exception):
    """The token does not cover the person's contacts. `scopes` names what it must carry, separated by blanks."""

    def __init__(self, scopes: str) -> None:
        super().__init__(scopes)
        self.scopes = scopes


class ProviderUnavailable(Exception):
    """A provider is down, slow or answers nonsense. `provider` is ESIA or VK_ID; `sent` tells whether an
    authorization code may have reached it."""

    def __init__(self, provider: str, *, sent: bool = False) -> None:
        super().__init__(provider)
        self.provider = provider
        self.sent = sent


class VkRefused(Exception):
    """VK ID answered, and refused. `error` is its OAuth error name or a name of ours such as `user_mismatch`."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Esia(Protocol):
    """ESIA as a resource server sees it."""

    def verify(self, token: str, now: datetime) -> EsiaIdentity:
        """Checks an access token offline (signature, issuer, times, client id; cached until it expires). Raises
        EsiaSessionEnded."""
        ...

    async def contacts(self, token: str, identity: EsiaIdentity, timeout_s: float) -> Sequence[EsiaContact]:
        """Reads the person's contacts live. Raises EsiaSessionEnded, EsiaScopeMissing, ProviderUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class VkProfile:
    """What VK ID and its API say about the person who signed in. Contacts are normal forms, None if not returned.

    `roles` is empty and `learning` false if the user id of the token has no educational profile.
    """

    vk_user_id: str = field(repr=False)
    name: str = field(repr=False)
    phone: Contact | None
    email: Contact | None
    learning: bool
    roles: frozenset[EducationalRole]


class VkId(Protocol):
    """VK ID as an OAuth client sees it."""

    def authorization_uri(self, *, state: str, code_verifier: str, redirect_uri: str, ask_consent: bool = False) -> str:
        """Returns the address for the person's browser: PKCE S256, scopes, and a prompt that lets the person choose
        (H13). With `ask_consent` VK ID asks again what it may pass on, which it otherwise does only once."""
        ...

    async def read_profile(
        self, *, code: str, code_verifier: str, device_id: str, redirect_uri: str, state: str, timeout_s: float
    ) -> VkProfile:
        """Exchanges the code once and reads user_info and the learning profile; drops the tokens. `timeout_s` bounds
        all of it. Raises VkRefused, and ProviderUnavailable with `sent` false only if the code cannot have reached
        VK ID."""
        ...
