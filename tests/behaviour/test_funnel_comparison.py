"""Two funnels side by side: by hand, against the oracle, and nothing where nothing is."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import FunnelComparison, Question
from analysis.errors import ParameterError
from analysis.events import from_rows
from tests.oracle import funnel_comparison as oracle

START = datetime(2026, 1, 5)


def row(user: object, event: str, hours: float, kind: str = "x") -> dict[str, object]:
    return {"user": f"u{user}", "time": (START + timedelta(hours=hours)).isoformat(), "event": event, "kind": kind}


def two(a_rate: float, b_rate: float, n: int = 200) -> list[dict[str, object]]:
    rows = []
    for kind, rate in (("x", a_rate), ("y", b_rate)):
        for k in range(n):
            rows += [row(f"{kind}{k}", "A", 0, kind), row(f"{kind}{k}", "B" if k < rate * n else "C", 1, kind)]
    return [*rows, row("z", "end", 24 * 30)]


def test_a_difference_is_told_with_its_step() -> None:
    answer = FunnelComparison(steps=("A", "B"), column="kind", a="x", b="y").ask(from_rows(two(0.5, 0.25)))
    last = answer.table.iloc[-1]
    assert (last["users_a"], last["users_b"], last["difference_points"]) == (100, 50, pytest.approx(0.25))
    assert [f.tone for f in answer.findings()] == ["neutral", "good"]
    assert len(answer.people(2, "b", reached=False)) == 150


def test_no_difference_is_none() -> None:
    assert (
        len(FunnelComparison(steps=("A", "B"), column="kind", a="x", b="y").ask(from_rows(two(0.5, 0.5))).findings())
        == 1
    )


def test_two_periods() -> None:
    rows = [
        r
        for k in range(40)
        for r in (row(k, "A", 24 * (k % 2) * 10), row(k, "B", 24 * (k % 2) * 10 + 1 + 500 * (k % 4 == 1)))
    ]
    question = FunnelComparison(
        steps=("A", "B"),
        a_first_day="2026-01-05",
        a_last_day="2026-01-05",
        b_first_day="2026-01-15",
        b_last_day="2026-01-15",
    )
    answer = question.ask(from_rows([*rows, row("z", "end", 24 * 60)]))
    assert answer.table[["users_a", "users_b"]].values.tolist() == [[20, 20], [20, 10]]
    assert Question.from_dict(question.to_dict()) == question


def test_bad_settings_are_refused_and_too_few_told() -> None:
    with pytest.raises(ParameterError):
        FunnelComparison(steps=("A", "B"))
    with pytest.raises(ParameterError):
        FunnelComparison(steps=("A", "B"), column="kind", a="x", b="x")
    few = FunnelComparison(steps=("A", "B"), column="kind", a="x", b="y").ask(from_rows(two(0.5, 0.5, n=4)))
    assert few.findings()[0].tone == "caution"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 20 * 24), st.sampled_from("ABC")),
        min_size=2,
        max_size=80,
        unique_by=lambda r: (r[0], r[1]),
    )
)
def test_both_sides_against_the_oracle(rows: list[tuple[int, int, str]]) -> None:
    ends = [row(f"end{k}", e, 21 * 24, k) for k in "xy" for e in ("A", "B")]  # too late to be in any rate
    log = from_rows([*(row(u, e, h, "xy"[u % 2]) for u, h, e in rows), *ends])
    answer = FunnelComparison(steps=("A", "B"), window_days=2, column="kind", a="x", b="y").ask(log)
    users: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for u, h, e in sorted(rows, key=lambda r: r[1]):
        users[u].append((h, e))
    until = (log.ends_at - int(START.timestamp() * 1e6)) / 3.6e9
    expected = oracle.sides([("xy"[u % 2], r) for u, r in users.items()], 48, until)
    for side, value in (("a", "x"), ("b", "y")):
        assert answer.table[f"users_{side}"].tolist() == expected.get(value, [0, 0])
        assert np.isnan(answer.table[f"rate_{side}"].iloc[0])
