"""Formats: what a file is by its bytes, what is offered of an archive, and what is refused by name."""

import bz2
import gzip
import json
import zipfile

import numpy as np
import pytest

from analysis.errors import AnalysisError, IntakeError, UnknownValueError
from analysis.intake import read
from analysis.intake.files.formats import open_source
from analysis.intake.values.cells import as_strings

CSV = b"user,time,event\nu1,2026-01-05,a\nu2,2026-01-06,b\n"


@pytest.fixture
def opened(tmp_path):
    def write(content, layout=None, name="a"):
        (tmp_path / name).write_bytes(content)
        scratch = tmp_path / f"scratch{len(list(tmp_path.iterdir()))}"
        scratch.mkdir()
        return open_source(tmp_path / name, scratch, layout)

    return write


@pytest.fixture
def packed(tmp_path, opened):
    def write(layout=None, **members):
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "/").replace("_", "."), content)
        return opened((tmp_path / "a.zip").read_bytes(), layout)

    return write


def lost(source):
    found = source.sheet({}).lost
    return list(zip(found.lines.tolist(), found.reasons, found.records, strict=True))


def words(source, name):
    return as_strings(source.sheet({}).columns[name]).to_pylist()


def refused(opened, content):
    with pytest.raises(AnalysisError) as error:
        opened(content)
    return error.value.code, str(error.value)


# -- packed files ---------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda content: content])
def test_packed_or_not_a_text_is_a_text(opened, pack):
    source = opened(pack(CSV))
    assert source.names == ("user", "time", "event") and source.sheets == () and source.count()[0] == 2


def test_the_largest_table_of_an_archive_is_read_and_the_others_are_offered(packed):
    members = {"README_txt": b"The export of our shop.\n" * 99, "in__small_csv": CSV, "big_csv": CSV + CSV[16:] * 50}
    source = packed(**members)
    assert source.layout["member"] == "big.csv" and source.count()[0] == 102
    assert source.sheets == (("README.txt", 98), ("in/small.csv", 2), ("big.csv", 102))
    other = packed({"member": "in/small.csv"}, **members)
    assert other.count()[0] == 2 and other.layout["member"] == "in/small.csv"
    assert packed(other.layout, **members).layout == other.layout


def test_a_member_that_is_no_table_is_passed_over(packed):
    source = packed(picture_png=b"\x89PNG" + b"x" * 5000, events_csv=CSV)
    assert source.layout["member"] == "events.csv" and source.names == ("user", "time", "event")


def test_an_archive_of_one_table_is_that_table(packed):
    source = packed(events_csv=CSV, _hidden_csv=CSV)
    assert source.sheets == () and "member" not in source.layout


def test_members_that_are_missing_or_no_tables_are_refused(packed):
    with pytest.raises(UnknownValueError, match=r"b\.csv"):
        packed({"member": "c.csv"}, a_csv=CSV, b_csv=CSV)
    with pytest.raises(IntakeError) as error:
        packed(a_png=b"\x89PNG", b_pdf=b"%PDF-1.7 and more")
    assert error.value.code == "binary" and "PDF" in str(error.value)
    with pytest.raises(IntakeError) as error:
        packed()
    assert error.value.code == "empty"


def test_an_archive_in_an_archive_is_refused(opened):
    assert refused(opened, gzip.compress(gzip.compress(CSV)))[0] == "nested_archive"


def test_a_layout_of_a_text_is_read_again_as_it_was(opened):
    found = opened(b"a;b\n1,5;2\n3,5;4\n")
    assert json.loads(json.dumps(found.layout)) == found.layout and found.layout["delimiter"] == ";"
    again = opened(b"a;b\n1,5;2\n3,5;4\n", {**found.layout, "delimiter": ",", "header": -1})
    assert again.delimiter == "," and again.layout["header"] == -1


# -- JSON -----------------------------------------------------------------------------------

LINES = (
    b'{"event":"view","properties":{"time":"2026-01-05T10:00:00+08:00","page":"a","tags":["x"]}}\n'
    b"\n"
    b'{"event":"buy","properties":{"time":"2026-01-06T10:00:00Z","amount":12.5}}\n'
)


def test_an_object_a_line_is_a_row_and_nested_ones_are_columns_with_dots(opened):
    source = opened(LINES)
    assert source.format == "json"
    assert source.names == ("event", "properties.time", "properties.page", "properties.tags", "properties.amount")
    assert words(source, "properties.time") == ["2026-01-05T10:00:00+08:00", "2026-01-06T10:00:00Z"]
    assert words(source, "properties.tags") == ['["x"]', None] and words(source, "properties.amount") == [None, "12.5"]
    assert lost(source) == [(2, "blank", "")] and source.where(np.array([1]))[0].tolist() == [3]


def test_broken_lines_are_ragged_and_mixed_properties_are_text(opened):
    source = opened(b'{"a":1}\n{"a":"x"}\nnot json\n{"a":2.5,"b":true}\n[1]\n')
    assert words(source, "a") == ["1", "x", "2.5"] and source.sheet({}).lines == 5
    assert lost(source) == [(3, "ragged", "not json"), (5, "ragged", "[1]")]


