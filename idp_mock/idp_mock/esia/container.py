"""What a `client_secret` carries: base64 as real clients spell it, in it a CMS SignedData or a raw signature."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from cryptography import x509

from idp_mock.esia.suites import Suite, suite_for

# CMS lets the name of the key's algorithm stand where the signature's is meant, and most signers write it so.
_RSA_PKCS1 = {"rsassa_pkcs1v15", "sha1_rsa", "sha256_rsa", "sha384_rsa", "sha512_rsa"}
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


class Malformed(Exception):
    """The client_secret cannot be read; the text says why."""


@dataclass(frozen=True)
class Fit:
    """Whether a signature fits a message and, if not, what did not."""

    key_fits: bool
    message_fits: bool

    @property
    def both(self) -> bool:
        """The signature is good for this message."""
        return self.key_fits and self.message_fits


@dataclass(frozen=True)
class CmsSignature:
    """A PKCS#7 SignedData with one signer.

    Attributes:
        certificate: DER of the signer's certificate if the container brings it.
        issuer_and_serial: how the container names the signer, if it does so by issuer and serial number.
        content: the embedded content of an attached signature, None if detached.
        digest_algorithm: name or OID of the digest.
        signature: the signature's bytes.
        attributes: DER of the signed attributes as they are signed (a SET OF), None if there are none.
        message_digest: the digest that the signed attributes state.
    """

    certificate: bytes | None
    issuer_and_serial: tuple[bytes, int] | None
    content: bytes | None
    digest_algorithm: str
    signature: bytes
    attributes: bytes | None
    message_digest: bytes | None

    @property
    def kind(self) -> str:
        """What it is, for a developer."""
        how = "присоединённая" if self.content is not None else "отсоединённая"
        return f"PKCS#7, {how}, {'с подписанными атрибутами' if self.attributes else 'без подписанных атрибутов'}"

    def suite(self, certificate: x509.Certificate) -> Suite | None:
        """The suite for the container's digest and the certificate's key."""
        return suite_for(certificate, self.digest_algorithm)

    def fits(self, suite: Suite, certificate: x509.Certificate, message: bytes) -> Fit:
        """Checks the signature for a message, which must be equal to the attached content if there is one."""
        return self.fitter(suite, partial(suite.verify, certificate, self.signature))(message)

    def fitter(self, suite: Suite, verify: Callable[[bytes], bool]) -> Callable[[bytes], Fit]:
        """What tells how the signature fits a message.

        Args:
            suite: the suite, for the digest.
            verify: tells whether the signature is over some bytes.
        """
        fixed = self.attributes if self.attributes is not None else self.content
        key_fits = verify(fixed) if fixed is not None else None

        def fits(message: bytes) -> Fit:
            same_content = self.content is None or self.content == message
            if key_fits is None:
                # Without attributes a detached signature cannot tell another key from another message.
                good = verify(message)
                return Fit(good, good)
            if self.attributes is None:
                return Fit(key_fits, key_fits and same_content)
            return Fit(key_fits, same_content and self.message_digest == suite.digest(message))

        return fits


@dataclass(frozen=True)
class RawSignature:
    """A bare signature without a container."""

    signature: bytes

    @property
    def kind(self) -> str:
        """What it is, for a developer."""
        return f"подпись без контейнера, {len(self.signature)} байт"

    @property
    def certificate(self) -> None:
        """A bare signature brings no certificate."""
        return

    @property
    def content(self) -> None:
        """A bare signature brings no content."""
        return

    def suite(self, certificate: x509.Certificate) -> Suite | None:
        """The suite for the certificate's key; a bare signature does not name its digest."""
        return suite_for(certificate, "")

    def fits(self, suite: Suite, certificate: x509.Certificate, message: bytes) -> Fit:
        """Checks the signature for a message."""
        good = suite.verify(certificate, self.signature, message)
        return Fit(good, good)

    def fitter(self, suite: Suite, verify: Callable[[bytes], bool]) -> Callable[[bytes], Fit]:
        """What tells how the signature fits a message."""

        def fits(message: bytes) -> Fit:
            good = verify(message)
            return Fit(good, good)

        return fits


Container = CmsSignature | RawSignature


