"""Conversion by entry day: by hand, against the oracle; the parts sum to the funnel."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ConversionByDay
from analysis.errors import ParameterError
from analysis.events import from_rows
from tests.oracle import conversion_by_day as oracle

START = datetime(2026, 1, 5)


def row(user: object, event: str, hours: float) -> dict[str, object]:
    return {"user": f"u{user}", "time": (START + timedelta(hours=hours)).isoformat(), "event": event}


def test_a_conversion_belongs_to_the_day_of_its_start() -> None:
    rows = [row(1, "A", 1), row(1, "B", 30), row(2, "A", 30), row(9, "end", 24 * 30)]
    answer = ConversionByDay(steps=("A", "B"), period="day").ask(from_rows(rows))
    assert answer.table[["start", "users", "converted"]].values.tolist() == [
        [date(2026, 1, 5), 1, 1],
        [date(2026, 1, 6), 1, 0],
    ]
    assert len(answer.people(date(2026, 1, 6), converted=False)) == 1


def test_open_entries_are_counted_apart() -> None:
    answer = ConversionByDay(steps=("A", "B"), period="day").ask(
        from_rows([row(1, "A", 0), row(1, "B", 1), row(2, "x", 30)])
    )
    assert answer.table[["users", "converted", "still_open"]].values.tolist() == [[0, 0, 1]]
    assert answer.table["rate"].isna().all()
    assert answer.findings()[0].tone == "caution"


def test_a_bad_period_is_refused() -> None:
    with pytest.raises(ParameterError):
        ConversionByDay(steps=("A", "B"), period="hour")


def test_the_extremes_are_told_as_extremes() -> None:
    rows = [
        r
        for d in range(4)
        for k in range(40)
        for r in (row(f"{d}.{k}", "A", 24 * d), row(f"{d}.{k}", "B" if k < 10 * (d + 1) else "C", 24 * d + 1))
    ]
    found = ConversionByDay(steps=("A", "B"), period="day").ask(from_rows([*rows, row(9, "end", 24 * 30)])).findings()
    assert found[0].facts["rate"] == pytest.approx(100 / 160)
    assert (found[1].facts["best"], found[1].facts["worst"]) == (date(2026, 1, 8), date(2026, 1, 5))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 20 * 24), st.sampled_from("ABC")),
        min_size=2,
        max_size=80,
        unique_by=lambda r: (r[0], r[1]),
    ),
    st.sampled_from(["best", "first", "all"]),
)
def test_days_against_the_oracle_and_their_sum_against_the_funnel(
    rows: list[tuple[int, int, str]], attempt: str
) -> None:
    log = from_rows([*(row(u, e, h) for u, h, e in rows), row("z", "B", 0), row("y", "A", 21 * 24)])
    answer = ConversionByDay(steps=("A", "B"), window_days=2, attempt=attempt, period="day").ask(log)
    funnel = answer.funnel.table[answer.funnel.unit]
    assert answer.table[answer.funnel.unit].sum() == funnel.iloc[0]
    assert answer.table["converted"].sum() == funnel.iloc[-1]
    if attempt != "first":
        return
    users: dict[object, list[tuple[float, str]]] = defaultdict(list)
    users["y"] = [(21 * 24, "A")]
    for u, h, e in sorted(rows, key=lambda r: r[1]):
        users[u].append((h, e))
    ends = (log.ends_at - int(START.timestamp() * 1e6)) / 3.6e9
    expected = oracle.by_day(list(users.values()), 48, ends)
    found = answer.table.set_index("start")[["users", "converted", "still_open"]]
    told = {(d - START.date()).days: r.tolist() for d, r in found.iterrows() if r.any()}
    assert told == expected
