"""Signing keys of a provider, the JSON web signatures made with them, and how they are published.

`cryptography` is imported where it is needed: the simulator answers before its first signature.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from idp_mock.oauth.key_pair import KeyPair, write_file

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

_ZIP_TIME = (2020, 1, 1, 0, 0, 0)


class Companion(Protocol):
    """Keys of another kind that are published and rotated with a provider's RSA keys."""

    @property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        ...

    @property
    def previous_der(self) -> bytes | None:
        """The certificate of the key before, DER, if that is still good."""
        ...

    @property
    def files(self) -> Sequence[Path]:
        """Where the keys lie."""
        ...

    def rotate(self, *, withdraw: bool = False) -> None:
        """Begins to sign with a new key."""
        ...


class SigningKeys:
    """A key with its self-signed certificate, and the one before while both are good; stable over restarts.

    Args:
        folder: where `{name}.key` and `{name}.crt` lie or will lie; None keeps the key in memory.
        name: such as `esia`.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder = folder
        self._name = name
        self._pair = KeyPair(folder, name)
        self._old: x509.Certificate | None = None
        self._companions: dict[str, Companion] = {}
        self._rotated = False

    def accompany(self, kind: str, companion: Companion) -> None:
        """Publishes other keys in the same zip, as `{kind}_{NAME}.cer`, and rotates them together with these."""
        self._companions[kind] = companion

    def companion(self, kind: str) -> Companion | None:
        """The keys of that kind, if there are any."""
        return self._companions.get(kind)

    @property
    def folder(self) -> Path | None:
        """Where the key lies, None if in memory."""
        return self._folder

    @property
    def name(self) -> str:
        """What the files are called."""
        return self._name

    @property
    def rotated(self) -> bool:
        """Whether keys were rotated since the start: tokens may be out whose key is no longer good."""
        return self._rotated

    @property
    def private_key(self) -> "rsa.RSAPrivateKey":
        """The key.

        Raises:
            OSError: the folder cannot be read or written.
            ValueError: the file does not hold an RSA key.
        """
        return self._pair.private_key

    @property
    def certificate(self) -> "x509.Certificate":
        """The certificate, valid from 2020 to 2099 so that a world's clock may go anywhere."""
        return self._pair.certificate

    @property
    def previous(self) -> "x509.Certificate | None":
        """The certificate of the key before, if signatures of that are still good."""
        file = self._file("-previous.crt")
        if self._old is None and file is not None and file.exists():
            from cryptography import x509

            self._old = x509.load_pem_x509_certificate(file.read_bytes())
        return self._old

    @property
    def certificate_pem(self) -> bytes:
        """The certificate, PEM."""
        return _certificate(self.certificate, "PEM")

    @property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        return _certificate(self.certificate, "DER")

    @property
    def public_key_pem(self) -> bytes:
        """The public key, PEM (SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives import serialization

        return self.private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def pem(self) -> bytes:
        """Certificate and public key; then, while it is good, the certificate of the key before."""
        previous = self.previous
        return self.certificate_pem + self.public_key_pem + (_certificate(previous, "PEM") if previous else b"")

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as a JSON web key."""
        return _jwk(self.private_key.public_key())

    @property
    def jwks(self) -> list[dict[str, str]]:
        """The public keys that are good, the newest first."""
        return [_jwk(key) for key in self._public_keys()]

    @property
    def zip(self) -> bytes:
        """Certificates (DER) and JSON web key in a zip as a provider publishes it; stable bytes."""
        buffer, ending = io.BytesIO(), self._name.upper()
        contents: dict[str, bytes | None] = {
            f"RSA_{ending}.cer": self.certificate_der,
            f"RSA_{ending}.jwk": json.dumps(self.jwk).encode(),
            **{f"{kind}_{ending}.cer": companion.certificate_der for kind, companion in self._companions.items()},
            f"RSA_{ending}_PREVIOUS.cer": _certificate(self.previous, "DER") if self.previous else None,
            **{f"{kind}_{ending}_PREVIOUS.cer": other.previous_der for kind, other in self._companions.items()},
        }
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                if content is not None:
                    archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content)
        return buffer.getvalue()

    def rotate(self, *, withdraw: bool = False) -> None:
        """Begins to sign with a new key, in every world, and publishes it.

        Args:
            withdraw: what the old key signed is no longer good from now on; else it stays good and published beside the
                new one until the next rotation.
        """
        old, file = self.certificate, self._file("-previous.crt")
        self._pair = KeyPair(self._folder, self._name, new=True)
        self._old, self._rotated = None if withdraw else old, True
        if file is not None:
            # Not before the new key is there: an interrupted rotation leaves the old one in force.
            _ = self.certificate
            if withdraw:
                file.unlink(missing_ok=True)
            else:
                write_file(file, _certificate(old, "PEM"), 0o644)
        for companion in self._companions.values():
            companion.rotate(withdraw=withdraw)
        self._publish()

    @property
    def published(self) -> bool:
        """Whether zip and PEM lie beside the keys and are not older than them. Needs no key to be read."""
        archive, pem = self._file(".zip"), self._file(".pem")
        if archive is None or pem is None:
            return True
        keys = [file for file in (self._file(".key"), self._file(".crt")) if file is not None]
        keys += [file for companion in self._companions.values() for file in companion.files]
        if not all(file.exists() for file in (archive, pem, *keys)):
            return False
        return min(_age(archive), _age(pem)) >= max(map(_age, keys))

    def export(self) -> None:
        """Writes `{name}.zip` and `{name}.pem` (certificate and public key) beside the key, if none newer are there."""
        if not self.published:
            self._publish()

    def _publish(self) -> None:
        archive, pem = self._file(".zip"), self._file(".pem")
        if archive is not None and pem is not None:
            write_file(archive, self.zip, 0o644)
            write_file(pem, self.pem, 0o644)

    def export_public_key(self) -> None:
        """Writes `{name}.pem` with nothing but the public key, for clients that want it pasted in."""
        key, pem = self._file(".key"), self._file(".pem")
        if pem is not None and not (key and key.exists() and pem.exists() and pem.read_bytes() == self.public_key_pem):
            write_file(pem, self.public_key_pem, 0o644)

    def _file(self, suffix: str) -> Path | None:
        return self._folder / f"{self._name}{suffix}" if self._folder else None

    def _public_keys(self) -> Iterator["rsa.RSAPublicKey"]:
        from cryptography.hazmat.primitives.asymmetric import rsa

        yield self.private_key.public_key()
        if self.previous is not None:
            key = self.previous.public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            yield key

    def sign(self, header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
        """A JSON web signature, compact, RS256; the members of `header` stay in their order.

        Raises:
            ValueError: the header's `alg` is not RS256.
        """
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        if header.get("alg") != "RS256":
            raise ValueError("alg must be RS256")
        signed = f"{_header(tuple(header.items()))}.{_b64_json(payload)}"
        signature = self.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_b64(signature)}"

    def verify(self, token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Header and payload of a token that a good key of these signed, else None. Times are not looked at."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        for key in self._public_keys():
            try:
                head, body, signature = token.split(".")
                key.verify(_unb64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
                header, payload = json.loads(_unb64(head)), json.loads(_unb64(body))
            except (ValueError, InvalidSignature):
                continue
            if isinstance(header, dict) and isinstance(payload, dict):
                return header, payload
        return None


def _certificate(certificate: "x509.Certificate", encoding: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM if encoding == "PEM" else Encoding.DER)


def _age(file: Path) -> int:
    return file.stat().st_mtime_ns


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64_json(document: Mapping[str, Any]) -> str:
    return _b64(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


@lru_cache(maxsize=32)
def _header(members: tuple[tuple[str, Any], ...]) -> str:
    # There are a handful of headers, and every token has one.
    return _b64_json(dict(members))


def _jwk(key: "rsa.RSAPublicKey") -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "n": _b64_int(numbers.n), "e": _b64_int(numbers.e)}


def _b64_int(number: int) -> str:
    return _b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))
