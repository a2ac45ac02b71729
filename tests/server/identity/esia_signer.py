"""An ESIA that signs tokens, for tests of whoever verifies them."""

import io
import json
import zipfile
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ISSUER = "http://esia.gosuslugi.ru/"
OID = 1000300103


def base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


class EsiaSigner:
    """A key with its certificate, and the tokens that it signs."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "esia")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
        self.certificate = builder.sign(self.key, hashes.SHA256())

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def archive(self) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("readme.txt", "not a key")
            archive.writestr("certificates/esia.cer", self.certificate_der)
        return buffer.getvalue()

    def sign(self, header: dict[str, Any], payload: dict[str, Any]) -> str:
        parts = [base64url(json.dumps(part).encode()) for part in (header, payload)]
        text = ".".join(parts)
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"

    def access_token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """An access token that holds at NOW for an hour; claims of value None are left out."""
        payload: dict[str, Any] = {
            "nbf": int(NOW.timestamp()),
            "iat": int(NOW.timestamp()),
            "exp": int(NOW.timestamp()) + 3600,
            "iss": ISSUER,
            "client_id": "EDIARY66",
            "urn:esia:sid": "sid",
            "urn:esia:sbj_id": OID,
            "scope": f"openid?oid={OID} email?oid={OID} mobile?oid={OID}",
        }
        payload |= claims
        payload = {name: value for name, value in payload.items() if value is not None}
        return self.sign({"ver": 1, "typ": "JWT", "sbt": "access", "alg": "RS256"} | (header or {}), payload)
