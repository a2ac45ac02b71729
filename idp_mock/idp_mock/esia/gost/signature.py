"""Keys, digests and signatures of GOST R 34.10-2012."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idp_mock.esia.gost.curves import Curve, curve
from idp_mock.esia.gost.der import children, content, read_oid

if TYPE_CHECKING:
    from cryptography import x509

#: Algorithms of a key, and the bits of its digest.
KEY_OIDS = {"1.2.643.7.1.1.1.1": 256, "1.2.643.7.1.1.1.2": 512}
#: The digest that belongs to each.
DIGEST_OIDS = {256: "1.2.643.7.1.1.2.2", 512: "1.2.643.7.1.1.2.3"}
#: Signature algorithms that name their digest.
SIGNATURE_OIDS = {256: "1.2.643.7.1.1.3.2", 512: "1.2.643.7.1.1.3.3"}


_VERSION = 0xA0


def streebog(data: bytes, bits: int) -> bytes:
    """The digest of GOST R 34.11-2012 with 256 or 512 bits."""
    from gostcrypto.gosthash import new

    return bytes(new(f"streebog{bits}", data=bytearray(data)).digest())


@dataclass(frozen=True)
class PublicKey:
    """A point on a curve.

    Attributes:
        curve: the curve.
        x, y: the point.
        info: DER of the SubjectPublicKeyInfo from which it was read.
    """

    curve: Curve
    x: int
    y: int
    info: bytes

    @property
    def bits(self) -> int:
        """256 or 512."""
        return self.curve.size * 8

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature (`s` and `r`, big-endian) is the key's over the message."""
        check = self.verifier(signature)
        return check is not None and check(message)

    def verifier(self, signature: bytes) -> Callable[[bytes], bool] | None:
        """What tells whether a signature is over a message; None if it can be no signature of this key's kind.

        The message enters as one factor `e`: with `e·C = s·P - r·Q` worked out once, each message costs a single
        multiplication.
        """
        size, q = self.curve.size, self.curve.q
        if len(signature) != 2 * size:
            return None
        s, r = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        if not (0 < r < q and 0 < s < q):
            return None
        on = self.curve
        sum_ = on.add(on.multiply(s, on.base), on.multiply(q - r, (self.x, self.y, 1)))

        def check(message: bytes) -> bool:
            point = on.affine(on.multiply(pow(_number(message, on), -1, q), sum_))
            return point is not None and point[0] % q == r

        return check


@dataclass(frozen=True)
class PrivateKey:
    """A secret number and its curve."""

    number: int
    curve: Curve

    @classmethod
    def make(cls, parameters: str) -> PrivateKey:
        """A new key on the curve with this OID."""
        on = curve(parameters)
        assert on is not None
        return cls(1 + secrets.randbelow(on.q - 1), on)

    @property
    def point(self) -> tuple[int, int]:
        """The public key."""
        point = self.curve.affine(self.curve.multiply(self.number, self.curve.base))
        assert point is not None
        return point

    def sign(self, message: bytes) -> bytes:
        """A signature as openssl writes it: `s` and `r`, big-endian."""
        on, e = self.curve, _number(message, self.curve)
        while True:
            k = 1 + secrets.randbelow(on.q - 1)
            point = on.affine(on.multiply(k, on.base))
            r = point[0] % on.q if point else 0
            s = (r * self.number + k * e) % on.q
            if r and s:
                return s.to_bytes(on.size, "big") + r.to_bytes(on.size, "big")


def _number(message: bytes, on: Curve) -> int:
    return int.from_bytes(streebog(message, on.size * 8), "little") % on.q or 1


def is_gost(certificate: x509.Certificate) -> bool:
    """Whether the certificate's key is one of GOST R 34.10-2012."""
    return certificate.public_key_algorithm_oid.dotted_string in KEY_OIDS


def public_key(certificate: x509.Certificate) -> PublicKey | None:
    """The key of a certificate, None if its curve is not known or it lies on none.

    The `cryptography` library loads such certificates but not their keys.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        body = children(children(certificate.public_bytes(Encoding.DER))[0])
        # The version, tagged [0], may be left out.
        info = body[6 if body[0][0] == _VERSION else 5]
        algorithm, bits = children(info)
        oid, parameters = (read_oid(part) for part in (children(algorithm)[0], children(children(algorithm)[1])[0]))
        on = curve(parameters)
        point = content(content(bits)[1:])
    except (ValueError, IndexError):
        return None
    if on is None or KEY_OIDS.get(oid) != on.size * 8 or len(point) != 2 * on.size:
        return None
    x, y = (int.from_bytes(half, "little") for half in (point[: on.size], point[on.size :]))
    return PublicKey(on, x, y, info) if on.holds(x, y) else None
