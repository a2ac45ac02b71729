"""What the use cases need of the machine: time, randomness, keyed digests, and forms of contacts, as interfaces."""

from datetime import datetime
from typing import Protocol

from binding_server.domain.model import Contact


class Clock(Protocol):
    """The world's time."""

    def now(self) -> datetime:
        """Returns the present as an aware UTC datetime."""
        ...


class Ids(Protocol):
    """Randomness, handed in so that rules stay free of it."""

    def new_id(self) -> str:
        """Returns a new ULID in lower case."""
        ...

    def new_secret(self) -> str:
        """Returns 43 url-safe characters with 256 bits of randomness: an OAuth state or a PKCE verifier."""
        ...

    def new_code(self) -> str:
        """Returns the digits of a one-time code, as many as `contact_codes.DIGITS`."""
        ...


class Vault(Protocol):
    """Keyed digests and sealing, so that personal data never stands in the store as it is."""

    def contact_digest(self, contact: Contact) -> bytes:
        """Returns the keyed digest under which a contact is known; equal for equal normal forms."""
        ...

    def vk_digest(self, vk_user_id: str) -> bytes:
        """Returns the keyed digest that carries I1."""
        ...

    def code_digest(self, code: str) -> bytes:
        """Returns the keyed digest of an authorization code."""
        ...

    def contact_code_digest(self, person_id: str, contact: bytes, code: str) -> bytes:
        """Returns the keyed digest of a one-time code for a person's contact, which is known by its digest."""
        ...

    def content_digest(self, content: str) -> bytes:
        """Returns the keyed digest of a request's content, for `request_id`."""
        ...

    def resume_digest(self, content: str) -> bytes:
        """Returns the keyed digest that makes a resume token ours."""
        ...


class Contacts(Protocol):
    """Normal forms of contacts."""

    def parse(self, text: str) -> Contact:
        """Returns the normal form of a phone number or an e-mail address as typed; raises ValueError if it is
        neither."""
        ...

    def mask(self, contact: Contact) -> str:
        """Returns `+7 *** *** ** 03` or `v***@example.org`."""
        ...
