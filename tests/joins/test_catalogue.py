"""Catalogue: what it says of each row's value, and what of either side has no partner."""

import math

import pyarrow as pa
import pytest

from analysis.columns import Categories
from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.events import from_rows
from analysis.joins import with_catalogue

LOG = from_rows([
    {"user": "u1", "time": "2026-01-05 10:00", "event": "view", "sku": "p1", "shelf": 1.0},
    {"user": "u1", "time": "2026-01-06 10:00", "event": "buy", "sku": "p2", "shelf": 2.0},
    {"user": "u2", "time": "2026-01-05 11:00", "event": "view", "sku": "p1", "shelf": None},
    {"user": "u2", "time": "2026-01-05 12:00", "event": "view", "sku": "", "shelf": 3.0},
    {"user": "u2", "time": "2026-01-05 13:00", "event": "view", "sku": "p9", "shelf": 1.0},
    {"user": "u2", "time": "2026-01-05 14:00", "event": "view", "sku": "p9", "shelf": 1.0},
    {"user": "u2", "time": "2026-01-05 15:00", "event": "view", "sku": "p8", "shelf": 1.0},
])  # fmt: skip
ITEMS = pa.table({
    "line": [2, 3, 4, 5, 6],
    "item": ["p1", "p2", "p3", "p1", ""],
    "brand": ["old", "B", "C", "A", "?"],
    "list price": ["1", "20.5", "3", "¥10", "5"],
})  # fmt: skip


def words(log, name):
    column = log.columns[name]
    assert isinstance(column, Categories)
    return [column.values[c] for c in column.codes]


def test_each_row_gets_what_the_catalogue_says_of_its_value():
    log, account = with_catalogue(LOG, ITEMS, "item", "sku")
    assert words(log, "brand") == ["A", "B", "A", "", "", "", ""]
    assert [v for v in log.numbers("list price") if not math.isnan(v)] == [10, 20.5, 10]
    assert account.columns == (("brand", "brand"), ("list price", "list price"))


def test_both_sides_are_counted():
    _, account = with_catalogue(LOG, ITEMS, "item", "sku")
    assert (account.values, account.matched, account.events, account.matched_events) == (4, 2, 6, 3)
    assert account.match_rate == 0.5 and account.event_match_rate == 0.5
    assert (account.rows, account.used, account.superseded, account.unknown, account.empty) == (5, 2, 1, 1, 1)
    assert account.repeated == 1 and account.unknown_rows.column("line").to_pylist() == [4]


def test_unmatched_values_are_listed_with_their_rows_the_most_common_first():
    _, account = with_catalogue(LOG, ITEMS, "item", "sku")
    assert account.unmatched.to_pylist() == [{"value": "p9", "events": 2}, {"value": "p8", "events": 1}]


def test_a_column_of_numbers_is_matched_by_its_text():
    log, account = with_catalogue(LOG, pa.table({"no": ["1", "2"], "aisle": ["left", "right"]}), "no", "shelf")
    assert words(log, "aisle") == ["left", "right", "", "", "left", "left", "left"] and account.matched == 2
    log, _ = with_catalogue(LOG, pa.table({"no": ["001"], "aisle": ["left"]}), "no", "shelf", loose=True)
    assert words(log, "aisle")[0] == "left"


def test_what_does_not_fit_is_refused():
    with pytest.raises(IntakeError) as error:
        with_catalogue(LOG, pa.table({"item": ["x"], "brand": ["A"]}), "item", "sku")
    assert error.value.code == "nothing_matched" and "p1, p2, p9" in str(error.value)
    with pytest.raises(IntakeError, match="case and zeros"):
        with_catalogue(LOG, pa.table({"item": ["P1"], "brand": ["A"]}), "item", "sku")
    with pytest.raises(UnknownValueError):
        with_catalogue(LOG, ITEMS, "itm", "sku")
    with pytest.raises(UnknownValueError):
        with_catalogue(LOG, ITEMS, "item", "product")
    with pytest.raises(ParameterError):
        with_catalogue(LOG.where("sku", "p1"), ITEMS, "item", "sku")
