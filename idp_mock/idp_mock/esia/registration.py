"""What ESIA's technology portal knows of a client system, and the verdict on its signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cryptography import x509

Mode = Literal["strict", "tolerant", "off"]

NO_CERTIFICATE = "ESIA-007002"
UNKNOWN_CERTIFICATE = "ESIA-007005"
WRONG_SECRET = "ESIA-007053"  # noqa: S105  an error code


def _no_others() -> Iterable[tuple[str, x509.Certificate]]:
    return ()


@dataclass(frozen=True)
class Registration:
    """What the technology portal knows of a client system.

    Attributes:
        client_id: its mnemonic.
        certificate: the certificate it registered, None if none.
        mode: `strict` as ESIA; `tolerant` takes the strings and containers of every ESIA version and old digests
            at any endpoint; `off` does not look at the signature.
        owner_of: names the other system that registered a certificate (DER), None if no one did.
        others: the other systems' mnemonics and certificates, for explanations.
    """

    client_id: str
    certificate: x509.Certificate | None
    mode: Mode
    owner_of: Callable[[bytes], str | None]
    others: Callable[[], Iterable[tuple[str, x509.Certificate]]] = _no_others


@dataclass(frozen=True)
class Verdict:
    """The outcome: an empty `code` is acceptance.

    The explanation is for the client's developer, `details` tell the same to programs; neither holds a secret.
    """

    code: str
    explanation: str
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """The client is who it says."""
        return not self.code


def refuse(code: str, explanation: str, *, expected: str, **details: str) -> Verdict:
    """A refusal. `expected` is what was expected, in a few words that programs may compare."""
    return Verdict(code, explanation, {"expected": expected, **details})


def der_of(certificate: x509.Certificate) -> bytes:
    """DER of a certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def shown(der: bytes) -> str:
    """How a certificate is named to a developer: the beginning of its SHA-256."""
    return f"SHA-256 {hashlib.sha256(der).hexdigest()[:16].upper()}…"


def described(certificate: x509.Certificate) -> str:
    """The registered certificate in words."""
    return f"зарегистрирован {shown(der_of(certificate))}, серийный номер {certificate.serial_number:X}"
