"""Stages: sentences of the Definition, the oracle, planted leavers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from analysis.lifecycle.stages import STAGES, Stages
from analysis.questions import Question
from tests.lifecycle.test_users import on
from tests.oracle import stages as oracle

GIVEN = {"activation_days": 10.0, "mature_days": 60.0, "warning_gaps": 3.0, "churned_days": 50.0}
END = on("end", *range(0, 121, 10))
"""Somebody who is there to the last day, day 120, every ten days."""


def stage_of(rows: list[dict], user: str = "a", **rules: object) -> str:
    table = Stages(**{**GIVEN, **rules}).ask(from_rows([*END, *rows])).users_table
    return str(table.set_index("id")["stage"][user])


def test_churned_is_silence_of_churned_days_or_more():
    assert stage_of(on("a", 40, 50, 60, 70)) == "churned"
    assert stage_of(on("a", 40, 50, 60, 71)) != "churned"


def test_a_warning_is_silence_against_the_own_rhythm():
    daily, monthly = on("a", *range(60, 108)), on("b", 0, 27, 54, 81, 108)
    assert stage_of([*daily, *monthly], "a", trend_days=7) == "churn warning"
    assert stage_of([*daily, *monthly], "b", trend_days=7) == "maturity"


def test_a_frequency_that_falls_by_more_than_chance_is_a_warning():
    assert stage_of(on("a", *range(10, 93), 100, 119)) == "churn warning"
    assert stage_of(on("a", *range(10, 120))) == "maturity"


def test_the_two_stretches_of_the_trend_meet_and_leave_no_day_out():
    row = Stages(**GIVEN).ask(from_rows([*END, *on("a", 64, 65, 92, 93, 120)])).users_table.set_index("id").loc["a"]
    assert (row["active_days"], row["before_active_days"], row["recent_active_days"]) == (5, 2, 2)


def test_one_active_day_or_a_short_tenure_is_activation():
    assert stage_of(on("a", 118)) == "activation"
    assert stage_of(on("a", 105)) == "activation"  # silent for 15 days, rhythm 10 borrowed: no warning yet
    assert stage_of(on("a", 115, 118)) == "activation"


def test_growth_is_a_middle_tenure_or_a_rising_frequency():
    assert stage_of(on("a", 80, 90, 100, 110, 118)) == "growth"
    assert stage_of(on("a", 0, 20, 40, 60, *range(95, 121))) == "growth"
    assert stage_of(on("a", 0, 20, 40, 60, 80, 100, 118)) == "maturity"


def test_few_gaps_borrow_the_populations_rhythm():
    answer = Stages(**GIVEN).ask(from_rows([*END, *on("a", 100, 120), *on("b", 7)]))
    rhythm = answer.users_table.set_index("id")["rhythm_days"]
    typical = 15.0  # the median of 10 and 20
    assert rhythm["b"] == typical
    assert rhythm["a"] == pytest.approx((1 * 20 + 3 * typical) / 4)
    assert rhythm["end"] == pytest.approx((12 * 10 + 3 * typical) / 15)


def test_nothing_after_the_as_of_date_is_seen():
    rows = [*END, *on("a", 20, 30, 40)]
    early = Stages(**GIVEN).ask(from_rows([*rows, *on("a", 100)]).between(None, "2026-02-15"))
    alone = Stages(**GIVEN).ask(from_rows(rows).between(None, "2026-02-15"))
    assert early.table.equals(alone.table)


def test_money_is_summed_over_the_chosen_events():
    rows = [{**r, "amount": 5.0} for r in on("a", 100, 110)] + [
        {**r, "amount": 100.0} for r in on("a", 119, event="view")
    ]
    log = from_rows(rows, roles={"amount": "amount"})
    assert Stages(**GIVEN).ask(log).table["money_total"].sum() == 110
    assert Stages(**GIVEN, money="visit").ask(log).table["money_total"].sum() == 10
    assert Stages(**GIVEN).ask(from_rows(rows)).table["money_total"].isna().all()


events = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 90)), min_size=1, max_size=40)


@given(events, st.sampled_from([7, 14, 28]))
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_oracle(pairs, trend):
    rows = [r for user, day in pairs for r in on(user, day)]
    answer = Stages(trend_days=trend).ask(from_rows(rows))
    rules = dict(zip(answer.rules["rule"], answer.rules["value"], strict=True))
    table = answer.users_table
    assert dict(zip(table["id"], table["stage"], strict=True)) == oracle.stages(rows, rules, trend)
    assert list(answer.table["stage"]) == list(STAGES) and answer.table["users"].sum() == len(table)
    people = np.concatenate([answer.people(stage) for stage in STAGES])
    assert sorted(people) == sorted(answer.who)


def planted(n: int = 200) -> list[dict]:
    """Of n users who come every 7 days, half stop for good after day 60; the last day is 200."""
    rng = np.random.default_rng(5)
    rows: list[dict] = []
    for k in range(n):
        last = 60 if k % 2 else 201
        rows += on(f"u{k}", *np.arange(rng.integers(0, 7), last, 7))
    return rows


def test_rules_are_learned_and_find_the_planted_leavers():
    answer = Stages().ask(from_rows(planted()))
    rules = answer.rules.set_index("rule")
    assert list(answer.rules.columns) == answer.RULES and rules["learned"].all()
    assert rules.loc["activation_days", "value"] == 7 and rules.loc["mature_days", "value"] == 28
    assert rules.loc["warning_gaps", "value"] == 1
    assert rules.loc["churned_days", "value"] == 7  # nobody came back after more than 7 days
    assert set(answer.log.ids(answer.people("churned"))) >= {f"u{k}" for k in range(1, 200, 2)}
    message = "{users_share} of users have churned: silent for {churned_days} days or more"
    assert message in [f.message for f in answer.findings()]


def test_a_short_range_falls_back_and_says_so():
    rng = np.random.default_rng(6)
    rows = [r for k in range(100) for r in on(f"u{k}", *np.flatnonzero(rng.random(40) < 0.3))]
    answer = Stages().ask(from_rows(rows))
    rule = answer.rules.set_index("rule").loc["churned_days"]
    assert rule["source"] == "longest credible" and not rule["learned"] and rule["value"] >= 1
    note = next(f for f in answer.findings() if f.message.startswith("Churn could not be learned"))
    assert note.facts["churned_days"] == rule["value"] and note.tone == "caution"


def test_too_few_is_said_and_an_empty_log_has_the_shape_of_a_full_one():
    for log in (from_rows(END), from_rows(END).of(np.array([], dtype=int))):
        answer = Stages().ask(log)
        (told,) = answer.findings()
        assert told.message.startswith("Too few") and told.facts["enough"] == 30
        assert list(answer.table["stage"]) == list(STAGES) and list(answer.table.columns) == answer.COLUMNS
    assert answer.table["users"].sum() == 0 and answer.table["users_share"].isna().all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"activation_days": 0},
        {"warning_gaps": -1},
        {"churned_days": float("nan")},
        {"trend_days": 0},
        {"trend_days": 1.5},
        {"horizon_days": 400},
        {"activation_days": 20, "mature_days": 10},
    ],
)
def test_a_wrong_parameter_is_refused(wrong):
    with pytest.raises(ParameterError):
        Stages(**wrong)


def test_what_the_log_lacks_is_refused():
    with pytest.raises(SchemaError, match="result table"):
        Stages().ask(from_rows(END, shape="results"))
    with pytest.raises(ParameterError):
        Stages(**GIVEN).ask(from_rows(END)).people("gone")


def test_a_question_survives_its_json():
    question = Stages(event="visit", churned_days=60)
    assert Question.from_dict(question.to_dict()) == question


def test_a_file_of_people_who_come_once_is_said_so() -> None:
    rows = [{"user": f"u{k}", "time": f"2026-0{1 + k % 6}-{1 + k % 28:02d}", "event": "buy"} for k in range(400)]
    rows += [{"user": f"u{k}", "time": "2026-06-20", "event": "buy"} for k in range(8)]
    found = Stages().ask(from_rows(rows)).findings()
    assert found[0].message.startswith("Hardly anybody comes back")
    assert "Hardly" not in Stages(churned_days=60).ask(from_rows(rows)).findings()[0].message
