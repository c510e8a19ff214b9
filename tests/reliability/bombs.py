"""Bombs: small files that become large when they are opened. Each is made in memory and names itself."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import struct
import zipfile
import zlib
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

MIB, GIB = 1 << 20, 1 << 30
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_PARTS = {
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_LINK}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
    'Extension="xml" ContentType="application/xml"/></Types>',
    "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_LINK}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_LINK}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_LINK}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}
_ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'


def workbook(rows: str = _ROW, strings: str = "", head: str = "", **parts: bytes) -> bytes:
    """A workbook of one sheet; whole parts can be given by name: "sheet", "strings"."""
    made = {name: text.encode() for name, text in _PARTS.items()}
    made["xl/workbook.xml"] = head.encode() + made["xl/workbook.xml"]
    made[SHEET] = parts.get("sheet", f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>".encode())
    made[STRINGS] = parts.get("strings", f"<sst {_MAIN}>{strings}</sst>".encode())
    return zipped(**made)


def zipped(**members: bytes) -> bytes:
    """An archive of some members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# -- workbooks ------------------------------------------------------------------------------


def two_cells_far_apart() -> bytes:
    return workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def two_cells_with_a_prefix() -> bytes:
    rows = '<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row><x:row r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>'
    head = _MAIN.replace("xmlns=", "xmlns:x=")
    return workbook(**{"sheet": f"<x:worksheet {head}><x:sheetData>{rows}</x:sheetData></x:worksheet>".encode()})


def rows_without_references() -> bytes:
    """Cells whose place follows from the row's number alone."""
    return workbook('<row r="1"><c><v>1</v></c></row><row r="1048576">' + "<c><v>1</v></c>" * 30 + "</row>")


def billion_laughs() -> bytes:
    names = "abcdefghij"
    steps = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise(names))
    return workbook(strings="<si><t>&j;</t></si>", head=f'<!DOCTYPE a [<!ENTITY a "ha">{steps}]>')


def outside_entity() -> bytes:
    return workbook(head='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>')


def entity_in_utf_16() -> bytes:
    text = (
        f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><sst {_MAIN}><si><t>&b;</t></si></sst>'
    )
    return workbook('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', **{"strings": text.encode("utf-16")})


def sheet_of_spaces() -> bytes:
    return workbook(" " * (600 * MIB))


def strings_of_one_letter() -> bytes:
    return workbook(strings=f"<si><t>{'x' * (300 * MIB)}</t></si>")


def one_long_string_many_times() -> bytes:
    """A text of 2 MB, in 20,000 cells: 40 GB, were each a copy."""
    cells = "".join(f'<row r="{k}"><c r="A{k}" t="s"><v>0</v></c></row>' for k in range(1, 20_001))
    return workbook(cells, strings=f"<si><t>{'x' * (2 * MIB)}</t></si>")


# -- archives -------------------------------------------------------------------------------


