"""`GET /aas/oauth2/ac` and `/aas/oauth2/v2/ac`: a client system asks for a person's sign-in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia.checks import (
    check_mandatory,
    check_org_scope,
    check_scope,
    check_secret,
    check_state,
    check_timestamp,
    common_details,
)
from idp_mock.esia.clients import ClientSystem
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.esia import PERSON_FILTERS, Esia
from idp_mock.esia.language import language_of, remember
from idp_mock.esia.permissions import asked_scopes, check_permissions
from idp_mock.esia.shortcuts import hinted
from idp_mock.esia.state import REQUEST_TTL_S, AuthorizationRequest, EsiaState
from idp_mock.esia.versions import Version
from idp_mock.web import world_of
from idp_mock.world import World

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# A request with a chain of certificates in its signature takes some twenty thousand bytes.
_LONGEST_QUERY = 49_152
_LONGEST_STATE = 500
_MANDATORY = ("client_id", "client_secret", "redirect_uri", "scope", "response_type", "state", "timestamp")


@dataclass(frozen=True)
class Authorize:
    """The authorization endpoint.

    Refusals before the system and its address are known go to a page of ESIA's own, later ones to the address.
    """

    esia: Esia
    version: Version

    async def __call__(self, request: Request) -> Response:
        """Checks the request and begins the sign-in."""
        world = world_of(request)
        try:
            values = _read(request)
            client = self._client(world, values)
        except EsiaError as error:
            return self.esia.error_page(request, error)
        try:
            _check_repetition(request)
            asked = _check(world, client, values, self.version)
            await check_secret(self.esia.judge, world, client, values, self.version, "authorize")
        except EsiaError as error:
            error.details = {**common_details(world, values, self.version, "authorize"), **error.details}
            redirect_uri, state = values["redirect_uri"], values.get("state", "")
            # A state without end is not sent back without end.
            return self.esia.refuse(request, error, redirect_uri=redirect_uri, state=state[:_LONGEST_STATE])
        key = world.of(EsiaState).remember(asked, now=world.clock_of("esia").timestamp())
        response = hinted(self.esia, request, key, asked, self.version.authorize)
        if response is None:
            response = self.esia.go_on(request, key, asked)
        remember(response, request, language_of(request, key))
        return response

    def _client(self, world: World, values: dict[str, str]) -> ClientSystem:
        check_mandatory(values, ("client_id",))
        client = self.esia.client(world, values["client_id"])
        if client is None:
            known = ", ".join(sorted(other.mnemonic for other in world.document.clients.esia))
            text = f"нет системы {values['client_id'][:100]!r}; есть {known or 'никакой'}"
            raise EsiaError("ESIA-008010", text, expected=f"one of {known}", parameter="client_id")
        check_mandatory(values, ("redirect_uri",))
        if not client.allows_redirect(values["redirect_uri"]):
            places = [*client.client.redirect_uris, *(["http на этой машине"] * client.client.loopback_redirects)]
            known = ", ".join(places)
            text = f"адрес {values['redirect_uri'][:300]!r} не из домена системы; есть {known or 'никакого'}"
            raise EsiaError("ESIA-007023", text, expected=f"an address like {known}", parameter="redirect_uri")
        return client


def _read(request: Request) -> dict[str, str]:
    length = len(request.scope["query_string"])
    if length > _LONGEST_QUERY:
        text = f"параметры в адресе занимают {length} байт, а читается не больше {_LONGEST_QUERY}"
        raise EsiaError("ESIA-007038", text, expected=f"a query of at most {_LONGEST_QUERY} bytes")
    return dict(request.query_params)


def _check_repetition(request: Request) -> None:
    names = Counter(name for name, _ in request.query_params.multi_items())
    if repeated := [name for name, count in names.items() if count > 1]:
        names_ = ", ".join(repeated)[:300]
        raise EsiaError("ESIA-007003", f"параметры повторяются: {names_}", expected="each once", parameter=names_)


def _check(world: World, client: ClientSystem, values: dict[str, str], version: Version) -> AuthorizationRequest:
    needs_hash = version.raw and client.client.signature_mode != "off"
    check_mandatory(values, (*_MANDATORY, "client_certificate_hash") if needs_hash else _MANDATORY)
    if values["response_type"] != "code":
        text = f"response_type {values['response_type'][:50]!r}, а нужен code"
        raise EsiaError("ESIA-007009", text, expected="code", parameter="response_type")
    scopes = check_scope(client, values["scope"])
    check_state(client, values["state"])
    access_type = values.get("access_type") or "online"
    if access_type not in {"online", "offline"}:
        text = f"access_type {access_type[:50]!r}, а бывает online или offline"
        raise EsiaError("ESIA-007003", text, expected="online or offline", parameter="access_type")
    check_timestamp(world, values["timestamp"])
    # The first version knows none of these parameters and ignores them like any other.
    given = values if version.raw else {}
    org_scopes = check_org_scope(client, given.get("scope_org", ""))
    permissions = check_permissions(world, given.get("permissions", ""))
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=values["redirect_uri"],
        scopes=tuple(dict.fromkeys((*scopes, *asked_scopes(permissions)))),
        state=values["state"],
        offline=access_type == "offline",
        expires_at=world.clock_of("esia").timestamp() + REQUEST_TTL_S,
        org_scopes=org_scopes,
        challenge=_challenge(given),
        person_filter=_person_filter(given.get("person_filter", "")),
        permissions=permissions,
    )


def _challenge(values: Mapping[str, str]) -> str:
    value, method = values.get("code_challenge", ""), values.get("code_challenge_method", "")
    if (value or method) and method != "S256":
        text = f"code_challenge_method {method[:50]!r}, а бывает S256"
        raise EsiaError("ESIA-007003", text, expected="S256", parameter="code_challenge_method")
    if (value or method) and not _CHALLENGE.fullmatch(value):
        text = "code_challenge - base64url от SHA-256, 43 знака без «=»"
        raise EsiaError("ESIA-007003", text, expected="43 characters of base64url", parameter="code_challenge")
    return value


def _person_filter(value: str) -> str:
    if value and value not in PERSON_FILTERS:
        known = ", ".join(PERSON_FILTERS)
        text = f"person_filter {value[:50]!r}, а бывает {known}"
        raise EsiaError("ESIA-007003", text, expected=f"one of {known}", parameter="person_filter")
    return value
