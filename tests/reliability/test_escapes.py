"""S3: no name leads out of the workspace, no source out of its place, and no cell becomes a formula or a link."""

from __future__ import annotations

import contextlib
import csv
import io
import random
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from analysis.errors import AnalysisError
from analysis.export.tables import to_csv, to_xlsx
from analysis.intake import inspect
from analysis.intake.incoming import Incoming
from analysis.intake.sources import Source
from analysis.intake.sources import config as sources_config
from analysis.store import Workspace
from tests.intake.test_sources import ODD_NAMES
from tests.reliability.bombs import zipped
from tests.reliability.workers import ROLES, rows

NAMES = [
    "../../evil.csv", "/etc/cron.d/evil", "..\\..\\evil.csv", "C:\\Windows\\evil.csv", "\\\\host\\share\\x", "..", ".", "",
    "/", "\\", "~/.bashrc", "$HOME/x", "`id`.csv", "$(id).csv", "; rm -rf x", "|ls", "a\0.csv", "\0", "a\nb.csv", "a\r\nb",
    "\x1b[2Jx.csv", "\x07\x08", "\x7f.csv", "CON", "nul.csv", "COM1", "aux .csv", "file:///etc/passwd", "http://192.0.2.1/x",
    "%2e%2e%2fx", "‥/x", "．．／x", "\u202egpj.csv", "\u2066x\u2069", "مرحبا.csv", "🙂👩‍👩‍👧.csv", "e\u0301.csv", "客户.csv",
    "x" * 5_000, "x" * 254 + ".csv", "🙂" * 1_300, "<script>alert(1)</script>.csv", "'; DROP TABLE datasets; --", '"x".csv',
    "=cmd|'/c calc'!A0", "footprints.db", "in/x.part", "log.arrow", ".lock", " leading and trailing ",
]  # fmt: skip

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "@SUM(", "+cmd|' /C calc'!A0", '=HYPERLINK("http://192.0.2.1")')
LINKS = (
    "http://192.0.2.1/",
    "https://192.0.2.1/x.png",
    "file:///etc/passwd",
    "mailto:a@b.c",
    "ftp://192.0.2.1",
    "internal:a!A1",
    "external:x.xlsx",
)
INSIDE = (
    '"',
    "'",
    ",",
    ";",
    "|",
    "\t",
    "\n",
    "\r",
    " ",
    "1+1",
    "A1",
    "🙂",
    "客户",
    "\u202e",
    "x",
    "\x00",
    "\x01",
    "{=",
    "<f>",
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def tree(folder: Path) -> set[str]:
    """Names of everything in a folder, at any depth."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def test_fifty_names_stay_names(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert len(NAMES) == 50
    space = Workspace(tmp_path / "workspace")
    made = space.add(space.receive([rows(0)], "a.csv"), roles=ROLES)
    before = tree(tmp_path)
    for name in NAMES:
        upload = space.receive([rows(1)], name)
        assert upload.path.parent == space.folder / "in" and re.fullmatch(
            r"[0-9a-f]{12}-[0-9a-f]{32}\.part", upload.path.name
        )
        again = space.receive([rows(0)], name)
        assert space.add(again, roles=ROLES, name=name).fingerprint == made.fingerprint
        space.rename(made.fingerprint, name)
        assert space.dataset(made.fingerprint).name == name
        space.discard(upload)
    assert tree(tmp_path) == before
    new = [space.add(space.receive([rows(2 + k)], name), roles=ROLES, name=name) for k, name in enumerate(NAMES[:3])]
    assert all(re.fullmatch(r"[0-9a-f]{32}", d.fingerprint) for d in new)
    assert {p.name for p in (space.folder / "datasets").iterdir()} == {
        ".lock",
        made.fingerprint,
        *(d.fingerprint for d in new),
    }


def test_fifty_names_from_a_browser_stay_names(tmp_path) -> None:  # type: ignore[no-untyped-def]
    space = Workspace(tmp_path / "workspace")
    before = tree(tmp_path)
    desk = Incoming(space.reserve)
    for name in NAMES:
        part = desk.begin(token := desk.grant("o", 1_000), 0, at=0, size=3, name=name)
        desk.append(part, b"abc")
        desk.end(part)
        assert part.path.parent == space.folder / "in" and tree(tmp_path) - before == {f"workspace/in/{part.path.name}"}
        desk.cancel(token, 0)
    assert tree(tmp_path) == before


def test_fifty_names_inside_an_archive_write_nothing_elsewhere(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    for k, name in enumerate(NAMES):
        path = tmp_path / f"{k}.zip"
        path.write_bytes(zipped(**{name if name.strip("\0") else "empty": rows(k), "b.csv": b"user,time\n"}))
        with contextlib.suppress(AnalysisError):
            assert inspect(path).columns[:2] in (("user_id", "time"), ("user", "time"))
        assert tree(tmp_path) == {path.name}
        path.unlink()


@pytest.fixture
def places(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    """A folder and a storage that offer one file each, with secrets around it and links to them."""
    secret = b"user,time\ncanary,2026-01-05\n"
    for name in ("folder", "storage"):
        place = tmp_path / "places" / name
        (place / "sub").mkdir(parents=True)
        (place / "may.csv").write_bytes(rows(0))
        (place / "link.csv").symlink_to(tmp_path / "secret.csv")
        (place / "linked").symlink_to(tmp_path)
    for path in (tmp_path / "secret.csv", tmp_path / "places" / "secret.csv"):
        path.write_bytes(secret)
    (tmp_path / "sources.toml").write_text(
        f'[folders.folder]\npath = "{tmp_path}/places/folder"\npattern = "may.csv"\n'
        f'[storage.storage]\nuri = "file://{tmp_path}/places/storage"\n'
    )
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "sources.toml"))
    return Workspace(tmp_path / "workspace")


@pytest.mark.parametrize("kind", ["folder", "storage"])
def test_forty_addresses_lead_nowhere(tmp_path, places, kind) -> None:  # type: ignore[no-untyped-def]
    odd = [name for name in ODD_NAMES if kind == "folder" or name not in ("may.csv",)]
    assert len(odd) >= 40
    before = tree(tmp_path)
    for name in odd:
        for source in ((kind, name), (name, "may.csv")):
            with pytest.raises(AnalysisError):
                places.receive_from(Source(source[0], kind, source[1]))
    assert tree(tmp_path) == before
    upload = places.receive_from(Source(kind, kind, "may.csv"))
    assert upload.path.read_bytes() == rows(0)


def cells(count: int) -> list[str]:
    """Texts that a spreadsheet might take for more than texts, the same each time."""
    draw = random.Random(3)
    starts = (*STARTS, *LINKS, "", "'", " ", '"')
    return [draw.choice(starts) + "".join(draw.choice(INSIDE) for _ in range(draw.randrange(6))) for _ in range(count)]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Ten thousand cells of text, with numbers beside them, and odd headers."""
    texts = cells(10_000)
    columns = {f"={k}": texts[k::10] for k in range(10)}
    return pd.DataFrame({**columns, "number": [-1.5, 2.0] * 500})


def plain(text: str) -> str:
    """What is left of a text in a file: line ends are written as one kind, XML can't hold control characters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f]|_x[0-9A-F]{4}_", "", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def test_ten_thousand_cells_in_csv_are_texts(table) -> None:  # type: ignore[no-untyped-def]
    said = list(csv.reader(io.StringIO(to_csv(table).decode("utf-8-sig"), newline="")))
    assert len(said) == 1_001 and {len(row) for row in said} == {11}
    assert not [cell for row in said for cell in row[:10] if cell.startswith(DANGEROUS)]
    assert [float(row[10]) for row in said[1:]] == table["number"].tolist()
    given = table.iloc[:, :10].to_numpy().ravel().tolist()
    assert [cell.removeprefix("'") for row in said[1:] for cell in row[:10]] == [g.removeprefix("'") for g in given]


@pytest.mark.xfail(strict=True, reason="texts that look like addresses become links: XlsxWriter's strings_to_urls")
def test_ten_thousand_cells_in_xlsx_are_texts(table, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.xlsx"
    path.write_bytes(to_xlsx(table))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = b"".join(parts.values())
    assert not re.search(rb"<f[ >]|<hyperlink|TargetMode=|DDE|vbaProject", text)
    assert not any("externalLink" in name or "sheets/_rels" in name for name in parts)
    said = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert len(said) == 1_001
    assert not [cell for row in said for cell in row[:10] if isinstance(cell, str) and cell.startswith(DANGEROUS)]
    assert [row[10] for row in said[1:]] == table["number"].tolist()
