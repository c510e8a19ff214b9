"""Scan: delimited text to columns; every record and every line is accounted for."""

import csv
import io
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.text import scan, tokens
from analysis.intake.text.blocks import texts
from analysis.intake.text.dialect import Dialect
from analysis.intake.text.encode import Words
from tests.oracle import tokens as oracle


def read(text, fields=2, kinds=None, **dialect):
    data = np.frombuffer(text.encode() if isinstance(text, str) else text, np.uint8)
    outline, columns = scan.scan(data, Dialect(**dialect), fields, kinds or ["text"] * fields)
    return outline, [None if c is None else c.to_pylist() for c in columns]


def rows(text, fields=2, **dialect):
    return list(zip(*read(text, fields, **dialect)[1], strict=True))


def test_a_record_is_a_line_without_quotes():
    outline, columns = read("1,2\n3,4\n\n5\n6,7,8")
    assert columns == [["1", "3"], ["2", "4"]] and outline.lines == outline.line_ends == 5
    assert outline.odd[:, [0, 3, 4]].tolist() == [[2, 2, tokens.BLANK], [3, 3, 1], [4, 4, 3]]


def test_a_quoted_field_swallows_lines():
    outline, columns = read('1,"a\nb\r\nc"\n2,d\n')
    assert columns == [["1", "2"], ["a\nb\r\nc", "d"]]
    assert (outline.rows, outline.lines, outline.within, outline.line_ends) == (2, 4, 2, 4)


def test_a_quote_inside_a_field_is_a_mark():
    assert rows('1,5" screen\n2,x\n') == [("1", '5" screen'), ("2", "x")]


def test_doubled_marks_are_marks():
    assert rows('"say ""hi""",""\n"""",x\n') == [('say "hi"', ""), ('"', "x")]


def test_marks_inside_a_quoted_field_that_closes_later_on_the_line_are_text():
    assert rows('1,"the "best" shop"\n2,x\n') == [("1", 'the "best" shop'), ("2", "x")]


def test_what_follows_a_closing_mark_belongs_to_the_field():
    assert rows('"a"b,c\n') == [("ab", "c")]


def test_escapes_before_marks_and_delimiters():
    text = '"say \\"hi\\"",a\\,b\n"back\\\\",\\N\n'
    assert rows(text, escape="\\") == [('say "hi"', "a,b"), ("back\\", "\\N")]


def test_no_quote_mark_at_all():
    assert rows('"a,b"\n', quote="") == [('"a', 'b"')]


def test_comment_lines_are_odd():
    outline, columns = read("# note, of two\n1,2\n", comment="#")
    assert columns == [["1"], ["2"]] and outline.odd[:, 4].tolist() == [tokens.COMMENT]


def test_line_ends_of_all_kinds():
    assert rows("1,2\r\n3,4\r5,6\n") == [("1", "2"), ("3", "4"), ("5", "6")]
    outline, _ = read("1,2\r\r\n3,4")
    assert outline.odd[:, 4].tolist() == [tokens.BLANK] and outline.lines == outline.line_ends == 3


def test_further_empty_fields_at_the_end_are_no_fault():
    assert rows('1,2,,\n3,4,""\n5,6\n') == [("1", "2"), ("3", "4"), ("5", "6")]
    assert read("1,2,,x\n")[0].odd[:, 4].tolist() == [4]


def test_a_quote_that_never_closes():
    outline, columns = read('1,2\n3,"4\n5,6\n')
    assert outline.open and (outline.rows, outline.lines, outline.line_ends) == (2, 3, 3)
    assert columns[1] == ["2", "4\n5,6\n"]


def test_numbers_in_their_plainest_form():
    text = "1\n-2.50\n+0.125\n\n123456789012345\nNA\n"
    _, (column,) = read(text.replace("\n\n", "\n,\n"), 1, ["number"])
    expected = [1, -2.5, 0.125, math.nan, 123456789012345, math.nan]
    assert np.array_equal(column, expected, equal_nan=True)


