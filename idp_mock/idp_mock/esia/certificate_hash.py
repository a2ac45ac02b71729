"""`client_certificate_hash`: by it the newer endpoints know which certificate a request is signed with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idp_mock.esia.client_secret import NO_CERTIFICATE, WRONG_SECRET, Registration, Verdict
from idp_mock.esia.gost.signature import streebog


def certificate_hash(certificate: x509.Certificate) -> str:
    """The Streebog digest with 256 bits of the certificate's DER, 64 upper-case hex digits."""
    return streebog(certificate.public_bytes(Encoding.DER), 256).hex().upper()


def check_certificate_hash(came: str, registration: Registration) -> Verdict:
    """Checks the parameter.

    Args:
        came: the parameter.
        registration: of the client system.

    Returns:
        The verdict. Tolerant takes SHA-256 too, and either case of the letters.
    """
    if registration.mode == "off":
        return Verdict("", "")
    certificate = registration.certificate
    if certificate is None:
        text = f"у системы {registration.client_id} нет зарегистрированного сертификата"
        return Verdict(NO_CERTIFICATE, text)
    right = certificate_hash(certificate)
    if came == right:
        return Verdict("", "")
    der = certificate.public_bytes(Encoding.DER)
    if registration.mode == "tolerant" and came.upper() in (right, hashlib.sha256(der).hexdigest().upper()):
        return Verdict("", "")
    text = f"client_certificate_hash зарегистрированного сертификата {right[:16]}…, а пришёл {came[:16]}…"
    for value, mistake in _mistakes(certificate, der, right):
        if came == value or came.upper() == value:
            return Verdict(WRONG_SECRET, f"{text}: {mistake}")
    return Verdict(WRONG_SECRET, f"{text}: это другой сертификат или другой дайджест")


def _mistakes(certificate: x509.Certificate, der: bytes, right: str) -> Iterator[tuple[str, str]]:
    yield right, "нужны прописные буквы"
    pem = certificate.public_bytes(Encoding.PEM)
    for text in (pem, pem.strip(), pem.replace(b"\n", b"\r\n")):
        yield streebog(text, 256).hex().upper(), "дайджест взят от PEM, а нужен от DER"
    yield bytes.fromhex(right)[::-1].hex().upper(), "байты дайджеста стоят в обратном порядке"
    yield hashlib.sha256(der).hexdigest().upper(), "это SHA-256, а нужен ГОСТ Р 34.11-2012 с 256 битами"
    yield hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(), "это SHA-1, а нужен ГОСТ Р 34.11-2012"
    yield streebog(der, 512).hex().upper(), "в дайджесте 512 бит, а нужно 256"
