"""A client with all the bugs that faults are there to find: it believes whatever comes."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from binding_client.headless import Redirect
from binding_client.testing import Actor, World

CALLBACK = "http://127.0.0.1:9/naive"
APP = "51000066"
_SCOPES = "vkid.personal_info phone email"


@dataclass
class SignIn:
    """What the client takes for true after a sign-in at VK ID: who it is by the tokens, and who by user_info."""

    user_id: Any
    told_id: str
    name: str
    phone: str
    access_token: str


class NaiveVkClient:
    """Signs in at VK ID without a look at status, state or whose data came.

    Args:
        timeout_s: how long it waits.
        retries: how often it repeats an exchange that got no answer.
    """

    def __init__(self, world: World, timeout_s: float = 5.0, retries: int = 0) -> None:
        self._url = world.vk_id_url
        self._world = world
        self._retries = retries
        self.http = httpx.Client(timeout=timeout_s, trust_env=False)
        self._verifier = secrets.token_urlsafe(48)

    def leave(self, actor: Actor) -> Redirect:
        """Sends the person to VK ID, and returns what the browser came back with."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": APP,
            "redirect_uri": CALLBACK,
            "scope": _SCOPES,
            "state": "state-of-this-sign-in-0123456789-abcdef",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return actor.vk_sign_in(f"{self._url}/authorize?{urlencode(asked)}")

    def exchange(self, redirect: Redirect) -> dict[str, Any]:
        """Exchanges the code, as often as it takes to get any answer."""
        body = {
            "grant_type": "authorization_code",
            "client_id": APP,
            "redirect_uri": CALLBACK,
            "code": redirect.code,
            "device_id": redirect.device_id,
            "code_verifier": self._verifier,
            "state": "s",
        }
        for left in range(self._retries, -1, -1):
            try:
                response = self.http.post(f"{self._url}/oauth2/auth", data=body)
            except httpx.TransportError:
                if not left:
                    raise
                continue
            return response.json() if "json" in response.headers["content-type"] else {"page": response.text}
        raise AssertionError

    def read(self, access_token: str) -> dict[str, Any]:
        """Reads user_info."""
        body = {"client_id": APP, "access_token": access_token}
        return self.http.post(f"{self._url}/oauth2/user_info", data=body).json()

    def sign_in(self, actor: Actor) -> SignIn:
        """Goes the whole way."""
        return self.enter(self.leave(actor))

    def enter(self, redirect: Redirect) -> SignIn:
        """From the way back to who it is."""
        tokens = self.exchange(redirect)
        user = self.read(tokens["access_token"])["user"]
        name = f"{user['first_name']} {user['last_name']}"
        return SignIn(tokens["user_id"], str(user["user_id"]), name, user.get("phone", ""), tokens["access_token"])


def claims_of(token: str) -> dict[str, Any]:
    """What a JWT says, without a look at who signed it."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