@pytest.mark.parametrize("cell", ["007", "1e5", "1,5", "1.", ".5", "1234567890123456", "--1", "1.2.3", "0x1", "１"])
def test_other_numbers_are_left_to_whoever_reads_the_text(cell):
    assert read(f"1;x\n{cell};x\n", 2, ["number", "text"], delimiter=";")[1] == [None, ["x", "x"]]


def test_stamps_in_their_plainest_form():
    text = "2026-01-05\n2026-01-05 10:30\n2026-01-05T10:30:15\n2024-02-29 23:59:59.5\n-\n1969-12-31 23:59:59.000001\n"
    _, (column,) = read(text, 1, ["time"])
    said = [None if v is None else v.isoformat() for v in column]
    assert said == [
        "2026-01-05T00:00:00", "2026-01-05T10:30:00", "2026-01-05T10:30:15", "2024-02-29T23:59:59.500000", None,
        "1969-12-31T23:59:59.000001",
    ]  # fmt: skip
    _, (column,) = read("2026-01-05 10:30:00+08:00\n2026-01-05T02:30Z\n", 1, ["time_utc"])
    assert [v.isoformat() for v in column] == ["2026-01-05T02:30:00+00:00"] * 2


@pytest.mark.parametrize(
    "cell",
    ["2026-02-30", "2026-13-01", "2026-01-05 24:00:00", "2026-01-05 10:60:00", "2026/01/05", "2026-01-05 10:30Z",
     "2026-01-05x10:30:00", "/026-01-05 10:30:00", "2026-01-05 10:30:0:", "20260105", "2026-1-5"],
)  # fmt: skip
def test_other_stamps_are_left_to_whoever_reads_the_text(cell):
    assert read(f"2026-01-05\n{cell}\n", 1, ["time"])[1] == [None]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(10**14), 10**14), min_size=1), st.integers(0, 12))
def test_numbers_are_the_nearest_floats(values, places):
    said = [f"{v // 10**places}.{abs(v) % 10**places:0{places}d}" if places else str(v) for v in values]
    said = [s for s in said if len(s.lstrip("-").replace(".", "")) <= 15]
    if said:
        _, (column,) = read("\n".join(said) + "\n", 1, ["number"])
        assert column == [float(s) for s in said]


CELL = st.text(alphabet='ab,"\n\r 中', max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_what_pythons_writer_wrote_is_read_back(table, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    assert rows(out.getvalue(), 3) == table


@settings(max_examples=600, deadline=None)
@given(st.text(alphabet='ab,"\n\r\\', min_size=1, max_size=40), st.sampled_from(["", "\\"]), st.sampled_from(['"', ""]))
def test_broken_text_is_read_as_the_definition_says(text, escape, quote):
    outline, columns = read(text, 2, escape=escape, quote=quote)
    expected = oracle.records(text, ",", quote, escape)
    whole = [f[:2] for f, _inside in expected if len(f) >= 2 and not any(f[2:])]
    assert [list(row) for row in zip(*columns, strict=True)] == whole
    assert outline.rows + len(outline.odd) == len(expected)
    assert outline.within == sum(inside for _f, inside in expected)
    assert outline.lines == outline.line_ends


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELL, st.sampled_from(["x", "yy", "a long text of more than fifteen bytes"])), min_size=8))
def test_the_result_does_not_depend_on_the_cut(table):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    data = np.frombuffer(out.getvalue().encode(), np.uint8)
    whole = read(out.getvalue())
    for cut in range(0, len(data), 3):
        middle = scan._after_line(data, cut)
        room = [tokens.line_ends(data[:middle]), tokens.line_ends(data[middle:])]
        first, second = scan._readers(data, Dialect(), 2, ["text", "text"], room)
        first.read(0, middle)
        second.read(middle, len(data))
        if first.at == middle:
            first.join(second)
        else:
            first.read(first.at, len(data))
        columns = [c.cells(first.rows).to_pylist() for c in first.columns]
        assert columns == whole[1] and first.outline(sum(room)).odd.tolist() == whole[0].odd.tolist()


