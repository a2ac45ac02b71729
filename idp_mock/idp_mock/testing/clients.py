"""Two clients for tests that have none of their own: they go the whole way, pages and exchange."""

import base64
import hashlib
import json
import secrets
import urllib.request
import uuid
from typing import Any
from urllib.parse import urlencode

from idp_mock.testing.person import Person

BACK = "http://127.0.0.1:1/back"
"""Where browsers are sent back to; nobody needs to be there."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def sign_in_esia(base_url: str, person: Person, timestamp: str, scope: str, client: str) -> dict[str, Any]:
    """Signs a person in at ESIA, as a system whose signature is not looked at, and returns what `/te` answers."""
    common = {
        "client_id": client,
        "client_secret": base64.urlsafe_b64encode(b"not looked at").decode(),
        "scope": scope,
        "timestamp": timestamp,
        "state": str(uuid.uuid4()),
    }
    asked = {**common, "redirect_uri": BACK, "response_type": "code", "access_type": "offline"}
    redirect = person.sign_in(f"{base_url}/aas/oauth2/ac?{urlencode(asked)}")
    exchange = {
        **common,
        "grant_type": "authorization_code",
        "token_type": "Bearer",
        "code": redirect.code,
        "redirect_uri": BACK,
    }
    return _posted(f"{base_url}/aas/oauth2/te", exchange)


def sign_in_vk(base_url: str, person: Person, scope: str, app_id: int, **answers: str) -> dict[str, Any]:
    """Signs a person in at VK ID with PKCE, and returns what `/oauth2/auth` answers."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": str(app_id),
        "redirect_uri": BACK,
        "scope": scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    redirect = person.sign_in(f"{base_url}/authorize?{urlencode(asked)}", **answers)
    exchange = {
        "grant_type": "authorization_code",
        "client_id": str(app_id),
        "redirect_uri": BACK,
        "state": state,
        "code": redirect.code,
        "device_id": redirect.parameters.get("device_id", ""),
        "code_verifier": verifier,
    }
    return _posted(f"{base_url}/oauth2/auth", exchange)


def _posted(url: str, fields: dict[str, str]) -> dict[str, Any]:
    with _OPENER.open(url, urlencode(fields).encode(), timeout=30) as response:
        return json.load(response)
