"""DER without a schema: what libraries have no types for is read and written element by element."""

from __future__ import annotations

from typing import Any

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING = 0x30, 0x31, 0x02, 0x03, 0x04


def tag_of(element: bytes) -> int:
    """The first byte of an element: its class, whether it is constructed, and its number.

    Raises:
        ValueError: there is no element.
    """
    if not element:
        raise ValueError("an element is missing")
    return element[0]


def whole(data: bytes) -> bytes:
    """The one element that the data is.

    Raises:
        ValueError: the bytes are no DER, or more follows.
    """
    from asn1crypto import parser

    parser.parse(data, strict=True)
    return data


def children(element: bytes) -> list[bytes]:
    """The elements inside a constructed one, each with its header.

    Raises:
        ValueError: the bytes are no DER.
    """
    from asn1crypto import parser

    rest, found = content(element), []
    while rest:
        length = parser.peek(rest)
        found.append(rest[:length])
        rest = rest[length:]
    return found


def content(element: bytes) -> bytes:
    """What an element holds.

    Raises:
        ValueError: the bytes are no DER.
    """
    from asn1crypto import parser

    parsed: Any = parser.parse(element, strict=True)
    return parsed[4]


def write(tag: int, *contents: bytes) -> bytes:
    """An element."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def write_oid(dotted: str) -> bytes:
    """An object identifier."""
    from asn1crypto.core import ObjectIdentifier

    return ObjectIdentifier(dotted).dump()


def read_oid(element: bytes) -> str:
    """An object identifier in dotted form.

    Raises:
        ValueError: it is none.
    """
    from asn1crypto.core import ObjectIdentifier

    return ObjectIdentifier.load(element).native
