"""Why a signature does not fit: the string that was expected, and the one that it fits if that is a known one.

The finding is told in words and, under `fits`, by one of these names: `other_order`, `part_left_out`, `line_break`,
`url_encoded`, `separators`, `reversed_bytes`, `swapped_halves`, `reversed_halves`, `other_system`, `other_content`,
`other_key`, `nothing_known`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from idp_mock.esia.container import CmsSignature, Container, RawSignature
from idp_mock.esia.registration import WRONG_SECRET, Registration, Verdict, der_of, described, refuse, shown
from idp_mock.esia.signed_string import KNOWN, Order, build, describe, guesses, masked, show

if TYPE_CHECKING:
    from cryptography import x509

    from idp_mock.esia.suites import Suite

# Each costs a verification or more, and a world may have many systems.
_MOST_SYSTEMS = 20


@dataclass(frozen=True)
class Signed:
    """A signature that does not fit, with what it was to fit."""

    container: Container
    suite: Suite
    registered: x509.Certificate
    registration: Registration
    values: Mapping[str, str]
    order: Order


@dataclass(frozen=True)
class _Finding:
    fits: str
    text: str
    order: Order | None = None
    owner: str = ""


def explain(signed: Signed, *, tried: bool = True) -> Verdict:
    """The refusal of a signature that does not fit.

    Args:
        signed: the signature.
        tried: without, other strings are not tried, and the refusal says so.
    """
    finding = _find(signed) if tried else _Finding("", "другие строки не проверялись: симулятор занят")
    wanted = show(signed.order, signed.values)
    certificate = shown(der_of(signed.registered))
    details = {"expected_order": describe(signed.order), "certificate": certificate, "fits": finding.fits}
    if finding.order is not None:
        details["fits_order"] = describe(finding.order)
    if finding.owner:
        details["certificate_owner"] = finding.owner
    elif finding.order is not None or finding.fits == "other_content":
        details["certificate_matched"] = certificate
    expected = f"нужна подпись строки {describe(signed.order)} = {wanted!r}"
    text = f"{expected}; {finding.text}; сертификат: {described(signed.registered)}"
    return refuse(WRONG_SECRET, text, expected=wanted, **{name: value for name, value in details.items() if value})


def _find(signed: Signed) -> _Finding:
    container, suite, values, order = signed.container, signed.suite, signed.values, signed.order
    fits = container.fitter(suite, suite.verifier(signed.registered, container.signature))
    for guess in guesses(order, values):
        if fits(guess.text.encode()).both:
            return _Finding(guess.kind, f"подпись верна для другой строки: {guess.mistake}", guess.order)
    if isinstance(container, RawSignature) and suite.raw_size:
        for kind, bytes_, mistake in _spellings(container.signature):
            verify = suite.verifier(signed.registered, bytes_)
            for other in dict.fromkeys([order, *KNOWN]):
                if verify(build(other, values).encode()):
                    return _Finding(kind, f"{mistake}; строка {describe(other)}", other)
    attached = isinstance(container, CmsSignature) and container.content is not None
    if fits(build(order, values).encode()).key_fits:
        if attached and container.content is not None:
            content = masked(container.content[:300].decode(errors="replace"), values)
            return _Finding("other_content", f"подписано содержимое {content!r}")
        return _Finding("other_content", "ключ верный, но подписана другая строка")
    owner = _owner(signed)
    if owner:
        return _Finding("other_system", f"подпись сделана ключом системы {owner}", order, owner)
    if isinstance(container, CmsSignature) and (container.attributes or attached):
        return _Finding("other_key", "подпись не сходится с ключом сертификата: другой ключ или повреждение")
    text = "подпись не сходится ни с одной строкой: другой ключ, другая строка или повреждение"
    return _Finding("nothing_known", text)


def _owner(signed: Signed) -> str:
    """The other system with whose key one of the endpoint's strings is signed."""
    message = build(signed.order, signed.values).encode()
    for name, certificate in islice(signed.registration.others(), _MOST_SYSTEMS):
        suite = signed.container.suite(certificate)
        if suite is not None and signed.container.fits(suite, certificate, message).both:
            return name
    return ""


def _spellings(signature: bytes) -> Iterator[tuple[str, bytes, str]]:
    half = len(signature) // 2
    first, second = signature[:half], signature[half:]
    cryptopro = "байты подписи стоят в обратном порядке, как их выдаёт КриптоПро; их нужно перевернуть"
    yield "reversed_bytes", signature[::-1], cryptopro
    yield "swapped_halves", second + first, "половины подписи переставлены: нужно s, затем r"
    yield "reversed_halves", first[::-1] + second[::-1], "байты каждой половины подписи стоят в обратном порядке"
