"""Records: our own count of lines and records agrees with Python's and Arrow's readers."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake import records

COMMA, QUOTE = ord(","), ord('"')


def count(text, fields=2):
    return records.count(np.frombuffer(text.encode(), np.uint8), COMMA, QUOTE, fields)


def test_a_record_is_a_line_without_quotes():
    found = count("1,2\n3,4\n\n5\n6,7,8")
    assert (found.records, found.lines) == (5, 5)
    assert found.odd.tolist() == [2, 3, 4]
    assert found.odd_fields.tolist() == [0, 1, 3]


def test_a_quoted_field_swallows_lines():
    found = count('1,"a\nb\r\nc"\n2,d\n')
    assert (found.records, found.lines, found.odd.tolist()) == (2, 4, [])


def test_a_quote_inside_a_field_is_a_mark():
    assert count('1,5" screen\n2,x\n').odd.tolist() == []


def test_line_ends_of_all_kinds():
    assert count("1,2\r\n3,4\r5,6\n").records == 3
    assert count("1,2\r\r\n3,4").odd.tolist() == [1]


def test_a_quote_that_never_closes():
    found = count('1,2\n3,"4\n5,6\n')
    assert (found.records, found.lines, found.open_quote) == (2, 3, True)


CELL = st.text(alphabet='ab,"\n\r 中', max_size=5)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12))
def test_counts_like_the_readers(rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    data = out.getvalue().encode()
    found = records.count(np.frombuffer(data, np.uint8), COMMA, QUOTE, 3)
    assert found.records == len(rows) and not len(found.odd)
    table = pcsv.read_csv(
        pa.BufferReader(data),
        pcsv.ReadOptions(column_names=["a", "b", "c"]),
        pcsv.ParseOptions(newlines_in_values=True),
    )
    assert table.num_rows == found.records


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab,"\n', min_size=1, max_size=40))
def test_broken_text_counts_like_arrow(text):
    data = text.encode()
    found = records.count(np.frombuffer(data, np.uint8), COMMA, QUOTE, 2)
    try:
        table = pcsv.read_csv(
            pa.BufferReader(data),
            pcsv.ReadOptions(column_names=["a", "b"]),
            pcsv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip"),
        )
    except pa.ArrowInvalid:
        return
    assert table.num_rows == found.records - len(found.odd)


def test_spans_find_the_line_of_a_record():
    data = np.frombuffer(b'1,"a\nb"\n2,c\n3,d\n', np.uint8)
    found = records.spans(data, np.array([0, 2]), COMMA, QUOTE)
    assert found[:, 2].tolist() == [0, 3]
    assert bytes(records.gather(data, found)) == b'1,"a\nb"\n3,d\n'


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 3))
def test_a_look_misses_no_mark(data, start):
    array = np.frombuffer(bytes(8) + data, np.uint8)[8 + min(start, len(data)) :]
    rest = bytes(array)
    assert records.look(array, QUOTE) == (b'"' in rest or b"\r" in rest, rest.isascii())