def zip_of_zeros() -> bytes:
    return zipped(**{"a.csv": bytes(GIB // 2)})


def zip_in_a_zip() -> bytes:
    return zipped(**{"a.zip": zipped(**{"a.csv": bytes(GIB // 4)})})


def zip_five_times() -> bytes:
    content = zipped(**{"a.csv": b"user,time\n" * 1_000})
    for _ in range(4):
        content = zipped(**{f"{k}.zip": content for k in range(16)})
    return content


def zip_that_says_three_gigabytes() -> bytes:
    return _sizes(zipped(**{"a.csv": bytes(30 * MIB)}), 3 * GIB)


def zip_that_says_too_little() -> bytes:
    return _sizes(zipped(**{"a.csv": bytes(GIB // 2)}), 1_000)


def overlapping_zip() -> bytes:
    """One packed member that a thousand names share."""
    data = b"user,time\n" + b"".join(b"u%d,2026-01-05\n" % (k % 977) for k in range(400_000))
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = squeeze.compress(data) + squeeze.flush()
    fields = (zlib.crc32(data), len(packed), len(data))
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, *fields, 5, 0) + b"0.csv" + packed
    central = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, *fields, 8, 0, 0, 0, 0, 0, 0)
        + b"%04d.csv" % k
        for k in range(1_000)
    )
    return local + central + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1_000, 1_000, len(central), len(local), 0)


def gz_of_zeros() -> bytes:
    return gzip.compress(bytes(GIB // 2))


def gz_of_many_members() -> bytes:
    return gzip.compress(bytes(32 * MIB)) * 100


def gz_in_a_gz() -> bytes:
    return gzip.compress(gz_of_zeros())


def bz2_of_zeros() -> bytes:
    return bz2.compress(bytes(GIB // 2))


def _sizes(content: bytes, out: int) -> bytes:
    """The archive whose list says another size of its one member."""
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", out & 0xFFFFFFFF) + content[at + 4 :]


# -- tables ---------------------------------------------------------------------------------


def parquet_of_two_thousand_million_rows() -> bytes:
    sink, schema = io.BytesIO(), pa.schema([("user_id", pa.null()), ("time", pa.null())])
    rows = 1 << 26
    batch = pa.table([pa.nulls(rows), pa.nulls(rows)], schema=schema)
    with pq.ParquetWriter(sink, schema) as writer:
        for _ in range(32):
            writer.write_table(batch, row_group_size=rows)
    return sink.getvalue()


def parquet_of_one_long_word() -> bytes:
    """A word of 2 MB in 20,000 rows, kept once."""
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * (2 * MIB)]))
    sink = io.BytesIO()
    pq.write_table(pa.table({"user_id": word, "time": pa.array(["2026-01-05"] * 20_000)}), sink, compression="zstd")
    return sink.getvalue()


def parquet_of_one_number() -> bytes:
    """Six hundred million times the same number, in some kilobytes."""
    sink, schema = io.BytesIO(), pa.schema([("user_id", pa.int64()), ("time", pa.int64())])
    rows = 1 << 24
    zeros = pa.Array.from_buffers(pa.int64(), rows, [None, pa.py_buffer(bytes(8 * rows))])
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for _ in range(36):
            writer.write_table(pa.table([zeros, zeros], schema=schema), row_group_size=rows)
    return sink.getvalue()


def json_of_a_million_levels() -> bytes:
    return b'{"user_id":"u","time":"2026-01-05","x":' + b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_001 + b"\n"


def json_of_a_name_a_row() -> bytes:
    """Forty thousand rows, each with a property of its own: 1,600 million cells."""
    return b"".join(b'{"user_id":"u","time":"2026-01-05","k%d":1}\n' % k for k in range(40_000))


def csv_of_delimiters() -> bytes:
    """A header of four million names."""
    return b"user,time" + b"," * (4 * MIB) + b"\nu,2026-01-05\n"


REFUSED: tuple[tuple[Callable[[], bytes], tuple[str, ...]], ...] = (
    (two_cells_far_apart, ("too_many_cells",)),
    (two_cells_with_a_prefix, ("too_many_cells",)),
    (rows_without_references, ("too_many_cells",)),
    (billion_laughs, ("dtd",)),
    (outside_entity, ("dtd",)),
    (entity_in_utf_16, ("dtd", "damaged")),
    (sheet_of_spaces, ("ratio",)),
    (strings_of_one_letter, ("ratio",)),
    (one_long_string_many_times, ("too_large_unpacked", "too_many_cells", "memory")),
    (zip_of_zeros, ("ratio",)),
    (zip_in_a_zip, ("nested_archive", "ratio")),
    (zip_five_times, ("nested_archive", "ratio")),
    (zip_that_says_three_gigabytes, ("too_large_unpacked", "ratio")),
    (zip_that_says_too_little, ("damaged", "ratio", "binary")),
    (overlapping_zip, ("too_large_unpacked", "damaged")),
    (gz_of_zeros, ("ratio",)),
    (gz_of_many_members, ("ratio",)),
    (gz_in_a_gz, ("nested_archive", "ratio")),
    (bz2_of_zeros, ("ratio",)),
    (parquet_of_two_thousand_million_rows, ("too_large_unpacked", "too_many_cells")),
    (parquet_of_one_long_word, ("too_large_unpacked", "memory")),
    (parquet_of_one_number, ("too_large_unpacked", "too_many_cells")),
    (json_of_a_million_levels, ("json", "nested", "too_many_cells")),
    (json_of_a_name_a_row, ("too_many_cells", "too_many_columns")),
    (csv_of_delimiters, ("too_many_cells", "too_many_columns")),
)
"""Each bomb, and the refusals that say what it is."""
