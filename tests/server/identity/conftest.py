"""Fixtures of the identity tests."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from binding_server.identity.contacts import ContactForms
from binding_server.identity.esia_tokens import EsiaTokens
from binding_server.identity.keys import WatchedKeys

from .esia_signer import ISSUER, EsiaSigner

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="session")
def signer() -> EsiaSigner:
    return EsiaSigner()


@pytest.fixture(scope="session")
def other_signer() -> EsiaSigner:
    return EsiaSigner()


@pytest.fixture
def contacts() -> ContactForms:
    return ContactForms()


@pytest.fixture
def make_tokens(tmp_path, signer):
    """Makes a verifier that trusts the signer, or the given key files."""

    def make(*files: bytes, remembered: int = 100) -> EsiaTokens:
        paths = []
        for number, content in enumerate(files or [signer.certificate_pem]):
            paths.append(tmp_path / f"{number}.key")
            paths[-1].write_bytes(content)
        return EsiaTokens(WatchedKeys(paths, lambda _: None), ISSUER, ["EDIARY66", "SFERUM_CLI"], remembered)

    return make


@pytest.fixture
async def http_to() -> AsyncIterator[Callable[[Handler], httpx.AsyncClient]]:
    """Makes a client whose every request a function answers."""
    clients: list[httpx.AsyncClient] = []

    def make(handler: Handler) -> httpx.AsyncClient:
        clients.append(httpx.AsyncClient(transport=httpx.MockTransport(handler)))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()
