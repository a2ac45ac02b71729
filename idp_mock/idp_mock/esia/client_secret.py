"""The verdict on a `client_secret`: the signature with which a client system authenticates at ESIA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from idp_mock.esia.container import CmsSignature, Container, Malformed, RawSignature, decode, parse
from idp_mock.esia.explain import Signed, explain
from idp_mock.esia.gost.signature import is_gost, public_key
from idp_mock.esia.registration import (
    NO_CERTIFICATE,
    UNKNOWN_CERTIFICATE,
    WRONG_SECRET,
    Mode,
    Registration,
    Verdict,
    der_of,
    described,
    refuse,
    shown,
)
from idp_mock.esia.signed_string import KNOWN, Order, build, describe

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["Mode", "Registration", "Verdict", "check_client_secret"]

_RAW, _CMS = "a bare GOST R 34.10-2012 signature", "PKCS#7 SignedData"


def check_client_secret(
    client_secret: str,
    values: Mapping[str, str],
    *,
    order: Order,
    registration: Registration,
    now: datetime,
    alternatives: Sequence[Order] = (),
    raw: bool = False,
    explained: bool = True,
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
        explained: try other strings if the signature does not fit; with GOST that takes a good part of a second.

    Returns:
        The verdict. Codes: ESIA-007002 no certificate is registered, or it is another system's; ESIA-007005 unknown
        certificate; ESIA-007053 anything else.
    """
    if registration.mode == "off":
        return Verdict("", "подпись не проверяется: signature_mode off")
    registered = registration.certificate
    if registered is None:
        return no_certificate(registration)
    try:
        container = parse(decode(client_secret))
    except Malformed as error:
        wanted = f"{_RAW if raw else _CMS} in base64"
        return refuse(WRONG_SECRET, f"client_secret не прочитан: {error}", expected=wanted)
    refused = _check_kind(container, registered, registration, now, raw=raw)
    if refused:
        return refused
    suite = container.suite(registered)
    assert suite is not None
    strict = registration.mode == "strict"
    for accepted in (order, *alternatives) if strict else (order, *alternatives, *KNOWN):
        if container.fits(suite, registered, build(accepted, values).encode()).both:
            return Verdict("", f"{container.kind}; строка {describe(accepted)}")
    return explain(Signed(container, suite, registered, registration, values, order), tried=explained)


def no_certificate(registration: Registration) -> Verdict:
    """The refusal of a system that registered no certificate."""
    text = f"у системы {registration.client_id} нет зарегистрированного сертификата"
    return refuse(NO_CERTIFICATE, text, expected="a registered certificate")


def _check_kind(
    container: Container, registered: x509.Certificate, registration: Registration, now: datetime, *, raw: bool
) -> Verdict | None:
    """All that can be said before the signature itself is looked at."""
    strict = registration.mode == "strict"
    if strict and isinstance(container, RawSignature) != raw:
        wanted = "подпись ГОСТ Р 34.10-2012 без контейнера (64 байта)" if raw else "PKCS#7 SignedData (DER)"
        text = f"пришла {container.kind}; здесь нужно: {wanted} в base64"
        return refuse(WRONG_SECRET, text, expected=_RAW if raw else _CMS, came=container.kind)
    foreign = _check_certificate(container, registered, registration)
    if foreign:
        return foreign
    if strict and now > registered.not_valid_after_utc:
        # Its beginning is not checked: a world's clock may be set to before the day on which the key was made.
        text = f"срок сертификата истёк {registered.not_valid_after_utc:%d.%m.%Y}"
        return refuse(WRONG_SECRET, text, expected="a certificate in force", certificate=shown(der_of(registered)))
    suite = container.suite(registered)
    if suite is None or (strict and not suite.current):
        came = suite.name if suite else _algorithms(container, registered)
        text = f"алгоритм подписи {came}, а нужен RSA-SHA256 или ГОСТ Р 34.10-2012"
        return refuse(WRONG_SECRET, text, expected="RSA-SHA256 or GOST R 34.10-2012", came=came)
    if strict and raw and len(container.signature) != suite.raw_size:
        wanted = f"{suite.raw_size} байт" if suite.raw_size else "ключ ГОСТ Р 34.10-2012"
        came = f"подпись {len(container.signature)} байт, ключ сертификата {suite.name}"
        return refuse(WRONG_SECRET, f"{came}; здесь нужна подпись ГОСТ: {wanted}", expected=_RAW, came=came)
    return None


def _check_certificate(
    container: Container, registered: x509.Certificate, registration: Registration
) -> Verdict | None:
    if isinstance(container, RawSignature):
        return None
    der, came = der_of(registered), container.certificate
    if came == der:
        return None
    wanted = shown(der)
    if came is None:
        # A container without certificates names its signer; without even that the signature itself must tell.
        serial = container.issuer_and_serial
        if serial is None or serial == (registered.issuer.public_bytes(), registered.serial_number):
            return None
        text = f"подписавший назван серийным номером {serial[1]:X}, а {described(registered)}"
        return refuse(UNKNOWN_CERTIFICATE, text, expected=f"certificate {wanted}", came=f"serial {serial[1]:X}")
    owner = registration.owner_of(came)
    if owner:
        text = f"сертификат зарегистрирован за системой {owner}, а запрос от имени {registration.client_id}"
        details = {"came": shown(came), "certificate_owner": owner}
        return refuse(NO_CERTIFICATE, text, expected=f"certificate {wanted}", **details)
    if registration.mode == "tolerant" and _same_key(came, registered):
        return None
    text = f"пришёл сертификат {shown(came)}, а {described(registered)}"
    return refuse(UNKNOWN_CERTIFICATE, text, expected=f"certificate {wanted}", came=shown(came))


def _algorithms(container: Container, registered: x509.Certificate) -> str:
    digest = container.digest_algorithm if isinstance(container, CmsSignature) else "не назван"
    return f"с ключом {registered.public_key_algorithm_oid.dotted_string} и дайджестом {digest}"


def _same_key(came: bytes, registered: x509.Certificate) -> bool:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    def key(certificate: x509.Certificate) -> bytes:
        gost = public_key(certificate) if is_gost(certificate) else None
        if gost is not None:
            return gost.info
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    try:
        return key(x509.load_der_x509_certificate(came)) == key(registered)
    except (ValueError, UnsupportedAlgorithm):
        return False
