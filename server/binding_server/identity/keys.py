"""Public keys in the files that providers and back ends hand out."""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

_BEGIN, _END = b"-----BEGIN ", b"-----END "
_LARGEST_FILE_BYTES = 10_000_000


class KeyFileError(Exception):
    """A file holds no usable public key; the text names the file and says why."""


def read_public_keys(path: Path) -> list[PublicKeyTypes]:
    """Reads every public key of a file.

    Understood: PEM with certificates and public keys, several in one file; a DER certificate or public key; a zip
    archive of such files, in which members of other kinds and of unknown algorithms (GOST) are passed over.

    Raises:
        KeyFileError: the file cannot be read, or holds no key that can be used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    try:
        keys = _keys_of_archive(content) if zipfile.is_zipfile(io.BytesIO(content)) else list(_keys_of(content))
    except (ValueError, UnsupportedAlgorithm, zipfile.BadZipFile) as error:
        raise KeyFileError(f"{path}: neither a certificate nor a public key of a known algorithm") from error
    if not keys:
        raise KeyFileError(f"{path}: no public key inside")
    return keys


def public_pem(key: PublicKeyTypes) -> bytes:
    """Returns a key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _keys_of_archive(content: bytes) -> list[PublicKeyTypes]:
    keys: list[PublicKeyTypes] = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.is_dir() or member.file_size > _LARGEST_FILE_BYTES:
                continue
            try:
                keys += _keys_of(archive.read(member))
            except (ValueError, UnsupportedAlgorithm):
                continue
    return keys


def _keys_of(content: bytes) -> Iterator[PublicKeyTypes]:
    if _BEGIN in content:
        for label, block in _pem_blocks(content):
            if label == b"CERTIFICATE":
                yield x509.load_pem_x509_certificate(block).public_key()
            elif label in (b"PUBLIC KEY", b"RSA PUBLIC KEY"):
                yield load_pem_public_key(block)
        return
    try:
        yield x509.load_der_x509_certificate(content).public_key()
    except ValueError:
        yield load_der_public_key(content)


def _pem_blocks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for part in content.split(_BEGIN)[1:]:
        label = part.partition(b"-----")[0]
        body, end, _ = part.partition(_END + label + b"-----")
        if end:
            yield label, _BEGIN + body + end + b"\n"


class WatchedKeys:
    """The public keys of several files, read again whenever one of the files changes.

    A file that has become unreadable or broken keeps the keys that were read from it before: a provider's key roll-over
    that goes wrong must not sign everybody out.
    """

    def __init__(self, paths: Sequence[Path], report: Callable[[KeyFileError], None]) -> None:
        """Reads the files. `report` hears of a file that became unreadable later.

        Raises:
            KeyFileError: one of them holds no key.
        """
        self._report = report
        self._stamps: dict[Path, tuple[int, int, int] | None] = {path: _stamp(path) for path in paths}
        self._keys: dict[Path, list[PublicKeyTypes]] = {path: read_public_keys(path) for path in paths}
        self.version = 0
        """Grows with every change of the keys."""

    def current(self) -> list[PublicKeyTypes]:
        """Returns all keys, in the order of the files, after a look at the files' stamps (microseconds)."""
        for path, known in self._stamps.items():
            stamp = _stamp(path)
            if stamp is None or stamp == known:
                continue
            self._stamps[path] = stamp
            try:
                self._keys[path] = read_public_keys(path)
            except KeyFileError as error:
                self._report(error)
                continue
            self.version += 1
        return [key for keys in self._keys.values() for key in keys]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
