"""TLS under the providers' own names: a local authority, its certificate, and how to use them.

The authority may vouch for these names only, so that whoever trusts it does not trust it for anything else. It goes by
the real time and not by a world's clock: browsers do.
"""

import base64
import hashlib
import ipaddress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from idp_mock.oauth.key_pair import write_file
from idp_mock.world.clock import Clock

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

VK_ID_NAMES = ("id.vk.ru", "id.vk.com", "login.vk.ru", "api.vk.ru")
ESIA_NAMES = ("esia.gosuslugi.ru",)
LOCAL_NAMES = ("localhost",)
LOCAL_ADDRESSES = ("127.0.0.1", "::1")

_AUTHORITY_LIFE = timedelta(days=3650)
_LIFE = timedelta(days=397)
_RENEWED = timedelta(days=30)
_SKEW = timedelta(days=1)


class LocalAuthority:
    """An authority of this machine and the one certificate that it has given. Files are made when they are missing.

    Args:
        folder: of `ca.pem`, `ca.key`, `server.pem` and `server.key`.
        clock: the real time if None.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or Clock()

    @property
    def authority_file(self) -> Path:
        """The authority's certificate, PEM: what a client has to trust."""
        return self._folder / "ca.pem"

    def certificate_files(self) -> tuple[Path, Path]:
        """The certificate for all names and its key, PEM. Made anew with the same key a month before its end.

        Raises:
            OSError: the folder cannot be read or written.
            ValueError: a file holds something else.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization

        authority = self._authority
        file = self._folder / "server.pem"
        if file.exists():
            found = x509.load_pem_x509_certificate(file.read_bytes())
            good = (
                found.issuer == authority.subject
                and found.not_valid_after_utc > self._clock.now() + _RENEWED
                and found.public_key() == self._key.public_key()
            )
            try:
                found.verify_directly_issued_by(authority)
            except Exception:  # whatever is wrong with it, another one is made
                good = False
            if good:
                return file, self._folder / "server.key"
        pem = self._issue().public_bytes(serialization.Encoding.PEM)
        write_file(file, pem + authority.public_bytes(serialization.Encoding.PEM), 0o644)
        return file, self._folder / "server.key"

    @property
    def fingerprint(self) -> str:
        """What Chromium calls the certificate: base64 of the SHA-256 digest of its public key."""
        from cryptography.hazmat.primitives import serialization

        key = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    @cached_property
    def _authority_key(self) -> "ec.EllipticCurvePrivateKey":
        return _key(self._folder / "ca.key")

    @cached_property
    def _key(self) -> "ec.EllipticCurvePrivateKey":
        return _key(self._folder / "server.key")

    @cached_property
    def _authority(self) -> "x509.Certificate":
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization

        key = self._authority_key
        if self.authority_file.exists():
            found = x509.load_pem_x509_certificate(self.authority_file.read_bytes())
            if found.public_key() == key.public_key() and found.not_valid_after_utc > self._clock.now() + _LIFE:
                return found
        names = [x509.DNSName(name) for name in (*VK_ID_NAMES, *ESIA_NAMES, *LOCAL_NAMES)]
        addresses = [x509.IPAddress(ipaddress.ip_network(address)) for address in LOCAL_ADDRESSES]
        authority = (
            self._builder(f"Simulator's local authority {_identifier(key)}", _AUTHORITY_LIFE, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.NameConstraints([*names, *addresses], None), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        write_file(self.authority_file, authority.public_bytes(serialization.Encoding.PEM), 0o644)
        return authority

    def _issue(self) -> "x509.Certificate":
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        names = [x509.DNSName(name) for name in (*VK_ID_NAMES, *ESIA_NAMES, *LOCAL_NAMES)]
        addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in LOCAL_ADDRESSES]
        return (
            self._builder("Identity simulator", _LIFE, self._key, self._authority)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority_key.public_key()), critical=False
            )
            .sign(self._authority_key, hashes.SHA256())
        )

    def _builder(
        self,
        name: str,
        life: timedelta,
        key: "ec.EllipticCurvePrivateKey",
        issuer: "x509.Certificate | None" = None,
    ) -> "x509.CertificateBuilder":
        from cryptography import x509

        subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
        now = self._clock.now()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer is not None else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + life)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def advice(authority: LocalAuthority, host: str, esia_port: int, vk_id_port: int) -> str:
    """What is printed at the start: nothing on this machine has to be changed, neither trust nor names.

    Args:
        authority: what is to be trusted.
        host: where the simulator listens.
        esia_port, vk_id_port: of ESIA and VK ID over TLS.
    """
    ports = dict.fromkeys(VK_ID_NAMES, vk_id_port) | dict.fromkeys(ESIA_NAMES, esia_port)
    rules = ",".join(f"MAP {name}:443 {host}:{port}" for name, port in ports.items())
    connects = " ".join(f"--connect-to {name}:443:{host}:{port}" for name, port in ports.items())
    names = ", ".join((*ports, *LOCAL_NAMES))
    return (
        f"TLS: {names}\n"
        f"  центр сертификации (authority): {authority.authority_file}\n"
        "  один браузер (one browser):\n"
        '    chromium --user-data-dir="$(mktemp -d)" '
        f'--host-resolver-rules="{rules}" --ignore-certificate-errors-spki-list={authority.fingerprint}\n'
        "  один процесс (one process):\n"
        f"    curl --cacert {authority.authority_file} {connects} https://{VK_ID_NAMES[0]}/authorize\n"
        f"    SSL_CERT_FILE={authority.authority_file} python …   "
        f"NODE_EXTRA_CA_CERTS={authority.authority_file} node …\n"
    )


def _key(file: Path) -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if file.exists():
        found = serialization.load_pem_private_key(file.read_bytes(), None)
        if not isinstance(found, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{file} holds no elliptic curve key")
        return found
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_file(file, pem, 0o600)
    return key


def _identifier(key: "ec.EllipticCurvePrivateKey") -> str:
    """Tells authorities apart in a list: two machines' are of the same name otherwise."""
    from cryptography import x509

    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:8]


def _usage(*, signs_certificates: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
