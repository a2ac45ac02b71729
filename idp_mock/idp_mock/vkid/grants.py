"""The two grants that give tokens, of `POST /oauth2/auth`, as Authlib's core calls them."""

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749 import BaseGrant, ClientMixin, TokenMixin, grants

from idp_mock.oauth import pkce
from idp_mock.oauth.codes import Code, Use
from idp_mock.oauth.tokens import Family
from idp_mock.vkid.credentials import (
    AccessTokens,
    Authorization,
    AuthorizationCodes,
    Owner,
    RefreshFamilies,
    end_reused,
)
from idp_mock.vkid.errors import VkIdRefusal, Wire
from idp_mock.vkid.identity import find_user
from idp_mock.vkid.sessions import Browsers
from idp_mock.world import VkClient, World

_log = logging.getLogger(__name__)

_VERIFIER = re.compile(r"[A-Za-z0-9_-]{43,128}")
"""What VK documents of a verifier."""


@dataclass(frozen=True, slots=True)
class Application(ClientMixin):
    """An application as Authlib sees a client: public, proved by the verifier and not by a secret."""

    client: VkClient

    def get_client_id(self) -> str:
        """The application's number in digits."""
        return str(self.client.app_id)

    def get_allowed_scope(self, scope: Collection[str] | str) -> str:
        """Scopes are judged at `/authorize`."""
        return scope if isinstance(scope, str) else " ".join(scope)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """No secret belongs to the flow."""
        return method == "none"

    def check_grant_type(self, grant_type: str) -> bool:
        """Both grants are open to every application."""
        return True


@dataclass(frozen=True, slots=True)
class PresentedCode:
    """A live code as Authlib sees it, and the redirect URI that came with it and was found to fit."""

    code: Code[Authorization]
    redirect_uri: str | None

    def get_redirect_uri(self) -> str | None:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """The allowed scopes, separated by spaces."""
        return " ".join(self.code.data.scopes)


@dataclass(frozen=True, slots=True)
class PresentedRefreshToken(TokenMixin):
    """A live refresh token as Authlib sees it."""

    value: str
    family: Family[Owner]

    def check_client(self, client: Any) -> bool:
        """Whether it was issued to that application."""
        return self.family.client_id == client.get_client_id()

    def get_scope(self) -> str:
        """The allowed scopes, separated by spaces."""
        return " ".join(self.family.scopes)


