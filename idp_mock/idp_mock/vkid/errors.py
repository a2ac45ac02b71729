"""Errors in VK ID's own dialect.

Every error body carries `error` and `error_description` as strings: VK's iOS SDK cannot decode one without the
other. The HTTP status is a setting of the world, 200 by default: so it was observed for `public_info`, and client code
of the other endpoints fits it. Pairs marked "observed" were seen from the live service or are matched
by VK's SDKs; the rest are inferred in the same manner.
"""

from collections.abc import Mapping
from enum import Enum

from authlib.oauth2.rfc6749 import OAuth2Error

from idp_mock.world import Settings


class Wire(Enum):
    """What a client sees: the pair (`error`, `error_description`)."""

    DEVICE_ID = ("invalid_request", "device_id is invalid")  # observed
    VERIFIER = ("invalid_request", "verifier is missing or invalid")  # observed
    REFRESH_TOKEN = ("invalid_request", "refresh_token is missing or invalid")  # observed
    ACCESS_TOKEN = ("invalid_token", "access_token is missing or invalid")  # observed
    ID_TOKEN = ("invalid_request", "id_token is missing or invalid")  # observed
    CLIENT = ("invalid_client", "client_id is missing or invalid")
    CODE = ("invalid_grant", "code is missing or invalid")
    REDIRECT_URI = ("invalid_request", "redirect_uri is missing or invalid")
    PARAMETERS = ("invalid_request", "parameters are missing or invalid")
    GRANT_TYPE = ("unsupported_grant_type", "grant_type is missing or not supported")
    SCOPE = ("invalid_scope", "scope is invalid")
    SERVICE_TOKEN = ("invalid_client", "service_token is missing or invalid")
    USER = ("access_denied", "user is deleted or banned")
    SLOW_DOWN = ("slow_down", "too many requests")

    @property
    def error(self) -> str:
        """Value of `error`."""
        return self.value[0]

    @property
    def description(self) -> str:
        """Value of `error_description`."""
        return self.value[1]


def body_of(wire: Wire, settings: Settings) -> dict[str, str]:
    """The error document, in the dialect that the world is set to."""
    error = wire.error
    if wire is Wire.REFRESH_TOKEN:
        error = settings.vk_refresh_error
    elif wire is Wire.ID_TOKEN:
        error = settings.vk_id_token_error
    elif wire is Wire.CODE:
        error = settings.vk_code_error
    said: Mapping[str, str] = {str(name): text for name, text in settings.vk_error_descriptions.items()}
    description = said.get(wire.name.lower(), wire.description)
    return {"error": error, "error_description": description}


def status_of(endpoint: str, settings: Settings) -> int:
    """HTTP status of an endpoint's error documents."""
    statuses: Mapping[str, int] = {str(name): status for name, status in settings.vk_error_statuses.items()}
    return statuses.get(endpoint, settings.vk_error_status)


def shown(value: str, most: int = 40) -> str:
    """A value that came as it may stand in an explanation: cut, and on one line whatever is in it."""
    return "".join(sign if sign.isprintable() else "?" for sign in value[:most])


class VkIdRefusal(OAuth2Error):
    """A refused call under `/oauth2/`.

    Args:
        wire: what the client sees.
        explanation: what was expected and what came, for the developer; no secrets and no personal data in it.
    """

    def __init__(self, wire: Wire, explanation: str) -> None:
        super().__init__(description=wire.description, error=wire.error)
        self.wire = wire
        self.explanation = explanation


class PageRefusal(Exception):
    """An authorization request that must not be redirected anywhere: the person sees an error page, HTTP 400.

    Args:
        error: name of the error.
        explanation: what was expected and what came.
    """

    def __init__(self, error: str, explanation: str) -> None:
        super().__init__(error)
        self.error = error
        self.explanation = explanation


class RedirectRefusal(Exception):
    """An authorization request refused by a redirect to the client.

    Args:
        error: `access_denied`, `login_required`, `interaction_required`, `invalid_request` or `invalid_scope`.
        description: value of `error_description`.
        explanation: what was expected and what came.
    """

    def __init__(self, error: str, description: str, explanation: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.explanation = explanation
