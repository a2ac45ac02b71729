"""GOST keys and certificates in the files that other programs read."""

from __future__ import annotations

import base64
from datetime import datetime

from idp_mock.esia.gost.curves import curve
from idp_mock.esia.gost.der import (
    BIT_STRING,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    children,
    content,
    read_oid,
    write,
    write_oid,
)
from idp_mock.esia.gost.signature import DIGEST_OIDS, KEY_OIDS, SIGNATURE_OIDS, PrivateKey

_UTF8, _TIME, _EXPLICIT = 0x0C, 0x18, 0xA0
# The newer parameter sets imply their digest; openssl leaves it out for them.
_DIGEST_IMPLIED = ("1.2.643.7.1.2.1.1.", "1.2.643.7.1.2.1.2.3")
_COMMON_NAME = "2.5.4.3"
_KEY_OIDS = {bits: oid for oid, bits in KEY_OIDS.items()}


def public_info(key: PrivateKey, parameters: str) -> bytes:
    """DER of the SubjectPublicKeyInfo; `parameters` is the OID of the curve."""
    size = key.curve.size
    point = b"".join(number.to_bytes(size, "little") for number in key.point)
    return write(SEQUENCE, _algorithm(size * 8, parameters), write(BIT_STRING, b"\0", write(OCTET_STRING, point)))


def self_signed(key: PrivateKey, parameters: str, name: str, serial: int, valid: tuple[datetime, datetime]) -> bytes:
    """DER of a certificate that the key signs for itself."""
    subject = write(SEQUENCE, write(SET, write(SEQUENCE, write_oid(_COMMON_NAME), write(_UTF8, name.encode()))))
    signature = write(SEQUENCE, write_oid(SIGNATURE_OIDS[key.curve.size * 8]))
    times = [write(_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode()) for moment in valid]
    version = write(_EXPLICIT, write(INTEGER, b"\2"))
    number = write(INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    body = write(
        SEQUENCE, version, number, signature, subject, write(SEQUENCE, *times), subject, public_info(key, parameters)
    )
    return write(SEQUENCE, body, signature, write(BIT_STRING, b"\0", key.sign(body)))


def private_pem(key: PrivateKey, parameters: str) -> str:
    """The key as PEM (PKCS#8), as openssl writes it."""
    number = key.number.to_bytes(key.curve.size, "little")
    der = write(
        SEQUENCE, write(INTEGER, b"\0"), _algorithm(key.curve.size * 8, parameters), write(OCTET_STRING, number)
    )
    return pem("PRIVATE KEY", der)


def load_private(text: str) -> tuple[PrivateKey, str]:
    """Reads a key from PEM (PKCS#8); returns it with the OID of its curve.

    Raises:
        ValueError: it is no GOST key on a known curve.
    """
    try:
        body = text.split("-----BEGIN PRIVATE KEY-----")[1].split("-----END")[0]
        _, algorithm, wrapped = children(base64.b64decode(body))[:3]
        parameters = read_oid(children(children(algorithm)[1])[0])
        number = _secret(content(wrapped))
    except (ValueError, IndexError) as error:
        raise ValueError("no GOST private key in PEM") from error
    on = curve(parameters)
    if on is None or not 0 < number < on.q:
        raise ValueError("a GOST private key on an unknown curve")
    return PrivateKey(number, on), parameters


def _secret(wrapped: bytes) -> int:
    # openssl writes the bare number, little-endian; other programs put it into an OCTET STRING or an INTEGER.
    if len(wrapped) in (32, 64):
        return int.from_bytes(wrapped, "little")
    return int.from_bytes(content(wrapped), "little" if wrapped[0] == OCTET_STRING else "big")


def pem(label: str, der: bytes) -> str:
    """PEM of some DER."""
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _algorithm(bits: int, parameters: str) -> bytes:
    given = [write_oid(parameters)]
    if not parameters.startswith(_DIGEST_IMPLIED):
        given.append(write_oid(DIGEST_OIDS[bits]))
    return write(SEQUENCE, write_oid(_KEY_OIDS[bits]), write(SEQUENCE, *given))
