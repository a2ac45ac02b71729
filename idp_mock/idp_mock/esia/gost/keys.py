"""The GOST key with which ESIA signs the tokens of systems that chose `GOST3410_2012_256`."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp_mock.esia.gost.certificate import load_private, pem, private_pem, public_info, self_signed
from idp_mock.esia.gost.signature import PrivateKey, PublicKey, public_key
from idp_mock.oauth.key_pair import write_file
from idp_mock.oauth.keys import SigningKeys

if TYPE_CHECKING:
    from cryptography import x509

ALGORITHM = "GOST3410_2012_256"

_KIND = "GOST"
_CURVE = "1.2.643.2.2.35.1"
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))


class GostSigningKeys:
    """A GOST key with its self-signed certificate, and the certificate of the key before while that is good.

    Made on first use, stable over restarts.

    Args:
        folder: where `{name}-gost.key` and `{name}-gost.crt` lie or will lie; None keeps the key in memory.
        name: such as `esia`.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder = folder
        self._name = name
        self._old: bytes | None = None

    @cached_property
    def _key(self) -> PrivateKey:
        file = self._file("-gost.key")
        if file is None:
            return PrivateKey.make(_CURVE)
        if not file.exists():
            write_file(file, private_pem(PrivateKey.make(_CURVE), _CURVE).encode(), 0o600, keep=True)
        # Read back: another simulator on the same folder may have been sooner.
        return load_private(file.read_text())[0]

    @property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        return self._der

    @cached_property
    def _der(self) -> bytes:
        file = self._file("-gost.crt")
        key = self._key
        if file is not None and file.exists():
            der = _unpem(file.read_text())
            if public_info(key, _CURVE) in der:
                return der
        der = self_signed(key, _CURVE, f"{self._name} simulator", secrets.randbits(120), _VALID)
        if file is not None:
            write_file(file, pem("CERTIFICATE", der).encode(), 0o644)
        return der

    @property
    def previous_der(self) -> bytes | None:
        """The certificate of the key before, DER, if signatures of that are still good."""
        file = self._file("-gost-previous.crt")
        if self._old is None and file is not None and file.exists():
            self._old = _unpem(file.read_text())
        return self._old

    @property
    def files(self) -> list[Path]:
        """Where the key and its certificate lie."""
        return [file for file in (self._file("-gost.key"), self._file("-gost.crt")) if file is not None]

    def rotate(self, *, withdraw: bool = False) -> None:
        """Begins to sign with a new key.

        Args:
            withdraw: what the old key signed is no longer good from now on; else it stays so until the next rotation.
        """
        old, key = self.certificate_der, PrivateKey.make(_CURVE)
        file, previous = self._file("-gost.key"), self._file("-gost-previous.crt")
        if file is not None:
            write_file(file, private_pem(key, _CURVE).encode(), 0o600)
        self._key = key
        self.__dict__.pop("_der", None)
        self._old = None if withdraw else old
        _ = self._der
        if previous is not None:
            if withdraw:
                previous.unlink(missing_ok=True)
            else:
                write_file(previous, pem("CERTIFICATE", old).encode(), 0o644)

    @classmethod
    def beside(cls, keys: SigningKeys) -> GostSigningKeys:
        """The one object for the GOST keys that are published and rotated with a provider's RSA keys."""
        known = keys.companion(_KIND)
        if isinstance(known, cls):
            return known
        made = cls(keys.folder, keys.name)
        keys.accompany(_KIND, made)
        return made

    def _file(self, suffix: str) -> Path | None:
        return self._folder / f"{self._name}{suffix}" if self._folder else None

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate."""
        from cryptography import x509

        return x509.load_der_x509_certificate(self.certificate_der)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate, PEM."""
        return pem("CERTIFICATE", self.certificate_der).encode()

    @property
    def public_key_pem(self) -> bytes:
        """The public key, PEM (SubjectPublicKeyInfo)."""
        return pem("PUBLIC KEY", public_info(self._key, _CURVE)).encode()

    def sign(self, header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
        """A compact JSON web signature; its bytes are those of `openssl dgst -md_gost12_256 -sign`."""
        signed = f"{_b64_json(header)}.{_b64_json(payload)}"
        return f"{signed}.{_b64(self._key.sign(signed.encode()))}"

    def verify(self, token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Header and payload of a token that a good key of these signed, else None."""
        on, (x, y) = self._key.curve, self._key.point
        keys = [PublicKey(on, x, y, b"")]
        if self.previous_der is not None:
            from cryptography import x509

            previous = public_key(x509.load_der_x509_certificate(self.previous_der))
            keys += [previous] if previous else []
        try:
            head, body, signature = token.split(".")
            raw, signed = _unb64(signature), f"{head}.{body}".encode()
            if not any(key.verify(raw, signed) for key in keys):
                return None
            header, payload = json.loads(_unb64(head)), json.loads(_unb64(body))
        except ValueError:
            return None
        return (header, payload) if isinstance(header, dict) and isinstance(payload, dict) else None


def _unpem(text: str) -> bytes:
    return base64.b64decode("".join(text.splitlines()[1:-1]))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64_json(document: Mapping[str, Any]) -> str:
    return _b64(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
