"""Dialect: delimiter, quotes, escapes, comments and header, told from the beginning of a text."""

import csv
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.errors import ParameterError
from analysis.intake.text.dialect import Dialect, detect, first_rows

ROWS = [("id", "name", "amount"), ("1", "Ann", "2.5"), ("2", "Bob", "3"), ("3", "Cy", "4")]


def text(rows, delimiter=","):
    return "".join(delimiter.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\x01", "^", "~", "!", "&", "*"])
def test_the_delimiter_gives_most_rows_the_same_number_of_fields(delimiter):
    found, other = detect(text(ROWS, delimiter))
    assert (found.delimiter, found.header, other) == (delimiter, 0, None)


@pytest.mark.parametrize("delimiter", [" ", ":"])
def test_marks_of_prose_part_values_only(delimiter):
    assert detect(text([("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")], delimiter))[0].delimiter == delimiter
    assert detect("name\nAnn Lee Roe\nBob May Day\nCy Fox Low\n")[0].delimiter == ","


@pytest.mark.parametrize("cells", ["10-10-2020", "2020/10/10", "12:30:45", "+3185344", "http://a.b/c"])
def test_one_column_is_not_parted(cells):
    found, other = detect("a\n" + f"{cells}\n" * 9)
    assert (found, other) == (Dialect(), None)


def test_a_decimal_comma_is_no_delimiter():
    assert detect("a;b\n1,5;2,5\n0,25;3,5\n")[0].delimiter == ";"
    assert detect("1,5;2,5\n0,25;3,5\n7,5;8,5\n")[0].delimiter == ";"
    assert detect('a,b\n"1,5","2,5"\n"0,25","3,5"\n')[0] == Dialect()


def test_two_delimiters_that_do_equally_well_give_a_second_reading():
    found, other = detect("a;b,c\nAnn;x,y\nBob;y,z\nCy;z,x\n")
    assert other is not None and {found.delimiter, other.delimiter} == {",", ";"}


def test_quotes_hold_delimiters_and_line_ends():
    found, other = detect('a,b\n1,"x,y"\n2,"two\nlines"\n3,z\n')
    assert (found, other) == (Dialect(), None)
    assert first_rows('a,b\n2,"two\nli""nes"\n', found) == [["a", "b"], ["2", 'two\nli"nes']]


def test_single_quotes_when_fields_wear_them():
    assert detect("a\tb\n'1'\t'x\ty'\n2\t'z'\n")[0].quote == "'"
    assert detect("a,b\nit's,1\nrock 'n' roll,2\n'tis,3\n")[0].quote == '"'


def test_a_stray_quote_that_swallows_the_rest_is_no_quoting():
    rows = [f"{k}\tx\ty\n" for k in range(50)]
    rows[3] = '3\t"x\ty\n'
    found, other = detect("a\tb\tc\n" + "".join(rows))
    assert found.quote == "" and found.header == 0 and other is None


def test_quotes_that_swallow_whole_rows_are_asked_about():
    rows = [f"u{k},view,note\n" for k in range(50)]
    rows[10], rows[20] = 'u10,view,"note\n', 'u20,view,x"\n'
    found, other = detect("user,event,note\n" + "".join(rows))
    assert found.quote == '"' and other is not None and other.quote == ""


def test_quoted_fields_of_many_lines_are_not_asked_about():
    assert detect("a,b\n" + '1,"one\ntwo\nthree"\n' * 30)[1] is None


def test_backslashes_that_escape_quotes():
    lines = '1,"he said \\"yes, sir\\" twice",x\n' * 5
    found, _other = detect("a,b,c\n" + lines)
    assert found.escape == "\\"
    assert first_rows(lines, found)[0] == ["1", 'he said "yes, sir" twice', "x"]
    assert detect('a,b\nC:\\temp,"x ""y"""\n' * 3)[0].escape == ""


def test_comments_are_lines_of_another_width():
    found, _other = detect("# made by\na,b,c\n1,2,3\n# half-way\n4,5,6\n")
    assert (found.comment, found.header) == ("#", 1)
    assert first_rows("a,b\n#x,y\n1,2\n", Dialect(comment="#")) == [["a", "b"], [], ["1", "2"]]


def test_headers_and_cells_may_begin_with_a_hash():
    assert detect("#id,name\n1,a\n2,b\n")[0] == Dialect()
    assert detect("tag,n\n#summer,1\n#winter,2\n")[0].comment == ""


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ("a,b,c\n1,2,3\n", 0),
        ("some notes...\nmore notes,...\nnumber,text,date\n345.0,TEST4,2000-12-13\n", 2),
        ("Report 2026\n\nuser,time\nu1,2026-01-05\nu2,2026-01-06\n", 2),
        (",,\nA long title,,\nState,Code,Count\nALABAMA,AL,3\nALASKA,AK,4\n", 2),
        ("a,,,,\n1,x,y,,z\n2,x,y,,z\n", 0),
        ("1,x\n2,y\n3,z\n", -1),
        ("valid,valid\n" * 9, -1),
        ("31/05/2018,15:30,3\n", -1),
        ("id,name,age\n1,John\n2,Julie,26,Potatoes\n", 0),
        ("user,1,2,3\n7,4,5,6\n8,7,8,9\n", 0),
        ("Country,2019,2020\nCanada,3,4\nPeru,5,6\n", 0),
        ("user,time,event\n", 0),
        ("a,b\n1,2,x\n3,4,y\n", 0),
    ],
)
def test_place_of_the_header(rows, place):
    assert detect(rows)[0].header == place


def test_a_report_with_parameters_above_the_header():
    head = "Vendor Name\tTest\nStart Date\t06/02/2024\nEnd Date\t06/29/2024\n"
    table = "Date\tId\tTitle\tUnits\n06/19/2024\t1\tx\t1\t\n06/14/2024\t2\ty\t2\n"
    assert detect(head + table)[0] == Dialect("\t", header=3)


def test_a_layout_crosses_json_and_unknown_names_are_refused():
    said = Dialect(";", "'", "\\", "#", 3)
    assert Dialect.from_dict(said.to_dict()) == said
    with pytest.raises(ParameterError, match="delimeter"):
        Dialect.from_dict({"delimeter": ";"})


CELL = st.text(st.sampled_from(list("ab1 ,;|\t\n\"'é中")), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=3, max_size=30), st.sampled_from(",;\t|"))
def test_what_python_wrote_is_read_as_it_was(rows, delimiter):
    assume(all(any(cell.strip() for cell in row) for row in rows))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("x", "y", "z"), *rows])
    found, _other = detect(out.getvalue())
    assert found.delimiter == delimiter
    assert first_rows(out.getvalue(), found)[1:] == [list(row) for row in rows]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(list("ab1,;\t|\n\r\"'#\\ ")), max_size=80))
def test_any_text_has_a_dialect(text):
    found, other = detect(text)
    first_rows(text, found)
    assert other is None or other != found
