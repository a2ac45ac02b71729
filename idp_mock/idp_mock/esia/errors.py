"""ESIA's errors: codes, their OAuth names and texts, and the documents in which they travel.

The authorization endpoint sends them back through the browser, the token endpoint answers HTTP 400 with JSON, the data
API has a shape of its own. Each refusal carries an explanation for the client's developer, kept in the world's journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidScopeError,
    UnsupportedGrantTypeError,
)
from starlette.responses import JSONResponse, Response

# Code: OAuth error and text. Seen on the wire: the texts of 007005, 007014, 007053 and of 007019; others are inferred.
CATALOGUE: dict[str, tuple[str, str]] = {
    "ESIA-007002": ("invalid_client", "The certificate does not match the mnemonic of the client system."),
    "ESIA-007003": ("invalid_request", "The request contains an invalid or repeated parameter."),
    "ESIA-007004": ("access_denied", "The resource owner or authorization server denied the request."),
    "ESIA-007005": (
        "unauthorized_client",
        "The client is not authorized to request an access token using this method.",
    ),
    "ESIA-007006": ("invalid_scope", "The requested scope is invalid, unknown, or malformed."),
    "ESIA-007007": ("server_error", "The authorization server encountered an unexpected condition."),
    "ESIA-007008": ("temporarily_unavailable", "The authorization server is currently unable to handle the request."),
    "ESIA-007009": ("unsupported_response_type", "The response type is not supported."),
    "ESIA-007011": ("invalid_grant", "The authorization grant or refresh token is invalid, expired or revoked."),
    "ESIA-007012": ("unsupported_grant_type", "The authorization grant type is not supported."),
    "ESIA-007013": ("invalid_scope", "The request doesn`t contain scope."),
    "ESIA-007014": ("invalid_request", "The request doesn`t contain the mandatory parameter"),
    "ESIA-007015": ("invalid_request", "The request time is wrong."),
    "ESIA-007019": ("access_denied", "OAuthErrorEnum.noGrants"),
    "ESIA-007023": ("invalid_request", "The redirect_uri is not among the addresses of the client system."),
    "ESIA-007038": ("invalid_request", "The request parameters cannot be read."),
    "ESIA-007039": ("invalid_request", "The code_challenge was not given in the authorization request."),
    "ESIA-007040": ("invalid_grant", "The code_verifier does not match the code_challenge."),
    "ESIA-007046": ("access_denied", "The second factor that the scope demands is not available to the user."),
    "ESIA-007053": ("access_denied", "OAuthErrorEnum.clientSecretWrong"),
    "ESIA-007055": ("access_denied", "The account of the user is not confirmed."),
    "ESIA-007060": ("invalid_request", "The parameter roles is wrong."),
    "ESIA-007061": ("invalid_request", "The parameter obj_type is wrong."),
    "ESIA-007062": ("invalid_request", "The type or role of the user is wrong."),
    "ESIA-007194": ("access_denied", "The user is not an employee of the organisation."),
    "ESIA-008010": ("invalid_client", "The client system could not be authenticated."),
    "ESIA-036700": ("invalid_request", "The mnemonic of the consent type is missing."),
    "ESIA-036701": ("invalid_request", "The consent type is unknown."),
    "ESIA-036702": ("invalid_request", "A mandatory scope of the consent is missing."),
    "ESIA-036703": ("invalid_request", "A scope is outside of what the consent allows."),
    "ESIA-036704": ("invalid_request", "The consent allows no scopes."),
    "ESIA-036705": ("invalid_request", "The consent has no action."),
    "ESIA-036706": ("invalid_request", "The action is unknown."),
    "ESIA-036707": ("invalid_request", "The consent has no purpose."),
    "ESIA-036716": ("invalid_request", "The expiry of the consent is wrong."),
    "ESIA-036726": ("invalid_request", "The purpose is unknown."),
    "ESIA-036727": ("invalid_request", "The consent must have exactly one purpose."),
}


class EsiaError(OAuth2Error):
    """A refusal of the authorization or token endpoint.

    Args:
        code: ESIA's code.
        explanation: what was expected and what came, for the developer; no secrets in it.
        expected: what was expected, in a few words that programs may compare.
        parameters: for ESIA-007014, the missing parameters.
        details: what else is known, such as `parameter`.
    """

    def __init__(
        self, code: str, explanation: str, *, expected: str, parameters: Sequence[str] = (), **details: str
    ) -> None:
        error, text = CATALOGUE[code]
        if parameters:
            text = f"{text} [{', '.join(parameters)}]."
        super().__init__(description=f"{code}: {text}", error=error)
        self.code = code
        self.explanation = explanation
        self.details = {"expected": expected, **details} if expected else details

    @property
    def text(self) -> str:
        """`error_description` as it travels."""
        return str(self.description)

    def get_body(self) -> list[Any]:
        """Members of the JSON document in ESIA's order."""
        body = [("error_description", self.text), ("error", str(self.error))]
        return [*body, ("state", self.state)] if self.state else body


def from_core(error: OAuth2Error) -> EsiaError:
    """Translates a refusal of the OAuth core into ESIA's dialect."""
    if isinstance(error, EsiaError):
        return error
    if isinstance(error, UnsupportedGrantTypeError):
        return EsiaError(
            "ESIA-007012", "такого grant_type у ЕСИА нет", expected="a known grant_type", parameter="grant_type"
        )
    if isinstance(error, InvalidScopeError):
        text = "scope шире того, что было разрешено при входе"
        return EsiaError("ESIA-007006", text, expected="no more than was granted at the sign-in", parameter="scope")
    if isinstance(error, InvalidGrantError):
        text = "пользователя, который входил, в этом мире больше нет"
        return EsiaError("ESIA-007011", text, expected="a person with an account")
    return EsiaError("ESIA-007003", f"ядро OAuth отказало: {error.error}", expected="an OAuth request")


class DataRefusal(Exception):
    """A refusal of the data API.

    Args:
        status: HTTP status.
        code: ESIA's code.
        message: its text.
        explanation: for the developer.
        expected: what was expected, in a few words that programs may compare.
    """

    def __init__(self, status: int, code: str, message: str, explanation: str, *, expected: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.explanation = explanation
        self.details = {"expected": expected}


def invalid_token(explanation: str, *, expected: str = "an access token of this ESIA") -> DataRefusal:
    """401: there is no token, or not one that works."""
    return DataRefusal(401, "ESIA-005011", "SecurityErrorEnum.invalidToken", explanation, expected=expected)


def expired_token(explanation: str) -> DataRefusal:
    """401: the token is too old."""
    expected = "a token that has not expired"
    return DataRefusal(401, "ESIA-005013", "SecurityErrorEnum.expiredToken", explanation, expected=expected)


def not_allowed(explanation: str, *, expected: str) -> DataRefusal:
    """403: the token's scopes, or its owner, do not cover the resource."""
    return DataRefusal(403, "ESIA-005029", "SecurityErrorEnum.scopeNotAllowed", explanation, expected=expected)


def not_found(explanation: str, *, expected: str = "something that exists") -> DataRefusal:
    """404. What ESIA's body holds here is not known; code and message are this simulator's own."""
    return DataRefusal(404, "ESIA-005004", "DataErrorEnum.notFound", explanation, expected=expected)


def data_response(status: int, code: str, message: str) -> Response:
    """The error document of the data API."""
    return JSONResponse({"code": code, "message": message}, status)
