"""Experiment: by hand, golden, oracle, published, peers, planted and null."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import ttest_ind

from analysis import EventLog, Experiment, Metric, Question, Step, Where, suggest
from analysis.behaviour.experiments.experiment_first import arm_columns, likely_plan
from analysis.charts import experiment as chart
from analysis.charts.look import Look
from analysis.errors import AnalysisError, ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows
from analysis.trials import bayes, bootstrap, contrast, cuped, sequential
from analysis.words import Words
from tests.oracle import experiment as oracle
from tests.shop import real

HOUR = 3_600_000_000
DAY = 24 * HOUR


def results(seed=None, **columns):
    """A result table: one row a user."""
    n = len(next(iter(columns.values())))
    order = np.random.default_rng(seed).permutation(n) if seed is not None else np.arange(n)
    data = {name: pa.array(np.asarray(values)[order]) for name, values in columns.items()}
    data |= {"user": pa.array([str(i) for i in order])}
    data |= {"time": pa.array(np.zeros(n, np.int64)), "event": pa.array(["result"] * n)}
    return EventLog.build(pa.table(data), shape="results", roles={"arm": "arm"})


def sizes(a, b, hits=(0, 0)):
    arm = np.repeat(["A", "B"], [a, b])
    buys = np.concatenate([np.arange(a) < hits[0], np.arange(b) < hits[1]])
    return results(arm=arm, buys=buys.astype(float))


BUYS = Metric("conversion", column="buys")
ORDER = Metric(event=Step("order"))


def of_table(log, **fields):
    return Experiment(**{"control": "A", "metrics": (BUYS,), **fields}).ask(log)


def row(user, time, event, arm=None, amount=None, **more):
    return {"user": user, "time": time, "event": event, "arm": arm, "amount": amount, **more}


def shop(*rows):
    frame = pd.DataFrame([*rows, row("late", "2026-06-30 00:00", "order")]).astype({"amount": float})
    return from_rows(frame.to_dict("records"), roles={"arm": "arm", "amount": "amount"})


def ask(log, **fields):
    return Experiment(**{"control": "A", "treatments": ("B",), "metrics": (ORDER,), **fields}).ask(log)


BASE = (row("a", "2026-01-10", "see", "A"), row("b", "2026-01-10", "see", "B"))


def hits(answer, k=0):
    """Finished users and users with an outcome, by arm."""
    return {a: (len(answer.people(a)), len(answer.people(a, metric=k))) for a in answer.arms}


# -- By hand: one test a sentence of the definition ---------------------------------------------


def test_only_outcomes_after_exposure_and_within_the_horizon_count():
    log = shop(
        *BASE,
        row("a", "2026-01-09 23:59", "order"),
        row("b", "2026-01-24", "order"),
        row("b", "2026-01-24 00:01", "order"),
    )
    assert hits(ask(log, horizon_days=14)) == {"A": (1, 0), "B": (1, 1)}
    assert hits(ask(log, metrics=(Metric(event="order", within_days=13),))) == {"A": (1, 0), "B": (1, 0)}
    count = ask(log, metrics=(Metric("count", event="order"),), horizon_days=14)
    assert count.table["mean"].tolist() == [0, 1]


def test_rows_of_the_exposing_stamp_count_whatever_the_order_of_the_file_but_not_the_one_that_exposes():
    bought = row("b", "2026-01-10", "order", None, 5)
    for rows in ((*BASE, bought), (bought, *BASE)):
        assert hits(ask(shop(*rows)))["B"] == (1, 1)
    assert hits(ask(shop(BASE[0], row("b", "2026-01-10", "order", "B", 5))))["B"] == (1, 0)


def test_users_in_two_arms_are_left_out_and_counted():
    log = shop(*BASE, row("x", "2026-01-10", "see", "A"), row("x", "2026-03-01", "see", "B"))
    answer = ask(log)
    assert answer.table["users"].tolist() == [1, 1]
    assert log.ids(answer.crossed) == ["x"]
    assert any(f.message.startswith("{crossed} users") and f.facts["crossed"] == 1 for f in answer.findings())


def test_an_exposure_event_exposes_not_the_first_row_with_an_arm():
    log = shop(
        row("a", "2026-01-09", "visit", "A"),
        row("a", "2026-01-09 12:00", "order", "A"),
        *BASE,
        row("b", "2026-02-01", "visit", "A"),
        row("n", "2026-02-01", "visit", "B"),
    )
    answer = ask(log, exposure=Step("see"))
    assert hits(answer) == {"A": (1, 0), "B": (1, 0)}
    assert not len(answer.crossed)
    assert log.ids(ask(log).crossed) == ["b"]


def test_the_still_open_are_in_no_rate():
    log = shop(*BASE, row("o", "2026-06-20", "see", "B"), row("o", "2026-06-21", "order"))
    answer = ask(log)
    assert answer.table[["users", "still_open"]].to_numpy().tolist() == [[1, 0], [1, 1]]
    assert log.ids(answer.people("B", state="still_open")) == ["o"]


def test_exposure_must_lie_between_the_days_and_outcomes_may_fall_after():
    log = shop(*BASE, row("b", "2026-01-12", "order"), row("b2", "2026-02-10", "see", "B"))
    answer = ask(log, first_day="2026-01-10", last_day="2026-01-10")
    assert hits(answer)["B"] == (1, 1)
    late = ask(log, first_day="2026-01-11")
    assert late.table["users"].tolist() == [0, 1]
    assert late.table["rate"].isna().iloc[0]


def test_money_is_summed_and_a_user_without_any_counts_as_none():
    log = shop(*BASE, row("b", "2026-01-11", "order", None, 5), row("b", "2026-01-12", "refund", None, -2))
    metrics = (Metric("money", event="order"), Metric("money"), Metric("mean", column="amount", event="refund"))
    assert ask(log, metrics=metrics).table["mean"].tolist() == [0, 5, 0, 3, 0, -2]


def test_segments_take_the_value_at_exposure_and_never_a_later_one():
    log = shop(
        row("b", "2026-01-01", "visit", city="x"),
        *BASE,
        row("b", "2026-01-11", "visit", city="y"),
        row("b2", "2026-01-10", "see", "B", city="y"),
    )
    parts = ask(log, segments=("city",)).by_segment
    assert dict(zip(parts["value"], parts["users"], strict=True)) == {"x": 1, "y": 1}


def test_winsorising_cuts_at_the_quantile_of_those_with_a_value_in_all_arms():
    arm, spend = ["A"] * 4 + ["B"] * 4, [0.0, 0, 10, 20, 0, 30, 40, 1000]
    money = (Metric("money", column="spend"),)
    answer = of_table(results(arm=arm, spend=spend), metrics=money, winsorise=0.5)
    assert answer.table["cut_at"].tolist() == [30, 30]
    assert answer.table["mean"].tolist() == [7.5, 22.5]


def test_lower_may_be_better():
    log = sizes(2000, 2000, (400, 200))
    assert of_table(log).findings()[0].message.startswith("Do not ship")
    better = (Metric("conversion", column="buys", better="lower"),)
    answer = of_table(log, metrics=better)
    assert answer.findings()[0].message.startswith("Ship")
    assert answer.table["win_rate"].iloc[1] > 0.999


def test_people_are_as_many_as_the_number_shown():
    answer = of_table(sizes(200, 300, (20, 60)))
    assert len(answer.people("B")) == answer.table["users"].iloc[1] == 300
    assert len(answer.people("B", metric=0)) == round(answer.table["rate"].iloc[1] * 300) == 60
    assert len(answer.people("B", metric=0, reached=False)) == 240


# -- Golden and verdicts ------------------------------------------------------------------------


def test_g21_wilson():
    table = of_table(sizes(100, 18, (55, 10))).table
    told = table[["rate_low", "rate_high"]].to_numpy().round(3).tolist()
    assert told == [[0.452, 0.644], [0.337, 0.754]]


def test_g22_sample_ratio_warns_and_blocks():
    warns = of_table(sizes(5000, 5300, (500, 900)), planned_shares=(0.5, 0.5))
    assert warns.sample_ratio.p == pytest.approx(0.0031, abs=5e-5)
    assert warns.findings()[0].message.startswith("Ship")
    assert any(f.message.startswith("The groups differ") for f in warns.findings())
    blocks = of_table(sizes(4600, 5400, (500, 900)), planned_shares=(50, 50))
    assert blocks.sample_ratio.p == pytest.approx(1e-15, rel=1)
    assert [f.message for f in blocks.findings()] == ["No result is told: the groups do not have the planned sizes"]
    assert "not stated" in " ".join(f.message for f in of_table(sizes(9, 9)).findings())


def test_published_sample_ratios():
    for counts, p in (((821588, 815482), 1.8e-6), ((10000, 10200), 0.159)):
        answer = of_table(sizes(*counts), planned_shares=(1, 1))
        assert answer.sample_ratio.p == pytest.approx(p, rel=0.03)


def test_not_yet_says_what_it_would_take():
    answer = of_table(sizes(1000, 1000, (100, 105)), worth=0.2)
    finding = answer.findings()[0]
    assert finding.message.startswith("Not yet")
    assert finding.facts["needed"] == 3841
    assert finding.facts["more"] == 2 * 2841
    rows = [row(f"{a}{k}", f"2026-02-{k % 20 + 1:02d}", "see", a) for a in "AB" for k in range(200)]
    rows += [row(f"{a}{k}", "2026-03-01", "order") for a in "AB" for k in range(0, 200, 5)]
    answer = ask(shop(*rows), horizon_days=30, worth=0.2)
    facts = answer.findings()[0].facts
    assert facts["users_a_day"] == pytest.approx(400 / 19, abs=0.1)
    assert facts["days"] == math.ceil(facts["more"] / answer.users_a_day + 30)


def test_a_harmed_guardrail_holds_the_verdict():
    n = 3000
    arm = np.repeat(["A", "B"], n)
    rank = np.tile(np.arange(n), 2)
    log = results(
        arm=arm, buys=(rank < np.where(arm == "A", 300, 500)) * 1.0, stays=(rank < np.where(arm == "A", 900, 600)) * 1.0
    )
    answer = of_table(log, metrics=(BUYS, Metric("conversion", column="stays")))
    finding = answer.findings()[0]
    assert finding.message.startswith("Not yet: {arm} improves")
    assert finding.facts["other"] == "stays"


def test_a_difference_too_small_to_matter_is_not_waited_for():
    finding = of_table(sizes(200_000, 200_000, (60_000, 60_050)), worth=0.05).findings()[0]
    assert finding.message.startswith("Do not wait")


def test_too_few_is_said_with_the_number_that_would_be_enough():
    finding = of_table(sizes(1, 50)).findings()[0]
    assert finding.message.startswith("Too few") and finding.facts["enough"] == 1569
    alone = of_table(results(arm=["A"] * 3, buys=[1.0, 0, 1]))
    assert alone.findings()[0].message.startswith("There is no arm")


def test_p_is_adjusted_over_metrics_arms_and_segments():
    rng = np.random.default_rng(3)
    n = 900
    log = results(
        arm=np.repeat(["A", "B", "C"], 300),
        buys=rng.integers(0, 2, n) * 1.0,
        spend=rng.gamma(1, 5, n),
        city=rng.choice(["x", "y"], n),
    )
    answer = of_table(log, metrics=(BUYS, Metric("money", column="spend")), segments=("city",))
    raw = np.concatenate([answer.table["p"], answer.by_segment["p"]])
    assert np.isfinite(raw).sum() == 2 * 2 * 3 == len(answer.tested())
    from scipy.stats import false_discovery_control

    told = np.concatenate([answer.table["p_adjusted"], answer.by_segment["p_adjusted"]])
    seen = np.isfinite(raw)
    assert told[seen] == pytest.approx(false_discovery_control(raw[seen]))


# -- Refusals and the shape of a question -------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        *({"metrics": ()}, {"horizon_days": 0}, {"pre_days": -1}, {"worth": 0}, {"winsorise": 1}, {"interval": "x"}),
        *({"treatments": ("A",)}, {"planned_shares": (1, 0)}, {"tightest_users": 1}, {"metrics": ({"kinds": 1},)}),
    ],
)
def test_bad_fields_are_refused(fields):
    with pytest.raises(ParameterError):
        Experiment(**{"control": "A", "metrics": (BUYS,), **fields})


def test_what_the_data_lack_is_refused():
    with pytest.raises(UnknownValueError):
        of_table(sizes(5, 5), control="Z")
    with pytest.raises(SchemaError):
        of_table(sizes(5, 5), metrics=(Metric(),))
    with pytest.raises(SchemaError, match="CUPED"):
        of_table(sizes(5, 5), cuped=True)
    with pytest.raises(ParameterError):
        ask(shop(*BASE), metrics=(Metric("count"),))
    bare = from_rows([{"user": "u", "time": "2026-01-01", "event": "x"}])
    with pytest.raises(SchemaError, match="No column says"):
        suggest.experiment(bare)
    with pytest.raises(AnalysisError):
        Experiment(control="A", metrics=(ORDER,)).ask(bare)


def test_a_question_is_a_plain_value():
    step = Step("order", where=(Where("amount", 9, ">"),))
    question = Experiment(
        control="A",
        metrics=(Metric("money", event=step), ORDER),
        exposure="see",
        segments=("city",),
        planned_shares=(1, 1),
    )
    assert Question.from_dict(json.loads(json.dumps(question.to_dict()))) == question
    assert eval(repr(question)) == question


def test_an_empty_answer_has_the_shape_of_a_full_one():
    log = shop(*BASE, row("b", "2026-01-12", "order"))
    empty = ask(log, first_day="2026-05-01", segments=("arm",))
    full = ask(log, segments=("arm",))
    for name in ("table", "by_segment", "by_day"):
        assert list(getattr(empty, name).columns) == list(getattr(full, name).columns)
    assert empty.findings()
    assert chart.draw(empty, Words("en"), Look()) is not None


# -- Oracle -------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.sampled_from("uvw"),
        st.integers(0, 60),
        st.sampled_from(["see", "order", "visit"]),
        st.sampled_from([None, None, "A", "B"]),
        st.sampled_from([None, 1.0, 2.0, -1.0]),
    ),
    min_size=1,
    max_size=14,
)


@given(rows=ROWS, grain=st.sampled_from([1, 24]), exposing=st.sampled_from([None, "see"]), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_against_the_oracle(rows, grain, exposing, seed):
    rows = [{"user": u, "time": hour * grain * HOUR, "event": e, "arm": a, "amount": m} for u, hour, e, a, m in rows]
    rows += [{"user": u, "time": 0, "event": "see", "arm": a, "amount": None} for u, a in (("p", "A"), ("q", "B"))]
    rows.append({"user": "p", "time": 0, "event": "order", "arm": None, "amount": 3.0})
    order = np.random.default_rng(seed).permutation(len(rows))
    table = pa.Table.from_pylist(
        [rows[k] for k in order],
        schema=pa.schema(
            [
                ("user", pa.string()),
                ("time", pa.int64()),
                ("event", pa.string()),
                ("arm", pa.string()),
                ("amount", pa.float64()),
            ]
        ),
    )
    log = EventLog.build(table, roles={"arm": "arm", "amount": "amount"})
    metrics = (ORDER, Metric("money", event="order"), Metric("count", event="order"))
    question = Experiment(
        control="A", treatments=("B",), metrics=metrics, exposure=exposing, horizon_days=1, pre_days=1
    )
    plain = oracle.users(rows, exposing, DAY, DAY, log.ends_at)
    answer = question.ask(log)
    assert sorted(log.ids(answer.crossed)) == sorted(u for u, v in plain.items() if v == "crossed")
    found = answer.exposures
    told = {
        user: (log.words("arm").values[a], bool(o), c, m, b)
        for user, a, o, c, m, b in zip(
            log.ids(found.users),
            found.arms,
            found.still_open,
            found.values[:, 2],
            found.values[:, 1],
            found.before[:, 2],
            strict=True,
        )
    }
    assert told == {u: v for u, v in plain.items() if v != "crossed"}


# -- Published and peers ------------------------------------------------------------------------


def test_hillstrom_2008():
    frame = pd.read_csv(real("hillstrom.csv"))
    columns = {n: frame[n].to_numpy(float) for n in ("visit", "conversion", "spend", "history")}
    log = results(seed=1, arm=frame["segment"].to_numpy(str), **columns)
    metrics = (
        Metric("conversion", column="visit"),
        Metric("conversion", column="conversion"),
        Metric("money", column="spend", covariate="history"),
    )
    answer = Experiment(control="No E-Mail", metrics=metrics, planned_shares=(1, 1, 1)).ask(log)
    assert answer.sample_ratio.p == pytest.approx(0.904, abs=5e-4)
    table = answer.table.set_index(["metric", "arm"])
    mens = {m: table.loc[(m, "Mens E-Mail")] for m in ("visit", "conversion", "spend")}
    assert mens["visit"]["rate"] == pytest.approx(0.182757, abs=5e-7)
    assert mens["visit"]["difference_points"] == pytest.approx(0.07659, abs=5e-6)
    assert mens["conversion"]["difference_points"] == pytest.approx(0.006805, abs=5e-7)
    told = mens["spend"][["mean_difference", "mean_difference_low", "mean_difference_high"]].tolist()
    assert told == pytest.approx([0.76983, 0.48514, 1.05451], abs=1e-5)
    gained = Experiment(control="No E-Mail", metrics=metrics, cuped=True).ask(log).measured.reduction
    assert np.isnan(gained[0]) and gained[2] < 0.001  # SOURCES: correlation .02, nearly nothing


PEER = {
    "orders_per_user": ("orders", None),
    "sessions_per_user": ("sessions", None),
    "revenue_per_user": ("revenue", None),
    "orders_per_user_cuped": ("orders", "orders_covariate"),
    "revenue_per_user_cuped": ("revenue", "revenue_covariate"),
}


@pytest.mark.parametrize("name", PEER)
def test_tea_tasting_agrees_to_a_millionth(name):
    """Ratio metrics (orders per session) are not offered: a session is not what was dealt to an arm."""
    frame = pd.read_csv(real("tea_tasting_users_4000_rng42_covariates.csv"))
    peer = json.loads(real("tea_tasting_outputs.json").read_text())["n4000_cov"]
    numbers = {c: frame[c].to_numpy(float) for c in frame.columns if c not in ("user", "variant")}
    log = results(arm=frame["variant"].astype(str).to_numpy(str), **numbers)
    column, covariate = PEER[name]
    metric = Metric("mean", column=column, covariate=covariate)
    answer = Experiment(control="0", metrics=(metric,), cuped=covariate is not None, planned_shares=(1, 1)).ask(log)
    arm, told = answer.table.iloc[1], peer[name]
    ours = [
        answer.table["mean"].iloc[0],
        *arm[["mean", "mean_difference", "mean_difference_low", "mean_difference_high"]],
    ]
    ours += [*arm[["relative_rate", "relative_rate_low", "relative_rate_high", "p"]]]
    keys = ["control", "treatment", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper"]
    keys += ["rel_effect_size", "rel_effect_size_ci_lower", "rel_effect_size_ci_upper", "pvalue"]
    assert ours == pytest.approx([told[k] for k in keys], abs=1e-6)
    assert answer.table["users"].tolist() == [peer["srm"]["control"], peer["srm"]["treatment"]]


def test_means_agree_with_statsmodels():
    rng = np.random.default_rng(1)
    a, b = rng.gamma(0.5, 10, 400), rng.gamma(0.6, 10, 300)
    _t, p, _df = ttest_ind(b, a, usevar="unequal")
    found = contrast.between(contrast.moments(b), contrast.moments(a))
    assert found.p == pytest.approx(p)


def test_mixture_boundary_of_waudby_smith_2021():
    """Where the running level of the interval crosses the mixture's likelihood ratio 1/α, p is α."""
    for users in (200, 5000, 80_000):
        half = sequential.half_width(users, 1.0)
        assert sequential.p_value(users, half, 1.0) == pytest.approx(0.05)
    ratio = [
        sequential.half_width(n, n**-0.5, tightest_users=5000) / sequential.half_width(n, n**-0.5, tightest_users=t)
        for n, t in ((5000, 2000), (5000, 12_000))
    ]
    assert max(ratio) < 1


