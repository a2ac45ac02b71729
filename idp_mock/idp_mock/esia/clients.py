"""Client systems as ESIA's technology portal knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from idp_mock.esia.registration import Registration, der_of
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.world import EsiaClient, World, is_loopback

if TYPE_CHECKING:
    from cryptography import x509

#: Name of the client authentication by signature, for the OAuth core.
SIGNED_SECRET = "signed_secret"  # noqa: S105  a name

_PORTS = {"http": 80, "https": 443}
# Browsers read these otherwise than the parser here, or they hide the real host.
_SUSPICIOUS = frozenset("\\# \t\r\n\0")


class ClientSystem:
    """A registered system: the world's client with its certificate, and the questions that the OAuth core asks."""

    def __init__(self, client: EsiaClient, world: World, certificates: ClientCertificates) -> None:
        self.client = client
        self._world = world
        self._certificates = certificates

    @property
    def client_id(self) -> str:
        """The mnemonic."""
        return self.client.mnemonic

    @property
    def strict(self) -> bool:
        """Forms that the guidelines demand but ESIA is not known to check are checked."""
        return self.client.signature_mode == "strict"

    def registration(self) -> Registration:
        """What a client_secret is checked against."""
        certificate = self._certificates.find(self.client)
        mode = self.client.signature_mode
        return Registration(self.client_id, certificate, mode, self._owner_of, self._others)

    def allows_redirect(self, uri: str) -> bool:
        """Whether ESIA sends a browser to `uri`: its portal registers addresses by domain, so any path will do."""
        return allows_redirect(self.client, uri)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Systems authenticate by a signature, nothing else."""
        return method == SIGNED_SECRET

    def check_grant_type(self, grant_type: str) -> bool:
        """Every system may use every grant that ESIA has."""
        return grant_type in {"authorization_code", "refresh_token", "client_credentials"}

    def _owner_of(self, der: bytes) -> str | None:
        return next((name for name, other in self._others() if der_of(other) == der), None)

    def _others(self) -> Iterator[tuple[str, x509.Certificate]]:
        for other in self._world.document.clients.esia:
            certificate = self._certificates.find(other)
            if certificate is not None and other.mnemonic != self.client_id:
                yield other.mnemonic, certificate


def allows_redirect(client: EsiaClient, uri: str) -> bool:
    """Whether ESIA sends a browser to `uri`: its portal registers addresses by domain, so any path will do."""
    if client.loopback_redirects and is_loopback(uri):
        return True
    wanted = _origin(uri)
    return wanted is not None and wanted in {_origin(registered) for registered in client.redirect_uris}


def find_client(world: World, certificates: ClientCertificates, client_id: str) -> ClientSystem | None:
    """The system with this mnemonic."""
    client = world.esia_client(client_id)
    return ClientSystem(client, world, certificates) if client else None


def _origin(uri: str) -> tuple[str, str, int] | None:
    try:
        parts: SplitResult = urlsplit(uri)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if port is None or not parts.hostname or parts.username is not None or _SUSPICIOUS & set(uri):
        return None
    return parts.scheme, parts.hostname, port
