"""A back end's own credentials: short-lived tokens that it signs itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from binding_client._clock import Clock, system_clock
from binding_client._keys import write_private

AUDIENCE = "sferum-binding"
LIFETIME = timedelta(seconds=240)
"""The service accepts at most 300 s."""


@dataclass(frozen=True)
class ServiceKey:
    """A key pair on disk.

    Attributes:
        key_path: PEM file of the private key, readable by its owner only.
        public_key_path: PEM file of the public key, to be named in the service's callers file.
    """

    key_path: Path
    public_key_path: Path

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM."""
        return self.key_path.read_bytes()


def ensure_service_key(directory: Path, name: str) -> ServiceKey:
    """Returns the key DIRECTORY/NAME.key with DIRECTORY/NAME.pem, and makes them (EC P-256) if there is none."""
    key = ServiceKey(directory / f"{name}.key", directory / f"{name}.pem")
    if not key.key_path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(key.key_path, pem)
    if not key.public_key_path.exists():
        private = serialization.load_pem_private_key(key.key_pem, password=None)
        key.public_key_path.write_bytes(
            private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    return key


class ServiceCredentials:
    """Makes the bearer tokens of a back end. Calling it gives one, so it can be a client's `token`.

    A token is used again until a minute before its end.
    """

    def __init__(self, service_id: str, key_pem: bytes, *, clock: Clock = system_clock) -> None:
        """Takes the credentials.

        Args:
            service_id: Name of the service in the callers file.
            key_pem: EC P-256 private key in PEM.
            clock: Where the time of a token comes from.
        """
        self._service_id = service_id
        self._key = ECKey.import_key(key_pem)
        self._clock = clock
        self._token = ""
        self._made: datetime | None = None

    def __call__(self) -> str:
        """Returns a token."""
        now = self._clock()
        # A clock that was set back makes the kept token one of the future.
        if self._made is None or not self._made <= now < self._made + LIFETIME - timedelta(seconds=60):
            self._token, self._made = self._signed(now), now
        return self._token

    def _signed(self, now: datetime) -> str:
        issued = int(now.timestamp())
        claims = {
            "iss": self._service_id,
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, self._key)