@pytest.mark.parametrize(
    "content",
    [
        '[{"用户":"甲","n":1},\n {"用户":"乙\\"]}","n":2}]', '{"ok":1,"data":[{"用户":"甲","n":1},{"用户":"乙\\"]}","n":2}],"next":null}',
        '{\n  "用户": "甲",\n  "n": 1\n}\n{\n  "用户": "乙\\"]}",\n  "n": 2\n}\n', '{"用户":"甲","n":1}\r\n{"用户":"乙\\"]}","n":2}',
    ],
)  # fmt: skip
def test_lists_wrapped_lists_and_spread_objects_are_the_same_rows(opened, content):
    for encoding in ("utf-8", "utf-8-sig"):
        source = opened(content.encode(encoding))
        assert words(source, "用户") == ["甲", '乙"]}'] and words(source, "n") == ["1", "2"] and lost(source) == []


def test_a_list_that_ends_too_early_loses_its_last_row_only(opened):
    source = opened(b'[{"a":1},\n{"a":2},\n{"a":3,"b"')
    assert words(source, "a") == ["1", "2"] and lost(source) == [(3, "ragged", '{"a":3,"b"')]


def test_long_ids_keep_all_their_digits(opened):
    source = opened(b'{"id":12345678901234567890,"x":1}\n{"id":7,"x":1.5}\n')
    assert words(source, "id") == ["12345678901234567890", "7"]
    assert words(opened(b'{"id":1234567890123456789}\n{"id":7}\n'), "id") == ["1234567890123456789", "7"]


def test_json_lines_become_a_log_whose_ledger_closes(tmp_path, opened):
    (tmp_path / "e.jsonl").write_bytes(LINES + b'{"event":\n')
    done = read(tmp_path / "e.jsonl", roles={"user": "properties.page", "time": "properties.time", "event": "event"})
    assert done.ledger.dropped == {"ragged": 1, "blank": 1, "no_user": 1} and done.ledger.closes()
    assert str(np.datetime64(int(done.log.time[0]), "us")) == "2026-01-05T02:00:00.000000"


def test_a_header_that_begins_with_a_bracket_is_no_json(opened):
    assert opened(b"[id],[name]\n1,a\n2,b\n").names == ("[id]", "[name]")


# -- what is no table -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"%PDF-1.7\n", "binary", "PDF"),
        (b"\x89PNG\r\n", "binary", "image"),
        (b"RIFF1234WEBP", "binary", "image"),
        (b"SQLite format 3\0", "binary", "database"),
        (b"12345678DUCK", "binary", "database"),
        (b"Rar!\x1a\x07", "binary", "archive"),
        (b"{\\rtf1\\ansi", "binary", "text document"),
        (b"$FL2@(#) SPSS", "binary", "statistics program"),
        (b"ARROW1\0\0", "binary", "Parquet or CSV"),
        (b"\n\n<!DOCTYPE html>\n<p>Sign in", "markup", "login"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1", "markup", "XLSX"),
        ("\ufeff<html><body>".encode("utf-16-le"), "markup", "web page"),
        (b"<!-- made --><table><tr>", "markup", "Excel or WPS"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>', "markup", "saved as XML"),
        (b"<?xml version='1.0'?><rows/>", "markup", "This is XML"),
        (b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1"}', "json", "Google"),
        (b'{"a": 1}', "json", "without a list"),
        (b"[[1, 2], [3, 4]]", "json", "without a list"),
        (b"", "empty", "header"),
        (b"hello", "empty", "header"),
    ],
)
def test_what_is_no_table_is_refused_for_what_it_is(opened, content, code, said):
    found, message = refused(opened, content)
    assert found == code and said in message


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"word/document.xml": b"<w/>"}, "text document"),
        ({"ppt/presentation.xml": b"<p/>"}, "presentation"),
        ({"Index/Document.iwa": b"x"}, "Numbers"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "text document"),
    ],
)
def test_documents_that_are_archives_are_refused_for_what_they_are(tmp_path, opened, members, said):
    with zipfile.ZipFile(tmp_path / "b", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert said in refused(opened, (tmp_path / "b").read_bytes())[1]


def test_old_word_documents_are_refused(opened):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le")
    assert "text document" in refused(opened, content)[1]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"/></row><row r="1048576"><c t="n" r="XFD1048576"/></row>',
        "<row r='1'><c r = 'A1'/></row><row r='1048576'><c\n r\t=\n'XFD1048576'/></row>",
        '<row r="1"><c r="A1"/></row><row r="1048576">' + "<c/>" * 30 + "</row>",
        '<x:c r="A1"/><x:c r="ZZZZZZZZZZ9999999999"/>',
        "<c " + "a" * 3_000_000 + ' r="XFD1048576"/>',
    ],
)
def test_workbooks_that_span_too_many_cells_are_refused_however_they_say_it(tmp_path, opened, rows):
    with zipfile.ZipFile(tmp_path / "b", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")
    assert refused(opened, (tmp_path / "b").read_bytes())[0] in ("too_many_cells", "damaged")


def test_a_reader_that_panics_is_a_damaged_file(opened):
    assert refused(opened, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)[0] == "damaged"


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(IntakeError, match=r"nobody\.csv"):
        open_source(tmp_path / "nobody.csv", tmp_path)