def decode(client_secret: str) -> bytes:
    """Decodes base64 as real clients write it.

    Either alphabet, any padding or none, line breaks, and `+` that became a space.

    Args:
        client_secret: the URL-decoded parameter.

    Raises:
        Malformed: there is something else than base64 in it.
    """
    if "-----BEGIN" in client_secret:
        raise Malformed("пришёл PEM; нужен base64 от DER без строк BEGIN и END")
    text = client_secret.strip().replace("\r", "").replace("\n", "")
    # A bare "+" of the standard alphabet is a space after URL decoding.
    text = text.replace("-", "+").replace("_", "/").replace(" ", "+").replace("=", "")
    if wrong := _NOT_BASE64.search(text):
        raise Malformed(f"символ {wrong.group()!r} на месте {wrong.start() + 1} не из base64")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Malformed(f"{len(text)} знаков base64 не составляют целого числа байт") from None


def parse(data: bytes) -> Container:
    """Recognises the container.

    Raises:
        Malformed: neither a SignedData with one signer nor a raw signature of a known length.
    """
    if data[:1] == b"\x30":
        try:
            return _parse_cms(data)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            if len(data) not in _RAW_LENGTHS:
                raise Malformed(f"DER не разобран как PKCS#7 SignedData ({type(error).__name__})") from None
    if len(data) in _RAW_LENGTHS:
        return RawSignature(data)
    raise Malformed(f"{len(data)} байт: не PKCS#7 (начинается не с 0x30) и не подпись известной длины")


# GOST R 34.10-2012 with 256 and 512 bits; RSA of 2048, 3072 and 4096 bits.
_RAW_LENGTHS = frozenset({64, 128, 256, 384, 512})


def _parse_cms(data: bytes) -> CmsSignature:
    # Loaded with the first signature: the simulator answers sooner after its start.
    from asn1crypto import cms

    info = cms.ContentInfo.load(data, strict=True)
    if info["content_type"].native != "signed_data":
        raise Malformed(f"PKCS#7 типа {info['content_type'].native}, а нужен signed_data")
    signed = info["content"]
    if signed["encap_content_info"]["content_type"].native != "data":
        raise Malformed("подписано не содержимое типа data")
    signers = signed["signer_infos"]
    if len(signers) != 1:
        raise Malformed(f"подписавших {len(signers)}, а нужен один")
    signer = signers[0]
    digest_algorithm = signer["digest_algorithm"]["algorithm"].native
    signature_algorithm = signer["signature_algorithm"]["algorithm"].native
    if signature_algorithm == "rsassa_pss":
        raise Malformed("подпись RSA-PSS, а нужна с дополнением PKCS#1 v1.5")
    if signature_algorithm in _RSA_PKCS1 and signature_algorithm.endswith("_rsa"):
        digest_algorithm = signature_algorithm.removesuffix("_rsa")
    embedded = signed["encap_content_info"]["content"]
    attributes = signer["signed_attrs"]
    has_attributes = not _absent(attributes) and len(attributes) > 0
    return CmsSignature(
        certificate=_signer_certificate(signed, signer),
        issuer_and_serial=_issuer_and_serial(signer),
        content=None if _absent(embedded) else bytes(embedded),
        digest_algorithm=digest_algorithm,
        signature=signer["signature"].native,
        # The container tags them [0]; what is signed is the SET OF (tag 0x31).
        attributes=b"\x31" + attributes.dump()[1:] if has_attributes else None,
        message_digest=_message_digest(attributes) if has_attributes else None,
    )


def _absent(part: Any) -> bool:
    from asn1crypto import core

    return isinstance(part, core.Void)


def _issuer_and_serial(signer: Any) -> tuple[bytes, int] | None:
    if signer["sid"].name != "issuer_and_serial_number":
        return None
    chosen = signer["sid"].chosen
    return chosen["issuer"].dump(), chosen["serial_number"].native


def _signer_certificate(signed: Any, signer: Any) -> bytes | None:
    certificates = signed["certificates"]
    if _absent(certificates):
        return None
    plain = [choice.chosen for choice in certificates if choice.name == "certificate"]
    named = _issuer_and_serial(signer)
    for certificate in plain:
        if named:
            if (certificate.issuer.dump(), certificate.serial_number) == named:
                return certificate.dump()
        elif certificate.key_identifier == signer["sid"].chosen.native:
            return certificate.dump()
    if plain:
        raise Malformed("сертификат приложен, но подписавшим назван не его владелец")
    return None


def _message_digest(attributes: Any) -> bytes:
    for attribute in attributes:
        if attribute["type"].native == "message_digest":
            return attribute["values"][0].native
    raise Malformed("в подписанных атрибутах нет message-digest")
