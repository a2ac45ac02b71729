"""Signature suites: how a digest is made and a signature is checked for one kind of key.

RSA and GOST R 34.10-2012; another one is a class with the same members and an entry in `suite_for`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from idp_mock.esia.gost.engine import engine, verify
from idp_mock.esia.gost.signature import DIGEST_OIDS, KEY_OIDS, public_key, streebog

if TYPE_CHECKING:
    from cryptography import x509

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

    @property
    def raw_size(self) -> int:
        """Length in bytes of the bare signature that ESIA takes at the newer endpoints, 0 if it takes none."""
        ...

    def digest(self, data: bytes) -> bytes:
        """Digests `data`."""
        ...

    def verify(self, certificate: x509.Certificate, signature: bytes, message: bytes) -> bool:
        """Says whether `signature` over `message` was made with the certificate's key."""
        ...

    def verifier(self, certificate: x509.Certificate, signature: bytes) -> Callable[[bytes], bool]:
        """What tells whether `signature` is over a message, for trying many."""
        ...


@dataclass(frozen=True)
class RsaSuite:
    """RSA with PKCS#1 v1.5 padding; `digest_name` as in `hashlib`."""

    name: str
    current: bool
    digest_name: str
    raw_size: int = 0

    def digest(self, data: bytes) -> bytes:
        """Digests `data`."""
        return hashlib.new(self.digest_name, data, usedforsecurity=False).digest()

    def verify(self, certificate: x509.Certificate, signature: bytes, message: bytes) -> bool:
        """Says whether `signature` over `message` was made with the certificate's key."""
        # Loaded with the first signature: the simulator answers sooner after its start.
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        try:
            key.verify(signature, message, padding.PKCS1v15(), getattr(hashes, self.digest_name.upper())())
        except InvalidSignature:
            return False
        return True

    def verifier(self, certificate: x509.Certificate, signature: bytes) -> Callable[[bytes], bool]:
        """What tells whether `signature` is over a message."""
        return partial(self.verify, certificate, signature)


@dataclass(frozen=True)
class GostSuite:
    """GOST R 34.10-2012 with the Streebog digest of the same length.

    openssl's engine gives the verdict where it is installed; the code of this package tries the strings of an
    explanation, and does everything where there is no engine.
    """

    bits: int
    current: bool = True

    @property
    def name(self) -> str:
        """What a developer calls it."""
        return f"ГОСТ Р 34.10-2012-{self.bits}"

    @property
    def raw_size(self) -> int:
        """64 or 128 bytes."""
        return self.bits // 4

    def digest(self, data: bytes) -> bytes:
        """Digests `data`."""
        return streebog(data, self.bits)

    def verify(self, certificate: x509.Certificate, signature: bytes, message: bytes) -> bool:
        """Says whether `signature` over `message` was made with the certificate's key."""
        key = public_key(certificate)
        if key is None or len(signature) != self.raw_size:
            return False
        program = engine()
        verdict = verify(program, self.bits, key.info, signature, message) if program else None
        return key.verify(signature, message) if verdict is None else verdict

    def verifier(self, certificate: x509.Certificate, signature: bytes) -> Callable[[bytes], bool]:
        """What tells whether `signature` is over a message."""
        key = public_key(certificate)
        return (key.verifier(signature) if key else None) or _never


def _never(_message: bytes) -> bool:
    return False


def suite_for(certificate: x509.Certificate, digest_algorithm: str) -> Suite | None:
    """Finds the suite of a certificate's key and a digest.

    Args:
        certificate: whose key signs. Only its algorithm is read: the library loads GOST certificates, not keys.
        digest_algorithm: the digest's name as in CMS (`sha256`) or its dotted OID; empty for the one that belongs to
            the key, as in a bare signature.

    Returns:
        The suite, or None if this simulator cannot check such signatures.
    """
    algorithm = certificate.public_key_algorithm_oid.dotted_string
    if algorithm in KEY_OIDS:
        bits = KEY_OIDS[algorithm]
        return GostSuite(bits) if digest_algorithm in ("", DIGEST_OIDS[bits]) else None
    if algorithm != RSA_KEY_OID:
        return None
    return _RSA.get(digest_algorithm or "sha256")


_RSA = {
    "sha256": RsaSuite("RSA-SHA256", True, "sha256"),
    "sha384": RsaSuite("RSA-SHA384", False, "sha384"),
    "sha512": RsaSuite("RSA-SHA512", False, "sha512"),
    # Old openssl's default, for the tolerant mode only.
    "sha1": RsaSuite("RSA-SHA1", False, "sha1"),
}
