"""Messy: ninety-four odd files from other projects' test suites, and what must come of each.

`FILES` says for each file what its manifest expects: what is read, or the code by which it is refused.
`python -m tests.intake.messy` reads them all and writes docs/messy.md.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import IntakeError
from analysis.intake import inspect
from analysis.intake.files.formats import open_source
from analysis.intake.values import numerals, times
from analysis.intake.values.cells import as_strings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "messy"
PAGE = ROOT / "docs" / "messy.md"


@dataclass(frozen=True)
class Reads:
    """A file that is read.

    Attributes:
        rows: Rows of the table; those left out are in `lost`.
        columns: Its columns.
        names: Some headers by place.
        cells: Some cells by row and header, as text.
        delimiter, quote, encoding: For text files.
        sheet: For workbooks.
        lost: Reason -> rows that are not in the table.
        notes: Flag code -> count.
        days: Header -> what its cells mean as UTC stamps ("" for unreadable ones).
        numbers: Header -> what its cells mean as numbers (nan for none).
        asks: Whether a second reading is offered.
        held: How the manifest's expectation was held, where it is not to the letter.
    """

    rows: int
    columns: int
    names: dict[int, str] = field(default_factory=dict)
    cells: dict[tuple[int, str], str] = field(default_factory=dict)
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    sheet: str = ""
    lost: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    days: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[float]] = field(default_factory=dict)
    asks: bool = False
    held: str = ""


@dataclass(frozen=True)
class Refuses:
    """A file that is refused, by the code of its error."""

    code: str
    held: str = ""


ASKED = {"layout", "day_first"}
"""Questions about what the file says; those about the roles of its columns are none of this page's."""

NONE = float("nan")
C1, C2 = "column 1", "column 2"

