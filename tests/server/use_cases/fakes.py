"""Providers that do as a test tells them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from binding_server.use_cases.identity_ports import (
    EsiaContact,
    EsiaIdentity,
    EsiaScopeMissing,
    EsiaSessionEnded,
    ProviderUnavailable,
    VkProfile,
)
from binding_server.use_cases.services import ServiceIdentity, ServiceToken, ServiceTokenRejected

from .cast import CLIENT, FORMS, NOON, OIDS, REDIRECT


def identity(oid: int) -> EsiaIdentity:
    """Returns what a token of that oid says."""
    return EsiaIdentity(oid, CLIENT, frozenset({"openid", "email", "mobile"}), NOON + timedelta(hours=1))


class FakeEsia:
    """ESIA: contacts by oid; a token is `esia-OID`."""

    def __init__(self) -> None:
        self.known: dict[int, list[EsiaContact]] = {}
        self.ended: set[str] = set()
        self.problem: Exception | None = None

    def verify(self, token: str, now: datetime) -> EsiaIdentity:
        """Accepts any token that names an oid."""
        kind, _, oid = token.partition("-")
        if kind != "esia" or not oid.isdigit():
            raise EsiaSessionEnded("MALFORMED")
        return identity(int(oid))

    async def contacts(self, token: str, identity: EsiaIdentity, timeout_s: float) -> Sequence[EsiaContact]:
        """Returns what was set up, unless the session has ended or there is a problem."""
        if self.problem:
            raise self.problem
        if token in self.ended:
            raise EsiaSessionEnded("ENDED")
        return self.known.get(identity.oid, [])

    def say(self, name: str, text: str, *, verified: bool = True) -> None:
        """Adds a contact to a person's ESIA account."""
        self.known.setdefault(OIDS[name], []).append(EsiaContact(FORMS.parse(text), verified))

    def forget(self, name: str) -> None:
        """Takes all contacts away from a person's ESIA account."""
        self.known[OIDS[name]] = []

    def lack_scopes(self) -> None:
        """Tokens do not cover contacts from now on."""
        self.problem = EsiaScopeMissing("email mobile")

    def go_down(self) -> None:
        """Nobody answers from now on."""
        self.problem = ProviderUnavailable("ESIA")

    def come_back(self) -> None:
        """All is well again."""
        self.problem = None


class FakeVk:
    """VK ID: what each code yields, and which codes reached it."""

    def __init__(self) -> None:
        self.yields: dict[str, VkProfile | BaseException] = {}
        self.received: list[tuple[str, str]] = []
        self.gate: asyncio.Event | None = None
        self.arrived = asyncio.Event()

    def authorization_uri(self, *, state: str, code_verifier: str, redirect_uri: str, ask_consent: bool = False) -> str:
        """Returns an address that shows all that it was made of."""
        address = f"https://vk.test/authorize?state={state}&challenge=of-{code_verifier}&redirect_uri={redirect_uri}"
        return f"{address}&prompt=consent" if ask_consent else address

    async def read_profile(
        self, *, code: str, code_verifier: str, device_id: str, redirect_uri: str, state: str, timeout_s: float
    ) -> VkProfile:
        """Notes the code and answers as set up."""
        answer = self.yields[code]
        if isinstance(answer, ProviderUnavailable) and not answer.sent:
            raise answer
        self.received.append((code, code_verifier))
        self.arrived.set()
        if self.gate:
            await self.gate.wait()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def codes(self) -> list[str]:
        """The codes that reached VK ID, in order."""
        return [code for code, _ in self.received]


class FakeRedirects:
    """Allows one address to one client."""

    def allows(self, client: str, uri: str) -> bool:
        """Tells whether it is that pair."""
        return (client, uri) == (CLIENT, REDIRECT)


class NoServiceTokens:
    """Knows one back end, by a fixed token with a fixed id."""

    TOKEN = "eyJhbGciOiJFUzI1NiJ9.e30.AA"

    def verify(self, token: str, now: datetime) -> ServiceToken:
        """Accepts the fixed token."""
        if token != self.TOKEN:
            raise ServiceTokenRejected
        feed = ServiceIdentity("roster-feed", frozenset({"DirectoryService/ImportRoster"}), None, frozenset({CLIENT}))
        return ServiceToken(feed, "1", now + timedelta(minutes=5))
