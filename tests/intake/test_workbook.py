"""Workbook: the right sheet, its header, its cells in their own types, and what is none of the table."""

import datetime

import numpy as np
import pytest
import xlsxwriter

from analysis.errors import IntakeError, UnknownValueError
from analysis.intake import read
from analysis.intake.files.formats import open_source
from analysis.intake.values.cells import as_strings

DAY = datetime.datetime(2026, 1, 5, 10)


@pytest.fixture
def book(tmp_path):
    """Writes sheets, given as rows, and opens the file. `more` gets the book and its sheets."""

    def write(*sheets, more=None, layout=None, **options):
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm:ss", **options}) as made:
            written = []
            for rows in sheets:
                sheet = made.add_worksheet()
                written.append(sheet)
                for k, row in enumerate(rows):
                    for m, cell in enumerate(row):
                        if cell != "":
                            sheet.write(k, m, cell)
            if more:
                more(made, *written)
        return open_source(path, tmp_path, layout)

    return write


def lost(source):
    found = source.sheet({}).lost
    return list(zip(found.lines.tolist(), found.reasons, strict=True))


def words(source, name):
    return as_strings(source.sheet({}).columns[name]).to_pylist()


EVENTS = [["user", "time", "amount"], ["u1", DAY, 12.5], ["u2", DAY, 3.0], ["u3", DAY, 4.0]]


def test_columns_keep_the_type_that_all_their_cells_have(book):
    source = book([["n", "x", "day", "word", "mix", "gap"], [1, 1.5, DAY, "a", 1, 7], [2, 2.0, DAY, "b", "x", ""]])
    kinds = {name: str(c.type) for name, c in source.sheet({}).columns.items()}
    assert kinds["n"] == kinds["gap"] == "int64" and kinds["x"] == "double" and kinds["day"] == "timestamp[us]"
    assert kinds["word"].startswith("dictionary") and words(source, "mix") == ["1", "x"]
    assert words(source, "gap") == ["7", None]


def test_the_sheet_with_most_rows_under_a_header_is_read_and_all_are_offered(book):
    notes = [["This workbook holds the orders of our shop, as they were exported on the fifth."], ["Ask Ann about it."]]
    source = book(notes, EVENTS, EVENTS[:2])
    assert source.layout == {"sheet": "Sheet2", "header": 0} and source.names == ("user", "time", "amount")
    assert source.sheets == (("Sheet1", 1), ("Sheet2", 3), ("Sheet3", 1))


def test_hidden_sheets_and_charts_are_not_taken(book):
    def hide(made, first, second):
        first.hide()
        chart = made.add_chart({"type": "line"})
        chart.add_series({"values": "=Sheet2!$C$2:$C$4"})
        made.add_chartsheet("Chart").set_chart(chart)
        second.activate()

    source = book(EVENTS * 5, EVENTS, more=hide)
    assert source.layout["sheet"] == "Sheet2" and [n for n, _rows in source.sheets] == ["Sheet2", "Sheet1"]


def test_a_layout_is_read_again_as_it_was(book):
    source = book(EVENTS, EVENTS * 3, layout={"sheet": "Sheet1"})
    assert source.layout == {"sheet": "Sheet1", "header": 0} and source.count()[0] == 3
    bare = book(EVENTS, layout={"sheet": "Sheet1", "header": -1})
    assert bare.names == ("column 1", "column 2", "column 3") and bare.count()[0] == 4
    with pytest.raises(UnknownValueError, match="Sheet2"):
        book(EVENTS, EVENTS, layout={"sheet": "Sheet 2"})


def test_titles_above_and_notes_below_are_left_out_and_told(book):
    rows = [["Sales report"], [], ["", *EVENTS[0]], *[["", *row] for row in EVENTS[1:]], [], ["Source: the shop"]]
    source = book(rows)
    assert source.names == ("user", "time", "amount") and source.layout["header"] == 2
    assert lost(source) == [(1, "preamble"), (2, "blank"), (7, "blank"), (8, "comment")]
    assert source.where(np.array([0, 2]))[0].tolist() == [4, 6]


def test_a_last_row_with_one_short_word_is_a_row(book):
    assert lost(book([["n", "word", "x", "y"], [1, "a", 2, 3], [4, "c", 5, 6], ["", "b", "", ""]])) == []


def test_words_below_numbers_are_no_header(book):
    source = book([[1, 2], [3, 4], [], ["This workbook contains", ""], ["two sheets", ""]])
    assert source.layout["header"] == -1 and lost(source) == [(3, "blank"), (4, "comment"), (5, "comment")]