TEXTS: dict[str, Reads | Refuses] = {
    "du__encodings__latin1.csv": Reads(
        12, 2, {0: "name", 1: "age"}, {(0, "name"): "José Álvarez", (0, "age"): "30", (8, "name"): "Brontë Johnson"},
        encoding="cp1252", held="cp1252 holds all of ISO-8859-1's letters",
    ),
    "du__encodings__shift_jis.csv": Reads(20, 2, {0: "名前", 1: "年齢"}, {(2, "名前"): "佐藤"}, encoding="cp932"),
    "pd__parser__data__utf16_ex.txt": Reads(
        50, 11, {0: "Country"}, {(0, "Country"): "Venezuela", (49, "Country"): ""}, "\t", encoding="utf-16-le"
    ),
    "pd__parser__data__unicode_series.csv": Reads(
        18, 2, {0: C1}, {(15, C1): "1632", (15, C2): "Á köldum klaka (Cold Fever) (1994)"}, encoding="cp1252"
    ),
    "dt__utf16le.txt": Reads(1, 2, {0: "a", 1: "b"}, {(0, "a"): "c", (0, "b"): "d"}, encoding="utf-16-le"),
    "dt__issue_1087_utf8_bom.csv": Reads(1, 3, {0: "a"}, {(0, "c"): "3"}),
    "ck__test_latin1.csv": Reads(2, 3, {}, {(1, "c"): "©"}, encoding="cp1252"),
    "ck__test_utf16_big.csv": Reads(2, 3, {}, {(1, "c"): "ʤ"}, encoding="utf-16-be"),
    "fr__bom.csv": Reads(2, 2, {0: "id", 1: "name"}, {(0, "name"): "english", (1, "name"): "中国人"}),
    "fr__table-infer-iso-8859-7.csv": Reads(
        4, 3, {}, {(0, "name"): "Λεωνιδας", (3, "name"): "Ευστοργιος"}, encoding="iso8859_7"
    ),
    "fr__encoding-issue-274.csv": Reads(507, 17, {0: "id"}, {(0, "name"): "Asia New Zealand Foundation"}),
    "du__中文__中.csv": Reads(2, 2, {0: "col1", 1: "col2"}, {(1, "col2"): "2"}, "|"),
    "du__test__invalid_utf_complex.csv": Reads(
        21, 3, {0: C1}, {(10, C2): "invalid_\ufffd\ufffd_part"}, notes={"replaced_bytes": 2},
        held="the bad line is kept, its two bytes shown as � and counted",
    ),
    "ck__null_byte.csv": Reads(
        1, 3, {}, {(0, "a"): "", (0, "b"): "2"}, notes={"replaced_bytes": 1}, held="the NUL byte is removed and counted"
    ),
    "du__auto__semicolon_escape.csv": Reads(3, 3, {0: C1}, {(2, "column 3"): 'te"xt3', (1, C1): "345"}, ";"),
    "du__auto__tab_single_quote.csv": Reads(3, 3, {0: C1}, {(1, "column 3"): "te\txt2", (2, C1): "567"}, "\t", "'"),
    "du__decimal_separators__decimal_separators.csv": Reads(
        5, 2, {}, {}, ";", numbers={"commas": [1.1, 0.25, 15300, 15300, -15300], "periods": [1.1, 0.25, 15300, 15300, -15300]}
    ),
    "du__comma_decimal_null.csv": Reads(
        8, 28, {8: "FINANZ_STATO_FSC"}, {(0, "FINANZ_STATO_FSC"): "80000000,00"},
        numbers={"FINANZ_STATO_FSC": [80000000, 1400000, 424428, 525572, 385000000, 577000, NONE, NONE]},
    ),
    "ck__test_locale.csv": Reads(1, 3, {}, {(0, "a"): "1,7"}, numbers={"a": [1.7], "b": [200000000]}),
    "du__pollock__file_quotation_char_0x27.csv": Reads(
        1, 9, {0: C1}, {(0, C1): "31/05/2018", (0, "column 8"): "https://www.example.com/product/HK_9973.html"}, quote="'"
    ),
    "du__phonenumbers.csv": Reads(3, 1, {0: "phone"}, {(0, "phone"): "+318855443322"}),
    "ck__test_no_leading_zeroes.csv": Reads(1, 3, {}, {}, numbers={"b": [0.11], "c": [0.1]}),
    "du__auto__time_date_timestamp_mm-dd-yyyy.csv": Reads(
        3, 5, {}, {}, days={"d": ["2000-01-01T00:00:00", "2002-02-02T00:00:00", "2004-12-13T00:00:00"],
        "ts": ["2000-01-01T00:12:00", "2002-02-02T14:15:00", "2004-12-13T15:16:00"]},
    ),
    "du__auto__time_date_timestamp_yy.mm.dd.csv": Reads(
        3, 5, {}, {(0, "d"): "90.01.01"},
        days={"d": ["1990-01-01T00:00:00", "2002-02-02T00:00:00", "2004-12-13T00:00:00"]},
    ),
    "du__borked_date.csv": Reads(
        2069, 1, {0: "a"}, {(0, "a"): "10-10-2020", (2068, "a"): "10/10.2020"},
        held="2,070 lines, of which the first is the header a",
    ),
    "du__timestamp_with_tz.csv": Reads(
        2, 2, {}, {}, days={"timestamps": ["2021-05-25T04:55:03.382494", "2021-05-25T09:55:03.382494"]}
    ),
    "ck__test_date_format.csv": Reads(2, 1, {}, {}, days={"a": ["2014-01-02T00:00:00", "2012-12-31T00:00:00"]}),
    "du__rejects__dr_who.csv": Reads(
        1, 5, {0: "date", 4: "time_tz"}, {(0, "date"): "not-a-date"}, days={"date": [""], "timestamp": [""]},
        held="the row is kept here and dropped as bad_time when it is imported",
    ),
    "du__auto__multiple_skip_row.csv": Reads(
        1, 3, {0: "number", 1: "text", 2: "date"}, {(0, "text"): "TEST4", (0, "date"): "2000-12-13"}, lost={"preamble": 2}
    ),
    "du__auto__missing_many_col.csv": Reads(
        2, 13, {0: "a", 1: "column 2", 12: "column 13"}, {(1, "column 13"): "value2"}, held="column 2 … column 13"
    ),
    "du__test_apple_financial.csv.gz": Reads(
        2, 18, {0: "Transaction Date", 17: "Region"}, {(1, "Quantity"): "2"}, "\t", lost={"preamble": 3}
    ),
    "ck__bad.csv": Reads(1, 3, {}, {(0, "column_c"): "17"}, lost={"ragged": 2}),
    "ck__test_skip_lines.csv": Reads(1, 3, {0: "a"}, {(0, "c"): "3"}, lost={"blank": 3}),
    "ck__test_header_newline.csv": Reads(1, 3, {0: "start end"}, {(0, "b"): "e"}),
    "ck__realdata__ks_1033_data.csv": Reads(
        1575, 14, {0: "state"}, {(0, "item_name"): "RIFLE,5.56 MILLIMETER", (0, "federal_supply_class_name"): "Guns, through 30 mm"}
    ),
    "ck__realdata__Datagov_FY10_EDU_recp_by_State.csv": Reads(
        55, 9, {0: "State Name"}, {(0, "State Name"): "ALABAMA", (52, "State Name"): "PHILIPPINES"}, lost={"preamble": 2},
        held="58 lines: 2 above the header, 53 states (the manifest says 54), and the note's 2 lines, which have nine "
        "fields each and are rows without a time",
    ),
    "fr__matrix-with-comment.csv": Reads(4, 4, {0: "f1"}, {(3, "f4"): "44"}, lost={"comment": 1}),
    "fr__duplicate-headers.csv": Reads(
        2, 5, {0: "id", 2: "id 2", 4: "id 3"}, {(0, "id 3"): "001101"}, held="repeated headers are numbered"
    ),
    "fr__defective-rows.csv": Reads(0, 3, {0: "id"}, {}, lost={"ragged": 2}, held="no row fits the header: nothing to import"),
    "fr__doublequote.csv": Reads(5, 17, {0: "INCISO", 4: "AÑO"}, {(0, "INCISO"): "A.N.E.P."}),
    "du__unescaped_quotes__stops.csv": Reads(
        8, 4, {}, {(7, "stop_name"): 'Lahr Schlüssel "Vis-à-Vis Bus" more text'}, lost={"ragged": 1, "blank": 1},
        held='8 of 9 rows; the ninth ends a field with Bus"", which is one mark and no end of the field, and is dropped',
    ),
    "du__csv_quoted_newline_odd.csv": Reads(
        1, 1, {0: "content"}, {}, lost={"ragged": 1}, notes={"lines_in_quotes": 8}, held="the second line has two fields, not one"
    ),
    "du__rejects__frankstein__nightmare.csv": Reads(
        45, 3, {}, {(18, "c"): "pedrobla", (34, "c"): "pedro\ufffd\ufffd"}, lost={"ragged": 2}, notes={"replaced_bytes": 2},
        held="all 45 lines of three fields are kept as they stand; the two of another width are dropped",
    ),
    "du__real__imdb_movie_info_escaped.csv": Reads(201, 5, {0: C1}, {(0, C1): "29779", (200, C1): "29980"}),
    "du__test__mixed_line_endings.csv": Reads(3, 3, {0: C1}, {(2, "column 3"): "30"}),
    "du__soccer_kaggle.csv": Reads(14, 110, {0: "player_id"}, {(0, "short_name"): "L. Messi"}, lost={"blank": 15}),
    "dt__doublequote_newline.csv": Reads(
        36, 2, {}, {(7, "B"): 'embedded "field"\nwith some embedded new\nlines as well', (8, "B"): "not this one"},
        lost={"blank": 1}, notes={"lines_in_quotes": 2},
    ),
    "dt__russellCRCRLF.csv": Reads(
        19, 4, {0: "Index Name"}, {(18, "Value With Dividends"): "357.97", (0, "Index Name"): "Russell Microcap® Value Index"},
        encoding="cp1252", lost={"blank": 38}, held="CR CR LF are three line ends: two lines between rows are blank",
    ),
    "dt__quoted_multiline.csv.bz2": Reads(44, 24, {0: "GPMLHTLN"}, {}, notes={"lines_in_quotes": 81}),
    "dt__winallquoted.csv.bz2": Reads(
        4999, 4, {3: "time"}, {(0, "time"): "2013/08/29 12:06:01", (4998, "bikes_available"): "11"}
    ),
    "dt__536_fread_fill_1.txt": Reads(
        17, 3, {}, {(16, "c"): "er"}, lost={"ragged": 5, "blank": 6}, held="short rows are dropped and told, not filled"
    ),
    "spectrum__comma_in_quotes.csv": Reads(1, 5, {}, {(0, "city"): "Anytown, WW", (0, "zip"): "08123"}),
    "spectrum__empty_crlf.csv": Reads(2, 3, {}, {(0, "b"): "", (1, "c"): "4"}),
    "spectrum__json.csv": Reads(1, 2, {}, {(0, "val"): '{"type": "Point", "coordinates": [102.0, 0.5]}'}),
    "spectrum__newlines.csv": Reads(3, 3, {}, {(1, "a"): "Once upon \na time"}, notes={"lines_in_quotes": 1}),
    "spectrum__quotes_and_newlines.csv": Reads(2, 2, {}, {(0, "b"): 'ha \n"ha" \nha'}, notes={"lines_in_quotes": 2}),
    "spectrum__simple_crlf.csv": Reads(1, 3, {}, {(0, "a"): "1"}),
    "real__superstore_eu_semicolon_decimalcomma_bom.csv": Reads(
        9994, 21, {0: "Row ID"}, {(0, "Sales"): "261,96", (0, "Order Date"): "08/11/2020"}, ";"
    ),
    "real__meal_order_detail_utf8bom.csv": Reads(
        10037, 19, {0: "detail_id"}, {(0, "dishes_name"): "西瓜胡萝卜沙拉"}, notes={"lines_in_quotes": 2449}
    ),
    "real__html_page_saved_as_csv_1.csv": Refuses("markup"),
    "real__clickbench_hits_mini.tsv.gz": Reads(
        9580, 105, {0: C1}, {(0, "column 5"): "2013-07-21 11:43:02", (0, "column 10"): "7900892430046930758"}, "\t", "",
    ),
    "real__artea_bom.csv": Reads(5000, 10, {0: "id"}, {(0, "id"): "6001"}),
    "real__bank_additional_semicolon_quoted.csv": Reads(41188, 21, {0: "age"}, {(0, "job"): "housemaid"}, ";"),
}  # fmt: skip

