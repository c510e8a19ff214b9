"""Encodings: which one a text file is in, and its text as UTF-8.

A byte order mark decides; then NUL bytes at every second or fourth place (UTF-16, UTF-32); then UTF-8,
strict or but for a few bytes, which become � and are counted: reading Chinese as Latin letters
would spoil all of it. Else each likely encoding is tried, and the one by which the text looks
most like text is taken (`scripts`). Where none does, the bytes are taken for broken UTF-8 rather
than for letters that nobody wrote.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.intake.text import scripts

SAMPLE_BYTES = 1 << 20
_TRIED_BYTES = 1 << 17
_CHUNK = 1 << 24
_LIKELY = 0.8
_RIVAL = 0.96
_FEW_BYTES = 200

_FINE = re.compile(r"[\t\r\n -\u05ff\u2000-\u9fff\uac00-\ud7af\uff00-\uffef]")
"""Characters of the scripts in most use."""

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
    if all_ascii or _decodes(data, "utf-8") or _mostly_utf8(sample := _telling(data)):
        return "utf-8", 0
    return next(iter(_likely(sample)), "utf-8"), 0


def rival(data: np.ndarray) -> str | None:
    """A second encoding that explains the text nearly as well as the first, and otherwise; most files have none."""
    if data[:4].tobytes().startswith(tuple(mark for mark, _ in _MARKS)) or _wide(data[:SAMPLE_BYTES]) is not None:
        return None
    sample = _telling(data)
    if not sample or _mostly_utf8(sample):
        return None
    likely = _likely(sample)
    if len(likely) < 2:
        return None
    (first, best), (second, next_best) = list(likely.items())[:2]
    same = sample.decode(first, "replace") == sample.decode(second, "replace")
    return second if next_best >= _RIVAL * best and not same else None


def as_utf8(data: np.ndarray, scratch: Path, given: str | None = None) -> tuple[np.ndarray, str, int]:
    """The text as UTF-8 without a byte order mark or NUL bytes, its encoding, and how many characters were replaced.

    Args:
        data: The file.
        scratch: A folder for the text, where it must be written anew.
        given: The encoding, where it is known.

    Raises:
        IntakeError: The file is no text.
    """
    refuse_binary(data)
    name, mark = (given, _mark_of(data, given)) if given else detect(data, False)
    body = data[mark:]
    if name == "utf-8" and not _has_nul(body) and strict_utf8(body):
        return body, name, 0
    target = scratch / "utf8.txt"
    lost = to_utf8(body, name, target)
    return np.frombuffer(pa.memory_map(str(target)).read_buffer(), np.uint8), name, lost


def to_utf8(data: np.ndarray, encoding: str, target: Path) -> int:
    """Writes the text as UTF-8 to `target`; returns how many characters could not be read, NUL ones among them."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    lost = 0
    with target.open("wb") as file:
        for at in range(0, max(len(data), 1), _CHUNK):
            text = decoder.decode(data[at : at + _CHUNK].tobytes(), at + _CHUNK >= len(data))
            lost += text.count("\ufffd") + text.count("\0")
            file.write(text.replace("\0", "").encode("utf-8", "replace"))
    return lost


def strict_utf8(data: np.ndarray) -> bool:
    """Whether the bytes are UTF-8 without exception."""
    return _decodes(data, "utf-8")


def refuse_binary(data: np.ndarray) -> None:
    """Refuses what is no text: many NUL bytes, or control bytes, where no wide encoding explains them."""
    head = data[:SAMPLE_BYTES]
    if data[:4].tobytes().startswith(tuple(mark for mark, _ in _MARKS)) or _wide(head) is not None:
        return
    counts = np.bincount(head, minlength=256)
    control = int(counts[3:9].sum() + counts[14:27].sum() + counts[28:30].sum())  # 1, 2, 30 and 31 part fields
    if counts[0] > max(3, 0.01 * len(head)) or control > max(8, 0.05 * len(head)):
        raise IntakeError(
            "binary",
            "This file is not a table Footprints can read. Save it as CSV (UTF-8), XLSX or Parquet.",
        )


def _wide(head: np.ndarray) -> str | None:
    """UTF-16 or UTF-32 without a mark: text in it has NUL bytes at certain places only."""
    if len(head) < 4 or head[: 1 << 16].all():
        return None
    whole = head[: len(head) // 4 * 4].reshape(-1, 4) == 0
    share = whole.mean(axis=0)
    if share[2] > 0.98 and share[3] > 0.98 and share[0] < 0.02:
        return "utf-32-le"
    if share[0] > 0.98 and share[1] > 0.98 and share[3] < 0.02:
        return "utf-32-be"
    even, odd = (head[0::2] == 0).mean(), (head[1::2] == 0).mean()
    if even + odd < 0.4 and int(head.max()) < 128:
        return None  # stray NUL bytes in plain text
    for name, here, there in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if here > 0.02 and there < 0.02 * here + 1e-9 and _wide_text(head, name):
            return name
    return None


def _wide_text(head: np.ndarray, encoding: str) -> bool:
    """Whether nearly all is text of some language: ASCII, letters, or characters in daily use."""
    text = head[: min(len(head), 1 << 14) // 2 * 2].tobytes().decode(encoding, "replace")
    return len(_FINE.findall(text)) >= 0.95 * len(text)


def _decodes(data: np.ndarray, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for at in range(0, len(data), _CHUNK):
            decoder.decode(data[at : at + _CHUNK].tobytes(), at + _CHUNK >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(sample: bytes) -> bool:
    """Whether the bytes are UTF-8 but for few: at least ten good characters for each bad one."""
    text = sample.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    good = sum(1 for c in text if ord(c) > 127) - lost
    return good > 0 and good >= 10 * lost


def _likely(sample: bytes) -> dict[str, float]:
    """Encodings by which the text looks like text, the likeliest first."""
    order = (*scripts.WIDE, *scripts.ALPHABETS)
    found = {name: scripts.likeness(sample.decode(name, "replace"), name) for name in order}
    if found["gb18030"] >= _LIKELY and len(sample) < _FEW_BYTES:
        found |= dict.fromkeys(scripts.ALPHABETS, 0.0)  # so few bytes may make words of any alphabet by chance
    return {name: found[name] for name in sorted(order, key=lambda n: -found[n]) if found[name] >= _LIKELY}


def _telling(data: np.ndarray) -> bytes:
    """Lines with bytes beyond ASCII, so many that they tell the encoding."""
    taken: list[bytes] = []
    size = 0
    for at in range(0, len(data), SAMPLE_BYTES):
        chunk = data[at : at + SAMPLE_BYTES]
        if int(chunk.max(initial=0)) < 128:
            continue
        lines = chunk.tobytes().split(b"\n")
        if at + SAMPLE_BYTES < len(data) and len(lines) > 1:
            lines.pop()  # cut in two
        for line in lines:
            if not line.isascii():
                taken.append(line)
                size += len(line)
            if size > _TRIED_BYTES:
                return b"\n".join(taken)
    return b"\n".join(taken)


def _mark_of(data: np.ndarray, encoding: str) -> int:
    start = data[:4].tobytes()
    return next((len(mark) for mark, name in _MARKS if name == encoding and start.startswith(mark)), 0)


def _has_nul(data: np.ndarray) -> bool:
    return any(not data[at : at + _CHUNK].all() for at in range(0, len(data), _CHUNK))
