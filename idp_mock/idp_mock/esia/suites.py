"""Signature suites: how a digest is made and a signature is checked for one kind of key.

RSA is here. A GOST suite has the same shape: a class with these members and one more entry in `suite_for`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

RSA_KEY_OID = "1.2.840.113549.1.1.1"


class Suite(Protocol):
    """One way of signing: a digest with a kind of key."""

    @property
    def name(self) -> str:
        """What a developer calls it, such as `RSA-SHA256`."""
        ...

    @property
    def current(self) -> bool:
        """ESIA takes it; others are for the tolerant mode only."""
        ...

    def digest(self, data: bytes) -> bytes:
        """Digests `data`."""
        ...

    def verify(self, certificate: x509.Certificate, signature: bytes, message: bytes) -> bool:
        """Says whether `signature` over `message` was made with the certificate's key."""
        ...


@dataclass(frozen=True)
class RsaSuite:
    """RSA with PKCS#1 v1.5 padding."""

    name: str
    current: bool
    algorithm: hashes.HashAlgorithm

    def digest(self, data: bytes) -> bytes:
        """Digests `data`."""
        return hashlib.new(self.algorithm.name, data, usedforsecurity=False).digest()

    def verify(self, certificate: x509.Certificate, signature: bytes, message: bytes) -> bool:
        """Says whether `signature` over `message` was made with the certificate's key."""
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        try:
            key.verify(signature, message, padding.PKCS1v15(), self.algorithm)
        except InvalidSignature:
            return False
        return True


def suite_for(certificate: x509.Certificate, digest_algorithm: str) -> Suite | None:
    """Finds the suite of a certificate's key and a digest.

    Args:
        certificate: whose key signs. Only its algorithm is read: the library loads GOST certificates, not keys.
        digest_algorithm: the digest's name as in CMS (`sha256`) or its dotted OID.

    Returns:
        The suite, or None if this simulator cannot check such signatures.
    """
    if certificate.public_key_algorithm_oid.dotted_string != RSA_KEY_OID:
        return None
    return {
        "sha256": RsaSuite("RSA-SHA256", True, hashes.SHA256()),
        "sha384": RsaSuite("RSA-SHA384", False, hashes.SHA384()),
        "sha512": RsaSuite("RSA-SHA512", False, hashes.SHA512()),
        "sha1": RsaSuite("RSA-SHA1", False, hashes.SHA1()),  # noqa: S303  old openssl's default, tolerant mode only
    }.get(digest_algorithm)
