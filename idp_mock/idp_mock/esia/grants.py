"""ESIA's grants for the OAuth core: a code, a refresh token, or the system itself. Each refuses in ESIA's dialect."""

from __future__ import annotations

from typing import Any, Protocol

from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant, TokenMixin

from idp_mock.esia.clients import SIGNED_SECRET, ClientSystem
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.state import EsiaState, Grant
from idp_mock.oauth.codes import Use
from idp_mock.oauth.pkce import proves, well_formed
from idp_mock.oauth.tokens import Family
from idp_mock.world import World

GRANTED = {
    "authorization_code": ("code", "redirect_uri"),
    "refresh_token": ("refresh_token",),
    "client_credentials": (),
}
"""The grants, and which parameters each needs beside those that all need."""

_REFRESH = "refresh_token"


class Server(Protocol):
    """What a grant needs of the server."""

    @property
    def state(self) -> EsiaState:
        """The world's memory."""
        ...

    @property
    def world(self) -> World:
        """The world."""
        ...

    @property
    def now(self) -> int:
        """The world's time in seconds since 1970."""
        ...

    def system_token(self, client: ClientSystem, scopes: tuple[str, ...]) -> dict[str, Any]:
        """Issues a token to a system itself."""
        ...


def _invalid(explanation: str, expected: str, parameter: str) -> EsiaError:
    return EsiaError("ESIA-007011", explanation, expected=expected, parameter=parameter)


class CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED_SECRET]  # noqa: RUF012  Authlib's way
    server: Any

    def query_authorization_code(self, code: str, client: Any) -> Grant:
        """Spends the code. A request that another check refuses leaves it unspent."""
        state, now = self.server.state, self.server.now
        found = state.codes.find(code)
        if found is None:
            raise _invalid("такого кода этот мир не выдавал", "a code of this world", "code")
        grant = found.data
        if grant.client_id != client.client_id:
            text = f"код выдан системе {grant.client_id}, а пришёл от {client.client_id}"
            raise _invalid(text, f"a code of {client.client_id}", "code")
        if grant.redirect_uri != self.request.form["redirect_uri"]:
            text = f"redirect_uri не тот, что в /ac; там был {grant.redirect_uri[:300]!r}"
            raise _invalid(text, grant.redirect_uri[:300], "redirect_uri")
        _check_verifier(self.request.form.get("code_verifier", ""), grant.challenge)
        if state.ended(grant.sign_in):
            raise _invalid("пользователь уже вышел из Госуслуг", "a live session", "code")
        use, _ = state.codes.use(code, now=now)
        if use is Use.REUSED:
            raise _invalid("код уже использован: он действует один раз", "an unused code", "code")
        if use is Use.EXPIRED:
            ttl_s = found.expires_at - found.issued_at
            text = f"код просрочен на {now - found.expires_at} с, он живёт {ttl_s} с"
            raise _invalid(text, f"a code not older than {ttl_s} s", "code")
        return grant

    def delete_authorization_code(self, authorization_code: Grant) -> None:
        """It has been spent."""

    def authenticate_user(self, authorization_code: Grant) -> Grant | None:
        """The grant, if its person still has an account."""
        return _alive(self.server, authorization_code)

    def save_authorization_code(self, code: str, request: object) -> None:
        """Codes are issued at the end of the sign-in pages."""
        raise NotImplementedError


def _check_verifier(verifier: str, challenge: str) -> None:
    if verifier and not challenge:
        text = "пришёл code_verifier, а в запросе к /v2/ac не было code_challenge"
        raise EsiaError("ESIA-007039", text, expected="no code_verifier", parameter="code_verifier")
    if challenge and not verifier:
        text = "в запросе к /v2/ac был code_challenge, а code_verifier не пришёл"
        raise EsiaError("ESIA-007040", text, expected="a code_verifier", parameter="code_verifier")
    if challenge and not (well_formed(verifier) and proves(verifier, challenge)):
        text = "SHA-256 от code_verifier - не тот code_challenge, что был в запросе к /v2/ac"
        expected = f"a code_verifier whose SHA-256 is {challenge}"
        raise EsiaError("ESIA-007040", text, expected=expected, parameter="code_verifier")


class SystemGrant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED_SECRET]  # noqa: RUF012  Authlib's way
    server: Any

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """A token for the scopes that were asked for."""
        client: Any = self.request.client
        given = self.request.form
        token = self.server.system_token(client, tuple(dict.fromkeys(given["scope"].split())))
        return 200, {**token, "state": given["state"]}, list(self.TOKEN_RESPONSE_HEADER)


class _RefreshCredential(TokenMixin):
    """A refresh token that may be exchanged, with the questions that the core asks."""

    def __init__(self, family: Family[Grant]) -> None:
        self.grant = family.owner

    def check_client(self, client: Any) -> bool:
        return client.client_id == self.grant.client_id

    def get_scope(self) -> str:
        return self.grant.get_scope()


class RefreshGrant(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED_SECRET]  # noqa: RUF012  Authlib's way
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Any

    def authenticate_refresh_token(self, refresh_token: str) -> _RefreshCredential:
        """Finds the grant behind a refresh token."""
        use, family = self.server.state.families.peek(refresh_token, now=self.server.now)
        if family is None:
            raise _invalid("такого refresh_token этот мир не выдавал", "a refresh token of this world", _REFRESH)
        if family.client_id != self.request.form["client_id"]:
            text = f"refresh_token выдан системе {family.client_id}"
            raise _invalid(text, f"a refresh token of {self.request.form['client_id']}", _REFRESH)
        if not family.owner.offline:
            text = "вход был с access_type=online: обновлять можно после access_type=offline"
            raise _invalid(text, "a sign-in with access_type=offline", _REFRESH)
        if use is Use.REUSED:
            text = "refresh_token уже обменян: каждый действует один раз"
            raise _invalid(text, "the latest refresh token", _REFRESH)
        if use is not Use.FRESH:
            raise _invalid("refresh_token отозван или просрочен", "a live refresh token", _REFRESH)
        return _RefreshCredential(family)

    def authenticate_user(self, refresh_token: Any) -> Grant | None:
        """The grant, if its person still has an account."""
        return _alive(self.server, refresh_token.grant)

    def issue_token(self, user: Grant, refresh_token: Any) -> dict[str, Any]:
        """Issues for the scopes of the sign-in."""
        return self.generate_token(user=user, scope=refresh_token.get_scope())

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """It has been spent."""


def _alive(server: Any, grant: Grant) -> Grant | None:
    return grant if server.world.person_by_oid(grant.sign_in.oid) else None