def test_large_texts_are_read_on_two_threads_alike():
    table = [(f"user {k % 5000}", str(k) if k % 7 else f'a "quoted", {k}\nline') for k in range(60_000)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    assert len(out.getvalue()) > 1 << 20
    assert rows(out.getvalue()) == table


def test_rows_of_gives_lines_and_cells():
    text = '1,"a\nb"\nx\n2,c\n3,""\n'
    data = np.frombuffer(text.encode(), np.uint8)
    outline, _ = scan.scan(data, Dialect(), 2, [None, None])
    lines, cells = scan.rows_of(data, Dialect(), 2, outline, np.array([0, 2]))
    assert lines.tolist() == [0, 4] and [c.to_pylist() for c in cells] == [["1", "3"], ["a\nb", ""]]


def test_records_tells_the_fields_of_the_last():
    found, names = scan.records(np.frombuffer(b'title\n\n"a\nb",c\n1,2\n', np.uint8), Dialect(), 3)
    assert names == ["a\nb", "c"] and found[:, 3].tolist() == [0, 1, 2] and found[:, 4].tolist() == [1, 0, 2]


def test_a_field_larger_than_the_side_buffer():
    long = 'x"' * 2_000_000
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([("a", long), ("b", "c")])
    assert rows(out.getvalue()) == [("a", long), ("b", "c")]


def test_progress_is_told_and_can_end_the_reading():
    text = "a,b\n" * 400_000
    told = []
    data = np.frombuffer(text.encode(), np.uint8)
    scan.scan(data, Dialect(), 2, ["text", "text"], lambda share, rows: told.append((share, rows)))
    assert told[-1] == (1.0, 400_000)

    def end(share, rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan.scan(data, Dialect(), 2, ["text", "text"], end)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=60))
def test_words_are_told_apart_by_their_bytes(texts):
    data = np.frombuffer(b"".join(texts) + bytes(8), np.uint8)
    ends = np.cumsum([len(t) for t in texts], dtype=np.int64)
    starts = ends - np.array([len(t) for t in texts], np.int64)
    out = np.empty(len(texts), np.int32)
    words = Words()
    words.encode(data, data[:0], starts, ends, len(texts), out)
    known = [bytes(words.data[words.bounds[k] : words.bounds[k + 1]]) for k in range(words.size)]
    assert [known[c] for c in out] == texts and len(set(known)) == len(known)


def test_many_words_make_the_table_grow():
    said = [f"{k}" for k in range(50_000)]
    data = np.frombuffer("".join(said).encode() + bytes(8), np.uint8)
    sizes = np.array([len(t) for t in said], np.int64)
    ends = np.cumsum(sizes)
    out = np.empty(len(said), np.int32)
    words = Words()
    words.encode(data, data[:0], ends - sizes, ends, len(said), out)
    assert out.tolist() == list(range(50_000)) and words.join(words).tolist() == list(range(50_000))
    assert isinstance(texts(words), pa.StringArray)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 9))
def test_ascii_and_line_ends(data, start):
    array = np.frombuffer(bytes(9) + data, np.uint8)[start:]
    rest = bytes(array)
    assert tokens.is_ascii(array) == rest.isascii()
    said = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert tokens.line_ends(array) == said.count(b"\n") + (bool(said) and not said.endswith(b"\n"))


def test_a_line_of_marks_alone_is_read_to_its_end():
    assert len(rows('"' + 'a"' * 400_000 + "a,x\n")) == 1  # looking for a closing mark behind each would take hours


def test_a_table_without_columns_is_no_table():
    with pytest.raises(ValueError, match="one field"):
        scan.scan(np.frombuffer(b"a\n", np.uint8), Dialect(), 0, [])
