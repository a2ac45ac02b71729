"""What armed faults have to know of VK ID."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from idp_mock.faults.archive import jwks_with
from idp_mock.oauth.codes import Codes
from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.tokens import Tokens
from idp_mock.vkid.consents import Consents
from idp_mock.vkid.credentials import AccessTokens, Authorization, AuthorizationCodes, Owner, RefreshFamilies, end_all
from idp_mock.vkid.identity import find_user, identity_of
from idp_mock.vkid.sessions import COOKIE, Browsers
from idp_mock.world import Person, Provider, World

#: Claims and members that name the profile.
_SUBJECTS = ("user_id", "sub")


@dataclass(frozen=True)
class VkIdDialect:
    """VK ID, as `faults.Dialect` wants it. An owner is a login with one of its profiles.

    Args:
        own_keys: sign id tokens.
        fault_response: the error documents of its endpoints.
    """

    own_keys: SigningKeys
    fault_response: Callable[[str, str, int], Response]
    provider: Provider = "vk_id"

    def error(self, path: str, error: str, status: int) -> Response:
        """VK ID's error document."""
        return self.fault_response(path, error, status)

    def tokens(self, world: World) -> Tokens[Owner]:
        """The access tokens."""
        return world.of(AccessTokens)

    def codes(self, world: World) -> Codes[Authorization]:
        """The codes."""
        return world.of(AuthorizationCodes)

    def refresh_client_and_owner(self, world: World, refresh_token: str) -> tuple[str, Owner] | None:
        """Whose a refresh token is."""
        family = world.of(RefreshFamilies).find(refresh_token)
        return (family.client_id, family.owner) if family is not None else None

    def code_client_and_owner(self, data: Authorization) -> tuple[str, Owner]:
        """Whose a code is."""
        return str(data.app_id), data.owner

    def session_owner(self, world: World, cookies: Mapping[str, str]) -> Owner | None:
        """Who signed in last in this browser."""
        browser = world.of(Browsers).get(cookies.get(COOKIE))
        sessions = browser.sessions(world) if browser is not None else []
        return Owner(sessions[0].key, sessions[0].profiles[0].user_id) if sessions else None

    def person_of(self, world: World, owner: Owner) -> str:
        """The person whose login it is, if the profile is still there."""
        found = find_user(world, owner.user_id)
        return found[0].key.person_id if found is not None else ""

    def owner_of(self, world: World, person: Person) -> Owner | None:
        """The person's learning profile, else the first one."""
        for kind in ("LEARNING", "PERSONAL"):
            for login in person.vk_id:
                for profile in login.profiles:
                    if profile.kind == kind:
                        return Owner(identity_of(person, login).key, profile.user_id)
        return None

    def hand_over(self, data: Authorization, owner: Owner) -> Authorization:
        """A code that somebody else's sign-in gave."""
        return replace(data, owner=owner)

    def rename(self, document: Mapping[str, Any], owner: Owner) -> dict[str, Any]:
        """Claims about somebody else."""
        named = {
            name: str(owner.user_id) if isinstance(value, str) else owner.user_id
            for name, value in document.items()
            if name in _SUBJECTS
        }
        return {**document, **named}

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """VK ID's own signature."""
        return self.own_keys.sign(header, claims)

    def keys(self, path: str) -> bool:
        """Whether keys are published there."""
        return path == "/.well-known/jwks.json"

    def published(self, body: bytes, other: SigningKeys, *, instead: bool) -> bytes:
        """The published keys with another one."""
        return jwks_with(body, other, instead=instead)

    def withdraw_consent(self, world: World, person: Person, client: str) -> None:
        """Forgets what the person allowed the application, and ends its tokens."""
        applications = [client] if client else [str(item.app_id) for item in world.document.clients.vk_id]
        for login in person.vk_id:
            key = identity_of(person, login).key
            for application in applications:
                if application.isdigit():
                    world.of(Consents).withdraw(int(application), key)
                end_all(world, application, key)
