"""Assemble: intake fills the log's arrays itself; `EventLog.build` on the plain table says the same."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.events import Categories, EventLog
from analysis.intake import read

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "u3", "u4"]),
        st.sampled_from(["2026-01-05", "2026-01-05 10:00", "2026-01-06 11:30:15", "2026-01-07 00:00"]),
        st.sampled_from(["view", "buy"]),
        st.sampled_from(["", "ads", "mail"]),
        st.sampled_from(["", "1", "2.5"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Berlin"]))
def test_the_log_is_the_one_that_build_makes(tmp_path_factory, rows, zone):
    frame = pd.DataFrame(rows, columns=["user", "when", "event", "channel", "amount"])
    path = tmp_path_factory.mktemp("assemble") / "a.csv"
    frame.to_csv(path, index=False)
    roles = {"user": "user", "time": "when", "event": "event", "channel": "channel", "amount": "amount"}
    ours = read(path, roles=roles, time_zone=zone, duplicates="keep").log
    stamps = pd.to_datetime(frame["when"], format="ISO8601").dt.tz_localize(zone).dt.tz_convert("UTC").dt.as_unit("us")
    table = pa.table({
        "user": frame["user"], "time": stamps.astype("int64").to_numpy(), "event": frame["event"],
        "channel": frame["channel"], "amount": pd.to_numeric(frame["amount"]),
    })  # fmt: skip
    theirs = EventLog.build(table, zone=zone)
    assert ours.user_ids.to_pylist() == theirs.user_ids.to_pylist()
    for name in ("time", "starts", "ends", "users"):
        assert getattr(ours, name).tolist() == getattr(theirs, name).tolist()
    assert (ours.ends_at, ours.resolution_us) == (theirs.ends_at, theirs.resolution_us)
    assert list(ours.columns) == list(theirs.columns)
    for name, column in theirs.columns.items():
        mine = ours.columns[name]
        if isinstance(column, Categories):
            assert [mine.values[c] for c in mine.codes] == [column.values[c] for c in column.codes]
            assert set(mine.values) == set(column.values)
        else:
            np.testing.assert_array_equal(mine.values, column.values)


def test_dropped_users_are_no_users(tmp_path):
    (tmp_path / "a.csv").write_text("user,time,event,x\nu1,soon,a,p\nu2,2026-01-05,b,q\n")
    log = read(tmp_path / "a.csv").log
    assert (
        log.user_ids.to_pylist() == ["u2"] and log.columns["x"].values == ("", "q") and log.events.values == ("", "b")
    )
    assert log.starts.tolist() == [0] and log.ends.tolist() == [1]


@pytest.mark.parametrize("many", [1, 200, 40_000])
def test_codes_are_as_narrow_as_they_can_be(tmp_path, many):
    rows = "".join(f"u,2026-01-05 00:00:{k % 60:02d},e,w{k}\n" for k in range(many))
    (tmp_path / "a.csv").write_text("user,time,event,word\n" + rows)
    column = read(tmp_path / "a.csv").log.columns["word"]
    assert column.codes.dtype.itemsize == {1: 1, 200: 2, 40_000: 4}[many] and len(column.values) == many + 1
