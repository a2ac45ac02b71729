"""Signers of a client_secret as real clients have them: the openssl command line and the cryptography library."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class KeyPair:
    """A client system's key and certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def again(self, not_after: datetime | None = None) -> KeyPair:
        """Another certificate for the same key."""
        return KeyPair(self.key, make_certificate(self.key, "again", not_after))


def make_certificate(key: rsa.RSAPrivateKey, name: str, not_after: datetime | None = None) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = not_after or datetime(2046, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=20 * 365))
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


@cache
def key_pair(name: str) -> KeyPair:
    """A key pair by name; making keys is slow, so each is made once in a run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return KeyPair(key, make_certificate(key, name))


def openssl(command: str, *options: str) -> Callable[[KeyPair, bytes], bytes]:
    """A signer that runs `openssl smime -sign` or `openssl cms -sign` with these options and returns DER."""

    def sign(pair: KeyPair, message: bytes) -> bytes:
        with TemporaryDirectory() as folder:
            key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
            key.write_bytes(pair.key_pem)
            certificate.write_text(pair.certificate_pem)
            words = ["openssl", command, "-sign", "-signer", certificate, "-inkey", key, "-outform", "DER", *options]
            return subprocess.run(words, input=message, capture_output=True, check=True).stdout

    return sign


def library(*options: PKCS7Options, algorithm: hashes.HashAlgorithm | None = None) -> Callable[[KeyPair, bytes], bytes]:
    """A signer that uses the cryptography library."""

    def sign(pair: KeyPair, message: bytes) -> bytes:
        digest = algorithm or hashes.SHA256()
        builder = PKCS7SignatureBuilder().set_data(message).add_signer(pair.certificate, pair.key, digest)  # type: ignore[arg-type]
        return builder.sign(Encoding.DER, [PKCS7Options.Binary, *options])

    return sign


def by_hand(pair: KeyPair, message: bytes) -> bytes:
    """Attached, no signed attributes, `rsaEncryption` as the algorithm: the way of node-forge."""
    certificate = asn1_x509.Certificate.load(pair.certificate.public_bytes(Encoding.DER))
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    )
                }
            ),
            "digest_algorithm": sha256,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": pair.key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data", "content": message},
            "certificates": [cms.CertificateChoices({"certificate": certificate})],
            "signer_infos": [signer],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()


def raw(pair: KeyPair, message: bytes) -> bytes:
    """A bare RSA signature without a container."""
    return pair.key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def unpadded(data: bytes) -> str:
    return url_safe(data).replace("=", "")


def first_padding_cut(data: bytes) -> str:
    return url_safe(data).replace("=", "", 1)


def standard(data: bytes) -> str:
    return base64.b64encode(data).decode()


def plus_as_space(data: bytes) -> str:
    return standard(data).replace("+", " ")


def wrapped(data: bytes) -> str:
    return "  " + base64.encodebytes(data).decode().replace("\n", "\r\n")