BOOKS: dict[str, Reads | Refuses] = {
    "ri__deaths.xls": Reads(
        10, 6, {0: "Name", 3: "Has kids"}, {(0, "Name"): "David Bowie", (9, "Name"): "George Michael", (0, "Age"): "69"},
        sheet="arts", lost={"preamble": 4, "comment": 4},
    ),
    "ri__type-me.xlsx": Reads(
        10, 2, {0: "maybe boolean?"}, {(2, "maybe boolean?"): "1", (4, "maybe boolean?"): "TRUE"}, sheet="logical_coercion",
        held="mixed cells stay as they are shown",
    ),
    "rx__Ekaterinburg_IP_9.xlsx": Reads(
        2191, 11, {0: "ФИО"}, {(0, "Дата регистрации"): "27.05.2004", (0, "ИНН"): "666400272572"}, sheet="СПАРК - Список",
        lost={"blank": 3, "preamble": 1, "comment": 1}, held="two title rows, and a note below",
    ),
    "rx__biff5-label-records.xls": Reads(
        14, 4, {0: "Date"}, {(0, "Date"): "21/01/2017", (0, "Time"): "01:00", (13, "Time"): "14:00"}, sheet="worksheet1",
        lost={"preamble": 2},
    ),
    "rx__missing-first-column.xlsx": Reads(3, 1, {0: C1}, {(0, C1): "1", (2, C1): "3"}, sheet="Sheet1"),
    "rx__dates-1904.xls": Reads(
        1, 5, {0: C1}, {}, sheet="Sheet1", days={k: ["2000-01-01T00:00:00"] for k in (C1, C2, "column 5")}
    ),
    "rx__texty-dates-xlsx.xlsx": Reads(
        2, 1, {0: "a"}, {}, sheet="Sheet1", days={"a": ["1985-03-11T13:00:00", "1985-03-11T13:23:32"]}
    ),
    "rx__vietnamese-utf8.xlsx": Reads(6, 1, {0: "Mô tả"}, {(0, "Mô tả"): "BÙN SÉT"}, sheet="Sheet1"),
    "rx__iris-google-doc.xlsx": Reads(
        150, 5, {0: "Sepal.Length"}, {(0, "Species"): "setosa", (0, "Sepal.Length"): "5.1"}, sheet="iris"
    ),
    "rx__whitespace-xlsx.xlsx": Reads(
        5, 1, {0: "<-space, space->"}, {(0, "<-space, space->"): "<-space"}, sheet="whitespace", lost={"blank": 1},
        held="blanks around texts are trimmed; a cell of blanks alone is an empty row",
    ),
    "ca__merge_cells.xls": Reads(
        1, 3, {0: "Row Merge", 1: "Row Merge 2", 2: "Not Merged"}, {(0, "Row Merge"): "Column Merge"}, sheet="Sheet1"
    ),
    "ca__header-row.xlsx": Reads(
        1, 4, {0: "Columns", 1: "Column A"}, {(0, "Column C"): "3"}, sheet="Sheet1", lost={"blank": 7, "preamble": 1}
    ),
    "ca__any_sheets.xlsx": Reads(3, 2, {0: C1}, {(2, C2): "6"}, sheet="Visible", lost={"blank": 1, "comment": 1}),
    "ca__pass_protected.ods": Refuses("password"),
    "ca__date_iso.xlsx": Reads(
        6, 1, {0: C1}, {(0, C1): "2021-01-01", (1, C1): "2021-01-01 10:10:10", (2, C1): "10:10:10"}, sheet="Sheet",
        held="three texts stand in the same column, so that all of it is text",
    ),
    "ca__number_rows_repeated.ods": Reads(
        4, 2, {0: "A", 1: "B"}, {(3, "B"): "D"}, sheet="Sheet1", lost={"blank": 3}, held="8 rows: header, 4 rows, 3 empty ones"
    ),
    "ca__issues.xlsb": Reads(3, 2, {0: C1}, {(0, C1): "1", (2, C2): "c"}, sheet="issue2"),
    "ca__inventory-table.xlsx": Reads(
        4, 3, {0: "Item"}, {(3, "Type"): "Pear"}, sheet="Sheet1", held="its last row is an item, not a total"
    ),
    "ca__too_small.xls": Refuses("empty", "its 68 bytes are a sentence, not a workbook"),
    "fr__merged-cells.xls": Refuses("empty", "one merged cell, without rows"),
    "fr__issue-320.xlsx": Reads(
        46, 54, {0: "Country", 7: "Current Population Analysed % of total county Pop"},
        {(1, "Area"): "Badakhshan"}, sheet="IPC", lost={"blank": 10, "preamble": 5, "comment": 2},
    ),
    "fr__number-format-multicode.xlsx": Reads(
        3, 1, {0: "col1"}, {}, sheet="Sheet1", numbers={"col1": [4.51119775197299, -9.03233986479077, 15.7929464439101]},
        held="the numbers themselves, not as they are rounded on screen",
    ),
    "fr__preserve-formatting-percentage.xlsx": Reads(
        3, 2, {}, {(0, "col1"): "123"}, sheet="Sheet1", numbers={"col2": [0.52, 0.3, 0.06]}
    ),
    "fr__table-with-two-sheets.ods": Reads(2, 2, {0: "id"}, {(1, "name"): "中国人"}, sheet="Лист1"),
    "ax__covid_19-iss.xlsx": Reads(
        481, 3, {0: "iss_date"}, {(3, "CASI"): "36"}, sheet="casi_prelievo_diagnosi",
        held="the first sheet of data rather than the notes; all eleven are offered",
    ),
    "ax__test_numeric_column_name.xlsx": Reads(1, 3, {0: "Country", 1: "2013"}, {(0, "2013"): "35160000"}, sheet="Sheet1"),
    "ax__test_sheets.xlsx": Reads(
        3, 5, {0: "number", 4: "datetime"}, {(1, "text"): "👍"}, sheet="data",
        days={"datetime": ["2015-11-04T12:22:00", "2015-11-04T12:45:00", ""]},
    ),
    "pd__data__testmultiindex.xlsx": Reads(
        4, 5, {0: "c1", 1: "a"}, {(1, "b"): "3.5"}, sheet="single_column_name", held="the first of equal sheets"
    ),
    "pd__data__testdateoverflow.xlsx": Reads(
        3, 2, {}, {(0, "DateColWithBigInt"): "2016-03-12", (2, "StringCol"): "Timothy Brown"}, sheet="Arkusz1",
        notes={"long_numbers": 1},
    ),
    "pd__data__test_types.xlsx": Reads(
        5, 6, {}, {(1, "Str2Col"): "3", (0, "BoolCol"): "TRUE", (2, "IntCol"): "-3"}, sheet="Sheet1",
        days={"DateCol": [f"{d}T00:00:00" for d in ("2013-10-30", "2013-10-31", "1905-01-01", "2013-12-14", "2015-03-14")]},
    ),
    "real__consumption_data.xls": Reads(
        940, 4, {0: "Id", 1: "R(A recent consumption time interval)"}, {(0, "M(Total amount of consumption)"): "232.61"},
        sheet="Sheet1",
    ),
}  # fmt: skip

