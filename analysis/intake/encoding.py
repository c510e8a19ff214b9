"""Encodings: which one a text file is in, and its text as UTF-8.

A byte order mark decides; then NUL bytes (UTF-16 without a mark); then strict UTF-8; then
GB18030, when it is strict and the characters are ones that are in use; then what
charset-normalizer finds. A file that is UTF-8 but for a few bytes stays UTF-8: those become �
and are counted, for reading Chinese as Latin letters would spoil all of it.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import numpy as np
from charset_normalizer import from_bytes

from analysis.errors import IntakeError

SAMPLE_BYTES = 1 << 20
_CHUNK = 1 << 24

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def detect(data: np.ndarray, all_ascii: bool) -> tuple[str, int]:
    """Name of the encoding and length of the byte order mark."""
    start = data[:4].tobytes()
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, len(mark)
    head = data[:SAMPLE_BYTES]
    if (wide := _wide(head)) is not None:
        return wide, 0
    if all_ascii or _decodes(data, "utf-8"):
        return "utf-8", 0
    if _in_use(head) and _decodes(data, "gb18030"):
        return "gb18030", 0
    if _nearly_utf8(head):
        return "utf-8", 0
    best = from_bytes(head.tobytes()[:65536]).best()
    return (best.encoding if best is not None else "cp1252"), 0


def to_utf8(data: np.ndarray, encoding: str, target: Path) -> int:
    """Writes the text as UTF-8 to `target`; returns how many characters could not be read."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    lost = 0
    with target.open("wb") as file:
        for at in range(0, max(len(data), 1), _CHUNK):
            text = decoder.decode(data[at : at + _CHUNK].tobytes(), at + _CHUNK >= len(data))
            lost += text.count("\ufffd")
            file.write(text.encode("utf-8", "replace"))
    return lost


def strict_utf8(data: np.ndarray) -> bool:
    """Whether the bytes are UTF-8 without exception."""
    return _decodes(data, "utf-8")


def refuse_binary(data: np.ndarray) -> None:
    """Refuses what is no text: NUL bytes where no wide encoding explains them."""
    head = data[:SAMPLE_BYTES]
    if len(head) and np.count_nonzero(head == 0) > len(head) * 0.01 and _wide(head) is None:
        raise IntakeError(
            "binary",
            "This file is not a table Footprints can read. Save it as CSV (UTF-8), XLSX or Parquet.",
        )


def _wide(head: np.ndarray) -> str | None:
    """UTF-16 without a mark: text in it has NUL bytes at the odd or the even places only."""
    if len(head) < 4:
        return None
    even, odd = (head[0::2] == 0).mean(), (head[1::2] == 0).mean()
    if odd > 0.2 and even < 0.02:
        return "utf-16-le"
    return "utf-16-be" if even > 0.2 and odd < 0.02 else None


def _decodes(data: np.ndarray, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for at in range(0, len(data), _CHUNK):
            decoder.decode(data[at : at + _CHUNK].tobytes(), at + _CHUNK >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _in_use(head: np.ndarray) -> bool:
    """Whether most two-byte characters are those of GB 2312, as in any Chinese text."""
    text = head.tobytes().decode("gb18030", "ignore")
    wide = [c for c in text if ord(c) > 127]
    known = sum(1 for c in wide if _gb2312(c))
    return bool(wide) and known / len(wide) >= 0.7


def _gb2312(character: str) -> bool:
    """Chinese characters and full-width marks; the kana and letters of that set don't count."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and (code[0] >= 0xB0 or code[0] in (0xA1, 0xA3))


def _nearly_utf8(head: np.ndarray) -> bool:
    """Whether the bytes are UTF-8 but for few: at least ten good characters for each bad one."""
    text = head.tobytes().decode("utf-8", "replace")
    lost = text.count("\ufffd")
    good = sum(1 for c in text if ord(c) > 127) - lost
    return good >= 10 * lost
