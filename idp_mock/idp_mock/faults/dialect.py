"""What a provider tells the faults of itself: its errors, its tokens, and how it names persons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.responses import Response

from idp_mock.oauth.codes import Codes
from idp_mock.oauth.tokens import Tokens
from idp_mock.world import Person, Provider, World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as faults look at it. `path` is without the world's prefix; the first of each name counts."""

    path: str
    parameters: Mapping[str, str]
    cookies: Mapping[str, str]
    bearer: str = ""


class Dialect(Protocol):
    """One provider."""

    @property
    def provider(self) -> Provider:
        """Which one it is."""
        ...

    def error(self, path: str, error: str, status: int) -> Response:
        """The provider's own error document, by the error's name."""
        ...

    def tokens(self, world: World) -> Tokens[Any]:
        """The access tokens of a world."""
        ...

    def codes(self, world: World) -> Codes[Any]:
        """The codes of a world."""
        ...

    def refresh_client_and_owner(self, world: World, refresh_token: str) -> tuple[str, Any] | None:
        """Whose a refresh token is."""
        ...

    def code_client_and_owner(self, data: Any) -> tuple[str, Any]:
        """Whose a code is, by what it stands for."""
        ...

    def session_owner(self, world: World, cookies: Mapping[str, str]) -> Any | None:
        """Who is signed in in this browser."""
        ...

    def person_of(self, world: World, owner: Any) -> str:
        """The key of the person whom the provider knows as `owner`; "" if there is none any more."""
        ...

    def owner_of(self, world: World, person: Person) -> Any | None:
        """What the provider knows a person as; None if the person has no account there."""
        ...

    def hand_over(self, data: Any, owner: Any) -> Any:
        """What a code stands for, as if `owner` had signed in."""
        ...

    def rename(self, document: Mapping[str, Any], owner: Any) -> dict[str, Any]:
        """A token's claims, or an answer's members, that name `owner` instead of whom they name."""
        ...

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """A JWT with the provider's own RSA key."""
        ...

    def keys(self, path: str) -> bool:
        """Whether the provider publishes its keys at `path`."""
        ...

    def published(self, body: bytes, other: Any, *, instead: bool) -> bytes:
        """What it publishes, with another key (`SigningKeys`) beside its own, or instead of it."""
        ...

    def withdraw_consent(self, world: World, person: Person, client: str) -> None:
        """The person takes back what was allowed: the provider asks again, and the client's tokens end."""
        ...


def who_asks(dialect: Dialect, world: World, asked: Asked) -> tuple[str, str]:
    """The client and the person whom a request is of or about, as far as it tells; "" for what it does not."""
    client = asked.parameters.get("client_id", "")
    owner: Any = None
    token = dialect.tokens(world).find(asked.bearer or asked.parameters.get("access_token", ""))
    code = dialect.codes(world).find(asked.parameters.get("code", ""))
    if token is not None:
        client, owner = client or token.client_id, token.owner
    elif code is not None:
        of_code, owner = dialect.code_client_and_owner(code.data)
        client = client or of_code
    elif found := dialect.refresh_client_and_owner(world, asked.parameters.get("refresh_token", "")):
        client, owner = client or found[0], found[1]
    else:
        owner = dialect.session_owner(world, asked.cookies)
    return client, dialect.person_of(world, owner) if owner is not None else ""
