"""ESIA (Gosuslugi) as a resource server sees it: its access tokens, and the contacts of the person behind one."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from binding_server.domain.model import ContactKind
from binding_server.identity.esia_tokens import EsiaTokens
from binding_server.use_cases.identity_ports import (
    EsiaContact,
    EsiaIdentity,
    EsiaScopeMissing,
    EsiaSessionEnded,
    ProviderUnavailable,
)
from binding_server.use_cases.system_ports import Contacts

CONTACT_SCOPES = "email mobile"
_KINDS = {"MBT": ContactKind.PHONE, "PHN": ContactKind.PHONE, "EML": ContactKind.EMAIL, "CEM": ContactKind.EMAIL}
_CONFIRMABLE = ("MBT", "EML")
"""ESIA confirms mobile phones and private e-mail addresses only."""


class Esia:
    """Reads ESIA at one address. Implements the port `Esia`."""

    def __init__(self, http: httpx.AsyncClient, url: str, tokens: EsiaTokens, contacts: Contacts) -> None:
        """Args: `http` shared and pooled; `url` without a closing slash."""
        self._http = http
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._contacts = contacts

    def verify(self, token: str, now: datetime) -> EsiaIdentity:
        """Checks an access token offline; remembered until it expires. Raises EsiaSessionEnded."""
        return self._tokens.verify(token, now)

    async def contacts(self, token: str, identity: EsiaIdentity, timeout_s: float) -> Sequence[EsiaContact]:
        """Reads the person's contacts live, at most `timeout_s` seconds long.

        Contacts in a form that is neither phone nor e-mail are left out.

        Raises:
            EsiaSessionEnded: ESIA does not accept the token any more (cause ENDED).
            EsiaScopeMissing: the token does not cover contacts.
            ProviderUnavailable: no answer in time, or one that makes no sense.
        """
        address = f"{self._url}/rs/prns/{identity.oid}/ctts?embed=(elements)"
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._http.get(address, headers=headers, timeout=timeout_s)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                raise EsiaSessionEnded("ENDED")
            if answer.status_code == httpx.codes.FORBIDDEN:
                raise EsiaScopeMissing(CONTACT_SCOPES)
            if answer.status_code != httpx.codes.OK:
                raise ProviderUnavailable("ESIA")
            return self._read(answer.json())
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            raise ProviderUnavailable("ESIA") from error

    def _read(self, document: Any) -> list[EsiaContact]:
        elements = document.get("elements") if isinstance(document, dict) else None
        if not isinstance(elements, list) or not all(isinstance(element, dict) for element in elements):
            raise ValueError("not a collection with its elements")
        found = (self._contact(element) for element in elements)
        return [contact for contact in found if contact is not None]

    def _contact(self, element: dict[str, Any]) -> EsiaContact | None:
        kind, value = _KINDS.get(str(element.get("type"))), element.get("value")
        if kind is None or not isinstance(value, str):
            return None
        try:
            contact = self._contacts.parse(value)
        except ValueError:
            return None
        confirmed = element["type"] in _CONFIRMABLE and element.get("vrfStu") == "VERIFIED"
        return EsiaContact(contact, confirmed) if contact.kind is kind else None
