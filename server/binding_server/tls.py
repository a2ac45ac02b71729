"""The server's certificate for gRPC, read again when its files change."""

from collections.abc import Callable
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_Stamp = tuple[tuple[int, int, int], ...]


class TlsFileError(Exception):
    """A file cannot be used; `setting` is the end of the setting's name, such as TLS_KEY_FILE."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(problem)
        self.setting = setting


def server_credentials(
    certificate_file: Path, key_file: Path, client_ca_file: Path | None, complain: Callable[[str], None]
) -> grpc.ServerCredentials:
    """Credentials of a port that speaks TLS.

    Before each new connection the files are looked at: a renewed certificate needs no restart. One that cannot be used
    leaves the one before in force.

    Args:
        certificate_file: PEM, the server's certificate first, then those between it and the root.
        key_file: PEM, the private key of that certificate, not encrypted.
        client_ca_file: PEM, authorities of the clients; if set a client without a certificate of theirs is not let in.
        complain: is told of files that were changed and cannot be used.

    Raises:
        TlsFileError: a file cannot be read or does not hold what it should.
    """
    files = [file for file in (certificate_file, key_file, client_ca_file) if file is not None]

    def configuration() -> grpc.ServerCertificateConfiguration:
        chain, key = _pem("TLS_CERTIFICATE_FILE", certificate_file), _pem("TLS_KEY_FILE", key_file)
        _check_pair(chain, key)
        roots = _pem("TLS_CLIENT_CA_FILE", client_ca_file) if client_ca_file is not None else None
        if roots is not None:
            _certificates("TLS_CLIENT_CA_FILE", roots)
        return grpc.ssl_server_certificate_configuration([(key, chain)], roots)

    seen = _stamp(files)
    first = configuration()

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal seen
        now = _stamp(files)
        if now == seen:
            return None
        seen = now
        try:
            return configuration()
        except TlsFileError as error:
            complain(f"BINDING_{error.setting}: {error}")
            return None

    return grpc.dynamic_ssl_server_credentials(
        first,
        renewed,  # pyright: ignore[reportArgumentType] - None means: as it is
        require_client_authentication=client_ca_file is not None,
    )


def _stamp(files: list[Path]) -> _Stamp | None:
    try:
        return tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in (file.stat() for file in files))
    except OSError:
        return None


def _pem(setting: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TlsFileError(setting, f"{file}: {error.strerror}") from error


def _check_pair(chain: bytes, key: bytes) -> None:
    certificate = _certificates("TLS_CERTIFICATE_FILE", chain)[0]
    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise TlsFileError("TLS_KEY_FILE", "holds no private key in PEM that is not encrypted") from error
    if private.public_key() != certificate.public_key():
        raise TlsFileError("TLS_KEY_FILE", "is not the key of the first certificate of BINDING_TLS_CERTIFICATE_FILE")


def _certificates(setting: str, pem: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise TlsFileError(setting, "holds no certificate in PEM") from error
    return found