FILES = TEXTS | BOOKS


def differences(name: str) -> list[str]:
    """What is otherwise than expected; [] when all is as it must be."""
    said = FILES[name]
    try:
        found = outcome(name)
    except IntakeError as error:
        return [] if isinstance(said, Refuses) and said.code == error.code else [f"refused: {error.code}: {error}"]
    if isinstance(said, Refuses):
        return [f"read, but it must be refused: {said.code}"]
    wanted = {
        "rows": said.rows, "columns": said.columns, "lost": said.lost, "notes": said.notes, "asks": said.asks,
        "names": {k: (said.names or found["all_names"])[k] for k in said.names},
        "cells": said.cells,
        **({"sheet": said.sheet} if name in BOOKS else {"delimiter": said.delimiter, "quote": said.quote, "encoding": said.encoding}),
    }  # fmt: skip
    return [f"{key}: {found[key]!r} instead of {value!r}" for key, value in wanted.items() if found[key] != value] + [
        line for line in found["values"] if line
    ]


def outcome(name: str) -> dict[str, Any]:
    """What comes of a file: its table, as far as `FILES` asks for it."""
    said = FILES[name]
    assert isinstance(said, Reads) or name
    with tempfile.TemporaryDirectory() as scratch:
        source = open_source(FOLDER / name, Path(scratch))
        sheet = source.sheet({})
        columns = sheet.columns
        expected = said if isinstance(said, Reads) else Reads(0, 0)
        return {
            "rows": sheet.height,
            "columns": len(source.names),
            "all_names": source.names,
            "names": {k: source.names[k] if k < len(source.names) else None for k in expected.names},
            "cells": {(k, n): _cell(columns, k, n) for k, n in expected.cells},
            "delimiter": source.delimiter,
            "quote": source.layout.get("quote", ""),
            "encoding": source.encoding,
            "sheet": source.layout.get("sheet", ""),
            "lost": dict(Counter(sheet.lost.reasons)),
            "notes": sheet.notes,
            "asks": source.other is not None,
            "values": [*_days(columns, expected), *_numbers(columns, expected), *_adds_up(sheet)],
        }


