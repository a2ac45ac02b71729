"""Certificates of ESIA's client systems."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idp_mock.world import EsiaClient

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(slots=True)
class _Read:
    stamp: tuple[int, int]
    certificate: "x509.Certificate | None"


class ClientCertificates:
    """Finds the certificate of a client system: from the world, else from `{folder}/{mnemonic}.crt`.

    A file is read when it is first needed and again when it has changed, so that a client may make its key while the
    simulator runs.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._inline: dict[str, x509.Certificate | None] = {}
        self._files: dict[Path, _Read] = {}

    def find(self, client: EsiaClient) -> "x509.Certificate | None":
        """The certificate, or None if there is none or it cannot be read."""
        if client.certificate:
            if client.certificate not in self._inline:
                self._inline[client.certificate] = _parse(client.certificate.encode())
            return self._inline[client.certificate]
        if self._folder is None:
            return None
        file = self._folder / f"{client.mnemonic}.crt"
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            read = self._files.get(file)
            if read is None or read.stamp != stamp:
                read = self._files[file] = _Read(stamp, _parse(file.read_bytes()))
        except OSError:
            return None
        return read.certificate


def _parse(pem: bytes) -> "x509.Certificate | None":
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None
