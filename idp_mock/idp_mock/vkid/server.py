"""VK ID's token endpoint on Authlib's core."""

from typing import Any, cast

from authlib.oauth2.rfc6749 import OAuth2Error

from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.server import Answer, AuthorizationServer, FormRequest
from idp_mock.vkid import id_token
from idp_mock.vkid.credentials import AccessTokens, AuthorizationCodes, Owner, RefreshFamilies, opaque
from idp_mock.vkid.errors import VkIdRefusal, Wire, body_of, shown, status_of
from idp_mock.vkid.grants import Application, CodeGrant, PresentedCode, PresentedRefreshToken, ProofKey, RefreshGrant
from idp_mock.vkid.migration import MigrationGrant
from idp_mock.world import World

ENDPOINT = "/oauth2/auth"


class VkIdServer(AuthorizationServer):
    """The authorization server of one world, made for one request.

    Args:
        world: whose codes and tokens.
        keys: signs id tokens.
    """

    def __init__(self, world: World, keys: SigningKeys) -> None:
        super().__init__()
        self.world = world
        self._keys = keys
        self.register_grant(CodeGrant, [ProofKey()])
        self.register_grant(RefreshGrant)
        self.register_grant(MigrationGrant)
        self.register_token_generator("default", cast(Any, self._bearer))

    def query_client(self, client_id: str) -> Application:
        """The application.

        Raises:
            VkIdRefusal: there is none of that number.
        """
        client = self.world.vk_client(client_id)
        if client is None:
            raise VkIdRefusal(Wire.CLIENT, f"expected client_id of a registered application, got «{shown(client_id)}»")
        return Application(client)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Spends what was presented, keeps the new tokens, and completes the answer with VK ID's own fields."""
        owner: Owner = request.user
        scopes = tuple(token["scope"].split())
        client_id = request.client.get_client_id()
        family_id = self._spend(token["refresh_token"], request, owner, scopes)
        now, ttl_s = self.world.clock_of("vk_id").timestamp(), self.world.settings.vk_access_ttl_s
        self.world.of(AccessTokens).issue(
            owner, client_id, scopes, now=now, ttl_s=ttl_s, value=token["access_token"], family=family_id
        )
        if request.authorization_code is not None:
            token["id_token"] = id_token.issue(self.world, self._keys, app_id=int(client_id), user_id=owner.user_id)
        token["user_id"] = owner.user_id
        if request.payload.state is not None:
            token["state"] = request.payload.state

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Answer:
        """Turns a refusal, the core's own too, into VK ID's dialect, and records it."""
        refusal = error if isinstance(error, VkIdRefusal) else _translated(request, error)
        body = body_of(refusal.wire, self.world.settings)
        self.world.refusals.record("vk_id", ENDPOINT, body["error"], refusal.explanation)
        if request.payload.state is not None:
            body["state"] = request.payload.state
        return Answer(status_of(ENDPOINT, self.world.settings), body)

    def _spend(self, new_value: str, request: Any, owner: Owner, scopes: tuple[str, ...]) -> str:
        """Spends the code or the refresh token; returns the refresh family of the new token."""
        now, ttl_s = self.world.clock_of("vk_id").timestamp(), self.world.settings.vk_refresh_ttl_s
        families = self.world.of(RefreshFamilies)
        old: PresentedRefreshToken | None = request.refresh_token
        if old is not None:
            families.rotate(old.value, now=now, ttl_s=ttl_s, new_value=new_value)
            return old.family.id
        presented: PresentedCode = request.authorization_code
        self.world.of(AuthorizationCodes).use(presented.code.value, now=now)
        family = families.open(
            owner,
            request.client.get_client_id(),
            scopes,
            now=now,
            ttl_s=ttl_s,
            device_id=presented.code.data.device_id,
            value=new_value,
        )
        presented.code.tokens.append(family.id)
        return family.id

    def _bearer(self, **call: Any) -> dict[str, Any]:
        return {
            "access_token": opaque(),
            "refresh_token": opaque(),
            "token_type": "Bearer",
            "expires_in": self.world.settings.vk_access_ttl_s,
            "scope": call["scope"],
        }


def _translated(request: FormRequest, error: OAuth2Error) -> VkIdRefusal:
    """A refusal by the core itself: something is missing, or the grant is not supported."""
    grant_type = request.payload.grant_type
    match error.error:
        case "unsupported_grant_type":
            came = f"«{shown(grant_type)}»" if grant_type else "none"
            return VkIdRefusal(
                Wire.GRANT_TYPE, f"expected grant_type authorization_code, refresh_token or access_token, got {came}"
            )
        case "invalid_client":
            return VkIdRefusal(Wire.CLIENT, "expected client_id, got none")
        case "invalid_scope":
            return VkIdRefusal(Wire.SCOPE, "expected no other scopes than those that were allowed")
        case _ if grant_type == "refresh_token":
            return VkIdRefusal(Wire.REFRESH_TOKEN, "expected refresh_token, got none")
        case _ if grant_type == "authorization_code":
            return VkIdRefusal(Wire.CODE, "expected code, got none")
    return VkIdRefusal(Wire.PARAMETERS, str(error.description or error.error))