def _cell(columns: dict[str, Any], row: int, name: str) -> str | None:
    if name not in columns or row >= len(columns[name]):
        return None
    return as_strings(columns[name].slice(row, 1))[0].as_py() or ""


def _days(columns: dict[str, Any], said: Reads) -> list[str]:
    found = []
    for name, days in said.days.items():
        read = times.times_of(columns[name], "UTC")
        stamps = [
            str(np.datetime64(int(us), "us")).removesuffix(".000000") if state == times.FINE else ""
            for us, state in zip(read.instants, read.state, strict=True)
        ]
        found.append("" if stamps == days else f"days of {name}: {stamps}")
    return found


def _numbers(columns: dict[str, Any], said: Reads) -> list[str]:
    found = []
    for name, numbers in said.numbers.items():
        values = numerals.numbers_of(columns[name])[0]
        found.append("" if np.allclose(values, numbers, equal_nan=True) else f"numbers of {name}: {values.tolist()}")
    return found


def _adds_up(sheet: Any) -> list[str]:
    """Every row is in the table or lost; every line is a row, the header's, or inside quotes."""
    lines = sheet.rows + sheet.header_lines + sheet.notes.get("lines_in_quotes", 0)
    return [
        "" if sheet.rows == sheet.height + len(sheet.lost.reasons) else f"{sheet.rows} rows don't add up",
        "" if sheet.lines in (0, lines) else f"{sheet.lines} lines, {lines} explained",
    ]


