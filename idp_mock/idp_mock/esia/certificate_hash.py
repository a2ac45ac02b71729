"""`client_certificate_hash`: by it the newer endpoints know which certificate a request is signed with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from idp_mock.esia.client_secret import no_certificate
from idp_mock.esia.gost.signature import streebog
from idp_mock.esia.registration import WRONG_SECRET, Registration, Verdict, der_of, refuse

if TYPE_CHECKING:
    from cryptography import x509


def certificate_hash(certificate: x509.Certificate) -> str:
    """The Streebog digest with 256 bits of the certificate's DER, 64 upper-case hex digits."""
    return _digest(der_of(certificate))


@lru_cache(maxsize=256)
def _digest(data: bytes) -> str:
    # Written in Python it takes some milliseconds, and a system sends the same certificate again and again.
    return streebog(data, 256).hex().upper()


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
        return no_certificate(registration)
    right = certificate_hash(certificate)
    if came == right:
        return Verdict("", "")
    der = der_of(certificate)
    if registration.mode == "tolerant" and came.upper() in (right, hashlib.sha256(der).hexdigest().upper()):
        return Verdict("", "")
    text = f"client_certificate_hash зарегистрированного сертификата {right[:16]}…, а пришёл {came[:16]}…"
    for kind, value, mistake in _mistakes(certificate, der, right):
        if came == value or came.upper() == value:
            return _refused(f"{text}: {mistake}", right, came, kind)
    owner = next((name for name, other in registration.others() if certificate_hash(other) == came.upper()), "")
    if owner:
        return _refused(f"{text}: это сертификат системы {owner}", right, came, "other_system", owner)
    return _refused(f"{text}: это другой сертификат или другой дайджест", right, came, "nothing_known")


def _refused(text: str, right: str, came: str, fits: str, owner: str = "") -> Verdict:
    owners = {"certificate_owner": owner} if owner else {}
    details = {"parameter": "client_certificate_hash", "came": came[:64], "fits": fits, **owners}
    return refuse(WRONG_SECRET, text, expected=right, **details)


def _mistakes(certificate: x509.Certificate, der: bytes, right: str) -> Iterator[tuple[str, str, str]]:
    from cryptography.hazmat.primitives.serialization import Encoding

    yield "lower_case", right, "нужны прописные буквы"
    pem = certificate.public_bytes(Encoding.PEM)
    for text in (pem, pem.strip(), pem.replace(b"\n", b"\r\n")):
        yield "digest_of_pem", _digest(text), "дайджест взят от PEM, а нужен от DER"
    yield "reversed_bytes", bytes.fromhex(right)[::-1].hex().upper(), "байты дайджеста стоят в обратном порядке"
    sha_256 = hashlib.sha256(der).hexdigest().upper()
    yield "sha_256", sha_256, "это SHA-256, а нужен ГОСТ Р 34.11-2012 с 256 битами"
    sha_1 = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    yield "sha_1", sha_1, "это SHA-1, а нужен ГОСТ Р 34.11-2012"
    yield "streebog_512", streebog(der, 512).hex().upper(), "в дайджесте 512 бит, а нужно 256"