class CodeGrant(grants.AuthorizationCodeGrant):
    """Exchanges a code. A refused exchange leaves the code unspent, unless it had been used before."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012 - Authlib's own attribute

    def query_authorization_code(self, code: str, client: Any) -> PresentedCode:
        """Finds the code and checks everything it is bound to, save the verifier.

        Raises:
            VkIdRefusal: it does not fit. One that was used before ends what came of it.
        """
        world: World = self.server.world
        data = given(self)
        device_id = data.get("device_id")
        found = world.of(AuthorizationCodes).find(code)
        # First of all, as the live service does: a bogus code with a bogus device is told of the device.
        if not world.of(Browsers).knows_device(device_id):
            bound_to = f", «{_short(found.data.device_id)}»" if found else ""
            raise VkIdRefusal(
                Wire.DEVICE_ID, f"expected the device_id that came with the code{bound_to}, got {_got(device_id)}"
            )
        if found is None:
            raise VkIdRefusal(Wire.CODE, f"expected a code of this world, got {'an unknown one' if code else 'none'}")
        bound = found.data
        if str(bound.app_id) != client.get_client_id():
            raise VkIdRefusal(Wire.CODE, f"expected client_id {bound.app_id}, which asked for the code, got another")
        if found.used_at is not None:
            end_reused(world, found)
            first = datetime.fromtimestamp(found.used_at, UTC).isoformat()
            raise VkIdRefusal(
                Wire.CODE,
                f"expected a code for the first time, got it again: it was first used at {first}; its tokens do not "
                "work any more",
            )
        if world.clock_of("vk_id").timestamp() >= found.expires_at:
            raise VkIdRefusal(
                Wire.CODE, f"expected a code within {found.expires_at - found.issued_at} s, got an older one"
            )
        if device_id != bound.device_id:
            raise VkIdRefusal(
                Wire.DEVICE_ID,
                f"expected the device_id that came with the code, «{_short(bound.device_id)}», got another device's, "
                f"«{_short(device_id or '')}»",
            )
        redirect_uri = data.get("redirect_uri")
        if bound.redirect_uri is None:
            if redirect_uri and not client.client.allows_redirect(redirect_uri):
                raise VkIdRefusal(Wire.REDIRECT_URI, "expected a registered redirect_uri or none, got another")
        elif redirect_uri != bound.redirect_uri and not _both_mobile(client.client, redirect_uri, bound.redirect_uri):
            raise VkIdRefusal(Wire.REDIRECT_URI, f"expected «{bound.redirect_uri}», got {_got(redirect_uri)}")
        service_token = client.client.service_token
        if service_token and data.get("service_token") != service_token:
            raise VkIdRefusal(
                Wire.SERVICE_TOKEN,
                f"expected the service_token of the application, got {_got(data.get('service_token'))}",
            )
        return PresentedCode(found, redirect_uri if bound.redirect_uri is not None else None)

    def authenticate_user(self, authorization_code: PresentedCode) -> Owner:
        """Whose the code is, if the profile is still there."""
        return _existing(self.server.world, authorization_code.code.data.owner)

    def delete_authorization_code(self, authorization_code: PresentedCode) -> None:
        """Nothing is left to do: the code was spent when the tokens were saved."""


class ProofKey:
    """PKCE as an extension of the code grant.

    A verifier shorter than RFC 7636 allows is taken, unless the world is strict: clients in use have such.
    """

    def __call__(self, grant: BaseGrant) -> None:
        """Joins the check to a grant."""
        grant.register_hook("after_validate_token_request", self.check)

    def check(self, grant: BaseGrant, _result: Any) -> None:
        """Compares the verifier with the code's challenge.

        Raises:
            VkIdRefusal: it is missing or another.
        """
        verifier = given(grant).get("code_verifier")
        presented: PresentedCode = _request(grant).authorization_code
        challenge = presented.code.data.code_challenge
        if not verifier:
            raise VkIdRefusal(Wire.VERIFIER, f"expected the code_verifier whose S256 hash is «{challenge}», got none")
        if not pkce.proves(verifier, challenge):
            raise VkIdRefusal(
                Wire.VERIFIER,
                f"expected the code_verifier whose S256 hash is «{challenge}», as sent to /authorize, got one whose "
                f"hash is «{pkce.challenge(verifier)}»",
            )
        if _VERIFIER.fullmatch(verifier):
            return
        world: World = grant.server.world
        came = f"code_verifier of 43 to 128 of A-Z a-z 0-9 _ -, got {len(verifier)} characters, or others"
        if world.settings.vk_strict_verifier:
            raise VkIdRefusal(Wire.VERIFIER, f"expected, in a strict world, {came}")
        world.of(_Warned).warn(presented.code.data.app_id, f"VK documents {came}")


class _Warned:
    """The applications of a world that were warned of: once is enough, a load test would say it a million times."""

    def __init__(self) -> None:
        self._apps: set[int] = set()

    def warn(self, app_id: int, text: str) -> None:
        if app_id not in self._apps:
            self._apps.add(app_id)
            _log.warning("vk_id client %d: %s", app_id, text)


class RefreshGrant(grants.RefreshTokenGrant):
    """Trades a refresh token for the next pair. One that was traded before ends the whole family."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012 - Authlib's own attribute
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> PresentedRefreshToken:
        """Finds the refresh token and checks what it is bound to.

        Raises:
            VkIdRefusal: it does not fit.
        """
        world: World = self.server.world
        families = world.of(RefreshFamilies)
        now = world.clock_of("vk_id").timestamp()
        use, family = families.peek(refresh_token, now=now)
        if family is None:
            came = "an unknown one" if refresh_token else "none"
            raise VkIdRefusal(Wire.REFRESH_TOKEN, f"expected a refresh token of this world, got {came}")
        if family.client_id != given(self).get("client_id"):
            raise VkIdRefusal(
                Wire.REFRESH_TOKEN, f"expected client_id {family.client_id}, which got the refresh token, got another"
            )
        if use is Use.REUSED and world.settings.vk_refresh_reuse == "ends_family":
            families.rotate(refresh_token, now=now, ttl_s=world.settings.vk_refresh_ttl_s)
            world.of(AccessTokens).revoke_family(family.id)
        if use is not Use.FRESH:
            raise VkIdRefusal(
                Wire.REFRESH_TOKEN, f"expected the latest refresh token of a live sign-in, got one that {_WHY[use]}"
            )
        device_id = given(self).get("device_id")
        may_lack = world.settings.vk_refresh_device == "optional"
        if device_id != family.device_id and not (may_lack and device_id is None):
            raise VkIdRefusal(
                Wire.DEVICE_ID,
                f"expected the device_id that came with the code, «{_short(family.device_id)}», got {_got(device_id)}",
            )
        return PresentedRefreshToken(refresh_token, family)

    def authenticate_user(self, refresh_token: Any) -> Owner:
        """Whose the token is, if the profile is still there."""
        return _existing(self.server.world, refresh_token.family.owner)

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Nothing is left to do: the old token was spent when the new ones were saved."""


_WHY = {
    Use.REUSED: "was traded before; a client that trades one twice has lost the latest",
    Use.CLOSED: "belongs to a sign-in that has ended",
    Use.EXPIRED: "is too old",
}


def _request(grant: BaseGrant) -> Any:
    """The request, whose fields Authlib fills one after the other and types loosely."""
    return grant.request


def given(grant: BaseGrant) -> dict[str, str]:
    """The parameters of the call, the first of each name."""
    return _request(grant).payload.data


def _existing(world: World, owner: Owner) -> Owner:
    if find_user(world, owner.user_id) is None:
        raise VkIdRefusal(Wire.USER, f"expected the profile {owner.user_id} to exist, it was removed from the world")
    return owner


def _both_mobile(client: VkClient, *uris: str | None) -> bool:
    """The iOS SDK adds a query to the address at `/authorize`, and may leave it out at the exchange."""
    return all(uri is not None and client.is_mobile(uri) for uri in uris)


def _short(device_id: str) -> str:
    """Enough of a device id to tell it from others."""
    return device_id[:8] + "…" * (len(device_id) > 8)


def _got(value: str | None) -> str:
    return "none" if not value else "another"
