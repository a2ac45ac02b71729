"""DER without a schema: what libraries have no types for is read and written element by element."""

from __future__ import annotations

from typing import Any

_LONG_TAG, _INDEFINITE = 0x1F, 0x80

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
    if _bounds(data, 0)[1] != len(data):
        raise ValueError("more follows the element")
    return data


def children(element: bytes) -> list[bytes]:
    """The elements inside a constructed one, each with its header.

    Raises:
        ValueError: the bytes are no DER.
    """
    inside = content(element)
    place, length, found = 0, len(inside), []
    while place < length:
        end = _bounds(inside, place)[1]
        found.append(inside[place:end])
        place = end
    return found


def content(element: bytes) -> bytes:
    """What an element holds.

    Raises:
        ValueError: the bytes are no DER.
    """
    start, end, tail = _bounds(element, 0)
    if end != len(element):
        raise ValueError("more follows the element")
    return element[start : end - tail]


def _bounds(data: bytes, place: int) -> tuple[int, int, int]:
    """Where the content of the element at a place starts, where the element ends, and how long its end mark is.

    A sign-in reads some fifty elements, so definite lengths, which nearly all are, are read here; the rest is the
    library's.
    """
    try:
        first = data[place + 1]
        if data[place] & _LONG_TAG != _LONG_TAG and first != _INDEFINITE:
            start, length = place + 2, first
            if first > _INDEFINITE:
                count = first & ~_INDEFINITE
                length = int.from_bytes(data[start : start + count], "big")
                start += count
            if start + length > len(data):
                raise ValueError("an element is longer than the data")
            return start, start + length, 0
    except IndexError:
        raise ValueError("an element is cut off") from None
    from asn1crypto import parser

    rest = data[place:]
    parsed: Any = parser.parse(rest[: parser.peek(rest)], strict=True)
    _, _, _, header, _, trailer = parsed
    return place + len(header), place + sum(map(len, parsed[3:])), len(trailer)


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