def test_chance_to_win_against_simulation():
    rng = np.random.default_rng(0)
    arm, control = rng.beta(31, 171, 400_000), rng.beta(21, 181, 400_000)
    bet = bayes.rates(30, 200, 20, 200)
    assert bet.above == pytest.approx((arm > control).mean(), abs=3e-3)
    assert bet.loss_if_above_wanted == pytest.approx(np.maximum(control - arm, 0).mean(), rel=0.03)
    normal = rng.normal(0.3, 0.5, 400_000)
    assert bayes.means(0.3, 0.5).loss_if_above_wanted == pytest.approx(np.maximum(-normal, 0).mean(), rel=0.02)


# -- Planted and null ---------------------------------------------------------------------------


def test_bootstrap_covers_the_truth_and_agrees_with_welch_on_tame_values():
    rng = np.random.default_rng(5)
    a, b = rng.gamma(1, 10, 30_000), rng.gamma(1, 10.5, 30_000)
    found, welch = bootstrap.difference(b, a), contrast.between(contrast.moments(b), contrast.moments(a))
    assert (found.low, found.high) == pytest.approx((welch.low, welch.high), abs=0.02)
    assert bootstrap.difference(rng.permutation(b), rng.permutation(a)) == pytest.approx(found)
    misses = 0
    for _ in range(300):
        x, y = rng.gamma(0.5, 10, 300), rng.gamma(0.5, 10, 300)
        found = bootstrap.difference(x, y)
        misses += not found.low <= 0 <= found.high
    assert misses <= 27  # 15 expected; more than 27 of 300 has p < .003


