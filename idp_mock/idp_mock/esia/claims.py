"""Headers and claims of ESIA's tokens.

Types matter: clients read the person's number as a JSON number and `amr` as a string.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from idp_mock.esia.scopes import stated
from idp_mock.esia.state import Grant
from idp_mock.world import EsiaAccount

ACCESS, ID, CODE = "access", "id", "authorization_code"

#: `urn:esia:sbj:lvl` by level of the account: child, confirmed, and `P` for the two below.
_LEVELS = {"CHILD": "KD", "CONFIRMED": "PR", "STANDARD": "P", "SIMPLIFIED": "P"}


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of tokens: who issues, an id of its own (a UUID), from when to when (seconds since 1970)."""

    issuer: str
    sid: str
    now: int
    expires_at: int

    @property
    def times(self) -> dict[str, int]:
        """The claims of time."""
        return {"nbf": self.now, "iat": self.now, "exp": self.expires_at}


def header(kind: str, algorithm: str = "RS256") -> dict[str, Any]:
    """The header of a token; `sbt` tells access tokens, id tokens and codes apart."""
    return {"ver": 1, "typ": "JWT", "sbt": kind, "alg": algorithm}


def trusted(account: EsiaAccount) -> bool:
    """Whether the account is confirmed; a child's is, through the parent who made it."""
    return account.level in {"CONFIRMED", "CHILD"}


def access_claims(issue: Issue, grant: Grant) -> dict[str, Any]:
    """Claims of an access token."""
    oid = grant.sign_in.oid
    claims: dict[str, Any] = {
        **issue.times,
        "iss": issue.issuer,
        "client_id": grant.client_id,
        "urn:esia:sid": issue.sid,
        "urn:esia:sbj_id": oid,
        "scope": stated(grant.scopes, oid),
    }
    if grant.permissions:
        # That a token of a consent has these two is known, what stands in them is not.
        claims["permissions"] = list(grant.permissions)
        claims["permissions_url"] = f"{issue.issuer}rs/prns/{oid}/permissions"
    return claims


def system_claims(issue: Issue, client_id: str, scopes: Iterable[str]) -> dict[str, Any]:
    """Claims of an access token of a system itself: it speaks of no person."""
    return {
        **issue.times,
        "iss": issue.issuer,
        "client_id": client_id,
        "urn:esia:sid": issue.sid,
        "scope": " ".join(scopes),
    }


def id_claims(issue: Issue, grant: Grant, account: EsiaAccount, *, sub: str = "number") -> dict[str, Any]:
    """Claims of an id token. There is no nonce: ESIA does not return it.

    Args:
        issue: when and by whom it is issued.
        grant: for whom.
        account: the person's account.
        sub: `number` or `string`: how the subject is written.
    """
    oid = grant.sign_in.oid
    subject: dict[str, Any] = {
        "urn:esia:sbj:oid": oid,
        "urn:esia:sbj:typ": "P",
        "urn:esia:sbj:lvl": _LEVELS[account.level],
        "urn:esia:sbj:nam": f"OID.{oid}",
    }
    if trusted(account):
        subject["urn:esia:sbj:is_tru"] = True
    return {
        "aud": grant.client_id,
        "sub": str(oid) if sub == "string" else oid,
        **issue.times,
        "auth_time": grant.sign_in.auth_time,
        "iss": issue.issuer,
        "amr": "PWD",
        "urn:esia:amd": "PWD",
        "urn:esia:sid": issue.sid,
        "urn:esia:sbj": subject,
    }


def code_claims(issue: Issue, grant: Grant) -> dict[str, Any]:
    """Claims of an authorization code: a JWT that clients do not look into; its members are this simulator's own."""
    return {**issue.times, "iss": issue.issuer, "client_id": grant.client_id, "urn:esia:sid": issue.sid}
