"""The verdict on a `client_secret`: the signature with which a client system authenticates at ESIA."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp_mock.esia.container import CmsSignature, Container, Malformed, RawSignature, decode, parse
from idp_mock.esia.gost.signature import is_gost, public_key
from idp_mock.esia.signed_string import KNOWN, Order, build, describe, guesses, show
from idp_mock.esia.suites import Suite

Mode = Literal["strict", "tolerant", "off"]

NO_CERTIFICATE = "ESIA-007002"
UNKNOWN_CERTIFICATE = "ESIA-007005"
WRONG_SECRET = "ESIA-007053"  # noqa: S105  an error code


@dataclass(frozen=True)
class Registration:
    """What the technology portal knows of a client system.

    Attributes:
        client_id: its mnemonic.
        certificate: the certificate it registered, None if none.
        mode: `strict` as ESIA; `tolerant` takes the strings and containers of every ESIA version and old digests
            at any endpoint; `off` does not look at the signature.
        owner_of: names the system that registered a certificate (DER), None if no one did.
    """

    client_id: str
    certificate: x509.Certificate | None
    mode: Mode
    owner_of: Callable[[bytes], str | None]


@dataclass(frozen=True)
class Verdict:
    """The outcome: an empty `code` is acceptance. The explanation is for the client's developer and holds no secret."""

    code: str
    explanation: str

    @property
    def accepted(self) -> bool:
        """The client is who it says."""
        return not self.code


def check_client_secret(
    client_secret: str,
    values: Mapping[str, str],
    *,
    order: Order,
    registration: Registration,
    now: datetime,
    alternatives: Sequence[Order] = (),
    raw: bool = False,
) -> Verdict:
    """Checks a client_secret.

    Args:
        client_secret: the URL-decoded parameter.
        values: the request's decoded parameters, of which the signed string is made.
        order: the order of the endpoint's signed string.
        registration: of the client system.
        now: the world's time.
        alternatives: further orders that the endpoint takes, where clients disagree.
        raw: the endpoint takes bare GOST signatures, not PKCS#7.

    Returns:
        The verdict. Codes: ESIA-007002 no certificate is registered, or it is another system's; ESIA-007005 unknown
        certificate; ESIA-007053 anything else.
    """
    if registration.mode == "off":
        return Verdict("", "подпись не проверяется: signature_mode off")
    registered = registration.certificate
    if registered is None:
        return Verdict(NO_CERTIFICATE, f"у системы {registration.client_id} нет зарегистрированного сертификата")
    try:
        container = parse(decode(client_secret))
    except Malformed as error:
        return Verdict(WRONG_SECRET, f"client_secret не прочитан: {error}")
    strict = registration.mode == "strict"
    if strict and isinstance(container, RawSignature) != raw:
        wanted = "подпись ГОСТ Р 34.10-2012 без контейнера (64 байта)" if raw else "PKCS#7 SignedData (DER)"
        return Verdict(WRONG_SECRET, f"пришла {container.kind}; здесь нужно: {wanted} в base64")
    foreign = _check_certificate(container, registered, registration)
    if foreign:
        return foreign
    if strict and now > registered.not_valid_after_utc:
        # Its beginning is not checked: a world's clock may be set to before the day on which the key was made.
        return Verdict(WRONG_SECRET, f"срок сертификата истёк {registered.not_valid_after_utc:%d.%m.%Y}")
    suite = container.suite(registered)
    if suite is None or (strict and not suite.current):
        came = suite.name if suite else _algorithms(container, registered)
        return Verdict(WRONG_SECRET, f"алгоритм подписи {came}, а нужен RSA-SHA256 или ГОСТ Р 34.10-2012")
    if strict and raw and len(container.signature) != suite.raw_size:
        wanted = f"{suite.raw_size} байт" if suite.raw_size else "ключ ГОСТ Р 34.10-2012"
        came = f"подпись {len(container.signature)} байт, ключ сертификата {suite.name}"
        text = f"{came}; здесь нужна подпись ГОСТ: {wanted}"
        return Verdict(WRONG_SECRET, text)
    for accepted in (order, *alternatives) if strict else (order, *alternatives, *KNOWN):
        if container.fits(suite, registered, build(accepted, values).encode()).both:
            return Verdict("", f"{container.kind}; строка {describe(accepted)}")
    explanation = _explain(container, suite, registered, values, order)
    return Verdict(WRONG_SECRET, f"{explanation}; сертификат: {_registered(registered)}")


