"""What VK ID issues: authorization codes, access tokens and refresh tokens of a world.

All begin with `vk2.a.` and run to about 200 characters, as observed; what follows is opaque.
"""

import secrets
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from idp_mock.oauth.codes import Code, Codes
from idp_mock.oauth.tokens import Families, Tokens
from idp_mock.vkid.identity import LoginKey
from idp_mock.world import Provider, World

_PREFIX = "vk2.a."
_RANDOM_BYTES = 145


class Owner(NamedTuple):
    """Whose a token is: the login that allowed it, and the profile that it names."""

    key: LoginKey
    user_id: int


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a code stands for.

    Attributes:
        app_id: the application that may exchange it.
        owner: the login and the chosen profile.
        scopes: what the person allowed.
        redirect_uri: must come again at the exchange; None if the code came of an old token and was sent nowhere.
        code_challenge: S256 challenge that the verifier must prove.
        device_id: must come again at the exchange and at each refresh.
    """

    app_id: int
    owner: Owner
    scopes: tuple[str, ...]
    redirect_uri: str | None
    code_challenge: str
    device_id: str


class AuthorizationCodes(Codes[Authorization]):
    """The codes of a world. `Code.tokens` holds the id of the refresh family that came of the first use."""

    provider: ClassVar[Provider] = "vk_id"


class AccessTokens(Tokens[Owner]):
    """The access tokens of a world."""

    provider: ClassVar[Provider] = "vk_id"


class RefreshFamilies(Families[Owner]):
    """The refresh tokens of a world, in families."""


def opaque() -> str:
    """A new value for a code or a token."""
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def issue_code(world: World, authorization: Authorization) -> str:
    """Makes the code that goes to the client through the browser."""
    now, ttl_s = world.clock_of("vk_id").timestamp(), world.settings.vk_code_ttl_s
    return world.of(AuthorizationCodes).issue(authorization, now=now, ttl_s=ttl_s, value=opaque()).value


def end_family(world: World, family_id: str) -> None:
    """Ends one sign-in: its refresh token and all its access tokens."""
    world.of(RefreshFamilies).close(family_id)
    world.of(AccessTokens).revoke_family(family_id)


def end_reused(world: World, code: Code[Authorization]) -> None:
    """Ends what came of a code that was presented again."""
    for family_id in code.tokens:
        end_family(world, family_id)


def end_all(world: World, client_id: str, key: LoginKey) -> None:
    """Ends every sign-in of a login with an application."""
    world.of(RefreshFamilies).close_where(lambda family: family.client_id == client_id and family.owner.key == key)
    world.of(AccessTokens).revoke_where(lambda token: token.client_id == client_id and token.owner.key == key)
