"""`POST /aas/oauth2/te` and `/aas/oauth2/v3/te`: a client system exchanges a code or a refresh token for tokens, or
asks for a token of its own.

Authlib's core runs the grants; here are ESIA's client authentication by signature, its checks, and its dialect.
"""

from __future__ import annotations

import uuid
from typing import Any

from authlib.oauth2 import OAuth2Error
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
    common_details,
)
from idp_mock.esia.claims import ACCESS, ID, access_claims, id_claims, system_claims
from idp_mock.esia.clients import SIGNED_SECRET, ClientSystem
from idp_mock.esia.errors import EsiaError, from_core
from idp_mock.esia.esia import Esia
from idp_mock.esia.grants import GRANTED, CodeGrant, RefreshGrant, SystemGrant
from idp_mock.esia.state import EsiaState, Grant
from idp_mock.esia.versions import CURRENT, Version
from idp_mock.oauth.server import AuthorizationServer, FormRequest
from idp_mock.web import base_url, parameters, world_of
from idp_mock.world import World

_MANDATORY = ("client_id", "client_secret", "scope", "timestamp", "state", "grant_type")
# A refresh may leave the digest out: the certificate then comes from the registration.
_WITH_HASH = {"authorization_code", "client_credentials"}
#: Owner of a system's own token.
NOBODY = 0

# ESIA's limit for refresh tokens is not known: they work until they are used.
_LONGEST_STATE = 500
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
            text = f"тело не читается: {error.detail}"
            refusal = EsiaError("ESIA-007038", text, expected="a form that can be read")
            answer = server.handle_error_response(unread, refusal)
        else:
            answer = await server.answer(form)
        return JSONResponse(answer.body, answer.status, dict(answer.headers))


class _Server(AuthorizationServer):
    """The OAuth core for one request in one world."""

    def __init__(self, esia: Esia, world: World, version: Version) -> None:
        super().__init__()
        self.esia = esia
        self.version = version
        self.world = world
        self.state = world.of(EsiaState)
        self._client: ClientSystem | None = None
        self.register_client_auth_method(SIGNED_SECRET, self._authenticate)
        generate: Any = self._generate
        self.register_token_generator("default", generate)
        self.register_grant(CodeGrant)
        self.register_grant(RefreshGrant)
        self.register_grant(SystemGrant)

    @property
    def now(self) -> int:
        """The world's time in seconds since 1970."""
        return self.world.clock_of("esia").timestamp()

    def query_client(self, client_id: str) -> Any:
        """Finds a system."""
        return self.esia.client(self.world, client_id)

    async def answer(self, request: FormRequest) -> Any:
        """Checks form and signature of the request, then lets the core choose a grant.

        The signature first, because it may take a thread; from there on the core runs without a pause, so that single
        use needs no lock.
        """
        try:
            self._check_form(request)
            self._client = await self._authenticated(request)
        except EsiaError as error:
            return self.handle_error_response(request, error)
        return self.create_token_response(request)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:
        """Refuses in ESIA's dialect and notes it."""
        refusal, values = from_core(error), request.payload.data
        refusal.state = (request.payload.state or "")[:_LONGEST_STATE]
        common = common_details(self.world, values, self.version, values.get("grant_type", ""))
        details = {**common, **refusal.details}
        self.world.refusals.record("esia", self.version.token, refusal.code, refusal.explanation, details)
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
            names = ", ".join(unlike)[:300]
            text = f"параметры повторяются с разными значениями: {names}"
            raise EsiaError("ESIA-007003", text, expected="one value each", parameter=names)
        grant_type = values.get("grant_type", "")
        names = (*_MANDATORY, *GRANTED.get(grant_type, ()))
        client = self.world.esia_client(values.get("client_id", ""))
        off = client is not None and client.signature_mode == "off"
        if self.version.raw and grant_type in _WITH_HASH and not off:
            names = (*names, "client_certificate_hash")
        check_mandatory(values, names)
        if grant_type not in GRANTED:
            text = f"grant_type {grant_type[:50]!r}, а здесь работают {', '.join(GRANTED)}"
            raise EsiaError("ESIA-007012", text, expected=", ".join(GRANTED), parameter="grant_type")

    def _authenticate(self, *_: object) -> ClientSystem | None:
        return self._client

    async def _authenticated(self, request: FormRequest) -> ClientSystem:
        values = request.payload.data
        client = self.query_client(values["client_id"])
        if client is None:
            text = f"нет системы {values['client_id'][:100]!r}"
            raise EsiaError("ESIA-008010", text, expected="a registered system", parameter="client_id")
        grant_type = values["grant_type"]
        if grant_type == "client_credentials":
            check_system_scope(self.world, client, values["scope"])
        else:
            # What is granted was settled at the sign-in; the scope is here for the signature, but must be a valid one.
            check_scope(client, values["scope"])
            check_org_scope(client, values.get("scope_org", "") if self.version.raw else "")
        check_state(client, values["state"])
        check_timestamp(self.world, values["timestamp"])
        await check_secret(self.esia.judge, self.world, client, values, self.version, grant_type)
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
