"""Use by tenure: by hand, against the oracle, the planted month, and nothing on smooth curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Tenure, suggest
from analysis.behaviour.returning import falls
from analysis.behaviour.returning.tenure import PATTERNS
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows
from analysis.findings import adjusted
from tests.oracle import tenure as oracle
from tests.shop import days, journey
from tests.test_planted import TRUTH, shop

LATE = {"user": "z", "time": "2026-12-01 00:00", "event": "end"}
ALL = {"start": "x", "active": "x"}


def test_months_are_counted_from_each_users_own_start_and_the_start_is_not_use() -> None:
    log = from_rows([*days("a", [0, 29, 30]), *days("b", [10]), *days("c", [0, 60]), LATE])
    table = Tenure(**ALL, periods=3).ask(log).table
    assert table["users"].tolist() == [3, 3, 3]
    assert table["active"].tolist() == [1, 1, 1]


def test_a_month_counts_only_users_seen_through_all_of_it() -> None:
    rows = [*days("a", [0, 31]), *days("b", [20, 51]), {"user": "z", "time": "2026-03-10 00:00", "event": "end"}]
    table = Tenure(**ALL, periods=3).ask(from_rows(rows)).table
    assert table["users"].tolist() == [2, 1, 0]  # b's second month ends on 26 March
    assert table["active"].tolist() == [0, 1, 0]
    assert np.isnan(table["active_rate"][2])


def test_buying_again_is_counted_beside_use_and_undefined_without_its_event() -> None:
    log = from_rows([*days("a", [0, 31]), *days("a", [33], "buy"), *days("b", [0, 32]), LATE])
    table = Tenure(**ALL, buying="buy", periods=2).ask(log).table
    assert (table["active"].tolist(), table["buying"].tolist()) == ([0, 2], [0, 1])
    assert Tenure(**ALL, periods=2).ask(log).table[["buying", "buying_rate"]].isna().all().all()


def test_starts_at_the_left_edge_can_be_left_out() -> None:
    rows = [r for k in range(20) for r in days(f"u{k}", range(k % 5, 90, 5))]
    rows += days("new", range(30, 90, 5))
    log = from_rows(rows)
    assert Tenure(start="x", active="x", new_only=True, periods=1).ask(log).table["users"][0] == 1
    assert Tenure(**ALL, periods=1).ask(log).table["users"][0] == 21


def test_people_are_as_many_as_the_numbers() -> None:
    log = from_rows([*days("a", [0, 31]), *days("b", [0]), *days("c", [0, 35]), LATE])
    answer = Tenure(**ALL, periods=2).ask(log)
    assert log.ids(answer.people(1)) == ["a", "c"]
    assert log.ids(answer.people(1, did=False)) == ["b"]
    assert len(answer.people(1, "buying")) == 0
    with pytest.raises(ParameterError):
        answer.people(1, "clicks")


def used(shares: list[float], n: int = 400) -> object:
    """A shop in which the same first users come in each month; a month has 30 days."""
    rows = [r for k in range(n) for r in days(f"u{k}", [0, *(30 * m + 5 for m, s in enumerate(shares) if k < s * n)])]
    return Tenure(**ALL, periods=len(shares)).ask(from_rows([*rows, LATE]))


def test_a_drop_in_one_month_is_named_and_a_smooth_fall_is_not() -> None:
    dip = used([0.9, 0.7, 0.62, 0.58, 0.3, 0.52, 0.5]).findings()  # type: ignore[attr-defined]
    assert [f.facts["period"] for f in dip[:-1]] == [4]
    assert dip[0].message.startswith("{event}")
    cliff = used([0.9, 0.7, 0.62, 0.58, 0.3, 0.28, 0.26]).findings()  # type: ignore[attr-defined]
    assert [f.facts["period"] for f in cliff[:-1]] == [4]
    assert len(used([0.9, 0.7, 0.58, 0.5, 0.44, 0.4, 0.37]).findings()) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "curve",
    [
        0.8 * 0.8 ** np.arange(10),
        0.7 * (1 + np.arange(10)) ** -0.7,
        np.linspace(0.9, 0.1, 10),
        np.full(10, 0.4),
        1 / (1 + np.exp((np.arange(10) - 4.5) * 0.6)),
    ],
    ids=["constant hazard", "power law", "line", "level", "S-curve"],
)
@pytest.mark.parametrize("loyal", [True, False], ids=["who stays stays", "each month anew"])
def test_smooth_curves_are_called_sudden_in_at_most_one_month_of_twenty(curve: np.ndarray, loyal: bool) -> None:
    rng, n, draws = np.random.default_rng(11), 300, 250
    low = 0
    for _ in range(draws):
        chance = rng.random((n, 1)) if loyal else rng.random((n, 10))
        did = chance < np.clip(curve + (rng.normal(0, 0.02, (n, 1)) if loyal else 0), 0, 1)
        k = 5
        codes = did[:, k - 2 : k + 2] @ np.array([1, 2, 4, 8])
        counts = np.bincount(codes, minlength=16).astype(float)
        rates = counts @ PATTERNS / n
        covariance = ((PATTERNS - rates).T * counts) @ (PATTERNS - rates) / (n - 1) / n
        low += falls.sudden(rates, covariance) <= 0.05
    assert low / draws <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / draws)


def test_the_planted_month_is_found_without_anybody_choosing_the_event() -> None:
    log = shop()
    questions = suggest.tenures(log)
    assert all(not any(p in str(q.start) for p in TRUTH["passive_events"]) for q in questions[1:])
    found = adjusted([f for q in questions for f in q.ask(log).tested()])
    assert (found[0].facts["event"], found[0].p < 0.001) == ("use_feature", True)
    assert {f.facts["period"] for f in found} == {TRUTH["planned"]["dip_month"]}


def test_too_few_and_refusals() -> None:
    assert "Too few" in Tenure(**ALL).ask(from_rows(days("a", [0, 1]))).findings()[0].message
    for wrong in ({"period_days": 0}, {"periods": 61}, {"first_day": "soon"}):
        with pytest.raises(ParameterError):
            Tenure(**wrong)
    with pytest.raises(SchemaError):
        Tenure().ask(from_rows(journey("u", "A"), shape="results"))
    with pytest.raises(UnknownValueError):
        Tenure(start="nothing").ask(from_rows(days("a", [0])))


def test_repr_repeats_the_question() -> None:
    question = Tenure(start="a", active=analysis.Step("b", "c"), period_days=7, new_only=True)
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvw"), st.integers(0, 24 * 9), st.sampled_from("abc")), min_size=1, max_size=20
    ),
    start=st.sampled_from([None, "a"]),
    active=st.sampled_from([None, "b"]),
    buying=st.sampled_from([None, "c"]),
    length=st.integers(1, 3),
    bounded=st.booleans(),
)
def test_oracle(rows, start, active, buying, length, bounded) -> None:  # type: ignore[no-untyped-def]
    rows = [*rows, ("end", 0, "b"), ("end", 240, "a"), ("end", 240, "c")]
    made = [{"user": u, "time": f"2026-01-{5 + h // 24:02d} {h % 24:02d}:00", "event": e} for u, h, e in rows]
    log = from_rows(made)
    question = Tenure(
        start=start, active=active, buying=buying, period_days=length, periods=5, new_only=False,
        first_day="2026-01-06" if bounded else None, last_day="2026-01-08" if bounded else None,
    )  # fmt: skip
    answer = question.ask(log)
    until = (log.ends_at - log.starts_at) / 3.6e9
    first, last = (24, 96) if bounded else (0, 1e9)
    expected = oracle.months(rows, until, start, active, buying, 24 * length, 5, first, last)
    assert [tuple(row) for row in answer.counts.T.tolist()] == expected
    for k, (users, did, bought) in enumerate(expected):
        assert (len(answer.people(k)), len(answer.people(k, did=False))) == (did, users - did)
        assert len(answer.people(k, "buying")) == bought