def _row(entry: dict[str, str]) -> tuple[str, str]:
    """Outcome of a file, and its line of the page."""
    name = entry["file"]
    said = FILES[name]
    wrong = differences(name)
    if isinstance(said, Refuses):
        what, size = "refused", said.code
    else:
        what = "read and asked" if ASKED & set(inspect(FOLDER / name).asks) else "read"
        size = f"{said.rows:,} × {said.columns}"
    left = ", ".join(f"{n} {why}" for why, n in said.lost.items()) if isinstance(said, Reads) else ""
    held = "; ".join(wrong) or said.held or "as the manifest says"
    cells = (name, entry["odd"], what if not wrong else "WRONG", size, left or "–", held)
    return (what if not wrong else "wrong"), "| " + " | ".join(
        c.replace("|", "\\|").replace("\n", " ") for c in cells
    ) + " |"


def page() -> str:
    """The text of docs/messy.md."""
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    rows = [_row(entry) for entry in manifest]
    counts = Counter(kind for kind, _line in rows)
    top = [
        "# Messy files",
        "",
        "Odd files from the test suites of DuckDB, pandas, readxl, calamine, frictionless, csvkit, agate, data.table and "
        "csv-spectrum, and some found in the wild: what comes of each. Written by `python -m tests.intake.messy`; "
        "`tests/intake/test_messy.py` holds every line.",
        "",
        f"{len(rows)} files: {counts['read']} read, {counts['read and asked']} read after a question about their layout "
        f"or the order of day and month, {counts['refused']} refused by name, {counts['wrong']} otherwise than expected.",
        "",
        "| file | what is odd | outcome | rows × columns | rows left out | how the manifest was held |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*top, *(line for _kind, line in rows)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
