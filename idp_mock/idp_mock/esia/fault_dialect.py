"""What armed faults have to know of ESIA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from idp_mock.esia.esia import SESSION_COOKIE
from idp_mock.esia.faults import fault_response
from idp_mock.esia.state import EsiaState, Grant
from idp_mock.faults.archive import jwks_with, pem_with, zip_with
from idp_mock.oauth.codes import Codes
from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.tokens import Tokens
from idp_mock.world import Person, Provider, World

_PUBLISHED = {"/public/esia.zip": zip_with, "/public/esia.pem": pem_with, "/jwks": jwks_with}
#: Claims and members that name the person.
_SUBJECTS = ("urn:esia:sbj_id", "sub")


@dataclass(frozen=True)
class EsiaDialect:
    """ESIA, as `faults.Dialect` wants it. An owner is the person's oid."""

    own_keys: SigningKeys
    provider: Provider = "esia"

    def error(self, path: str, error: str, status: int) -> Response:
        """ESIA's error document."""
        return fault_response(path, error, status)

    def tokens(self, world: World) -> Tokens[int]:
        """The access tokens."""
        return world.of(EsiaState).tokens

    def codes(self, world: World) -> Codes[Grant]:
        """The codes."""
        return world.of(EsiaState).codes

    def refresh_client_and_owner(self, world: World, refresh_token: str) -> tuple[str, int] | None:
        """Whose a refresh token is."""
        family = world.of(EsiaState).families.find(refresh_token)
        return (family.client_id, family.owner.sign_in.oid) if family is not None else None

    def code_client_and_owner(self, data: Grant) -> tuple[str, int]:
        """Whose a code is."""
        return data.client_id, data.sign_in.oid

    def session_owner(self, world: World, cookies: Mapping[str, str]) -> int | None:
        """Who is signed in."""
        session = world.of(EsiaState).session(cookies.get(SESSION_COOKIE))
        return session.oid if session is not None else None

    def person_of(self, world: World, owner: int) -> str:
        """The person with that oid."""
        person = world.person_by_oid(owner)
        return person.id if person is not None else ""

    def owner_of(self, world: World, person: Person) -> int | None:
        """The person's oid."""
        return person.esia.oid if person.esia is not None else None

    def hand_over(self, data: Grant, owner: int) -> Grant:
        """A code that somebody else's sign-in gave."""
        return replace(data, sign_in=replace(data.sign_in, oid=owner))

    def rename(self, document: Mapping[str, Any], owner: int) -> dict[str, Any]:
        """Claims about somebody else."""
        named: dict[str, Any] = {
            name: str(owner) if isinstance(value, str) else owner
            for name, value in document.items()
            if name in _SUBJECTS
        }
        subject = document.get("urn:esia:sbj")
        if isinstance(subject, dict):
            named["urn:esia:sbj"] = {**subject, "urn:esia:sbj:oid": owner, "urn:esia:sbj:nam": f"OID.{owner}"}
        return {**document, **named}

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """ESIA's own RSA signature."""
        return self.own_keys.sign(header, claims)

    def keys(self, path: str) -> bool:
        """Whether keys are published there."""
        return path in _PUBLISHED

    def published(self, body: bytes, other: SigningKeys, *, instead: bool) -> bytes:
        """The published keys with another one."""
        kind = zip_with if body[:2] == b"PK" else jwks_with if body[:1] == b"{" else pem_with
        return kind(body, other, instead=instead)

    def withdraw_consent(self, world: World, person: Person, client: str) -> None:
        """Forgets what the person allowed the system, and ends its tokens."""
        if person.esia is not None:
            world.of(EsiaState).withdraw_consent(person.esia.oid, client)
