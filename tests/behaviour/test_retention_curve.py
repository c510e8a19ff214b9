"""The fitted curve: the published fits, by hand, against the oracle, planted truth and honest refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import RetentionCurve
from analysis.behaviour.returning.geometric import Fit, fit
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from tests.oracle import retention_curve as oracle
from tests.shop import days, journey

HIGH_END = np.array([1000, 869, 743, 653, 593, 551, 517, 491], float)
REGULAR = np.array([1000, 631, 468, 382, 326, 289, 262, 241], float)


@pytest.mark.parametrize(
    ("alive", "alpha", "beta"), [(HIGH_END, 0.668, 3.806), (REGULAR, 0.704, 1.182)], ids=["high end", "regular"]
)
def test_fader_and_hardie_2007_how_to_project_customer_retention(alive: np.ndarray, alpha: float, beta: float) -> None:
    found = fit(alive[:-1], -np.diff(alive))
    assert (found.alpha, found.beta) == (pytest.approx(alpha, abs=5e-4), pytest.approx(beta, abs=5e-4))


def test_the_fit_is_the_top_of_the_likelihood_of_the_paper() -> None:
    found = fit(HIGH_END[:-1], -np.diff(HIGH_END))
    best = oracle.likelihood(found.alpha, found.beta, HIGH_END)
    for a in (0.97, 1.0, 1.03):
        for b in (0.97, 1.0, 1.03):
            assert oracle.likelihood(found.alpha * a, found.beta * b, HIGH_END) <= best + 1e-6


def test_users_who_do_not_differ_give_a_geometric_curve() -> None:
    alive = 1000 * 0.8 ** np.arange(9)
    found = fit(alive[:-1], -np.diff(alive))
    assert found.leaving == pytest.approx(0.2, abs=1e-4)
    assert found.survivors(20)[20] == pytest.approx(0.8**20, rel=1e-2)


def who_stays(users: int, curve: np.ndarray, seed: int = 0) -> EventLog:
    """Users starting over 30 days, each there every day until it leaves; the file ends on day 60."""
    rng, rows = np.random.default_rng(seed), []
    for k in range(users):
        began, stays = k % 30, int((rng.random() < curve).sum())
        rows += days(f"u{k}", range(began, min(began + stays, 60) + 1))
    return from_rows([*rows, {"user": "z", "time": "2026-03-07 00:00", "event": "end"}])


ASKED = {"start": "x", "returning": "x", "period": "day", "waiting_periods": 2}


def test_the_true_curve_is_recovered_and_the_forecast_covers_it() -> None:
    truth = Fit(0.25, 0.6)
    log = who_stays(1500, truth.survivors(300)[1:])
    answer = RetentionCurve(**ASKED, horizon_periods=100).ask(log)
    assert not answer.refused
    row = answer.table.iloc[100]
    assert row["forecast"]
    assert row["fitted_rate_low"] < truth.survivors(100)[100] < row["fitted_rate_high"]
    assert answer.findings()[0].message.startswith("{rate} of those who start")


def test_a_curve_that_loses_its_back_test_is_refused_in_words() -> None:
    stays = np.concatenate([1 - 0.04 * np.arange(1, 17), np.full(200, 0.36)])  # falls straight, then never again
    answer = RetentionCurve(**ASKED, horizon_periods=100).ask(who_stays(1500, stays))
    assert answer.refused
    assert answer.model_error > answer.naive_error
    assert answer.findings()[0].tone == "caution"
    assert "No forecast" in answer.findings()[0].message
    assert answer.table.loc[answer.table["forecast"], "fitted_rate"].isna().all()


def test_a_user_seen_during_the_wait_is_still_there() -> None:
    log = from_rows([*days("a", [0, 9]), *days("b", [0, 3]), {"user": "z", "time": "2026-01-15 00:00", "event": "end"}])
    answer = RetentionCurve(**ASKED | {"waiting_periods": 3}).ask(log)
    assert answer.ended[6] == 1  # a: whole days 1 to 9, the last three for waiting
    assert np.flatnonzero(answer.lost).tolist() == [3]  # b: gone in the fourth day


def test_too_few_and_refusals() -> None:
    answer = RetentionCurve(**ASKED).ask(from_rows(days("a", range(20))))
    assert "Too few" in answer.findings()[0].message
    assert answer.table["fitted_rate"].isna().all()
    for wrong in ({"period": "year"}, {"horizon_periods": 1}, {"waiting_periods": -1}):
        with pytest.raises(ParameterError):
            RetentionCurve(**wrong)
    with pytest.raises(SchemaError):
        RetentionCurve().ask(from_rows(journey("u", "A"), shape="results"))


def test_repr_repeats_the_question() -> None:
    question = RetentionCurve(start="a", returning="b", period="month", horizon_periods=24, waiting_periods=3)
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question


@settings(max_examples=60, deadline=None)
@given(
    seen=st.dictionaries(st.sampled_from("uvwxyz"), st.lists(st.integers(0, 11), min_size=1, max_size=5), min_size=1),
    wait=st.integers(0, 3),
)
def test_oracle(seen, wait) -> None:  # type: ignore[no-untyped-def]
    seen = {u: sorted(d) for u, d in seen.items()}
    rows = [r for u, when in seen.items() for r in days(u, when)]
    log = from_rows([*rows, *days("first", [0], "end"), {"user": "z", "time": "2026-01-17 12:00", "event": "end"}])
    answer = RetentionCurve(**ASKED | {"waiting_periods": wait}).ask(log)
    lost, ended = oracle.fates(seen, 11, wait)  # the 12th day is not over
    assert {k + 1: int(n) for k, n in enumerate(answer.lost) if n} == lost
    assert {k: int(n) for k, n in enumerate(answer.ended) if n} == ended
