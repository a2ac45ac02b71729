"""Of a screenshot nothing but its pixels is kept."""

import asyncio
import threading
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from binding_server.domain.tickets import (
    KEPT_PIXELS,
    MAX_SCREENSHOT_BYTES,
    MAX_SCREENSHOT_SIDE,
    ImageProblem,
)
from binding_server.images import screenshots
from binding_server.images.screenshots import PillowScreenshots, repaint
from binding_server.use_cases.ticket_ports import ImageWorkBusy, UnusableImage
from PIL import Image, PngImagePlugin

from .pictures import SIZE, archive, noise, opened, png, saved, screen

HTML = b"<html><body onload=alert(1)>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def problem_of(content: bytes) -> ImageProblem:
    with pytest.raises(UnusableImage) as raised:
        repaint(content)
    return raised.value.problem


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_picture_it_is_kept_as_png_of_the_same_size(kind: str, mode: str) -> None:
    kept = repaint(saved(screen(mode), kind))
    image = opened(kept.content)
    assert (image.format, image.mode) == ("PNG", "RGB")
    assert (kept.width, kept.height) == image.size == SIZE


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "1", "LA", "I;16"])
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
def test_a_png_without_loss_it_shows_the_same(mode: str) -> None:
    image = (
        screen("RGBA").convert(mode)
        if mode in ("P", "LA")
        else screen(mode)
        if mode != "I;16"
        else Image.new(mode, SIZE)
    )
    assert (
        opened(repaint(saved(image, "PNG")).content).tobytes() == opened(saved(image, "PNG")).convert("RGB").tobytes()
    )


def test_what_cannot_be_seen_it_is_not_kept() -> None:
    hidden = screen("RGBA")
    hidden.putalpha(0)
    kept = opened(repaint(saved(hidden, "PNG")).content)
    assert kept.getcolors() == [(SIZE[0] * SIZE[1], (255, 255, 255))]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "behind", [HTML, archive(), b"%PDF-1.7", b"\x00" * 1000 + b"MZ"], ids=["html", "zip", "pdf", "exe"]
)
def test_a_polyglot_it_loses_what_is_behind_the_picture(kind: str, behind: bytes) -> None:
    content = saved(screen(), kind) + behind
    kept = repaint(content).content
    assert behind not in kept
    assert not zipfile.is_zipfile(BytesIO(kept))


def test_metadata_it_is_not_kept() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>canary</x:xmpmeta>")
    exif = Image.Exif()
    exif[0x010E] = "canary"
    exif[0x8825] = {1: "N"}
    marked = [
        saved(screen(), "PNG", pnginfo=notes, exif=exif, icc_profile=b"canary" * 20, dpi=(72, 72)),
        saved(
            screen(), "JPEG", exif=exif, comment=b"<script>canary</script>", icc_profile=b"canary" * 20, xmp=b"canary"
        ),
        saved(screen(), "WEBP", exif=exif, icc_profile=b"canary" * 20, xmp=b"<canary>"),
    ]
    for content in marked:
        assert b"canary" in content or b"script" in content
        kept = repaint(content).content
        image = opened(kept)
        assert image.info == {}
        assert dict(image.getexif()) == {}
        assert b"canary" not in kept
        assert b"script" not in kept


def test_a_photo_that_lies_on_its_side_it_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(repaint(saved(screen(), "PNG", exif=exif)).content).size == SIZE[::-1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        HTML,
        SVG,
        archive(),
        archive() + saved(screen(), "PNG"),
        b"%PDF-1.7\n" + saved(screen(), "JPEG"),
        saved(screen("P"), "GIF"),
        saved(screen(), "BMP"),
        saved(screen(), "TIFF"),
        saved(screen(), "ICO"),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + b"\x00" * 100,
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ],
    ids=str,
)
def test_what_is_no_screenshot_it_is_refused(content: bytes) -> None:
    assert problem_of(content) is ImageProblem.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_picture_that_is_cut_it_is_refused(kind: str, part: float) -> None:
    content = saved(noise((200, 150)), kind)
    assert problem_of(content[: int(len(content) * part)]) in (ImageProblem.DAMAGED, ImageProblem.NOT_AN_IMAGE)


