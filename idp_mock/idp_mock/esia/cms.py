"""CMS (PKCS#7) SignedData with one signer, read element by element.

A library's typed reader takes a third of a sign-in's time here, mostly for certificates that are known already. What is
read is small, and the elements themselves are taken apart by `asn1crypto`, which knows BER with indefinite lengths too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from idp_mock.esia.gost.der import children, content, read_oid, tag_of, whole

SEQUENCE, SET, OCTET_STRING, INTEGER, CONTEXT = 0x30, 0x31, 0x04, 0x02, 0xA0

_DATA, _SIGNED_DATA = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_KEY_IDENTIFIER = bytes.fromhex("0603551d0e")
_CONSTRUCTED = 0x20
_NAMED_BY_KEY = 0x80
_VERSION = 0xA0

_DIGESTS = {
    bytes.fromhex("06052b0e03021a"): "sha1",
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}
# CMS lets the name of the key's algorithm stand where the signature's is meant, and most signers write it so.
_SIGNATURES = {
    bytes.fromhex("06092a864886f70d010105"): "sha1",
    bytes.fromhex("06092a864886f70d01010b"): "sha256",
    bytes.fromhex("06092a864886f70d01010c"): "sha384",
    bytes.fromhex("06092a864886f70d01010d"): "sha512",
}
_PSS = bytes.fromhex("06092a864886f70d01010a")


class Malformed(Exception):
    """The client_secret cannot be read; the text says why."""


@dataclass(frozen=True)
class SignedData:
    """What stands in a SignedData with one signer.

    Attributes:
        certificate: DER of the signer's certificate if the container brings it.
        issuer_and_serial: how the signer is named, if by issuer (DER) and serial number.
        content: the embedded content of an attached signature, None if detached.
        digest_algorithm: name of the digest, its OID if it is none of SHA's.
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


def read_signed_data(data: bytes) -> SignedData:
    """Reads a container.

    Raises:
        Malformed: it is CMS, but not of the kind that ESIA takes.
        ValueError: it is no CMS.
    """
    kind, wrapped = _pair(whole(data))
    if kind != _SIGNED_DATA:
        raise Malformed("PKCS#7 другого типа, а нужен signed_data")
    parts = _parts(content(_expect(wrapped, CONTEXT)), SEQUENCE)
    if len(parts) < 4:
        raise ValueError("too few parts")
    embedded = _embedded(parts[2])
    certificates = next((part for part in parts[3:-1] if tag_of(part) == CONTEXT), None)
    signers = children(_expect(parts[-1], SET))
    if len(signers) != 1:
        raise Malformed(f"подписавших {len(signers)}, а нужен один")
    signer = _parts(signers[0], SEQUENCE)
    _expect(signer[0], INTEGER)
    attributes = signer.pop(3) if tag_of(signer[3]) == CONTEXT else None
    sid, digest, algorithm, signature = signer[1:5]
    digest_algorithm, signature_algorithm = (_parts(part, SEQUENCE)[0] for part in (digest, algorithm))
    if signature_algorithm == _PSS:
        raise Malformed("подпись RSA-PSS, а нужна с дополнением PKCS#1 v1.5")
    attributes = attributes if attributes is not None and content(attributes) else None
    return SignedData(
        certificate=_signer_certificate(certificates, sid),
        issuer_and_serial=_issuer_and_serial(sid),
        content=embedded,
        digest_algorithm=_SIGNATURES.get(signature_algorithm)
        or _DIGESTS.get(digest_algorithm)
        or read_oid(digest_algorithm),
        signature=content(_expect(signature, OCTET_STRING)),
        # The container tags them [0]; what is signed is the SET OF (tag 0x31).
        attributes=b"\x31" + attributes[1:] if attributes is not None else None,
        message_digest=_message_digest(attributes) if attributes is not None else None,
    )


def _expect(element: bytes, tag: int) -> bytes:
    if tag_of(element) != tag:
        raise ValueError(f"an element {tag_of(element):#x} where {tag:#x} is wanted")
    return element


def _parts(element: bytes, tag: int) -> list[bytes]:
    return children(_expect(element, tag))


def _pair(element: bytes) -> tuple[bytes, bytes]:
    parts = _parts(element, SEQUENCE)
    if len(parts) != 2:
        raise ValueError("a pair is wanted")
    return parts[0], parts[1]


def _embedded(part: bytes) -> bytes | None:
    kind, *rest = _parts(part, SEQUENCE)
    if kind != _DATA:
        raise Malformed("подписано не содержимое типа data")
    return _octets(content(_expect(rest[0], CONTEXT))) if rest else None


def _octets(element: bytes) -> bytes:
    # BER lets a stream write its content in pieces.
    if tag_of(element) == OCTET_STRING | _CONSTRUCTED:
        return b"".join(_octets(piece) for piece in children(element))
    return content(_expect(element, OCTET_STRING))


def _issuer_and_serial(sid: bytes) -> tuple[bytes, int] | None:
    if tag_of(sid) != SEQUENCE:
        return None
    issuer, serial = _pair(sid)
    return issuer, int.from_bytes(content(_expect(serial, INTEGER)), "big", signed=True)


def _signer_certificate(certificates: bytes | None, sid: bytes) -> bytes | None:
    if certificates is None:
        return None
    # Attribute certificates and other formats have tags of their own.
    plain = [choice for choice in children(certificates) if tag_of(choice) == SEQUENCE]
    named = _issuer_and_serial(sid)
    wanted = None if named else content(_expect(sid, _NAMED_BY_KEY))
    for certificate in plain:
        names, key = _names(certificate)
        if (names == named) if named else (key == wanted):
            return certificate
    if plain:
        raise Malformed("сертификат приложен, но подписавшим назван не его владелец")
    return None


@lru_cache(maxsize=64)
def _names(certificate: bytes) -> tuple[tuple[bytes, int], bytes | None]:
    """Issuer and serial number of a certificate, and its key's identifier if it states one."""
    body = children(_parts(certificate, SEQUENCE)[0])
    fields = body[1:] if tag_of(body[0]) == _VERSION else body
    serial = int.from_bytes(content(_expect(fields[0], INTEGER)), "big", signed=True)
    identifier = None
    for extension in (one for part in fields[6:] if tag_of(part) == 0xA3 for one in children(content(part))):
        oid, *rest = _parts(extension, SEQUENCE)
        if oid == _KEY_IDENTIFIER:
            identifier = content(content(_expect(rest[-1], OCTET_STRING)))
    return (fields[2], serial), identifier


def _message_digest(attributes: bytes) -> bytes:
    for attribute in children(attributes):
        kind, values = _pair(attribute)
        if kind == _MESSAGE_DIGEST:
            return content(_expect(_parts(values, SET)[0], OCTET_STRING))
    raise Malformed("в подписанных атрибутах нет message-digest")
