"""Reshape: logs made of logs, by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import reshape
from analysis.columns import Categories, Numbers
from analysis.errors import ParameterError
from analysis.events import EventLog, from_rows
from analysis.intake.ledger import Ledger

JAN = [
    {"user": "b", "time": "2026-01-05 10:00", "event": "view", "amount": None},
    {"user": "a", "time": "2026-01-06 09:00", "event": "buy", "amount": 5.0},
    {"user": "a", "time": "2026-01-05 08:00", "event": "view", "amount": None},
]
FEB = [
    {"user": "a", "time": "2026-01-06 09:00", "event": "buy", "amount": 5.0},
    {"user": "c", "time": "2026-02-01 12:00", "event": "view", "amount": None},
]


def rows(log: EventLog) -> list[tuple[str, str, str]]:
    return [
        (log.user_ids[int(u)].as_py(), str(pd.Timestamp(int(t), unit="us"))[5:16], log.events.values[e])
        for u, t, e in zip(reshape.users_of_rows(log), log.time, log.events.codes, strict=True)
    ]


def test_concat_joins_users_by_id_and_sorts_each_by_time():
    log = reshape.concat((from_rows(JAN), from_rows(FEB)))
    assert rows(log) == [
        ("b", "01-05 10:00", "view"),
        ("a", "01-05 08:00", "view"),
        ("a", "01-06 09:00", "buy"),
        ("a", "01-06 09:00", "buy"),
        ("c", "02-01 12:00", "view"),
    ]
    assert log.n_users == 3 and log.ends_at == from_rows(FEB).ends_at and np.nansum(log.numbers("amount")) == 10


def test_concat_of_words_and_numbers_is_words_and_missing_columns_are_not_given():
    one = from_rows([{"user": "a", "time": "2026-01-05", "event": "x", "size": 1.0}])
    two = from_rows([{"user": "a", "time": "2026-01-06", "event": "x", "size": "big", "page": "p"}])
    log = reshape.concat((one, two))
    size, page = log.words("size"), log.words("page")
    assert [size.values[c] for c in size.codes] == ["1", "big"]
    assert [page.values[c] for c in page.codes] == ["", "p"]


def test_concat_refuses_views_other_zones_and_result_tables():
    log = from_rows(JAN)
    with pytest.raises(ParameterError):
        reshape.concat((log, log.between("2026-01-05", "2026-01-05")))
    with pytest.raises(ParameterError):
        reshape.concat((log, from_rows(FEB, zone="Asia/Shanghai")))
    with pytest.raises(ParameterError):
        reshape.concat((log, from_rows(FEB, shape="results")))


def test_same_rows_counts_as_many_as_the_older_log_has():
    older, newer = from_rows(JAN), from_rows([FEB[0], FEB[0], FEB[1]])
    assert reshape.same_rows(newer, older).tolist() == [True, False, False]
    assert not reshape.same_rows(from_rows([{**FEB[0], "amount": 6.0}]), older).any()
    assert not reshape.same_rows(from_rows([{**FEB[0], "user": "b"}]), older).any()


def test_keep_rows_leaves_out_users_without_rows():
    log = from_rows(JAN)
    kept = reshape.keep_rows(log, log.events.codes == log.events.code("buy", "event"))
    assert rows(kept) == [("a", "01-06 09:00", "buy")] and kept.n_users == 1 and kept.ends_at == log.ends_at


def test_with_owners_puts_joined_users_in_one_order_of_time():
    log = from_rows(JAN)
    b, a = log.user_ids.index("b").as_py(), log.user_ids.index("a").as_py()
    owner = np.arange(2)
    owner[b] = a
    assert rows(reshape.with_owners(log, owner)) == [
        ("a", "01-05 08:00", "view"),
        ("a", "01-05 10:00", "view"),
        ("a", "01-06 09:00", "buy"),
    ]


def test_with_rows_stand_last_among_equals_and_may_bring_users():
    log = from_rows(JAN)
    made = reshape.with_rows(
        log,
        ["a", "d"],
        np.array([log.time[log.starts[1]], log.time.max()]),
        {"event": Categories(np.array([1, 1], np.int8), ("", "first"))},
        observed=False,
    )
    assert [r for r in rows(made) if r[0] in "ad"] == [
        ("a", "01-05 08:00", "view"),
        ("a", "01-05 08:00", "first"),
        ("a", "01-06 09:00", "buy"),
        ("d", "01-06 09:00", "first"),
    ]
    assert made.ends_at == log.ends_at


def test_with_columns_adds_and_refuses_views():
    log = from_rows(JAN)
    assert reshape.with_columns(log, {"n": Numbers(np.arange(3.0))}).numbers("n").tolist() == [0, 1, 2]
    with pytest.raises(ParameterError):
        reshape.with_columns(log.between("2026-01-05", None), {})


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.sampled_from("xy")), max_size=30),
    st.integers(0, 30),
)
def test_a_log_cut_in_two_and_put_together_is_the_log(data, cut):
    def made(part):
        table = {
            "user": [r[0] for r in part],
            "time": pa.array([r[1] for r in part], pa.int64()),
            "event": [r[2] for r in part],
        }
        return EventLog.build(pa.table({k: pa.array(v) for k, v in table.items()}))

    if not 0 < cut < len(data):
        return
    whole, joined = made(data), reshape.concat((made(data[:cut]), made(data[cut:])))
    assert rows(whole) == rows(joined)
    again = reshape.same_rows(made(data[cut:]), made(data[:cut]))
    left = list(data[:cut])
    expected = 0
    for row in data[cut:]:
        if row in left:
            left.remove(row)
            expected += 1
    assert again.sum() == expected


def test_ledgers_of_files_add_up_and_stay_apart():
    one, two = Ledger(3, 4, 2, {"no_user": 1}, events=2, header_lines=1), Ledger(2, 0, 1, {"overlap": 1}, events=1)
    both = Ledger.joined((("jan", one), ("feb", two)))
    assert (both.rows, both.used, both.dropped, both.closes()) == (5, 3, {"no_user": 1, "overlap": 1}, True)
    assert Ledger.from_dict(both.to_dict()) == both
    assert not Ledger(**{**both.to_dict(), "rows": 6, "parts": both.parts}).closes()
