"""Sign-in through ESIA, by the project's own ESIA client."""

from __future__ import annotations

import re
from functools import lru_cache

import httpx
from binding_client.esia import AsyncEsiaClient, EsiaError, KeyPair

from diary_web.errors import PageError
from diary_web.settings import Settings
from diary_web.web import SignedIn

MAX_CLIENTS = 16
"""ESIA clients kept ready, one for each pair of addresses in use."""

ESIA_CODE = re.compile(r"ESIA-\d{6}")


class EsiaSystem:
    """The diary as an ESIA system.

    Args:
        settings: addresses, mnemonic and scopes.
        key: the system's key and certificate, PEM.
        http: what the token exchange goes through; its time-out is the exchange's.
    """

    def __init__(self, settings: Settings, key: KeyPair, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._key = key
        self._http = http
        # Reading the key takes tens of milliseconds; the redirect URI depends on the address that a browser uses.
        self._client = lru_cache(maxsize=MAX_CLIENTS)(self._make_client)

    def authorization_url(self, redirect_uri: str, state: str) -> str:
        """Where to send the browser to sign in; ESIA sends it back to `redirect_uri` with `state`."""
        return self._client(self._settings.browser_esia_url, redirect_uri).authorization_url(state)

    async def exchange(self, redirect_uri: str, code: str) -> SignedIn:
        """Exchanges a code for an access token.

        Raises:
            PageError: 502 `SIGN_IN_FAILED` with ESIA's error code, 503 `SIGN_IN_UNAVAILABLE`.
        """
        try:
            tokens = await self._client(self._settings.esia_url, redirect_uri).exchange(code, http=self._http)
        except EsiaError as refused:
            if refused.error in ("unreachable", "temporarily_unavailable"):
                raise PageError(503, "SIGN_IN_UNAVAILABLE") from refused
            # Only the code is public; the description may repeat what was sent.
            found = ESIA_CODE.search(refused.description or "")
            raise PageError(502, "SIGN_IN_FAILED", found.group() if found else "") from refused
        return SignedIn(token=tokens.access_token, oid=str(tokens.oid))

    def logout_url(self, return_to: str) -> str:
        """Where to send the browser to end its ESIA session; ESIA sends it on to `return_to`."""
        return self._client(self._settings.browser_esia_url, return_to).logout_url(return_to)

    def _make_client(self, base_url: str, redirect_uri: str) -> AsyncEsiaClient:
        return AsyncEsiaClient(
            base_url,
            self._settings.esia_client_id,
            self._key.key_pem,
            self._key.certificate_pem,
            redirect_uri,
            self._settings.esia_scopes.split(),
        )