def test_intervals_cover_and_a_null_is_called_in_at_most_one_of_twenty():
    rng = np.random.default_rng(7)
    calls = misses = cuped_calls = 0
    for _ in range(1000):
        x = contrast.moments((rng.random(400) < 0.15).astype(float), rate=True)
        y = contrast.moments((rng.random(400) < 0.15).astype(float), rate=True)
        found = contrast.between(x, y)
        calls += found.p <= 0.05
        misses += not found.low <= 0 <= found.high
        before = rng.normal(0, 1, 400)
        values = before + rng.normal(0, 1, 400)
        values = cuped.applied(values, before, cuped.fitted(values, before))
        cuped_calls += contrast.between(contrast.moments(values[:200]), contrast.moments(values[200:])).p <= 0.05
    assert max(calls, misses, cuped_calls) <= 70  # 50 expected; more than 70 of 1,000 has p < .003


def test_peeking_daily_breaks_the_fixed_interval_and_not_the_always_valid_one():
    """400 null experiments of 60 days with 100 users a day: who stops at the first difference."""
    rng = np.random.default_rng(11)
    draws = (rng.random((400, 2, 60, 50)) < 0.2).sum(3).cumsum(2)
    n = np.arange(1, 61) * 50
    mean = draws / n
    error = np.sqrt((mean * (1 - mean)).sum(1) / n)
    gap = np.abs(mean[:, 1] - mean[:, 0])
    looks = n >= sequential.FEWEST_USERS
    fixed = (gap > 1.96 * error)[:, looks].any(1).mean()
    valid = (gap > sequential.half_width(2 * n, error))[:, looks].any(1).mean()
    assert fixed > 0.2
    assert valid <= 0.05


