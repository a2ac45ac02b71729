"""Pictures that people send, and that they should not."""

import io
import random
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

SIZE = (64, 48)


def screen(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture in which no two corners are alike."""
    image = Image.new(mode, size)
    pixels: Any = image.load()
    for x in range(size[0]):
        for y in range(size[1]):
            seen = (x * 3 % 256, y * 5 % 256, (x + y) % 256, 255)
            pixels[x, y] = seen[0] if mode in ("L", "P", "1") else seen[: len(mode)]
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    """A file as a picture, unpacked."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def archive(name: str = "run.html", text: str = "<script>alert(1)</script>") -> bytes:
    """A ZIP archive, whose directory stands at its end, so that it may stand behind a picture."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, text)
    return file.getvalue()


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that cannot be packed."""
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def png(width: int, height: int, *extra: tuple[bytes, bytes], pixels: bytes | None = None) -> bytes:
    """A PNG put together by hand: gray, with chunks of one's own, and as many pixels as it says if no others are
    given."""
    data = zlib.compress(pixels if pixels is not None else bytes((width + 1) * height), 9)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        *extra,
        (b"IDAT", data),
        (b"IEND", b""),
    ]
    told = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + told
