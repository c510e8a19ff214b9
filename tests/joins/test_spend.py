"""Spend: money by day, channel and campaign; each row used or left out for one reason."""

import math
from datetime import date

import pyarrow as pa
import pytest

from analysis.errors import IntakeError, ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows
from analysis.joins import match, spend_of

LOG = from_rows(
    [
        {"user": "u1", "time": "2026-01-05 10:00", "event": "view", "channel": "ads", "utm": "spring"},
        {"user": "u2", "time": "2026-01-07 10:00", "event": "view", "channel": "mail", "utm": ""},
    ],
    roles={"channel": "channel", "campaign": "utm"},
)
ADS = pa.table({
    "line": [2, 3, 4, 5, 6, 7, 8],
    "date": ["2026-01-05", "2026/1/5", "2026-01-07", "", "合计", "2026-01-05", "2026-01-05"],
    "source": ["ads", "ads", "tv", "ads", "ads", "mail", "mail"],
    "cost": ["¥1,000.50", "9.5", "200", "1", "2", "", "lots"],
})  # fmt: skip


def test_spend_is_added_up_by_day_and_channel():
    spend = spend_of(ADS, day="date", cost="cost", channel="source")
    assert spend.table.to_pylist() == [
        {"day": date(2026, 1, 5), "channel": "ads", "campaign": None, "cost": 1010.0},
        {"day": date(2026, 1, 7), "channel": "tv", "campaign": None, "cost": 200.0},
    ]
    assert spend.table.schema.types == [pa.date32(), pa.string(), pa.string(), pa.float64()]
    assert spend.cost == 1210


def test_each_row_that_is_left_out_has_one_reason():
    spend = spend_of(ADS, day="date", cost="cost", channel="source")
    assert (spend.rows, spend.used) == (7, 3)
    assert spend.dropped == {"no_day": 1, "bad_day": 1, "no_cost": 1, "bad_cost": 1}
    assert [(r["reason"], r["line"]) for r in spend.left_out.to_pylist()] == [
        ("no_day", 5), ("bad_day", 6), ("no_cost", 7), ("bad_cost", 8),
    ]  # fmt: skip


def test_a_day_is_one_of_the_zone_and_costs_may_be_typed():
    table = pa.table({"at": ["2026-01-05T20:00:00Z"], "usd": [5.0]})
    assert spend_of(table, day="at", cost="usd", zone="Asia/Shanghai").table["day"].to_pylist() == [date(2026, 1, 6)]
    table = pa.table({"at": pa.array([date(2026, 1, 5), None]), "usd": pa.array([5, None], pa.int64())})
    spend = spend_of(table, day="at", cost="usd", zone="Asia/Shanghai")
    assert spend.table["day"].to_pylist() == [date(2026, 1, 5)] and spend.dropped == {"no_day": 1}


def test_money_is_matched_when_day_and_channel_occur_in_the_log():
    spend = spend_of(
        pa.table({
            "d": ["2026-01-05", "2026-01-05", "2026-01-07", "2026-01-08", "2026-01-04"],
            "c": ["ads", "tv", "mail", "ads", "ads"],
            "m": [10, 20, 30, 40, 100],
        }),
        day="d", cost="m", channel="c",
    )  # fmt: skip
    account = match(LOG, spend)
    assert (account.cost, account.matched_cost, account.outside_cost, account.unmatched_cost) == (200, 40, 140, 20)
    assert account.matched_share == 0.2
    assert account.values.to_pylist() == [
        {"dimension": "channel", "value": "ads", "cost": 150.0, "occurs": True},
        {"dimension": "channel", "value": "mail", "cost": 30.0, "occurs": True},
        {"dimension": "channel", "value": "tv", "cost": 20.0, "occurs": False},
    ]


def test_channel_and_campaign_must_both_occur_where_they_are_given():
    table = pa.table({
        "d": ["2026-01-05"] * 4,
        "c": ["ads", "ads", "tv", ""],
        "k": ["spring", "summer", "spring", "spring"],
        "m": [1, 2, 4, 8],
    })  # fmt: skip
    account = match(LOG, spend_of(table, day="d", cost="m", channel="c", campaign="k"))
    assert account.matched_cost == 1 + 8 and account.unmatched_cost == 2 + 4
    assert account.values.column("value").to_pylist() == ["tv", "ads", "spring", "summer"]


def test_channels_may_be_compared_loosely():
    spend = spend_of(pa.table({"d": ["2026-01-05"], "c": ["ADS"], "m": [1]}), day="d", cost="m", channel="c")
    assert match(LOG, spend).matched_cost == 0 and match(LOG, spend, loose=True).matched_cost == 1


def test_spend_without_channels_is_matched_by_its_days():
    spend = spend_of(pa.table({"d": ["2026-01-05", "2026-02-05"], "m": [1, 3]}), day="d", cost="m")
    account = match(LOG, spend)
    assert account.matched_share == 0.25 and account.values.num_rows == 0


def test_no_money_has_no_share():
    spend = spend_of(pa.table({"d": ["2026-01-05"], "m": [0]}), day="d", cost="m")
    assert math.isnan(match(LOG, spend).matched_share)


def test_what_does_not_fit_is_refused():
    with pytest.raises(UnknownValueError):
        spend_of(ADS, day="day", cost="cost")
    with pytest.raises(IntakeError, match="can't be read as a number"):
        spend_of(pa.table({"d": ["2026-01-05"], "m": ["x"]}), day="d", cost="m")
    with pytest.raises(IntakeError, match="no rows"):
        spend_of(ADS.slice(0, 0), day="date", cost="cost")
    with pytest.raises(ParameterError):
        spend_of(ADS, day="date", cost="cost", zone="Mars")
    spend = spend_of(ADS, day="date", cost="cost", channel="source")
    with pytest.raises(SchemaError):
        match(from_rows([{"user": "u1", "time": "2026-01-05", "event": "a"}]), spend)
    with pytest.raises(ParameterError):
        match(LOG.between("2026-01-05", "2026-01-05"), spend)