def test_a_picture_with_a_wrong_byte_it_is_refused() -> None:
    content = bytearray(saved(noise((200, 150)), "PNG"))
    content[len(content) // 2] ^= 0xFF
    assert problem_of(bytes(content)) is ImageProblem.DAMAGED


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_that_moves_it_is_refused(kind: str) -> None:
    frames = [screen(), noise(SIZE)]
    assert problem_of(saved(frames[0], kind, save_all=True, append_images=frames[1:])) is ImageProblem.ANIMATED


def test_a_phones_jpeg_with_more_behind_it_it_is_the_first() -> None:
    content = saved(screen(), "MPO", save_all=True, append_images=[noise(SIZE)])
    kept = opened(repaint(content).content)
    assert kept.size == SIZE
    assert kept.tobytes() == opened(saved(screen(), "JPEG")).tobytes()


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height"),
    [(4097, 4096), (MAX_SCREENSHOT_SIDE + 1, 1), (1, MAX_SCREENSHOT_SIDE + 1), (10_000, 10_000), (30_000, 30_000)],
)
def test_too_many_pixels_it_is_refused_before_they_are_unpacked(width: int, height: int) -> None:
    # There are none behind the head: whoever unpacked it would find it damaged.
    assert problem_of(png(width, height, pixels=b"")) is ImageProblem.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("name", "head"), [(b"zTXt", b"a\x00\x00"), (b"iTXt", b"a\x00\x01\x00\x00\x00"), (b"iCCP", b"a\x00\x00")]
)
def test_a_bomb_in_the_notes_it_is_not_unpacked(name: bytes, head: bytes) -> None:
    bomb = zlib.compress(bytes(100_000_000), 9)
    tracemalloc.start()
    with suppress(UnusableImage):
        assert len(repaint(png(10, 10, (name, head + bomb))).content) < 1000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_jpeg_that_is_painted_over_and_over_it_is_refused() -> None:
    content = saved(screen(size=(1024, 1024)), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    scan = content[last:-2]
    assert repaint(content[:last] + scan * 5 + b"\xff\xd9").width == 1024
    assert problem_of(content[:last] + scan * 50 + b"\xff\xd9") is ImageProblem.DAMAGED


def test_more_bytes_than_allowed_it_is_refused() -> None:
    content = saved(screen(), "PNG")
    assert repaint(content + b" " * (MAX_SCREENSHOT_BYTES - len(content)))
    assert problem_of(content + b" " * (MAX_SCREENSHOT_BYTES + 1 - len(content))) is ImageProblem.TOO_LARGE


def test_a_picture_that_grows_when_painted_anew_it_is_made_smaller() -> None:
    content = saved(noise((1500, 1200)), "JPEG", quality=30)
    assert len(content) < MAX_SCREENSHOT_BYTES < 1500 * 1200 * 3
    kept = repaint(content)
    assert len(kept.content) <= MAX_SCREENSHOT_BYTES
    assert abs(kept.width / kept.height - 1500 / 1200) < 0.01


def test_a_very_large_screen_it_is_made_smaller() -> None:
    kept = repaint(png(4096, 4096))
    assert 0.99 * KEPT_PIXELS < kept.width * kept.height <= KEPT_PIXELS


class TestThreads:
    async def test_other_work_goes_on_it_is_done_beside_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begun, free = threading.Event(), threading.Event()

        def slow(content: bytes) -> object:
            begun.set()
            assert free.wait(10)
            return repaint(content)

        monkeypatch.setattr(screenshots, "repaint", slow)
        work = asyncio.create_task(PillowScreenshots().prepare(saved(screen(), "PNG")))
        assert await asyncio.to_thread(begun.wait, 10)
        # The loop has come here while the picture is being looked at.
        free.set()
        assert (await work).width == SIZE[0]

    async def test_more_than_may_wait_it_is_told_to_come_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        free, both = threading.Event(), threading.Semaphore(0)
        at_once: list[int] = []
        under_way: set[int] = set()

        def slow(content: bytes) -> object:
            under_way.add(threading.get_ident())
            at_once.append(len(under_way))
            both.release()
            assert free.wait(10)
            under_way.discard(threading.get_ident())
            return repaint(content)

        monkeypatch.setattr(screenshots, "repaint", slow)
        workshop, content = PillowScreenshots(), saved(screen(), "PNG")
        places = screenshots.WORKERS + screenshots.WAITING
        work = [asyncio.create_task(workshop.prepare(content)) for _ in range(places)]
        assert await asyncio.to_thread(both.acquire, timeout=10)
        assert await asyncio.to_thread(both.acquire, timeout=10)
        with pytest.raises(ImageWorkBusy):
            await workshop.prepare(content)
        free.set()
        await asyncio.gather(*work)
        assert max(at_once) == screenshots.WORKERS
        assert (await workshop.prepare(content)).width == SIZE[0]
