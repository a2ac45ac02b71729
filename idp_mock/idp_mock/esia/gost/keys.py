"""The GOST key with which ESIA signs the tokens of systems that chose `GOST3410_2012_256`."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp_mock.esia.gost.certificate import load_private, pem, private_pem, public_info, self_signed
from idp_mock.esia.gost.signature import PrivateKey, PublicKey

if TYPE_CHECKING:
    from cryptography import x509

ALGORITHM = "GOST3410_2012_256"

_CURVE = "1.2.643.2.2.35.1"
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))


class GostSigningKeys:
    """A GOST key with its self-signed certificate; made on first use, stable over restarts.

    Args:
        folder: where `{name}-gost.key` and `{name}-gost.crt` lie or will lie; None keeps the key in memory.
        name: such as `esia`.
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder = folder
        self._name = name

    @cached_property
    def _key(self) -> PrivateKey:
        file = self._folder / f"{self._name}-gost.key" if self._folder else None
        if file is not None and file.exists():
            return load_private(file.read_text())[0]
        key = PrivateKey.make(_CURVE)
        if file is not None:
            _write(file, private_pem(key, _CURVE), 0o600)
        return key

    @cached_property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        file = self._folder / f"{self._name}-gost.crt" if self._folder else None
        key = self._key
        if file is not None and file.exists():
            der = base64.b64decode("".join(file.read_text().splitlines()[1:-1]))
            if public_info(key, _CURVE) in der:
                return der
        der = self_signed(key, _CURVE, f"{self._name} simulator", secrets.randbits(120), _VALID)
        if file is not None:
            _write(file, pem("CERTIFICATE", der), 0o644)
        return der

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
        """Header and payload of a token that this key signed, else None."""
        on, (x, y) = self._key.curve, self._key.point
        try:
            head, body, signature = token.split(".")
            if not PublicKey(on, x, y, b"").verify(_unb64(signature), f"{head}.{body}".encode()):
                return None
            header, payload = json.loads(_unb64(head)), json.loads(_unb64(body))
        except ValueError:
            return None
        return (header, payload) if isinstance(header, dict) and isinstance(payload, dict) else None


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64_json(document: Mapping[str, Any]) -> str:
    return _b64(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _write(file: Path, content: str, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as stream:
        stream.write(content)
    draft.replace(file)
