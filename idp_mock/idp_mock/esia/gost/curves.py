"""Elliptic curves of GOST R 34.10-2012 and the arithmetic on them.

The parameters are those of `gostcrypto`. Its own arithmetic takes about 60 ms a signature, and a refusal tries many
strings before it explains itself; points in Jacobian coordinates take a tenth of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

Point = tuple[int, int, int]

INFINITY: Point = (0, 1, 0)

# Parameter sets by OID; those of CryptoPro and of TC 26 are the same curves under two names.
_NAMES = {
    "1.2.643.2.2.35.1": "id-tc26-gost-3410-2012-256-paramSetB",
    "1.2.643.2.2.35.2": "id-tc26-gost-3410-2012-256-paramSetC",
    "1.2.643.2.2.35.3": "id-tc26-gost-3410-2012-256-paramSetD",
    "1.2.643.2.2.36.0": "id-tc26-gost-3410-2012-256-paramSetB",
    "1.2.643.2.2.36.1": "id-tc26-gost-3410-2012-256-paramSetD",
    "1.2.643.7.1.2.1.1.1": "id-tc26-gost-3410-2012-256-paramSetA",
    "1.2.643.7.1.2.1.1.2": "id-tc26-gost-3410-2012-256-paramSetB",
    "1.2.643.7.1.2.1.1.3": "id-tc26-gost-3410-2012-256-paramSetC",
    "1.2.643.7.1.2.1.1.4": "id-tc26-gost-3410-2012-256-paramSetD",
    "1.2.643.7.1.2.1.2.1": "id-tc26-gost-3410-12-512-paramSetA",
    "1.2.643.7.1.2.1.2.2": "id-tc26-gost-3410-12-512-paramSetB",
    "1.2.643.7.1.2.1.2.3": "id-tc26-gost-3410-2012-512-paramSetC",
}


@dataclass(frozen=True)
class Curve:
    """A curve `y² = x³ + ax + b` over `p` with a base point `(x, y)` of order `q`; numbers are `size` bytes long."""

    p: int
    a: int
    b: int
    q: int
    x: int
    y: int
    size: int

    @property
    def base(self) -> Point:
        """The base point."""
        return (self.x, self.y, 1)

    def holds(self, x: int, y: int) -> bool:
        """Whether the point lies on the curve."""
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x - self.a * x - self.b) % self.p == 0

    def double(self, point: Point) -> Point:
        """Twice a point."""
        x, y, z = point
        p = self.p
        if z == 0 or y == 0:
            return INFINITY
        square = y * y % p
        s = 4 * x * square % p
        z_square = z * z % p
        m = (3 * x * x + self.a * z_square * z_square) % p
        x3 = (m * m - 2 * s) % p
        return (x3, (m * (s - x3) - 8 * square * square) % p, 2 * y * z % p)

    def add(self, one: Point, other: Point) -> Point:
        """The sum of two points."""
        x1, y1, z1 = one
        x2, y2, z2 = other
        p = self.p
        if z1 == 0:
            return other
        if z2 == 0:
            return one
        z1_square, z2_square = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * z2_square % p, x2 * z1_square % p
        s1, s2 = y1 * z2_square * z2 % p, y2 * z1_square * z1 % p
        if u1 == u2:
            return self.double(one) if s1 == s2 else INFINITY
        h, r = u2 - u1, s2 - s1
        h_square = h * h % p
        h_cube = h_square * h % p
        v = u1 * h_square % p
        x3 = (r * r - h_cube - 2 * v) % p
        return (x3, (r * (v - x3) - s1 * h_cube) % p, h * z1 * z2 % p)

    def multiply(self, number: int, point: Point) -> Point:
        """`number` times a point. Not constant in time: the keys here are for tests."""
        result = INFINITY
        for bit in bin(number)[2:]:
            result = self.double(result)
            if bit == "1":
                result = self.add(result, point)
        return result

    def affine(self, point: Point) -> tuple[int, int] | None:
        """Coordinates of a point, None for the one at infinity."""
        x, y, z = point
        if z == 0:
            return None
        inverse = pow(z, -1, self.p)
        square = inverse * inverse % self.p
        return x * square % self.p, y * square * inverse % self.p


@cache
def curve(oid: str) -> Curve | None:
    """The curve of a parameter set's OID, None if it is not known."""
    # Loaded with the first GOST signature: the simulator answers sooner after its start.
    from gostcrypto.gostsignature import CURVES_R_1323565_1_024_2019

    name = _NAMES.get(oid)
    if name is None:
        return None
    given = CURVES_R_1323565_1_024_2019[name]
    size = 64 if "512" in name.removeprefix("id-tc26-gost-3410-") else 32
    return Curve(given["p"], given["a"], given["b"], given["q"], given["x"], given["y"], size)
