"""`POST /aas/oauth2/te` and `/aas/oauth2/v3/te`: a client system exchanges a code or a refresh token for tokens, or
asks for a token of its own.

Authlib's core runs the grants; here are ESIA's client authentication by signature, its checks, and its dialect.
"""

from __future__ import annotations

import uuid
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant, TokenMixin
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp_mock.esia.checks import (
    check_mandatory,
    check_org_scope,
    check_scope,
    check_secret,
    check_state,
    check_system_scope,
    check_timestamp,
)
from idp_mock.esia.claims import ACCESS, ID, access_claims, id_claims, system_claims
from idp_mock.esia.clients import SIGNED_SECRET, ClientSystem
from idp_mock.esia.errors import EsiaError, from_core
from idp_mock.esia.esia import Esia
from idp_mock.esia.state import EsiaState, Grant
from idp_mock.esia.versions import CURRENT, Version
from idp_mock.oauth.codes import Use
from idp_mock.oauth.pkce import proves, well_formed
from idp_mock.oauth.server import AuthorizationServer, FormRequest
from idp_mock.oauth.tokens import Family
from idp_mock.web import base_url, parameters, world_of
from idp_mock.world import World

_MANDATORY = ("client_id", "client_secret", "scope", "timestamp", "state", "grant_type")
_OF_GRANT = {
    "authorization_code": ("code", "redirect_uri"),
    "refresh_token": ("refresh_token",),
    "client_credentials": (),
}
# A refresh may leave the digest out: the certificate then comes from the registration.
_WITH_HASH = {"authorization_code", "client_credentials"}
#: Owner of a system's own token.
NOBODY = 0

# ESIA's limit for refresh tokens is not known: they work until they are used.
_REFRESH_TTL_S = 100 * 365 * 86400


class TokenEndpoint:
    """The token endpoint."""

    def __init__(self, esia: Esia, version: Version) -> None:
        self._esia = esia
        self._version = version

    async def __call__(self, request: Request) -> Response:
        """Answers with tokens, or HTTP 400 and ESIA's error document."""
        world = world_of(request)
        server = _Server(self._esia, world, self._version)
        address = base_url(request) + self._version.token
        try:
            form = FormRequest("POST", address, request.headers, await parameters(request))
        except HTTPException as error:
            unread = FormRequest("POST", address, request.headers, [])
            answer = server.handle_error_response(unread, EsiaError("ESIA-007038", f"тело не читается: {error.detail}"))
        else:
            answer = server.create_token_response(form)
        return JSONResponse(answer.body, answer.status, dict(answer.headers))


