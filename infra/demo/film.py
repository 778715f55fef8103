"""Pictures and a film as a telephone would upload them: real files, of an invented document.

The film is WebM with VP8, which browsers play. No encoder is needed: a lossy WebP picture is one VP8 key
frame (RFC 9649), so that the pictures only have to be put into Matroska's boxes (RFC 9559).
"""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageDraw

SIZE = (640, 400)
SECONDS = 6
FRAMES_PER_SECOND = 4


def picture(text: str, form: str = "JPEG", step: int = 0) -> bytes:
    """A side of a document, with a mark that moves with `step`."""
    image = Image.new("RGB", SIZE, (214, 226, 232))
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, SIZE[0] - 20, SIZE[1] - 20), outline=(60, 90, 110), width=4)
    draw.text((50, 50), f"SPECIMEN\n{text}", fill=(20, 40, 60), font_size=28)
    draw.ellipse((60 + 18 * step, 240, 140 + 18 * step, 320), fill=(180, 90, 60))
    octets = io.BytesIO()
    image.save(octets, form, quality=80)
    return octets.getvalue()


def film(text: str) -> bytes:
    """A short WebM film."""
    frames = [_vp8(picture(text, "WEBP", step)) for step in range(SECONDS * FRAMES_PER_SECOND)]
    head = _box(0x1A45DFA3, _text(0x4282, "webm"), _number(0x4287, 4), _number(0x4285, 2))
    duration = _box(0x4489, struct.pack(">d", SECONDS * 1000))
    info = _box(
        0x1549A966, _number(0x2AD7B1, 1_000_000), duration, _text(0x4D80, "demo"), _text(0x5741, "demo")
    )
    shape = _box(0xE0, _number(0xB0, SIZE[0]), _number(0xBA, SIZE[1]))
    ids = _number(0xD7, 1) + _number(0x73C5, 1) + _number(0x83, 1)
    tracks = _box(0x1654AE6B, _box(0xAE, ids, _text(0x86, "V_VP8"), shape))
    step = 1000 // FRAMES_PER_SECOND
    # A simple block: track 1, time since the cluster, key frame.
    blocks = [
        _box(0xA3, b"\x81", struct.pack(">hB", at * step, 0x80), frame) for at, frame in enumerate(frames)
    ]
    return head + _box(0x18538067, info, tracks, _box(0x1F43B675, _number(0xE7, 0), *blocks))


def _vp8(webp: bytes) -> bytes:
    """The key frame in a WebP file: the content of its chunk `VP8 `."""
    at = webp.index(b"VP8 ")
    return webp[at + 8 : at + 8 + int.from_bytes(webp[at + 4 : at + 8], "little")]


def _box(identifier: int, *content: bytes) -> bytes:
    body = b"".join(content)
    size = (1 << 56 | len(body)).to_bytes(8, "big")  # the longest form of a size serves every size
    return identifier.to_bytes((identifier.bit_length() + 7) // 8, "big") + size + body


def _number(identifier: int, value: int) -> bytes:
    return _box(identifier, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _text(identifier: int, value: str) -> bytes:
    return _box(identifier, value.encode())
