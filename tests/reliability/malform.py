"""Malformed files: good ones that were damaged in one of the ways in which files are, by chance or by intent."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.reliability.generate import generated
from tests.shop import REAL

SMALL = 120_000
"""Bytes of the real files that are damaged: larger ones only take longer."""

NUMBERS = (
    b"1e999",
    b"-0",
    b"nan",
    b"inf",
    b"9223372036854775808",
    b"1" * 400,
    b"0x10",
    b"1,2,3.4.5",
    b"\xd9\xa3",
    b"--5",
)
TIMES = (
    b"0000-00-00",
    b"9999-12-31 23:59:60",
    b"99999999999999",
    b"-1",
    b"2026-02-30",
    b"1e20",
    b"10000-01-01",
    b"0001-01-01",
)
MARKS = (
    b"\x00",
    b"\x1a",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xfe\xff",
    b"\r",
    b"\x0b",
    b"\x85",
    b"\xe2\x80\xa8",
    b"'",
    b"\\",
    b"#",
)
REFERENCES = (b"A0", b"ZZZ9", b"XFE1", b"A1048577", b"A99999999", b"1A", b"", b"A-1", b"a1", b"XFD1048576")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, IndexError, OSError, EOFError, ValueError)
HEADS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PAR1",
    b"\x1f\x8b",
    b"BZh9",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"{",
    b"[{",
    b"\xff\xfe",
    b"",
)


@cache
def bases() -> tuple[tuple[str, bytes], ...]:
    """Good files: made ones of every format, and the small real ones where they are there."""
    made = [(file.name, file.content) for file in map(generated, range(60))]
    real = sorted((REAL / "messy").glob("*")) if (REAL / "messy").exists() else []
    return (*made, *((p.name, p.read_bytes()) for p in real if p.stat().st_size < SMALL and p.suffix != ".json"))


def malformed(seed: int) -> tuple[str, bytes]:
    """Name and content of the malformed file of a number, the same each time."""
    draw = random.Random(seed)
    if draw.random() < 0.1:
        made = draw.choice(MADE)
        return f"{seed}.{made.__name__}", made(draw)
    name, content = draw.choice(bases())
    done = []
    for _ in range(draw.choice((1, 1, 2))):
        zipped = content.startswith(b"PK") and draw.random() < 0.6
        damage = draw.choice(INSIDE if zipped else DAMAGES)
        content = damage(draw, content)
        done.append(damage.__name__)
    return f"{seed}.{'.'.join(done)}.{Path(name).name}"[:150], content


# -- damage to any file ---------------------------------------------------------------------


def flipped(draw: random.Random, content: bytes) -> bytes:
    out = bytearray(content)
    for _ in range(draw.choice((1, 3, 50)) if out else 0):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def truncated(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def beheaded(draw: random.Random, content: bytes) -> bytes:
    return content[draw.randrange(min(len(content), 200) + 1) :]


def marked(draw: random.Random, content: bytes) -> bytes:
    return _inserted(draw, content, draw.choice(MARKS), draw.choice((1, 5, 100)))


def stray_quotes(draw: random.Random, content: bytes) -> bytes:
    return _inserted(draw, content, draw.choice((b'"', b'""', b'"\n', b',"', b'"""')), draw.choice((1, 2, 9)))


def shuffled(draw: random.Random, content: bytes) -> bytes:
    a, b, c = sorted(draw.randrange(len(content) + 1) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def repeated(draw: random.Random, content: bytes) -> bytes:
    a, b = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:b] + content[a:b] * draw.choice((1, 20)) + content[b:]


def another_head(draw: random.Random, content: bytes) -> bytes:
    return draw.choice(HEADS) + content[draw.choice((0, 4)) :]


def two_encodings(draw: random.Random, content: bytes) -> bytes:
    cut = draw.randrange(len(content) + 1)
    other = draw.choice(("utf-16-le", "utf-16-be", "utf-32-le", "gb18030", "cp037", "utf-7"))
    return content[:cut] + content[cut:].decode("utf-8", "replace").encode(other, "replace")


def values(draw: random.Random, content: bytes) -> bytes:
    return _replaced(draw, content, rb"\d[\d.:\- ]*\d", draw.choice((NUMBERS, TIMES)))


def ends(draw: random.Random, content: bytes) -> bytes:
    return re.sub(rb"\r\n|\n|\r", lambda _m: draw.choice((b"\n", b"\r", b"\r\n", b"\n\r", b"\r\r\n")), content)


def huge_field(draw: random.Random, content: bytes) -> bytes:
    return _inserted(
        draw, content, draw.choice((b"x", b'"', b",", b"9", b"\xe5\xae\xa2")) * draw.choice((70_000, 1_500_000)), 1
    )


def packed(draw: random.Random, content: bytes) -> bytes:
    tight = draw.choice((gzip.compress, bz2.compress))(content)
    return draw.choice((flipped, truncated, another_head))(draw, tight)


def _inserted(draw: random.Random, content: bytes, what: bytes, times: int) -> bytes:
    for _ in range(times):
        at = draw.randrange(len(content) + 1)
        content = content[:at] + what + content[at:]
    return content


