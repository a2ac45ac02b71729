"""An RSA key with its self-signed certificate, in files or in memory.

`cryptography` is imported where it is needed: the simulator answers before its first signature.
"""

import os
import threading
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

_BITS = 2048
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class KeyPair:
    """A key with its certificate. Parsed or made once, on first use.

    Args:
        folder: where `{name}.key` and `{name}.crt` lie or will lie; None keeps the key in memory.
        name: such as `esia`; it also stands in the certificate.
        new: a new key takes the place of what the files hold.
    """

    def __init__(self, folder: Path | None, name: str, *, new: bool = False) -> None:
        self._folder = folder
        self._name = name
        self._new = new
        self._making = threading.Lock()
        self._key: rsa.RSAPrivateKey | None = None

    @property
    def private_key(self) -> "rsa.RSAPrivateKey":
        """The key.

        Raises:
            OSError: the folder cannot be read or written.
            ValueError: the file does not hold an RSA key.
        """
        # Two threads that ask for the first time at once must not make two keys.
        with self._making:
            if self._key is None:
                self._key = self._read_or_make()
            return self._key

    def _read_or_make(self) -> "rsa.RSAPrivateKey":
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        file = self._file(".key")
        if file is None:
            return rsa.generate_private_key(65537, _BITS)
        if self._new or not file.exists():
            key = rsa.generate_private_key(65537, _BITS)
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_file(file, pem, 0o600, keep=not self._new)
        # Read back: another simulator on the same folder may have been sooner.
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{file} holds no RSA key")
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

    def _file(self, suffix: str) -> Path | None:
        return self._folder / f"{self._name}{suffix}" if self._folder else None


def write_file(file: Path, content: bytes, mode: int, *, keep: bool = False) -> None:
    """Whole or not at all, so that a second simulator on the same folder never reads half a key.

    Args:
        file: the file.
        content: what it is to hold.
        mode: its permissions.
        keep: a file that is there stays as it is.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    if not keep:
        draft.replace(file)
        return
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
