"""What a `client_secret` carries: base64 as real clients spell it, in it a CMS SignedData or a raw signature."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from idp_mock.esia.cms import Malformed, SignedData, read_signed_data
from idp_mock.esia.suites import Suite, suite_for

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["CmsSignature", "Container", "Fit", "Malformed", "RawSignature", "decode", "parse"]

# A container with a chain of certificates has some ten thousand; what is read of a longer one is a waste of time.
_LONGEST = 100_000
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


@dataclass(frozen=True)
class Fit:
    """Whether a signature fits a message and, if not, what did not."""

    key_fits: bool
    message_fits: bool

    @property
    def both(self) -> bool:
        """The signature is good for this message."""
        return self.key_fits and self.message_fits


class CmsSignature(SignedData):
    """A PKCS#7 SignedData with one signer, as a signature."""

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
    if len(client_secret) > _LONGEST:
        raise Malformed(f"знаков {len(client_secret)}, а бывает не больше {_LONGEST}")
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
            return CmsSignature(**vars(read_signed_data(data)))
        except (ValueError, IndexError, OverflowError, RecursionError) as error:
            if len(data) not in _RAW_LENGTHS:
                raise Malformed(f"DER не разобран как PKCS#7 SignedData ({type(error).__name__})") from None
    if len(data) in _RAW_LENGTHS:
        return RawSignature(data)
    raise Malformed(f"{len(data)} байт: не PKCS#7 (начинается не с 0x30) и не подпись известной длины")


# GOST R 34.10-2012 with 256 and 512 bits; RSA of 2048, 3072 and 4096 bits.
_RAW_LENGTHS = frozenset({64, 128, 256, 384, 512})
