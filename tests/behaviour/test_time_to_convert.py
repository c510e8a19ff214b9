"""Time to convert: by hand, against the oracle, against statsmodels."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from analysis import TimeToConvert, stats
from analysis.errors import ParameterError
from analysis.events import from_rows
from tests.oracle import time_to_convert as oracle

START = datetime(2026, 1, 5)


def row(user: object, event: str, minutes: float) -> dict[str, object]:
    return {"user": f"u{user}", "time": (START + timedelta(minutes=minutes)).isoformat(), "event": event}


def test_an_open_entry_counts_as_long_as_it_was_seen() -> None:
    # Three start; one converts after 1 h, one was seen for 2 h only, one converts after 3 h: of those still seen, all.
    rows = [row(1, "A", 0), row(1, "B", 60), row(2, "A", 240), row(3, "A", 0), row(3, "B", 180), row(9, "end", 361)]
    table = TimeToConvert(steps=("A", "B"), window_days=1).ask(from_rows(rows)).table
    assert table["hours"].tolist() == [1, 3]
    assert table["converted_rate"].tolist() == pytest.approx([1 / 3, 1])
    assert table["at_risk"].tolist() == [3, 1]


def test_who_does_not_convert_is_watched_for_the_window_and_no_longer() -> None:
    rows = [row(1, "A", 0), row(2, "A", 0), row(2, "B", 600), row(9, "end", 60 * 24 * 30)]
    answer = TimeToConvert(steps=("A", "B"), window_days=1).ask(from_rows(rows))
    assert sorted(answer.hours.tolist()) == [10, 24]
    assert len(answer.people()) == len(answer.people(converted=False)) == 1
    assert answer.quantiles.set_index("share")["hours"].to_dict() == pytest.approx(
        {0.1: 10, 0.25: 10, 0.5: 10, 0.75: np.nan, 0.9: np.nan}, nan_ok=True
    )


def test_kaplan_meier_as_statsmodels_has_it() -> None:
    rng = np.random.default_rng(3)
    time, happened = np.round(rng.exponential(10, 300), 1), rng.random(300) < 0.6
    theirs, ours = SurvfuncRight(time, happened), stats.kaplan_meier(time, happened)
    assert ours.time.tolist() == theirs.surv_times.tolist()
    assert ours.survival == pytest.approx(theirs.surv_prob)
    assert ours.at_risk.tolist() == theirs.n_risk.tolist()
    half = 1.959964 * theirs.surv_prob_se[50] / abs(ours.survival[50] * np.log(ours.survival[50]))
    assert ours.low[50] == pytest.approx(ours.survival[50] ** np.exp(half), rel=1e-5)


def test_too_few_are_told_and_bad_settings_refused() -> None:
    log = from_rows([row(1, "A", 0), row(1, "B", 60)])
    assert TimeToConvert(steps=("A", "B")).ask(log).findings()[0].tone == "caution"
    with pytest.raises(ParameterError):
        TimeToConvert(steps=("A",))
    with pytest.raises(ParameterError):
        TimeToConvert(steps=("A", "B"), attempt="all")


def test_enough_are_told_with_their_times() -> None:
    rows = [r for k in range(60) for r in (row(k, "A", 0), row(k, "B" if k % 2 else "C", 30 + k))]
    found = TimeToConvert(steps=("A", "B"), window_days=1).ask(from_rows([*rows, row(99, "end", 10_000)])).findings()[0]
    assert found.facts["rate"] == pytest.approx(0.5)
    assert found.facts["watched"] == 0
    assert found.facts["last_hours"] == 24  # the window, not the last conversion seen in it


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 5000), st.sampled_from("ABC")),
        min_size=2,
        max_size=60,
        unique_by=lambda r: (r[0], r[1]),
    )
)
def test_the_curve_against_the_oracle(rows: list[tuple[int, int, str]]) -> None:
    log = from_rows([*(row(u, e, m) for u, m, e in rows), row("z", "A", 6000), row("z", "B", 6001)])
    answer = TimeToConvert(steps=("A", "B"), window_days=1).ask(log)
    users: dict[object, list[tuple[float, str]]] = defaultdict(list)
    for u, m, e in sorted([*rows], key=lambda r: r[1]):
        users[u].append((m / 60, e))
    users["z"] = [(100.0, "A"), (6001 / 60, "B")]
    ends = (log.ends_at - int(START.timestamp() * 1e6)) / 3.6e9
    entries = [found for u in users.values() if (found := oracle.entry(u, 24, ends))]
    expected = oracle.converted([(round(t, 9), h) for t, h in entries])
    assert answer.table["hours"].tolist() == pytest.approx([t for t, _ in expected])
    assert answer.table["converted_rate"].tolist() == pytest.approx([r for _, r in expected])
