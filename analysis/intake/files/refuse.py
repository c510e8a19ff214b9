"""Refuse: files that hold no table we can read, told by their bytes and named for what they are.

Each refusal says what the file is and the next move, for its name often says something else: Chinese
systems save web pages as .xls, and a failed download is a web page under any name.
"""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from analysis.errors import IntakeError

REASONS: dict[str, str] = {
    "pdf": "This is a PDF: it shows a table, but doesn't hold its cells. Export the data as CSV or XLSX from the "
    "system that made it.",
    "image": "This is an image, not a table. Export the data it shows as CSV or XLSX.",
    "archive": "This kind of archive can't be opened here. Unpack it first, or pack the table as ZIP.",
    "database": "This is a whole database, not a table. Export the table you need as CSV.",
    "statistics": "This file belongs to a statistics program. Export it from there as CSV.",
    "document": "This is a text document, not a table. Copy its table into a spreadsheet and save that as XLSX.",
    "slides": "This is a presentation, not a table. Copy its table into a spreadsheet and save that as XLSX.",
    "numbers": "This is an Apple Numbers file. In Numbers choose File, Export To, Excel or CSV.",
    "media": "This is a sound, film or program, not a table. Choose another file.",
    "columns": "This kind of data file can't be read here. Save the table as Parquet or CSV.",
}
"""What a file is -> why it can't be read, and the next move."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "pdf"), (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"GIF8", "image"), (b"II*\0", "image"),
    (b"MM\0*", "image"), (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"), (b"\x28\xb5\x2f\xfd", "archive"),
    (b"\xfd7zXZ", "archive"), (b"\x04\x22\x4d\x18", "archive"), (b"SQLite f", "database"), (b"$FL2", "statistics"),
    (b"$FL3", "statistics"), (b"<stata_dta>", "statistics"), (b"RDX3", "statistics"), (b"{\\rtf", "document"),
    (b"ID3", "media"), (b"OggS", "media"), (b"\x7fELF", "media"), (b"MZ\x90", "media"), (b"ARROW1", "columns"),
    (b"ORC\0", "columns"), (b"ORC\n", "columns"), (b"Obj\x01", "columns"), (b"\x89HDF", "columns"),
    (b"\x93NUMPY", "columns"),
)  # fmt: skip

_HTML = ("<!doctype", "<html", "<head", "<body", "<meta", "<style", "<script", "<table", "<div", "<?xml")
_INSIDE_OLE = (("WordDocument", "document"), ("PowerPoint Document", "slides"))


def by_start(start: bytes) -> None:
    """Refuses by the first bytes what is neither text nor a workbook."""
    for mark, kind in _STARTS:
        if start.startswith(mark):
            raise _is(kind)
    if start[4:8] == b"ftyp" or (start.startswith(b"RIFF") and start[8:12] in (b"WAVE", b"AVI ")):
        raise _is("media")
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        raise _is("image")
    if start[8:12] == b"DUCK":
        raise _is("database")
    if start[257:262] == b"ustar":
        raise _is("archive")
    _markup(_text(start))


def by_members(archive: zipfile.ZipFile) -> None:
    """Refuses documents that are archives inside."""
    names = set(archive.namelist())
    if any(n.startswith("word/") for n in names):
        raise _is("document")
    if any(n.startswith("ppt/") for n in names):
        raise _is("slides")
    if any(n.endswith(".iwa") for n in names) or {"Index.zip", "Metadata/Properties.plist"} <= names:
        raise _is("numbers")
    if "mimetype" in names:
        kind = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
        if "spreadsheet" not in kind:
            raise _is("slides" if "presentation" in kind else "document")


def by_streams(path: Path) -> None:
    """Refuses old Word and PowerPoint files, which begin as old workbooks do."""
    with path.open("rb") as file:
        data = file.read(32 << 20)
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book", "EncryptedPackage")):
        return
    for name, kind in _INSIDE_OLE:
        if name.encode("utf-16-le") in data:
            raise _is(kind)


def _is(kind: str) -> IntakeError:
    return IntakeError("binary", REASONS[kind])


def _text(start: bytes) -> str:
    """The beginning as text, if it may be one."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start[: len(start) // 2 * 2].decode("utf-16", "replace")
    return start.decode("utf-8-sig", "replace")


def _markup(text: str) -> None:
    start = text[:20_000].lstrip("\ufeff \t\r\n").lower()
    while start.startswith("<!--") and "-->" in start:
        start = start[start.index("-->") + 3 :].lstrip()
    if start.startswith("<?xml") or "schemas-microsoft-com:office:spreadsheet" in start[:2000]:
        if "office:spreadsheet" in start or 'progid="excel' in start:
            raise IntakeError(
                "markup",
                "This is a spreadsheet saved as XML. Open it in Excel or WPS and save it as XLSX.",
            )
        if "<html" not in start:
            raise IntakeError("markup", "This is XML, not a table. Export it as CSV or XLSX.")
    if start.startswith(_HTML):
        if "<table" in text.lower() or "office:excel" in start:
            raise IntakeError(
                "markup",
                "This is a web page with a table in it, whatever its name says. Open it in Excel or WPS and save it "
                "as XLSX.",
            )
        raise IntakeError(
            "markup",
            "This is a web page, not a table: the download may have led to a login or error page. Download the file "
            "itself.",
        )
