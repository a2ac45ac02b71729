"""Screenshots: whatever comes is unpacked and painted anew, so that nothing but pixels is kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from math import sqrt

from PIL import Image, ImageOps

from binding_server.domain.tickets import (
    KEPT_PIXELS,
    MAX_SCREENSHOT_BYTES,
    ImageProblem,
    Screenshot,
    size_problem,
)
from binding_server.use_cases.ticket_ports import ImageWorkBusy, UnusableImage

FORMATS = ("PNG", "JPEG", "WEBP")
"""What is taken, by content and not by name. No SVG, which is a program; no GIF, of which only a part would be kept."""
PHONE_JPEG = "MPO"
"""What Pillow calls a JPEG that carries more pictures behind the first, as phones make them; the first is kept."""
JPEGS = ("JPEG", PHONE_JPEG)
WORKERS = 2
WAITING = 16
"""At most so many pictures wait for their turn: each holds 3 MiB."""
SCAN = b"\xff\xda"
MAX_SCANS = 32
"""A JPEG may paint the whole picture over and over; cameras do so ten times at most, tricksters a hundred thousand."""
SMALLER = 0.95
"""A picture that is still too large is made smaller by a little more than its size asks for."""


class PillowScreenshots:
    """Implements `ticket_ports.Screenshots` in threads of its own, so that other calls go on.

    At most two pictures are unpacked at once, of at most 16 megapixels each: about 200 MB together.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="screenshot")
        self._under_way = 0

    async def prepare(self, content: bytes) -> Screenshot:
        """Returns the picture anew. Raises UnusableImage, ImageWorkBusy."""
        if self._under_way >= WORKERS + WAITING:
            raise ImageWorkBusy
        self._under_way += 1
        try:
            # A call that is given up leaves the queue, unless a thread has its picture already; there are two of those.
            return await asyncio.get_running_loop().run_in_executor(self._threads, repaint, content)
        finally:
            self._under_way -= 1


def repaint(content: bytes) -> Screenshot:
    """Returns a picture as PNG, without metadata and without anything that stood before, behind or between.

    Args:
        content: PNG, JPEG or WebP.

    Raises:
        UnusableImage: too large, no picture, a damaged or a moving one.
    """
    if len(content) > MAX_SCREENSHOT_BYTES:
        raise UnusableImage(ImageProblem.TOO_LARGE)
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusableImage(ImageProblem.TOO_MANY_PIXELS) from error
    except Exception as error:  # What a decoder meets in hostile bytes has many names.
        raise UnusableImage(ImageProblem.NOT_AN_IMAGE) from error
    with image:
        problem = size_problem(*image.size)
        if problem is None and getattr(image, "is_animated", False) and image.format != PHONE_JPEG:
            problem = ImageProblem.ANIMATED
        if problem is None and image.format in JPEGS and content.count(SCAN) > MAX_SCANS:
            problem = ImageProblem.DAMAGED
        if problem is not None:
            raise UnusableImage(problem)
        try:
            image.load()
            # A photograph of a screen may lie on its side; the note of that goes with the rest.
            painted = _on_white(ImageOps.exif_transpose(image))
        except Exception as error:
            raise UnusableImage(ImageProblem.DAMAGED) from error
    return _within(painted)


def _on_white(image: Image.Image) -> Image.Image:
    """Returns only what can be seen: no alpha channel, under which a second picture may lie, and no notes."""
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        seen = Image.new("RGB", layered.size, "white")
        seen.paste(layered, mask=layered.getchannel("A"))
    else:
        seen = image.convert("RGB")
    seen.info.clear()
    return seen


def _within(image: Image.Image) -> Screenshot:
    image = _scaled(image, sqrt(KEPT_PIXELS / (image.width * image.height)))
    while True:
        encoded = BytesIO()
        image.save(encoded, "PNG", compress_level=4)
        size = encoded.tell()
        if size <= MAX_SCREENSHOT_BYTES:
            return Screenshot(image.width, image.height, encoded.getvalue())
        image = _scaled(image, SMALLER * sqrt(MAX_SCREENSHOT_BYTES / size))


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    if factor >= 1.0:
        return image
    size = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)