def _check_certificate(
    container: Container, registered: x509.Certificate, registration: Registration
) -> Verdict | None:
    der = registered.public_bytes(Encoding.DER)
    if isinstance(container, RawSignature):
        return None
    came = container.certificate
    if came == der:
        return None
    if came is None:
        # A container without certificates names its signer; without even that the signature itself must tell.
        serial = container.issuer_and_serial
        if serial is None or serial == (registered.issuer.public_bytes(), registered.serial_number):
            return None
        return Verdict(
            UNKNOWN_CERTIFICATE, f"подписавший назван серийным номером {serial[1]:X}, а {_registered(registered)}"
        )
    owner = registration.owner_of(came)
    if owner:
        text = f"сертификат зарегистрирован за системой {owner}, а запрос от имени {registration.client_id}"
        return Verdict(NO_CERTIFICATE, text)
    if registration.mode == "tolerant" and _same_key(came, registered):
        return None
    return Verdict(UNKNOWN_CERTIFICATE, f"пришёл сертификат {_fingerprint(came)}, а {_registered(registered)}")


def _explain(
    container: Container, suite: Suite, registered: x509.Certificate, values: Mapping[str, str], order: Order
) -> str:
    expected = f"нужна подпись строки {describe(order)} = {show(order, values)!r}"
    fits = container.fitter(suite, suite.verifier(registered, container.signature))
    for guess in guesses(order, values):
        if fits(guess.text.encode()).both:
            return f"{expected}; подпись верна для другой строки: {guess.mistake}"
    if isinstance(container, RawSignature) and suite.raw_size:
        for bytes_, mistake in _spellings(container.signature):
            verify = suite.verifier(registered, bytes_)
            for other in dict.fromkeys([order, *KNOWN]):
                if verify(build(other, values).encode()):
                    return f"{expected}; {mistake}; строка {describe(other)}"
    if not fits(build(order, values).encode()).key_fits:
        if isinstance(container, CmsSignature) and (container.attributes or container.content is not None):
            return f"{expected}; подпись не сходится с ключом сертификата: другой ключ или повреждение"
        return f"{expected}; подпись не сходится ни с одной строкой: другой ключ, другая строка или повреждение"
    if container.content is not None:
        return f"{expected}; подписано содержимое {container.content[:300].decode(errors='replace')!r}"
    return f"{expected}; ключ верный, но подписана другая строка"


def _spellings(signature: bytes) -> Iterator[tuple[bytes, str]]:
    half = len(signature) // 2
    yield signature[::-1], "байты подписи стоят в обратном порядке, как их выдаёт КриптоПро; их нужно перевернуть"
    yield signature[half:] + signature[:half], "половины подписи переставлены: нужно s, затем r"
    yield signature[:half][::-1] + signature[half:][::-1], "байты каждой половины подписи стоят в обратном порядке"


def _algorithms(container: Container, registered: x509.Certificate) -> str:
    digest = container.digest_algorithm if isinstance(container, CmsSignature) else "не назван"
    return f"с ключом {registered.public_key_algorithm_oid.dotted_string} и дайджестом {digest}"


def _same_key(came: bytes, registered: x509.Certificate) -> bool:
    def key(certificate: x509.Certificate) -> bytes:
        gost = public_key(certificate) if is_gost(certificate) else None
        if gost is not None:
            return gost.info
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    try:
        return key(x509.load_der_x509_certificate(came)) == key(registered)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _registered(certificate: x509.Certificate) -> str:
    der = certificate.public_bytes(Encoding.DER)
    return f"зарегистрирован {_fingerprint(der)}, серийный номер {certificate.serial_number:X}"


def _fingerprint(der: bytes) -> str:
    return f"SHA-256 {hashlib.sha256(der).hexdigest()[:16].upper()}…"