def _replaced(draw: random.Random, content: bytes, pattern: bytes, by: tuple[bytes, ...]) -> bytes:
    share = draw.choice((0.02, 0.3, 1.0))
    return re.sub(pattern, lambda m: draw.choice(by) if draw.random() < share else m.group(), content)


# -- damage inside archives and workbooks ---------------------------------------------------


def _rezipped(draw: random.Random, content: bytes, damage: Callable[[random.Random, bytes], bytes]) -> bytes:
    """An archive that is whole, one of whose members is damaged."""
    buffer = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
            names = old.namelist()
            chosen = draw.choice([n for n in names if "sheet" in n.lower() or "Strings" in n] or names)
            for name in names:
                data = old.read(name)
                new.writestr(name, damage(draw, data) if name == chosen else data)
    except _UNREADABLE:
        return flipped(draw, content)
    return buffer.getvalue()


def member(draw: random.Random, content: bytes) -> bytes:
    return _rezipped(draw, content, draw.choice((flipped, truncated, shuffled, repeated, marked, two_encodings)))


def references(draw: random.Random, content: bytes) -> bytes:
    return _rezipped(draw, content, lambda d, x: _replaced(d, x, rb"(?<=\br=\")[A-Z]+\d+", REFERENCES))


def cell_values(draw: random.Random, content: bytes) -> bytes:
    return _rezipped(
        draw, content, lambda d, x: _replaced(d, x, rb"(?<=<v>)[^<]*", (*NUMBERS, *TIMES, b"", b"-5", b"4294967296"))
    )


def cell_types(draw: random.Random, content: bytes) -> bytes:
    kinds = (b't="s"', b't="b"', b't="e"', b't="d"', b't="n"', b't="str"', b't="inlineStr"', b's="999999"', b't="?"')
    return _rezipped(draw, content, lambda d, x: _replaced(d, x, rb'[ts]="\w+"', kinds))


def without_a_member(draw: random.Random, content: bytes) -> bytes:
    return _members(draw, content, lambda names: names.remove(draw.choice(names)))


def member_twice(draw: random.Random, content: bytes) -> bytes:
    return _members(draw, content, lambda names: names.append(draw.choice(names)))


def _members(draw: random.Random, content: bytes, change: Callable[[list[str]], None]) -> bytes:
    buffer = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as old:
            names = old.namelist()
            data = {name: old.read(name) for name in names}
            change(names)
    except _UNREADABLE:
        return truncated(draw, content)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is what is wanted
        for name in names:
            new.writestr(zipfile.ZipInfo(name), data[name])
    return buffer.getvalue()


# -- made from nothing ----------------------------------------------------------------------


def many_columns(draw: random.Random) -> bytes:
    width = draw.choice((1_000, 10_000))
    header = ",".join(["user", "time", *(f"c{k}" for k in range(width))])
    return "\n".join([header, *(f"u{k},2026-01-05," + "," * (width - 1) for k in range(3))]).encode()


def deep(draw: random.Random) -> bytes:
    depth = draw.choice((100, 2_000, 100_000))
    inside = draw.choice(('{"a":' * depth + "1" + "}" * depth, "[" * depth + "]" * depth, '{"a":[' * depth))
    return f'{{"user":"u","time":"2026-01-05","x":{inside}}}\n'.encode() * 2


def only(draw: random.Random) -> bytes:
    return draw.choice(
        (b'"', b",", b"\n", b"\r", b" ", b"\0", b"\t", b";\n", b'","', b'""\n', b"\xef\xbb\xbf", b"\xff\xfe", b"a")
    ) * (draw.choice((1, 2, 1_000, 200_000)))


def noise(draw: random.Random) -> bytes:
    return draw.choice(HEADS) + draw.randbytes(draw.choice((1, 100, 5_000)))


def noise_of_text(draw: random.Random) -> bytes:
    letters = draw.choice(('ab,"\n', "0123456789,.-:\n", "用户,\n;\"'", '{}[]",:1a\n', "<a>&;=\n"))
    return "".join(draw.choice(letters) for _ in range(draw.choice((10, 500, 20_000)))).encode()


def odd_objects(draw: random.Random) -> bytes:
    odd = (None, True, [], {}, [{}], {"a": {"b": [1, "x"]}}, 1e308, 10**400, "\ud800", "", "2026-01-05", -0.0, {"": ""})
    rows = [
        {"user": draw.choice(odd), "time": draw.choice(odd), draw.choice(("x", "", "user.a", "x.y")): draw.choice(odd)}
        for _ in range(20)
    ]
    return "\n".join(json.dumps(row) for row in rows).encode()


DAMAGES = (
    flipped, truncated, beheaded, marked, stray_quotes, shuffled, repeated, another_head, two_encodings, values, ends,
    huge_field, packed,
)  # fmt: skip
INSIDE = (member, references, cell_values, cell_types, without_a_member, member_twice)
MADE = (many_columns, deep, only, noise, noise_of_text, odd_objects)
