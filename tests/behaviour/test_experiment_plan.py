"""ExperimentPlan: by hand, published, oracle, and what it promises."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import EventLog, ExperimentPlan, Metric, Question, Step, suggest
from analysis.charts import experiment_plan as chart
from analysis.charts.look import Look
from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from analysis.trials import contrast, power
from analysis.words import Words
from tests.oracle import experiment_plan as oracle

HOUR = 3_600_000_000
DAY = 24 * HOUR
ORDER = Metric(event=Step("order"))


def log_of(rows, seed=0):
    """Rows of user, µs, event, amount."""
    order = np.random.default_rng(seed).permutation(len(rows))
    columns = list(zip(*[rows[k] for k in order], strict=True))
    kinds = {"user": pa.string(), "time": pa.int64(), "event": pa.string(), "amount": pa.float64()}
    table = pa.table({name: pa.array(c, kind) for (name, kind), c in zip(kinds.items(), columns, strict=True)})
    return EventLog.build(table, roles={"amount": "amount"})


def traffic(a_day=20, days=60, rate=0.1):
    """New users every day, of whom a share orders an hour later."""
    rows = []
    for day in range(days):
        for k in range(a_day):
            rows.append((f"u{day}.{k}", day * DAY, "visit", None))
            if k < rate * a_day:
                rows.append((f"u{day}.{k}", day * DAY + HOUR, "order", 10.0))
    return log_of(rows)


def test_published_users_an_arm():
    """Fleiss: 10 to 12 %, 20 to 25 %, 5 to 6 % (data/SOURCES.md)."""
    for base, change, users in ((0.10, 0.2, 3841), (0.20, 0.25, 1094), (0.05, 0.2, 8158)):
        assert ExperimentPlan(metric=ORDER, base_rate=base, change=change).ask(traffic()).needed == users


def test_the_base_and_the_traffic_are_those_of_the_last_weeks_whose_horizon_is_over():
    answer = ExperimentPlan(metric=ORDER, horizon_days=14, sample_days=28, change=0.2).ask(traffic())
    assert answer.base.users == 28 * 20
    assert answer.base_mean == pytest.approx(0.1)
    assert answer.let_in(np.array([1, 7, 28, 56])).tolist() == [20, 140, 560, 1120]
    assert (answer.needed, answer.days) == (
        3841,
        math.ceil(2 * 3841 / 20) if 2 * 3841 <= 365 * 20 else pytest.approx(math.nan, nan_ok=True),
    )
    assert answer.needed_low < answer.needed < answer.needed_high


def test_who_comes_back_is_counted_once():
    rows = [(f"u{k}", day * DAY + k, "visit", None) for day in range(40) for k in range(150)]
    rows += [(f"u{k}", 20 * DAY + HOUR, "order", 5.0) for k in range(30)]
    answer = ExperimentPlan(metric=ORDER, horizon_days=7, sample_days=14).ask(log_of(rows))
    assert answer.let_in(np.array([1, 14, 28])).tolist() == [150, 150, 150]


def test_days_are_those_in_which_the_users_come():
    answer = ExperimentPlan(metric=ORDER, base_rate=0.5, change=0.2, users_a_day=100, n_arms=2).ask(traffic())
    assert answer.days == math.ceil(answer.needed * 2 / 100)
    half = ExperimentPlan(metric=ORDER, base_rate=0.5, change=0.2, users_a_day=100, traffic_share=0.5).ask(traffic())
    assert half.days == math.ceil(half.needed * 2 / 50)
    three = ExperimentPlan(metric=ORDER, base_rate=0.5, change=0.2, users_a_day=100, n_arms=3).ask(traffic())
    assert three.needed == power.users_needed(0.5, 0.1, alpha=0.025)
    table = answer.table.set_index("days")
    assert table.loc[14, "users_an_arm"] == 700
    assert table.loc[14, "smallest_points"] == pytest.approx(power.detectable(0.5, 700, 700))


def test_means_use_their_own_spread():
    rng = np.random.default_rng(0)
    rows = [(f"u{k}", k * HOUR, "visit", None) for k in range(1400)]
    rows += [(f"u{k}", k * HOUR + 60, "order", float(rng.gamma(2, 10))) for k in range(1400)]
    metric = Metric("money", event=Step("order"))
    answer = ExperimentPlan(metric=metric, horizon_days=7, change=0.1).ask(log_of(rows))
    change = 0.1 * answer.base.mean
    assert answer.needed == math.ceil(2 * answer.base.variance * ((1.959964 + 0.841621) / change) ** 2)
    assert answer.table["smallest_points"].isna().all() and answer.table["smallest_mean"].notna().any()


def test_the_promised_power_is_kept():
    """At the planned number, four of five experiments find the change."""
    rng, n = np.random.default_rng(1), power.users_needed(0.2, 0.05)
    found = 0
    for _ in range(500):
        arms = [contrast.moments((rng.random(n) < rate).astype(float), rate=True) for rate in (0.25, 0.20)]
        found += contrast.between(*arms).p <= 0.05
    assert 0.75 < found / 500 < 0.85


def test_too_little_is_said():
    answer = ExperimentPlan(metric=ORDER).ask(traffic(a_day=1, days=30, rate=1))
    assert answer.findings()[0].tone == "caution"
    assert chart.draw(answer, Words("en"), Look()) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"change": 0},
        {"n_arms": 1},
        {"traffic_share": 0},
        {"alpha": 0},
        {"base_rate": 1},
        {"users_a_day": 0},
        {"alpha": 0.9},
    ],
)
def test_bad_fields_are_refused(fields):
    with pytest.raises(ParameterError):
        ExperimentPlan(metric=ORDER, **fields)


def test_a_result_table_has_no_traffic():
    log = from_rows([{"user": "u", "time": "2026-01-01", "event": "result"}], shape="results")
    with pytest.raises(SchemaError):
        ExperimentPlan(metric=ORDER).ask(log)


def test_a_question_is_a_plain_value():
    question = ExperimentPlan(metric=Metric("money", event="order"), exposure="visit", change=0.2)
    assert Question.from_dict(json.loads(json.dumps(question.to_dict()))) == question
    assert eval(repr(question)) == question
    assert suggest.experiment_plan(traffic()).ask(traffic()).findings()


ROWS = st.lists(
    st.tuples(st.sampled_from("uvwxyz"), st.integers(0, 200), st.sampled_from(["visit", "order"])),
    min_size=1,
    max_size=25,
)


@given(rows=ROWS, grain=st.sampled_from([1, 24]), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_against_the_oracle(rows, grain, seed):
    rows = [(u, t * grain * HOUR, e, None) for u, t, e in rows] + [("end", 300 * grain * HOUR, "order", None)]
    log = log_of(rows, seed)
    question = ExperimentPlan(metric=ORDER, horizon_days=1, sample_days=3)
    low, high = question._sample(log)
    plain = [{"user": u, "time": t, "event": e} for u, t, e, _a in rows]
    finished, hits, entries = oracle.learned(plain, low, high, DAY, log.ends_at)
    answer = question.ask(log)
    assert (answer.base.users, answer.base.successes if answer.base.users else 0) == (finished, hits)
    days = np.zeros(len(answer.entered), int)
    for day, n in entries.items():
        days[day] += n
    assert answer.entered.tolist() == np.cumsum(days).tolist()
    assert sorted(log.ids(answer.people())) == sorted(set(log.ids(answer.people())))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chart_draws(language):
    assert json.dumps(chart.draw(ExperimentPlan(metric=ORDER).ask(traffic()), Words(language), Look()).to_dict())