@pytest.mark.parametrize("label", ["Total", "合计", "总计：", "小 计", "Grand total", "TOTALS"])
def test_a_last_row_that_says_total_is_left_out(book, label):
    assert lost(book([*EVENTS, [label, "", 19.5]])) == [(5, "total")]


def test_a_product_called_total_is_a_row_unless_it_is_the_sum(book):
    rows = [["product", "shop", "sold"], ["Shell", "A", 3.0], ["Total", "A", 2.0]]
    assert lost(book(rows)) == []
    assert lost(book([*rows[:2], ["BP", "B", 4.0], ["Total", "all", 7.0]])) == [(4, "total")]


def test_a_total_in_the_middle_stays(book):
    assert lost(book([*EVENTS, ["Total", "", 19.5], ["u4", DAY, 5.0]])) == []


def test_headers_over_two_rows_are_joined_where_one_does_not_suffice(book):
    def merge(_made, sheet):
        sheet.merge_range(0, 1, 0, 2, "Sales")
        sheet.merge_range(0, 3, 0, 4, "Profit")
        sheet.merge_range(0, 0, 1, 0, "Region")

    source = book([[], ["", "2025", "2026", "2025", "2026"], ["North", 1, 2, 3, 4], ["South", 1, 2, 3, 4]], more=merge)
    assert source.names == ("Region", "Sales 2025", "Sales 2026", "Profit 2025", "Profit 2026")


def test_a_header_that_suffices_is_not_joined_with_notes_above_it(book):
    rows = [["at", "the", "top"], ["or", "merging", ""], ["name", "job", "age"], ["Ann", "x", 3], ["Bob", "y", 4]]
    assert book(rows).names == ("name", "job", "age")


def test_merged_cells_repeat_texts_and_dates_but_not_numbers(book):
    def merge(made, sheet):
        sheet.merge_range(1, 0, 3, 0, "O1")
        sheet.merge_range(1, 2, 3, 2, 90)

    source = book([["order", "item", "paid"], ["", "a", ""], ["", "b", ""], ["", "c", ""], ["O2", "d", 5]], more=merge)
    assert words(source, "order") == ["O1", "O1", "O1", "O2"] and words(source, "paid") == ["90", None, None, "5"]
    assert source.count()[1] == {"merged_cells": 2}


def test_cells_with_errors_are_not_given_and_counted(book):
    def fail(_made, sheet):
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")

    source = book([["id", "x"], ["a", ""], ["b", ""], ["c", 3], ["d", "#REF!"]], more=fail)
    assert words(source, "x") == [None, None, "3", None] and source.count()[1] == {"error_cells": 3}
    assert str(source.sheet({}).columns["x"].type) == "int64"


def test_ids_of_sixteen_digits_have_been_cut_and_are_told(book):
    source = book([["id", "x"], [123456789012345678, 1], [1234567890123456, 2], [12, 3]])
    assert source.count()[1] == {"long_numbers": 2}


def test_durations_times_and_booleans_are_said_as_they_are_shown(book):
    def more(made, sheet):
        sheet.write(1, 0, 1.1041666666666667, made.add_format({"num_format": "[h]:mm:ss"}))
        sheet.write(1, 1, 0.4, made.add_format({"num_format": "hh:mm:ss"}))

    source = book([["span", "clock", "ok", "share"], ["", "", True, 0.52]], more=more)
    assert [words(source, n)[0] for n in source.names] == ["26:30:00", "09:36:00", "TRUE", "0.52"]


def test_a_table_without_a_header_names_its_columns(book):
    assert book([[1.0, 2.0], [3.0, 4.0]]).names == ("column 1", "column 2")
    assert book([["Country", 2025, 2026], ["Peru", 3, 4]]).names == ("Country", "2025", "2026")


def test_dates_of_1904_are_the_same_days(book):
    source = book(EVENTS, date_1904=True)
    assert words(source, "time")[0].startswith("2026-01-05 10:00:00")


def test_the_ledger_of_a_workbook_closes(book, tmp_path):
    book([["Report"], *EVENTS, ["合计", "", 19.5]])
    done = read(tmp_path / "a.xlsx")
    assert done.ledger.dropped == {"preamble": 1, "total": 1} and done.ledger.used == 3 and done.ledger.closes()
    assert done.dropped.to_pylist()[1]["line"] == 6


def test_an_empty_workbook_is_refused(book):
    with pytest.raises(IntakeError) as error:
        book([])
    assert error.value.code == "empty"
