"""Period lifecycle: G16, the two equations, the oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows
from analysis.lifecycle.periods import STATES, PeriodLifecycle
from analysis.questions import Question
from tests.lifecycle.test_users import on
from tests.oracle import periods as oracle


def test_g16_active_in_weeks_1_2_and_4():
    # 5 January 2026 is a Monday.
    answer = PeriodLifecycle().ask(from_rows(on("a", 4, 11, 25)))
    told = [next(s for s in STATES if row[s]) for _, row in answer.table.iterrows()]
    assert told == ["new", "returning", "dormant", "resurrected"]
    assert list(answer.table["active"]) == [1, 1, 0, 1]


def test_dormant_counts_once_and_not_everybody_who_is_silent():
    answer = PeriodLifecycle().ask(from_rows([*on("a", 4), *on("b", 4, 11, 18, 25)]))
    assert list(answer.table["dormant"]) == [0, 1, 0, 0]


def test_growth_index_is_nan_where_nobody_fell_dormant():
    table = PeriodLifecycle().ask(from_rows([*on("a", 4), *on("b", 11), *on("c", 11)])).table
    assert np.isnan(table["growth_index"][0]) and table["growth_index"][1] == 2
    assert table["growth_index_low"][1] < 2 < table["growth_index_high"][1]


def test_the_last_period_is_complete_only_when_the_file_observes_its_end():
    by_day = from_rows([*on("a", 4, hour=0), *on("b", 17, hour=0)])  # plain dates: Sunday is whole
    assert list(PeriodLifecycle().ask(by_day).table["complete"]) == [True, True]
    by_hour = from_rows([*on("a", 4), *on("b", 17)])
    assert list(PeriodLifecycle().ask(by_hour).table["complete"]) == [True, False]
    cut = by_day.between(None, "2026-01-14")
    assert list(PeriodLifecycle().ask(cut).table["complete"]) == [True, False]


def test_periods_within_the_left_edge_are_marked():
    rows = [*on("a", *range(4, 200, 10)), *on("b", 4, 150)]
    table = PeriodLifecycle().ask(from_rows(rows)).table
    assert list(table["left_edge"][:4]) == [True, True, False, False]


def test_days_shown_do_not_cut_the_history():
    log = from_rows(on("a", 4, 11, 25))
    table = PeriodLifecycle(first_day="2026-01-13", last_day="2026-01-27").ask(log).table
    assert list(table["period"]) == [pd.Timestamp(f"2026-01-{d}") for d in (12, 19, 26)]
    assert list(table["returning"]) == [1, 0, 0] and list(table["resurrected"]) == [0, 0, 1]


def test_only_the_chosen_event_is_activity():
    rows = [*on("a", 4), *on("a", 11, event="buy"), *on("b", 11)]
    table = PeriodLifecycle(event="buy").ask(from_rows(rows)).table
    assert list(table["new"]) == [0, 1]


def test_future_stamps_make_no_period():
    rows = [*on("a", 4, 11), *on("b", 11), *on("a", 300)]
    now = 1_767_225_600_000_000 + 12 * 86_400_000_000
    assert len(PeriodLifecycle().ask(from_rows(rows, now=now)).table) == 2


def test_a_day_with_23_hours_is_a_day():
    rows = [{"user": "a", "time": f"2026-03-{d} 00:30", "event": "x"} for d in (28, 29, 30)]
    rows += [{"user": "a", "time": "2026-03-29 23:30", "event": "x"}]
    table = PeriodLifecycle(period="day").ask(from_rows(rows, zone="Europe/Berlin")).table
    assert list(table["active"]) == [1, 1, 1] and list(table["returning"]) == [0, 1, 1]


events = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 70)), min_size=1, max_size=30)


@given(events, st.sampled_from(["day", "week", "month"]))
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_oracle_and_keeps_both_equations(pairs, period):
    rows = [r for user, day in pairs for r in on(user, day)]
    log = from_rows(rows)
    answer = PeriodLifecycle(period=period).ask(log)
    expected = oracle.lifecycle(rows, period)
    table = answer.table
    assert [d.date() for d in table["period"]] == [e["period"] for e in expected]
    for row, wanted in zip(table.to_dict("records"), expected, strict=True):
        assert {s: row[s] for s in (*STATES, "active")} == {s: len(wanted[s]) for s in (*STATES, "active")}
    for state in (*STATES, "active"):
        at = expected[len(expected) // 2]
        assert set(log.ids(answer.people(at["period"], state))) == at[state]
    assert (table["active"] == table["new"] + table["returning"] + table["resurrected"]).all()
    assert (table["active"].diff() == table["new"] + table["resurrected"] - table["dormant"])[1:].all()


def weeks(growing: bool) -> list[dict]:
    """20 weeks; of 200 users 40 % come each week, and from week 15 on twice or half as many."""
    rng = np.random.default_rng(3)
    rows: list[dict] = []
    for week in range(20):
        share = 0.4 if week < 18 else 0.8 if growing else 0.1
        rows += [r for u in np.flatnonzero(rng.random(200) < share) for r in on(f"u{u}", 4 + 7 * week, hour=0)]
    return [*rows, *on("u1", 4 + 7 * 19)]


@pytest.mark.parametrize(("growing", "tone", "words"), [(True, "good", "Largest rise"), (False, "bad", "Largest fall")])
def test_a_planted_change_is_told(growing, tone, words):
    found = PeriodLifecycle().ask(from_rows(weeks(growing))).findings()
    assert found[0].tone == tone and found[0].message.startswith("More users")
    assert found[0].n == found[0].facts["came"] + found[0].facts["dormant"]


def test_a_change_before_the_last_period_is_told_and_steady_users_give_none():
    rows = weeks(True)
    found = (
        PeriodLifecycle()
        .ask(from_rows([*rows, *[r for k in range(200) for r in on(f"u{k}", 4 + 7 * 20 + 6, hour=0)]]))
        .findings()
    )
    assert any(f.message.startswith("Largest rise") and f.p < 0.05 for f in found)
    steady = [r for k in range(200) for r in on(f"u{k}", *range(4 + 7 * (k % 2), 144, 14), hour=0)]
    assert len(PeriodLifecycle().ask(from_rows(steady)).findings()) == 1


def test_too_few_is_said_and_an_empty_log_has_the_shape_of_a_full_one():
    (told,) = PeriodLifecycle().ask(from_rows(on("a", *range(0, 100, 3)))).findings()
    assert told.message.startswith("Too few") and told.tone == "caution"
    empty = PeriodLifecycle().ask(from_rows(on("a", 4)).of(np.array([], dtype=int)))
    assert empty.table.empty and list(empty.table.columns) == empty.COLUMNS
    assert empty.findings()[0].tone == "caution"


@pytest.mark.parametrize(
    "wrong", [{"period": "year"}, {"first_day": "tomorrow"}, {"first_day": "2026-02-01", "last_day": "2026-01-01"}]
)
def test_a_wrong_parameter_is_refused(wrong):
    with pytest.raises(ParameterError):
        PeriodLifecycle(**wrong)


def test_what_the_log_lacks_is_refused():
    log = from_rows(on("a", 4))
    with pytest.raises(UnknownValueError):
        PeriodLifecycle(event="buy").ask(log)
    with pytest.raises(SchemaError, match="result table"):
        PeriodLifecycle().ask(from_rows(on("a", 4), shape="results"))
    for wrong in ({"period": "2027-01-04"}, {"period": "2026-01-05", "state": "gone"}):
        with pytest.raises(ParameterError):
            PeriodLifecycle().ask(log).people(**wrong)


def test_a_question_survives_its_json():
    question = PeriodLifecycle(period="month", event="buy", first_day="2026-01-01")
    assert Question.from_dict(question.to_dict()) == question
