"""The grant `access_token` of `POST /oauth2/auth`: an old token for a code of the present kind.

VK's mobile SDKs use it once, when an application is updated. What the code allows is not known: here the basic data.
"""

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from idp_mock.vkid import parameters
from idp_mock.vkid.credentials import Authorization, Owner, issue_code
from idp_mock.vkid.errors import RedirectRefusal, VkIdRefusal, Wire
from idp_mock.vkid.grants import Application, given
from idp_mock.vkid.identity import find_user
from idp_mock.vkid.scopes import PERSONAL_INFO
from idp_mock.vkid.sessions import Browsers
from idp_mock.world import World


class MigrationGrant(BaseGrant, TokenEndpointMixin):
    """Gives a code, which is then exchanged as any other, for a token that the world's application lists as old."""

    GRANT_TYPE = "access_token"
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012 - Authlib's own attribute

    def validate_token_request(self) -> None:
        """Checks the call.

        Raises:
            VkIdRefusal: something is missing or wrong.
        """
        data = given(self)
        application = self.authenticate_token_endpoint_client()
        assert isinstance(application, Application)
        if data.get("response_type") != "code":
            raise VkIdRefusal(Wire.PARAMETERS, "expected response_type code beside grant_type access_token")
        try:
            self._challenge = parameters.challenge_of(data)
        except RedirectRefusal as refusal:
            raise VkIdRefusal(Wire.PARAMETERS, refusal.explanation) from None
        if not data.get("device_id"):
            raise VkIdRefusal(Wire.DEVICE_ID, "expected device_id, got none")
        user_id = application.client.v1_tokens.get(data.get("access_token", ""))
        world: World = self.server.world
        found = find_user(world, user_id) if user_id is not None else None
        if found is None or user_id is None:
            raise VkIdRefusal(Wire.ACCESS_TOKEN, "expected an old token that the world lists for the application")
        self._owner = Owner(found[0].key, user_id)
        self._app_id = application.client.app_id

    def create_token_response(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
    ) -> tuple[int, dict[str, str], list[tuple[str, str]]]:
        """Gives the code, the state of this call, and the device id: the client's own if it is known here."""
        world: World = self.server.world
        data = given(self)
        browsers = world.of(Browsers)
        device_id = data["device_id"] if browsers.knows_device(data["device_id"]) else browsers.new_device()
        scopes = (PERSONAL_INFO,)
        code = issue_code(world, Authorization(self._app_id, self._owner, scopes, None, self._challenge, device_id))
        return 200, {"code": code, "state": data.get("state", ""), "device_id": device_id}, []
