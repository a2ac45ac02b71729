"""VK ID as an OAuth client sees it: where to send the browser, and what the code that comes back is worth."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from binding_server.domain.model import Contact
from binding_server.identity.learning_profile import FIELDS, LearningProfile, read_users_get
from binding_server.use_cases.identity_ports import ProviderUnavailable, VkProfile, VkRefused
from binding_server.use_cases.system_ports import Contacts

_TRY_LATER = ("server_error", "temporarily_unavailable")
_API_VERSION = "5.199"
_CONNECTING_SHARE = 0.45
"""Waiting for a connection and making it end, together, before the whole call does: so «never connected» is told
apart from «no answer»."""


class VkId:
    """One VK ID application at one address. Implements the port `VkId`.

    VK answers errors of OAuth with HTTP 200, so the body is read first. Nothing is ever repeated here: a code is good
    for one exchange.
    """

    def __init__(
        self, http: httpx.AsyncClient, url: str, api_url: str, app_id: int, scopes: str, contacts: Contacts
    ) -> None:
        """Args: `http` shared and pooled; `url` of VK ID and `api_url` of VK's API without a closing slash; `scopes`
        to ask for, separated by blanks."""
        self._http = http
        self._url = url.rstrip("/")
        self._api_url = api_url.rstrip("/")
        self._app_id = str(app_id)
        self._scopes = scopes
        self._contacts = contacts

    def authorization_uri(self, *, state: str, code_verifier: str, redirect_uri: str, ask_consent: bool = False) -> str:
        """Returns the address for the person's browser.

        It asks VK ID to let the person choose an account: a family member's session in the same browser is never taken
        silently. VK ID remembers what a person let it pass on; with `ask_consent` it asks anew.
        """
        query = {
            "response_type": "code",
            "client_id": self._app_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": create_s256_code_challenge(code_verifier),
            "code_challenge_method": "S256",
            "scope": self._scopes,
            "prompt": "select_account consent" if ask_consent else "select_account",
        }
        return f"{self._url}/authorize?{urlencode(query)}"

    async def read_profile(
        self, *, code: str, code_verifier: str, device_id: str, redirect_uri: str, state: str, timeout_s: float
    ) -> VkProfile:
        """Exchanges a code, once, and reads who signed in, at most `timeout_s` seconds long; the tokens are dropped.

        Raises:
            VkRefused: VK ID said no, under its own error name, or contradicts itself: `state_mismatch`,
                `user_mismatch`.
            ProviderUnavailable: down, slow or nonsense; `sent` is false only if the code cannot have left.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": code_verifier,
            "client_id": self._app_id,
            "device_id": device_id,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        if timeout_s <= 0:
            raise ProviderUnavailable("VK_ID", sent=False)
        connecting = timeout_s * _CONNECTING_SHARE
        waits = httpx.Timeout(timeout_s, connect=connecting, pool=connecting)
        try:
            async with asyncio.timeout(timeout_s):
                tokens = await self._exchange(form, waits)
                return await self._profile(tokens, state)
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            raise ProviderUnavailable("VK_ID", sent=True) from error

    async def _exchange(self, form: Mapping[str, str], waits: httpx.Timeout) -> Mapping[str, Any]:
        try:
            return await self._post(f"{self._url}/oauth2/auth", form, waits)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise ProviderUnavailable("VK_ID", sent=False) from error

    async def _profile(self, tokens: Mapping[str, Any], state: str) -> VkProfile:
        access_token, user_id = _text(tokens.get("access_token")), _digits(tokens.get("user_id"))
        if tokens.get("state") != state:
            raise VkRefused("state_mismatch")
        credentials = {"access_token": access_token, "client_id": self._app_id}
        user = (await self._post(f"{self._url}/oauth2/user_info", credentials)).get("user")
        if not isinstance(user, dict):
            raise ValueError("user_info without a user")
        learning = await self._learning_profile(access_token)
        if not _digits(user.get("user_id")) == learning.user_id == user_id:
            raise VkRefused("user_mismatch")
        return VkProfile(
            vk_user_id=user_id,
            name=_name(user) or learning.name,
            phone=self._contact(user.get("phone"), "+"),
            email=self._contact(user.get("email"), ""),
            learning=learning.exists,
            roles=learning.roles,
        )

    async def _learning_profile(self, access_token: str) -> LearningProfile:
        form = {"access_token": access_token, "fields": FIELDS, "v": _API_VERSION}
        answer = await self._http.post(f"{self._api_url}/method/users.get", data=form)
        answer.raise_for_status()
        return read_users_get(answer.json())

    async def _post(
        self, address: str, form: Mapping[str, str], waits: httpx.Timeout | None = None
    ) -> Mapping[str, Any]:
        answer = await self._http.post(address, data=form, timeout=waits or httpx.USE_CLIENT_DEFAULT)
        if answer.is_server_error:
            raise ValueError("a server's error")
        document = answer.json()
        if not isinstance(document, dict):
            raise ValueError("not an object")
        if "error" in document:
            error = str(document["error"])
            raise ValueError(error) if error in _TRY_LATER else VkRefused(error)
        answer.raise_for_status()
        return document

    def _contact(self, value: object, prefix: str) -> Contact | None:
        """VK writes phones as digits with the country code and no plus."""
        if not isinstance(value, str) or not value:
            return None
        try:
            return self._contacts.parse(value if value.startswith(prefix) else prefix + value)
        except ValueError:
            return None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a token is missing")
    return value


def _digits(value: object) -> str:
    """The token's answer has the user id as a number, user_info as text."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise ValueError("a user id is missing")
    return text


def _name(user: Mapping[str, Any]) -> str:
    return " ".join(part for key in ("first_name", "last_name") if isinstance(part := user.get(key), str) and part)
