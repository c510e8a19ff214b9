"""Attributes: what a table knows of users, on all of their rows; each row of the table counted once."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.columns import Categories, Numbers
from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.events import from_rows
from analysis.joins import with_attributes

LOG = from_rows([
    {"user": "u1", "time": "2026-01-05 10:00", "event": "view", "channel": "ads"},
    {"user": "u1", "time": "2026-01-06 10:00", "event": "buy", "channel": ""},
    {"user": "u2", "time": "2026-01-05 11:00", "event": "view", "channel": "mail"},
    {"user": "007", "time": "2026-01-07 09:00", "event": "view", "channel": "ads"},
])  # fmt: skip


def said(log, name):
    column = log.columns[name]
    if isinstance(column, Numbers):
        return [None if math.isnan(v) else v for v in column.values]
    return [column.values[c] for c in column.codes]


def test_an_attribute_stands_on_all_rows_of_its_user():
    table = pa.table({"id": ["u2", "u1"], "city": ["北京", "上海"]})
    log, account = with_attributes(LOG, table, "id")
    assert said(log, "city") == ["上海", "上海", "北京", ""]
    assert (account.users, account.matched, account.rows, account.used) == (3, 2, 2, 2)
    assert account.match_rate == pytest.approx(2 / 3) and account.columns == (("city", "city"),)
    assert log.where("city", "上海").ids(log.where("city", "上海").users) == ["u1"]
    assert "city" not in LOG.columns and log.fingerprint == "" and log.ledger is None


def test_numbers_stay_numbers_and_ids_stay_words():
    table = pa.table({"id": ["u1", "u2"], "age": ["31", "n/a"], "points": ["1,200.5", "-"], "phone": ["0138", "0139"]})
    log, _ = with_attributes(LOG, table.set_column(1, "age", pa.array(["31", "NA"])), "id")
    assert said(log, "age") == [31, 31, None, None] and said(log, "points") == [1200.5, 1200.5, None, None]
    assert isinstance(log.columns["phone"], Categories) and said(log, "phone")[0] == "0138"
    assert said(with_attributes(LOG, table, "id")[0], "age") == [31, 31, None, None]  # "n/a" is no number, and no word


def test_columns_with_types_of_their_own():
    table = pa.table({"id": pa.array(["u1", "u2"]).dictionary_encode(), "age": [31, None], "score": [0.5, math.nan]})
    log, _ = with_attributes(LOG, table, "id")
    assert said(log, "age") == [31, 31, None, None] and said(log, "score") == [0.5, 0.5, None, None]


@pytest.mark.parametrize(
    "cells",
    [
        ["2025-12-31 23:30:00", "2025-01-02 00:00:00"],
        ["2025/12/31", "2025/1/2"],
        ["20251231", "20250102"],
        ["2025年12月31日", "2025年1月2日"],
        ["31/12/2025", "02/01/2025"],
    ],
)
def test_dates_become_iso_days(cells):
    log, _ = with_attributes(LOG, pa.table({"id": ["u1", "u2"], "joined": cells}), "id")
    assert said(log, "joined") == ["2025-12-31", "2025-12-31", "2025-01-02", ""]


def test_a_day_is_one_of_the_logs_time_zone():
    log = from_rows([{"user": "u1", "time": "2026-01-05", "event": "view"}], zone="Asia/Shanghai")
    table = pa.table({"id": ["u1", "x"], "joined": ["2025-12-31T20:00:00Z", "1969-12-31T15:00:00Z"]})
    assert said(with_attributes(log, table, "id")[0], "joined") == ["2026-01-01"]


def test_days_before_1970_are_days_too():
    table = pa.table({"id": ["u1", "u2"], "birthday": ["1950-03-01", "1969-12-31"]})
    assert said(with_attributes(LOG, table, "id")[0], "birthday") == ["1950-03-01", "1950-03-01", "1969-12-31", ""]


@pytest.mark.parametrize("cells", [["3.1.2", "3.1.4"], ["2025-12-31", "soon"], ["2025-02-30", "2025-02-28"]])
def test_what_is_not_all_dates_is_words_as_they_stand(cells):
    log, _ = with_attributes(LOG, pa.table({"id": ["u1", "u2"], "x": cells}), "id")
    assert said(log, "x") == [cells[0], cells[0], cells[1], ""]


def test_day_and_month_that_cannot_be_told_apart_are_asked_for():
    table = pa.table({"id": ["u1", "u2"], "joined": ["01/02/2026", "03/04/2026"]})
    with pytest.raises(IntakeError) as error:
        with_attributes(LOG, table, "id")
    assert error.value.code == "day_order"
    assert said(with_attributes(LOG, table, "id", day_first=True)[0], "joined")[0] == "2026-02-01"


def test_names_that_exist_get_a_number():
    table = pa.table({"id": ["u1"], "channel": ["x"], "event": ["y"], "time": ["z"], "user": ["w"]})
    log, account = with_attributes(LOG, table, "id")
    assert account.columns == (("channel", "channel 2"), ("event", "event 2"), ("time", "time 2"), ("user", "user 2"))
    assert said(log, "channel") == ["ads", "", "mail", "ads"] and said(log, "channel 2") == ["x", "x", "", ""]


def test_only_the_columns_that_are_named():
    log, _ = with_attributes(LOG, pa.table({"id": ["u1"], "a": ["x"], "b": ["y"]}), "id", columns=["b"])
    assert set(log.columns) == {"event", "channel", "b"}


def test_the_last_row_of_a_user_counts_and_every_row_is_counted_once():
    table = pa.table({
        "line": [2, 3, 4, 5, 6, 7],
        "id": ["u1", "u9", "u1", "", " u2 ", "u9"],
        "city": ["a", "b", "c", "d", "e", "f"],
    })  # fmt: skip
    log, account = with_attributes(LOG, table, "id")
    assert said(log, "city") == ["c", "c", "e", ""] and "line" not in log.columns
    assert (account.rows, account.used, account.superseded, account.unknown, account.empty) == (6, 2, 1, 2, 1)
    assert account.repeated == 2
    assert account.unknown_rows.to_pylist() == [
        {"line": 3, "id": "u9", "city": "b"},
        {"line": 7, "id": "u9", "city": "f"},
    ]


def test_a_last_row_with_an_empty_cell_counts_too():
    log, _ = with_attributes(LOG, pa.table({"id": ["u1", "u1"], "city": ["a", ""]}), "id")
    assert said(log, "city")[0] == ""


def test_a_column_of_lines_that_holds_words_is_an_attribute():
    log, _ = with_attributes(LOG, pa.table({"id": ["u1"], "line": ["red"]}), "id")
    assert said(log, "line")[0] == "red"


def test_loose_keys_match_where_exact_ones_do_not():
    table = pa.table({"id": ["U1", "u2.0", "7.0", "U2"], "city": ["a", "b", "c", "d"]})
    log, account = with_attributes(LOG, table, "id", loose=True)
    assert said(log, "city") == ["a", "a", "d", "c"]
    assert (account.used, account.superseded, account.unknown) == (3, 0, 1)  # "u2.0" is no number


def test_an_exact_partner_is_preferred_to_a_loose_one():
    log, account = with_attributes(LOG, pa.table({"id": ["u1", "U1"], "city": ["a", "b"]}), "id", loose=True)
    assert said(log, "city")[0] == "a" and account.superseded == 1 and account.repeated == 1


def test_what_does_not_fit_is_refused():
    table = pa.table({"id": ["x1", "x2"], "city": ["a", "b"]})
    with pytest.raises(IntakeError) as error:
        with_attributes(LOG, table, "id")
    assert error.value.code == "nobody_matched" and "x1, x2" in str(error.value) and "u1, u2, 007" in str(error.value)
    with pytest.raises(IntakeError, match="case and zeros"):
        with_attributes(LOG, pa.table({"id": ["U1"], "city": ["a"]}), "id")
    with pytest.raises(IntakeError):
        with_attributes(LOG, table.slice(0, 0), "id")
    with pytest.raises(UnknownValueError, match="id"):
        with_attributes(LOG, table, "idd")
    with pytest.raises(UnknownValueError):
        with_attributes(LOG, pa.table({"id": ["u1"]}), "id", columns=["town"])
    with pytest.raises(ParameterError):
        with_attributes(LOG.between("2026-01-05", "2026-01-05"), table, "id")


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "A", "b", "c", "07", "7", "7.0"]), st.sampled_from("xyz")), min_size=1
    ),
    st.booleans(),
)
def test_every_row_of_the_table_is_counted_once(rows, loose):
    log = from_rows([{"user": u, "time": "2026-01-05", "event": "e"} for u in ("a", "b", "7")])
    table = pa.table({"id": [r[0] for r in rows], "v": [r[1] for r in rows]})
    try:
        done, account = with_attributes(log, table, "id", loose=loose)
    except IntakeError:
        assert not {r[0] for r in rows} & ({"a", "b", "7"} | ({"A", "07", "7.0"} if loose else set()))
        return
    assert account.rows == account.used + account.superseded + account.unknown + account.empty == len(rows)
    assert account.unknown_rows.num_rows == account.unknown
    last = dict(rows)
    for user, value in zip(("a", "b", "7"), said(done, "v"), strict=True):
        if user in last:
            assert value == last[user]
        elif not loose:
            assert value == ""
    assert np.count_nonzero([v != "" for v in said(done, "v")]) == account.matched
