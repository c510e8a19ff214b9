"""A screenshot under a click map: only its first bytes are read, and nothing of it is decoded here.

PNG and JPEG say their size in their headers. The browser, which draws it, decodes it; the picture travels inside
the chart as a data URL and is written nowhere.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from analysis.errors import ParameterError

MOST_BYTES = 10_000_000
MOST_PIXELS = 50_000_000
"""A small file may unfold to a picture that stops the browser."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot.

    Attributes:
        url: Data URL of the whole picture.
        width, height: In pixels.
    """

    url: str
    width: int
    height: int

    @classmethod
    def read(cls, data: bytes) -> Picture:
        """The picture of a PNG or JPEG file; refuses others, and those that are too large."""
        if len(data) > MOST_BYTES:
            raise ParameterError.outside("picture", f"{len(data)} bytes", "at most 10 MB")
        size = _png(data) or _jpeg(data)
        if size is None:
            raise ParameterError.outside("picture", "another kind of file", "a PNG or JPEG picture")
        width, height = size
        if not 0 < width * height <= MOST_PIXELS:
            raise ParameterError.outside("picture", f"{width} × {height}", "a picture of at most 50 million pixels")
        kind = "png" if data[:4] == b"\x89PNG" else "jpeg"
        return cls(f"data:image/{kind};base64,{b64encode(data).decode()}", width, height)


def _png(data: bytes) -> tuple[int, int] | None:
    """Width and height from the first chunk (W3C PNG, third edition, section 11.2.1)."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header, segment by segment (ITU-T T.81, annex B)."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        kind, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if length < 2:
            return None
        at += 2 + length
    return None