def test_an_answer_with_always_valid_intervals_is_wider_and_day_by_day_ends_at_the_table():
    rng = np.random.default_rng(2)
    rows = []
    for k in range(1200):
        arm, at = "AB"[k % 2], f"2026-02-{k % 20 + 1:02d} 10:00"
        rows.append(row(f"u{k}", at, "see", arm))
        if rng.random() < (0.2 if arm == "A" else 0.4):
            rows.append(row(f"u{k}", f"2026-02-{k % 20 + 1:02d} 12:00", "order"))
    log = shop(*rows)
    fixed, valid = ask(log), ask(log, interval="always_valid")
    low, high = "difference_low_points", "difference_high_points"
    a, b = fixed.table.iloc[1], valid.table.iloc[1]
    assert b[low] < a[low] < a[high] < b[high]
    last = fixed.by_day.iloc[-1]
    assert last[["users", "control_users"]].tolist() == [600, 600]
    assert last[[low, high]].tolist() == pytest.approx(a[[low, high]].tolist())
    assert last[["always_valid_low_points", "always_valid_high_points"]].tolist() == pytest.approx(
        b[[low, high]].tolist(), rel=0.01
    )
    assert valid.findings()[0].message.startswith("Ship")


def test_cuped_narrows_the_interval_without_moving_the_truth():
    rng = np.random.default_rng(4)
    rows = []
    for k in range(800):
        arm, keen = "AB"[k % 2], rng.integers(0, 6)
        rows.append(row(f"u{k}", "2026-02-10", "see", arm))
        rows += [row(f"u{k}", f"2026-02-0{d + 1}", "order") for d in range(keen)]
        rows += [row(f"u{k}", f"2026-02-1{d + 1}", "order") for d in range(keen + (arm == "B" and k % 4 == 1))]
    log, count = shop(*rows), (Metric("count", event="order"),)
    plain, narrow = (ask(log, metrics=count, cuped=c).table.iloc[1] for c in (False, True))
    assert narrow["variance_reduction_share"] > 0.9
    assert narrow["mean_difference_high"] - narrow["mean_difference_low"] < 0.4 * (
        plain["mean_difference_high"] - plain["mean_difference_low"]
    )
    assert narrow["mean_difference_low"] < 0.5 < narrow["mean_difference_high"]


def test_usual_splits_are_recognised():
    assert likely_plan([1000, 1010]) == (1, 1)
    assert likely_plan([600, 2400]) == (20, 80)
    assert likely_plan([100, 101, 99]) == (1, 1, 1)
    assert likely_plan([100, 900, 300]) is None


def test_columns_that_look_like_arms_come_first():
    log = shop(*BASE, row("c", "2026-01-01", "visit", city="x"), row("d", "2026-01-01", "visit", city="y"))
    assert arm_columns(log)[:2] == ["arm", "city"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chart_draws(language):
    words = Words(language)
    drawn = chart.draw(of_table(sizes(500, 500, (50, 90))), words, Look())
    assert json.dumps(drawn[0].to_dict())
