"""Child: a file that kills its reader leaves a message, not a dead app."""

import os
import signal
import threading
import zipfile
from pathlib import Path

import pytest

from analysis.errors import IntakeError, UnknownValueError
from analysis.intake import confine, read
from analysis.intake.files import prescan
from analysis.intake.files.formats import open_source

EVENTS = "user_id,time,event\nu1,2026-01-05 10:00,view\nu1,2026-01-05 11:00,buy\n"
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{head}<sheetData>{rows}</sheetData></worksheet>'


def workbook(path, rows, head="", extra=""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "xl/workbook.xml",
            extra
            + '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.'
            'openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows=rows, head=head))
    return path


@pytest.fixture
def bomb(tmp_path):
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return workbook(tmp_path / "bomb.xlsx", rows)


def refused(path):
    with pytest.raises(IntakeError) as error:
        open_source(path, path.parent)
    return error.value.code


def test_the_prescan_refuses_the_two_cell_bomb(bomb):
    assert bomb.stat().st_size < 2_000
    assert refused(bomb) == "too_many_cells"


def test_the_prescan_refuses_entities_and_ratios(tmp_path):
    assert refused(workbook(tmp_path / "dtd.xlsx", "", extra='<!DOCTYPE a [<!ENTITY b "c">]>')) == "dtd"
    with zipfile.ZipFile(tmp_path / "ratio.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * (32 << 20))
    assert refused(tmp_path / "ratio.zip") == "ratio"


def test_a_reader_that_aborts_is_a_message(bomb):
    with pytest.raises(IntakeError) as error:
        confine.run({"task": "abort"}, bomb)
    assert error.value.code == "child_died" and error.value.facts["cause"] == "SIGABRT"


def test_the_child_refuses_the_bomb_with_the_same_words(bomb):
    with pytest.raises(IntakeError) as error:
        confine.inspect(bomb)
    assert error.value.code == "too_many_cells" and error.value.facts["limit"] == prescan.MOST_CELLS


def test_a_killed_child_is_a_message(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(EVENTS)

    def kill(share, rows):
        tasks = Path("/proc/self/task").iterdir()
        for child in {c for task in tasks for c in (task / "children").read_text().split()}:
            if b"analysis.intake.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with pytest.raises(IntakeError) as error:
        confine.run({"task": "sleep", "seconds": 60}, path, kill)
    assert error.value.code == "child_died" and error.value.facts["cause"] == "SIGKILL"


def test_a_child_that_takes_too_long_is_ended(tmp_path):
    with pytest.raises(IntakeError) as error:
        confine.run({"task": "sleep", "seconds": 60}, tmp_path, wall_seconds=3)
    assert error.value.code == "child_slow"
    assert threading.active_count() < 20


def test_errors_keep_their_kind_code_and_facts(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(EVENTS)
    (tmp_path / "out").mkdir()
    with pytest.raises(UnknownValueError) as error:
        confine.read(path, tmp_path / "out", "f", {"roles": {"user": "user_ID"}})
    assert error.value.facts["given"] == "user_ID"


def test_the_child_gives_what_reading_in_process_gives(tmp_path):
    from analysis.events import EventLog

    path, out = tmp_path / "a.csv", tmp_path / "out"
    path.write_text(EVENTS)
    out.mkdir()
    shares = []
    done = confine.read(path, out, "abc", {}, lambda share, rows: shares.append(share))
    log, here = EventLog.open(out), read(path).log
    assert log.time.tolist() == here.time.tolist() and log.fingerprint == "abc" and done["users"] == 1
    assert shares[-1] == 1.0 and sorted(p.name for p in out.iterdir()) == [
        "log.arrow",
        "log.json",
        "rejected.parquet",
        "users.arrow",
    ]


def test_a_secret_of_the_server_does_not_reach_the_child(monkeypatch):
    monkeypatch.setenv("FOOTPRINTS_SECRET", "canary")
    assert "canary" not in str(confine._environment("/tmp"))