class _Server(AuthorizationServer):
    """The OAuth core for one request in one world."""

    def __init__(self, esia: Esia, world: World, version: Version) -> None:
        super().__init__()
        self.esia = esia
        self.version = version
        self.world = world
        self.state = world.of(EsiaState)
        self.register_client_auth_method(SIGNED_SECRET, self._authenticate)
        generate: Any = self._generate
        self.register_token_generator("default", generate)
        self.register_grant(_CodeGrant)
        self.register_grant(_RefreshGrant)
        self.register_grant(_SystemGrant)

    @property
    def now(self) -> int:
        """The world's time in seconds since 1970."""
        return self.world.clock_of("esia").timestamp()

    def query_client(self, client_id: str) -> Any:
        """Finds a system."""
        return self.esia.client(self.world, client_id)

    def create_token_response(self, request: Any = None) -> Any:
        """Checks the form of the request before the core chooses a grant."""
        try:
            self._check_form(request)
        except EsiaError as error:
            return self.handle_error_response(request, error)
        return super().create_token_response(request)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:
        """Refuses in ESIA's dialect and notes it."""
        refusal = from_core(error)
        refusal.state = request.payload.state
        self.world.refusals.record("esia", self.version.token, refusal.code, refusal.explanation)
        return self.handle_response(*refusal())

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Notes what was issued and completes the answer with the state."""
        spent = request.payload.data["refresh_token"] if request.payload.grant_type == "refresh_token" else None
        self.keep(token, request.user, spent)
        token["state"] = request.payload.state

    def keep(self, token: dict[str, Any], grant: Grant, spent: str | None = None) -> None:
        """Notes what was issued, of a sign-in or for a refresh token that is spent thereby."""
        now, refresh_token = self.now, token["refresh_token"]
        if spent is not None:
            _, family = self.state.families.rotate(spent, now=now, ttl_s=_REFRESH_TTL_S, new_value=refresh_token)
        else:
            family = self.state.families.open(
                grant, grant.client_id, grant.scopes, now=now, ttl_s=_REFRESH_TTL_S, value=refresh_token
            )
            # Clients want a refresh token in every answer; it works only if offline access was asked for.
            family.closed = not grant.offline
        assert family is not None
        self.state.tokens.issue(
            grant.sign_in.oid,
            grant.client_id,
            grant.scopes,
            now=now,
            ttl_s=token["expires_in"],
            value=token["access_token"],
            family=family.id,
            session=grant.sign_in.sid,
        )

    def system_token(self, client: ClientSystem, scopes: tuple[str, ...]) -> dict[str, Any]:
        """Issues a token to a system itself. There is no person, so no id token, and nothing to refresh."""
        ttl_s = self.world.settings.esia_access_ttl_s
        issue = self.esia.issue(self.world, ttl_s)
        value = self.esia.sign(client.client, ACCESS, system_claims(issue, client.client_id, scopes))
        self.state.tokens.issue(NOBODY, client.client_id, scopes, now=issue.now, ttl_s=ttl_s, value=value)
        # Clients want a refresh token in every answer; this one is of no use.
        return {
            "access_token": value,
            "refresh_token": str(uuid.uuid4()),
            "token_type": "Bearer",
            "expires_in": ttl_s,
        }

    def _check_form(self, request: FormRequest) -> None:
        values, lists = request.payload.data, request.payload.datalist
        # Some clients repeat parameters of the form in the query; that is harmless as long as both say the same.
        if unlike := [name for name, given in lists.items() if len(set(given)) > 1]:
            raise EsiaError("ESIA-007003", f"параметры повторяются с разными значениями: {', '.join(unlike)[:300]}")
        grant_type = values.get("grant_type", "")
        names = (*_MANDATORY, *_OF_GRANT.get(grant_type, ()))
        client = self.world.esia_client(values.get("client_id", ""))
        off = client is not None and client.signature_mode == "off"
        if self.version.raw and grant_type in _WITH_HASH and not off:
            names = (*names, "client_certificate_hash")
        check_mandatory(values, names)
        if grant_type not in _OF_GRANT:
            text = f"grant_type {grant_type[:50]!r}, а здесь работают {', '.join(_OF_GRANT)}"
            raise EsiaError("ESIA-007012", text)

    def _authenticate(self, _query_client: object, request: FormRequest) -> ClientSystem:
        values = request.payload.data
        client = self.query_client(values["client_id"])
        if client is None:
            raise EsiaError("ESIA-008010", f"нет системы {values['client_id'][:100]!r}")
        grant_type = values["grant_type"]
        if grant_type == "client_credentials":
            check_system_scope(self.world, client, values["scope"])
        else:
            # What is granted was settled at the sign-in; the scope is here for the signature, but must be a valid one.
            check_scope(client, values["scope"])
            check_org_scope(client, values.get("scope_org", "") if self.version.raw else "")
        check_state(client, values["state"])
        check_timestamp(self.world, values["timestamp"])
        check_secret(self.world, client, values, self.version, grant_type)
        return client

    def _generate(self, *_: Any, **given: Any) -> dict[str, Any]:
        return self.tokens_of(given["user"])

    def tokens_of(self, user: Grant) -> dict[str, Any]:
        """The tokens that a sign-in gives, signed and not noted yet."""
        person = self.world.person_by_oid(user.sign_in.oid)
        assert person is not None
        assert person.esia is not None
        settings = self.world.settings
        client = self.world.esia_client(user.client_id)
        assert client is not None
        ttl_s = settings.esia_access_ttl_s
        issue = self.esia.issue(self.world, ttl_s)
        return {
            "access_token": self.esia.sign(client, ACCESS, access_claims(issue, user)),
            "id_token": self.esia.sign(client, ID, id_claims(issue, user, person.esia, sub=settings.esia_sub)),
            "refresh_token": str(uuid.uuid4()),
            "token_type": "Bearer",
            "expires_in": ttl_s,
        }


def issue_tokens(esia: Esia, world: World, grant: Grant) -> dict[str, Any]:
    """What the token endpoint would answer to the code of a sign-in, without a code."""
    server = _Server(esia, world, CURRENT)
    token = server.tokens_of(grant)
    server.keep(token, grant)
    return token


class _CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED_SECRET]  # noqa: RUF012  Authlib's way
    server: _Server

    def query_authorization_code(self, code: str, client: Any) -> Grant:
        """Spends the code. A request that another check refuses leaves it unspent."""
        state, now = self.server.state, self.server.now
        found = state.codes.find(code)
        if found is None:
            raise EsiaError("ESIA-007011", "такого кода этот мир не выдавал")
        grant = found.data
        if grant.client_id != client.client_id:
            text = f"код выдан системе {grant.client_id}, а пришёл от {client.client_id}"
            raise EsiaError("ESIA-007011", text)
        if grant.redirect_uri != self.request.form["redirect_uri"]:
            raise EsiaError("ESIA-007011", f"redirect_uri не тот, что в /ac; там был {grant.redirect_uri[:300]!r}")
        _check_verifier(self.request.form.get("code_verifier", ""), grant.challenge)
        if state.ended(grant.sign_in):
            raise EsiaError("ESIA-007011", "пользователь уже вышел из Госуслуг")
        use, _ = state.codes.use(code, now=now)
        if use is Use.REUSED:
            raise EsiaError("ESIA-007011", "код уже использован: он действует один раз")
        if use is Use.EXPIRED:
            ttl_s = found.expires_at - found.issued_at
            raise EsiaError("ESIA-007011", f"код просрочен на {now - found.expires_at} с, он живёт {ttl_s} с")
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
        raise EsiaError("ESIA-007039", "пришёл code_verifier, а в запросе к /v2/ac не было code_challenge")
    if challenge and not verifier:
        raise EsiaError("ESIA-007040", "в запросе к /v2/ac был code_challenge, а code_verifier не пришёл")
    if challenge and not (well_formed(verifier) and proves(verifier, challenge)):
        raise EsiaError("ESIA-007040", "SHA-256 от code_verifier - не тот code_challenge, что был в запросе к /v2/ac")


class _SystemGrant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED_SECRET]  # noqa: RUF012  Authlib's way
    server: _Server

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


class _RefreshGrant(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED_SECRET]  # noqa: RUF012  Authlib's way
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: _Server

    def authenticate_refresh_token(self, refresh_token: str) -> _RefreshCredential:
        """Finds the grant behind a refresh token."""
        use, family = self.server.state.families.peek(refresh_token, now=self.server.now)
        if family is None:
            raise EsiaError("ESIA-007011", "такого refresh_token этот мир не выдавал")
        if family.client_id != self.request.form["client_id"]:
            raise EsiaError("ESIA-007011", f"refresh_token выдан системе {family.client_id}")
        if not family.owner.offline:
            raise EsiaError("ESIA-007011", "вход был с access_type=online: обновлять можно после access_type=offline")
        if use is Use.REUSED:
            raise EsiaError("ESIA-007011", "refresh_token уже обменян: каждый действует один раз")
        if use is not Use.FRESH:
            raise EsiaError("ESIA-007011", "refresh_token отозван или просрочен")
        return _RefreshCredential(family)

    def authenticate_user(self, refresh_token: Any) -> Grant | None:
        """The grant, if its person still has an account."""
        return _alive(self.server, refresh_token.grant)

    def issue_token(self, user: Grant, refresh_token: Any) -> dict[str, Any]:
        """Issues for the scopes of the sign-in."""
        return self.generate_token(user=user, scope=refresh_token.get_scope())

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """It has been spent."""


def _alive(server: _Server, grant: Grant) -> Grant | None:
    return grant if server.world.person_by_oid(grant.sign_in.oid) else None
