"""A back end's own credentials: short-lived tokens that it signs itself."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import overload

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from binding_client._clock import Clock, system_clock
from binding_client._keys import write_private

AUDIENCE = "sferum-binding"
LIFETIME = timedelta(seconds=120)
"""Enough for clocks that differ a little; the service accepts at most 300 s, and remembers each token until its end."""


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


class ServiceCredentials(grpc.AuthMetadataPlugin):
    """Makes the bearer tokens of a back end, a fresh one for every call: the service takes each only once.

    Give it to a client as its `token`; over TLS the client hands it to gRPC as call credentials. A program that has
    gRPC stubs of its own uses `call_credentials()`, or the object itself as the plugin.
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

    @overload
    def __call__(self) -> str: ...

    @overload
    def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None: ...

    def __call__(
        self,
        context: grpc.AuthMetadataContext | None = None,
        callback: grpc.AuthMetadataPluginCallback | None = None,
    ) -> str | None:
        """Returns a token; as a gRPC plugin, hands the metadata with one to the callback."""
        if callback is None:
            return self._signed()
        callback((("authorization", f"Bearer {self._signed()}"),), None)
        return None

    def call_credentials(self) -> grpc.CallCredentials:
        """Returns credentials for calls or, by `grpc.composite_channel_credentials`, for a channel; for TLS only."""
        return grpc.metadata_call_credentials(self)

    def _signed(self) -> str:
        issued = int(self._clock().timestamp())
        claims = {
            "iss": self._service_id,
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, self._key)
