"""RSA signing keys of a provider, and the JSON web signatures made with them.

`cryptography` is imported where it is needed: the simulator answers before its first signature.
"""

import base64
import io
import json
import os
import threading
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

_BITS = 2048
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
_ZIP_TIME = (2020, 1, 1, 0, 0, 0)


class SigningKeys:
    """A key with its self-signed certificate. Parsed or made once, on first use; stable over restarts.

    Args:
        folder: where `{name}.key` and `{name}.crt` lie or will lie; None keeps the key in memory.
        name: such as `esia`.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder = folder
        self._name = name
        self._making = threading.Lock()
        self._attached: dict[str, Callable[[], bytes]] = {}

    def attach(self, name: str, content: Callable[[], bytes]) -> None:
        """Puts one more file into the zip, such as the certificate of another kind of key."""
        self._attached[name] = content

    @property
    def folder(self) -> Path | None:
        """Where the key lies, None if in memory."""
        return self._folder

    @property
    def name(self) -> str:
        """What the files are called."""
        return self._name

    @cached_property
    def private_key(self) -> "rsa.RSAPrivateKey":
        """The key.

        Raises:
            OSError: the folder cannot be read or written.
            ValueError: the file does not hold an RSA key.
        """
        # Two threads that ask for the first time at once must not make two keys.
        with self._making:
            if "private_key" not in self.__dict__:
                self.__dict__["private_key"] = self._read_or_make()
            return self.__dict__["private_key"]

    def _read_or_make(self) -> "rsa.RSAPrivateKey":
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        file = self._file(".key")
        if file is not None and file.exists():
            key = serialization.load_pem_private_key(file.read_bytes(), None)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise ValueError(f"{file} holds no RSA key")
            return key
        key = rsa.generate_private_key(65537, _BITS)
        if file is not None:
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_file(file, pem, 0o600)
        return key

    @cached_property
    def certificate(self) -> "x509.Certificate":
        """The certificate, valid from 2020 to 2099 so that a world's clock may go anywhere."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization

        file = self._file(".crt")
        key = self.private_key
        if file is not None and file.exists():
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            if certificate.public_key() == key.public_key():
                return certificate
        subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, f"{self._name} simulator")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_VALID[0])
            .not_valid_after(_VALID[1])
            .sign(key, hashes.SHA256())
        )
        if file is not None:
            write_file(file, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        return certificate

    @cached_property
    def certificate_pem(self) -> bytes:
        """The certificate, PEM."""
        from cryptography.hazmat.primitives import serialization

        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @cached_property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        from cryptography.hazmat.primitives import serialization

        return self.certificate.public_bytes(serialization.Encoding.DER)

    @cached_property
    def public_key_pem(self) -> bytes:
        """The public key, PEM (SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives import serialization

        return self.private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def jwk(self) -> dict[str, str]:
        """The public key as a JSON web key."""
        numbers = self.private_key.public_key().public_numbers()
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "n": _b64_int(numbers.n), "e": _b64_int(numbers.e)}

    @property
    def zip(self) -> bytes:
        """Certificate (DER), JSON web key and what is attached, in a zip as a provider publishes it; stable bytes."""
        buffer = io.BytesIO()
        prefix = self._name.upper()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (
                (f"RSA_{prefix}.cer", self.certificate_der),
                (f"RSA_{prefix}.jwk", json.dumps(self.jwk).encode()),
                *((name, content()) for name, content in self._attached.items()),
            ):
                archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content)
        return buffer.getvalue()

    def export(self) -> None:
        """Writes `{name}.zip` and `{name}.pem` (certificate and public key) beside the key, if none newer are there."""
        key, archive, pem = self._file(".key"), self._file(".zip"), self._file(".pem")
        if key is None or archive is None or pem is None:
            return
        fresh = all(file.exists() and key.exists() and _age(file) >= _age(key) for file in (archive, pem))
        if not fresh or (self._attached and archive.read_bytes() != self.zip):
            write_file(archive, self.zip, 0o644)
            write_file(pem, self.certificate_pem + self.public_key_pem, 0o644)

    def export_public_key(self) -> None:
        """Writes `{name}.pem` with nothing but the public key, for clients that want it pasted in."""
        key, pem = self._file(".key"), self._file(".pem")
        if pem is not None and not (key and key.exists() and pem.exists() and pem.read_bytes() == self.public_key_pem):
            write_file(pem, self.public_key_pem, 0o644)

    def _file(self, suffix: str) -> Path | None:
        return self._folder / f"{self._name}{suffix}" if self._folder else None

    def sign(self, header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
        """A JSON web signature, compact, RS256; the members of `header` stay in their order.

        Raises:
            ValueError: the header's `alg` is not RS256.
        """
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        if header.get("alg") != "RS256":
            raise ValueError("alg must be RS256")
        signed = f"{_b64_json(header)}.{_b64_json(payload)}"
        signature = self.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_b64(signature)}"

    def verify(self, token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Header and payload of a token that this key signed, else None. Times are not looked at."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        try:
            head, body, signature = token.split(".")
            self.private_key.public_key().verify(
                _unb64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            header, payload = json.loads(_unb64(head)), json.loads(_unb64(body))
        except (ValueError, InvalidSignature):
            return None
        return (header, payload) if isinstance(header, dict) and isinstance(payload, dict) else None


def _age(file: Path) -> int:
    return file.stat().st_mtime_ns


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64_json(document: Mapping[str, Any]) -> str:
    return _b64(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _b64_int(number: int) -> str:
    return _b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def write_file(file: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, so that a second simulator on the same folder never reads half a key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    draft.replace(file)
