"""Generated files whose truth is known: what becomes of each row is said before the file is written.

A file is a list of rows; each row is of one kind (used, blank, ragged …) by the rules of the ledger, read
plainly. Then the rows are written in one of many layouts, which must not change what becomes of them.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import random
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

HEADERS = (("user_id", "time", "event", "note", "amount"), ("用户ID", "时间", "事件", "备注", "金额"))
MISSING = ("", "NA", "null", "-", "NULL")
EMPTY = ("", "NA", "null", "NULL")
WHEN = ("2026-01-05", "2026-01-05 10:00", "2026-01-06 11:30:15", "2026-02-28 23:59:59", "2026/03/01 08:00")
BROKEN = ("soon", "2026-02-30", "2026-13-01", "later than ever")
NOTES = ("", "a", "b,c", "d;e", 'say "x"', "two\nlines", "three\r\nmore\nlines", "é", "tab\there", "备注")
NOBODY = ("unknown", "0", "匿名")
AMOUNTS = ("", "5", "12.5", "-3", "1000")
UNREADABLE = ("about ten", "n/k")
ABOVE = ("Monthly report", "Export of the shop", "")
REMARK = "# written by hand"

Row = tuple[str, ...]


@dataclass
class Truth:
    """What must be said of a file.

    Attributes:
        rows: Records, the header not among them.
        lines: Physical lines; 0 where the format has none.
        dropped: Reason -> rows.
        users: Used rows of each user, as its id is shown.
        flagged: Rows of nobody, and amounts that can't be read.
    """

    rows: int = 0
    lines: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)


@dataclass
class Generated:
    """A file, the roles of its columns, what is chosen about its layout, and its truth.

    In a sheet each row is equally wide, so that a row of words may pass for the header: there it is chosen.
    """

    name: str
    content: bytes
    roles: dict[str, str]
    layout: dict[str, int] | None
    truth: Truth


def generated(seed: int) -> Generated:
    """The file of a number, the same each time."""
    draw = random.Random(seed)
    header = draw.choice(HEADERS)
    roles = dict(zip(("user", "time", "event", "amount"), (*header[:3], header[4]), strict=True))
    kind = draw.choices(("csv", "xlsx", "parquet", "json"), (12, 2, 2, 2))[0]
    rows = drawn(draw, ragged=kind == "csv")
    content, truth = {"csv": as_csv, "xlsx": as_xlsx, "parquet": as_parquet, "json": as_json}[kind](draw, header, rows)
    layout = {"header": 0} if kind == "xlsx" else None
    packed = draw.choices(("", "gz", "bz2", "zip"), (9, 1, 1, 1))[0] if kind in ("csv", "json") else ""
    return Generated(f"{seed}.{kind}.{packed}".rstrip("."), _packed(content, packed), roles, layout, truth)


def drawn(draw: random.Random, ragged: bool) -> list[Row]:
    """Rows of all kinds, and more whole ones, so that a layout can be told."""
    rows: list[Row] = []
    for _ in range(draw.randrange(25)):
        user = draw.choice(("u1", "u2", "u3", " u4 ", "客户", *NOBODY, *MISSING, *MISSING))
        time = draw.choice((*WHEN, *WHEN, *BROKEN, "", "-"))
        whole = (user, time, draw.choice(("view", "buy")), draw.choice(NOTES), draw.choice((*AMOUNTS, *UNREADABLE)))
        odd = draw.choice(((), ("u1",), whole[:3], (*whole, "x"), ("",) * 5)) if ragged else ("",) * 5
        rows.append(odd if draw.random() < 0.15 else draw.choice(rows) if rows and draw.random() < 0.2 else whole)
    more = [("u9", "2026-01-07 10:00:00", "view", f"last 备注 {k}", "7") for k in range(len(rows) + 8)]
    places = sorted(draw.randrange(len(more) + 1) for _ in rows)
    for place, row in zip(reversed(places), reversed(rows), strict=True):
        more.insert(place, row)
    return more


def judged(rows: list[Row], width: int = 5) -> Truth:
    """What becomes of each row, by a plain reading of the rules: the first reason that applies."""
    truth, seen = Truth(rows=len(rows)), set[Row]()
    for row in rows:
        reason = _reason(row, width, seen)
        if reason:
            truth.dropped[reason] += 1
            continue
        seen.add(row)
        truth.users[row[0].strip()] += 1
        truth.flagged["unknown_ids"] += row[0].strip() in NOBODY
    truth.flagged["unreadable_numbers"] = sum(r[4] in UNREADABLE for r in seen)
    return truth


def _reason(row: Row, width: int, seen: set[Row]) -> str:
    if not row:
        return "blank"
    if len(row) != width:
        return "ragged"
    if row[0].strip() in MISSING:
        return "blank" if all(cell.strip() in EMPTY for cell in row) else "no_user"
    if row[1] in MISSING:
        return "no_time"
    if row[1] in BROKEN:
        return "bad_time"
    return "duplicate" if row in seen else ""


# -- layouts --------------------------------------------------------------------------------


def as_csv(draw: random.Random, header: Row, rows: list[Row]) -> tuple[bytes, Truth]:
    """Delimited text."""
    end = draw.choice(("\n", "\n", "\r\n", "\r"))
    quoting = draw.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    quoting = csv.QUOTE_ALL if end == "\r" else quoting  # Python leaves "\n" unquoted where lines end with "\r"
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=draw.choice(",,;\t|"), lineterminator=end, quoting=quoting)
    truth = judged(rows)
    above = [draw.choice(ABOVE) for _ in range(draw.choice((0, 0, 0, 1, 2, 3)))]
    out.write("".join(line + end for line in above))
    truth.dropped["preamble"] += sum(bool(line) for line in above)
    truth.dropped["blank"] += sum(not line for line in above)
    writer.writerow(header)
    remarks = draw.choice((0, 0, 0, 0, 1, 2))
    places = {draw.randrange(len(rows)) for _ in range(remarks)}
    for k, row in enumerate(rows):
        if k in places:
            out.write(REMARK + end)
        writer.writerow(row) if row else out.write(end)
    truth.dropped["comment"] += len(places)
    truth.rows += len(above) + len(places)
    text = out.getvalue()
    text = text.removesuffix(end) if rows[-1] and draw.random() < 0.3 else text
    truth.lines = len(re.findall(r"\r\n|\n|\r", text)) + (text[-1:] not in ("\n", "\r"))
    encoding = draw.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"))
    return text.encode(encoding), truth


def as_xlsx(draw: random.Random, header: Row, rows: list[Row]) -> tuple[bytes, Truth]:
    """A workbook; some cells are dates and numbers by type."""
    while not any(rows[-1]):
        rows = rows[:-1]  # a sheet ends with its last cell
    buffer, truth = io.BytesIO(), judged(rows)
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for k, row in enumerate([header, *rows]):
            for column, cell in enumerate(row):
                if column == 4 and k and re.fullmatch(r"-?\d+(\.\d)?", cell):
                    sheet.write_number(k, column, float(cell))
                elif cell:
                    sheet.write_string(k, column, cell)
    return buffer.getvalue(), truth


def as_parquet(draw: random.Random, header: Row, rows: list[Row]) -> tuple[bytes, Truth]:
    """Parquet with columns of text, empty cells as null."""
    columns = [pa.array([row[k] or None for row in rows], pa.string()) for k in range(len(header))]
    sink = io.BytesIO()
    codec = draw.choice(("snappy", "gzip", "none"))
    pq.write_table(pa.table(dict(zip(header, columns, strict=True))), sink, compression=codec, row_group_size=7)
    return sink.getvalue(), judged(rows)


def as_json(draw: random.Random, header: Row, rows: list[Row]) -> tuple[bytes, Truth]:
    """An object a line, with blank and broken lines, or a list of objects."""
    empty = draw.random() < 0.5
    whole = [{name: cell for name, cell in zip(header, row, strict=True) if cell or empty} for row in rows]
    said = [json.dumps(row, ensure_ascii=draw.random() < 0.5) for row in whole]
    truth = judged(rows)
    if draw.random() < 0.4:
        return ("[" + ",\n".join(said) + "]").encode(), truth
    for text, reason in (("", "blank"), ('{"user_id": "u1", "ti', "ragged")):
        if draw.random() < 0.3:
            said.insert(draw.randrange(1, len(said)), text)
            truth.dropped[reason] += 1
    truth.rows = truth.lines = len(said)
    return "\n".join(said).encode() + b"\n", truth


def _packed(content: bytes, how: str) -> bytes:
    if how == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside.txt", content)
        return buffer.getvalue()
    return {"": bytes, "gz": gzip.compress, "bz2": bz2.compress}[how](content)


def counts(done: Any) -> Counter[str]:
    """Events of each user of what was read."""
    log = done.log
    each = dict(zip(log.ids(log.users), (log.ends - log.starts).tolist(), strict=True))
    return Counter({user: int(n) for user, n in each.items()})
