"""Overview: what is planted is told, nothing is told where nothing is, and the correction is over all looks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import EventLog, Funnel, Overview, stats
from analysis.behaviour.overview import Asked, OverviewAnswer
from analysis.errors import SchemaError
from analysis.events import from_rows
from analysis.findings import Finding
from tests.oracle import overview as oracle

NAMES = ("visit", "view", "cart", "order")


def null_log(seed: int, users: int = 400, days: int = 120) -> EventLog:
    """A shop in which nothing depends on anything: users differ in how active they are, and in nothing else."""
    rng = np.random.default_rng(seed)
    monday = 1_767_571_200  # 2026-01-05
    rows = []
    for user in range(users):
        channel, platform = rng.choice(["a", "b", "c"], p=[0.5, 0.3, 0.2]), rng.choice(["ios", "android"])
        begins, often = rng.uniform(0, days), rng.gamma(2, 0.04)
        day = begins
        while day < days:
            at = int(monday + day * 86_400)
            for name in NAMES[: 1 + rng.binomial(3, 0.6)]:
                rows.append((f"u{user}", at * 1_000_000, name, channel, platform))
                at += int(rng.integers(20, 400))
            day += rng.exponential(1 / often)
    user, time, event, channel, platform = zip(*rows, strict=True)
    return EventLog.build(
        pa.table({"user": user, "time": time, "event": event, "channel": channel, "platform": platform}),
        roles={"channel": "channel"},
    )


def share_with_findings(seeds: range) -> float:
    return float(np.mean([len(Overview().ask(null_log(seed)).standing) > 0 for seed in seeds]))


def test_nothing_is_told_where_nothing_is() -> None:
    assert share_with_findings(range(12)) <= 2 / 12


@pytest.mark.slow
def test_of_a_hundred_logs_without_a_difference_few_show_one() -> None:
    assert share_with_findings(range(100, 200)) <= 0.05


def answer(p: list[list[float]]) -> OverviewAnswer:
    asked = []
    for k, values in enumerate(p):
        question = Funnel(steps=(f"s{k}",))
        tested = [Finding("{entries} start", {"entries": n}, p=v, n=n) for n, v in enumerate(values)]
        asked.append(Asked(question, None, [], tested))  # type: ignore[arg-type]
    return OverviewAnswer(question=Overview(), asked=asked, refused=[])


def test_one_question_s_clear_findings_make_it_no_easier_for_another_s() -> None:
    found = answer([[1e-9] * 20, [0.04, 0.5, 0.9]]).standing
    assert {f.p < 1e-6 for _q, f in found} == {True}
    assert len(found) == 20


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(1e-6, 1), min_size=1, max_size=6), min_size=1, max_size=4))
def test_p_values_against_the_oracle(p: list[list[float]]) -> None:
    over_all = oracle.adjusted([v for values in p for v in values])
    own = [v for values in p for v in oracle.adjusted(values)]
    expected = sorted(q for q in map(max, over_all, own) if q <= 0.05)
    assert sorted(f.p for _q, f in answer(p).standing) == pytest.approx(expected)
    assert stats.benjamini_hochberg(np.array(p[0])) == pytest.approx(oracle.adjusted(p[0]))


def test_what_says_the_same_of_the_same_users_is_told_once() -> None:
    question = Funnel(steps=("a", "b"))
    same = [Finding(m, {}, "", 0.2, 0.1, 0.3, 1e-9, 50) for m in ("page a", "event a")]
    other = Finding("event b", {}, "", 0.2, 0.1, 0.3, 1e-9, 51)
    asked = [Asked(question, None, [], [*same, other])]  # type: ignore[arg-type]
    found = OverviewAnswer(question=Overview(), asked=asked, refused=[])
    assert [f.message for _q, f in found.standing] == ["event b", "page a"]
    assert found.looks == 3


def test_a_question_that_can_t_be_asked_is_said() -> None:
    rows = [{"user": "u", "time": f"2026-01-0{d} 10:00", "event": "visit"} for d in (5, 6)]
    found = Overview().ask(from_rows(rows))
    assert found.refused
    assert "Nothing stands out" in found.findings()[0].message


def test_a_table_without_time_is_refused() -> None:
    log = EventLog.build(pa.table({"user": ["u"], "time": [0], "event": ["x"]}), shape="results")
    with pytest.raises(SchemaError):
        Overview().ask(log)
