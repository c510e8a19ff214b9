"""Weekday and hour: by hand, daylight saving, against the oracle, and the sample."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import WeekdayHour
from analysis.behaviour.clicks import offsets, sides, tally
from analysis.behaviour.clicks.tally import Tally
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from tests.oracle import weekday_hour as oracle
from tests.shop import ROOT, journey


def rows(*said: tuple[str, str], event: str = "x") -> list[dict[str, object]]:
    return [{"user": user, "time": time, "event": event} for user, time in said]


def cell(answer: object, weekday: int, hour: int) -> dict[str, float]:
    table = answer.table  # type: ignore[attr-defined]
    found = table[(table["iso_weekday"] == weekday) & (table["hour"] == hour)]
    return dict(found.iloc[0])


# 2026-01-05 is a Monday
WEEKS = [("u", "2026-01-05 10:00"), ("u", "2026-01-05 10:30"), ("v", "2026-01-05 10:10"), ("u", "2026-01-12 10:00")]


def test_a_user_counts_once_an_hour_and_every_event_counts() -> None:
    log = from_rows(rows(*WEEKS, ("z", "2026-01-19 00:00")))
    users, events = WeekdayHour().ask(log), WeekdayHour(measure="events").ask(log)
    assert (cell(users, 1, 10)["times"], cell(events, 1, 10)["times"]) == (3, 4)
    assert cell(users, 1, 10)["users"] == 2
    assert log.ids(users.people(1, 10)) == ["u", "v"]


def test_an_average_is_of_the_hours_observed() -> None:
    answer = WeekdayHour().ask(from_rows(rows(*WEEKS, ("z", "2026-01-18 23:59"))))
    assert cell(answer, 1, 10)["hours_observed"] == 2
    assert cell(answer, 1, 10)["average"] == 1.5
    assert cell(answer, 7, 23)["average"] == 0.5
    answer = WeekdayHour().ask(from_rows(rows(*WEEKS, ("z", "2026-01-13 09:59"))))
    assert np.isnan(cell(answer, 2, 12)["average"]) == (cell(answer, 2, 12)["hours_observed"] == 0)
    assert cell(answer, 1, 10)["hours_observed"] == 2
    assert cell(answer, 3, 0)["hours_observed"] == 1


def test_days_bound_the_events_and_the_hours() -> None:
    log = from_rows(rows(*WEEKS, ("z", "2026-01-18 23:59")))
    answer = WeekdayHour(first_day="2026-01-06", last_day="2026-01-12").ask(log)
    assert cell(answer, 1, 10)["times"] == cell(answer, 1, 10)["hours_observed"] == 1
    assert answer.observed.sum() == 7 * 24


def test_g26_daylight_saving_has_a_day_of_23_hours_and_one_of_25() -> None:
    spring = rows(("a", "2026-03-29 01:30"), ("a", "2026-03-29 03:30"), ("z", "2026-03-30 00:00"))
    answer = WeekdayHour().ask(from_rows(spring, zone="Europe/Berlin"))
    assert cell(answer, 7, 2)["hours_observed"] == 0
    assert np.isnan(cell(answer, 7, 2)["average"])
    assert (cell(answer, 7, 1)["times"], cell(answer, 7, 3)["times"]) == (1, 1)
    autumn = rows(("a", "2026-10-25T00:30:00+00:00"), ("a", "2026-10-25T01:30:00+00:00"), ("z", "2026-10-26 00:00"))
    answer = WeekdayHour().ask(from_rows(autumn, zone="Europe/Berlin"))
    assert cell(answer, 7, 2)["hours_observed"] == 2
    assert cell(answer, 7, 2)["times"] == 2
    shanghai = WeekdayHour().ask(from_rows(rows(("a", "2026-03-29 00:30")), zone="Asia/Shanghai"))
    assert cell(shanghai, 7, 0)["times"] == 1


def test_zones_off_the_hour() -> None:
    for zone in ("Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu"):
        answer = WeekdayHour().ask(from_rows(rows(("a", "2026-04-04 13:59"), ("a", "2026-04-06 14:00")), zone=zone))
        assert (cell(answer, 6, 13)["times"], cell(answer, 1, 14)["times"]) == (1, 1)


def test_plain_days_are_refused_and_so_are_other_words() -> None:
    with pytest.raises(SchemaError, match="plain days"):
        WeekdayHour().ask(from_rows(rows(("a", "2026-01-05"), ("a", "2026-01-06"))))
    with pytest.raises(SchemaError):
        WeekdayHour().ask(from_rows(journey("u", "A"), shape="results"))
    with pytest.raises(ParameterError, match="measure"):
        WeekdayHour(measure="people")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="sides"):
        WeekdayHour(compare="arm", sides=("A", "A"))


def test_too_few_is_said() -> None:
    assert "Too few" in WeekdayHour().ask(from_rows(rows(*WEEKS))).findings()[0].message


def test_a_busy_hour_of_one_side_is_found() -> None:
    made = []
    for k in range(400):
        hour = 9 if k % 2 and k % 3 == 0 else 8 + k % 12
        made.append(
            {"user": f"u{k}", "time": f"2026-01-{5 + k % 5:02d} {hour:02d}:00", "event": "x", "arm": "AB"[k % 2]}
        )
    found = WeekdayHour(compare="arm").ask(from_rows(made)).findings()
    assert found[1].facts["hours"] >= 1
    assert found[2].facts["hour"] == 9
    assert found[2].effect < 0  # A less than B


def tally_of(x: np.ndarray) -> Tally:
    n = x.sum(axis=1, keepdims=True)
    none = np.zeros(x.shape[1])
    cells = np.stack([x.sum(0), (x**2).sum(0), (x * n).sum(0), none, (x > 0).sum(0), none], axis=1)
    return Tally(cells, np.array([n.sum(), (n**2).sum(), (n > 0).sum(), 0, 0, 0]))


def test_p_values_hold_when_nothing_differs_and_a_user_clicks_often() -> None:
    rng, hits, looks = np.random.default_rng(3), 0, 0
    for _ in range(300):
        weights = rng.gamma(0.7, 1.0, size=(160, 1)) * rng.dirichlet(np.full(12, 0.8), size=160) * 12
        x = rng.poisson(weights)
        p = sides.differences(tally_of(x[:70]), tally_of(x[70:]), 12)["p"]
        hits += int((p <= 0.05).sum())
        looks += int((~np.isnan(p)).sum())
    assert looks > 2_000
    assert hits / looks <= 0.055


def test_repr_repeats_the_question() -> None:
    question = WeekdayHour(event="x", measure="events", compare="arm", sides=("A", "B"), first_day="2026-01-05")
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


def test_the_sample_clicks_peak_in_the_evening_and_do_not_differ_by_variant() -> None:
    log = analysis.load(ROOT / "sample_data" / "clicks.csv", time_zone="Asia/Shanghai")
    answer = WeekdayHour(compare="variant").ask(log)
    assert answer.findings()[0].facts["hour"] in (19, 20, 21)
    assert [f.facts.get("hours") for f in answer.findings()][1:] == [0]


@settings(max_examples=60, deadline=None)
@given(
    made=st.lists(
        st.tuples(st.sampled_from("uvw"), st.integers(0, 4 * 24 * 4), st.sampled_from("ab")), min_size=1, max_size=20
    ),
    start=st.sampled_from(["2026-03-28T00:00", "2026-10-24T00:00", "2026-04-04T03:15"]),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York"]),
    event=st.sampled_from([None, "a"]),
    measure=st.sampled_from(["users", "events"]),
)
def test_oracle(made, start, zone, event, measure) -> None:  # type: ignore[no-untyped-def]
    base = datetime.fromisoformat(start).replace(tzinfo=UTC)
    said = [(u, base + timedelta(minutes=15 * k), e) for u, k, e in [*made, ("end", 400, "b")]]
    log: EventLog = from_rows([{"user": u, "time": t.isoformat(), "event": e} for u, t, e in said], zone=zone)
    if event is not None and event not in log.events.values:
        return
    answer = WeekdayHour(event=event, measure=measure).ask(log)
    expected = oracle.counts(said, event, measure, zone)
    table = answer.table[answer.table["times"] > 0]
    found = {(r.iso_weekday, r.hour): (r.times, r.users) for r in table.itertuples()}
    assert found == {c: (n, len(who)) for c, (n, who) in expected.items()}
    for c, (_, who) in list(expected.items())[:3]:
        assert set(log.ids(answer.people(*c))) == who
    first = min(t for _, t, _ in said).astimezone(offsets.ZoneInfo(zone))
    begin = first.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    end = datetime.fromtimestamp(log.ends_at / 1e6, UTC)
    hours = oracle.observed(begin, end, zone)
    got = {(r.iso_weekday, r.hour): r.hours_observed for r in answer.table.itertuples() if r.hours_observed > 0}
    assert got == pytest.approx(hours)


def test_the_sums_over_users_are_the_plain_ones() -> None:
    rng = np.random.default_rng(2)
    made = [{"user": f"u{rng.integers(30)}", "time": f"2026-01-05 10:{k % 60:02d}", "event": "x"} for k in range(400)]
    log = from_rows(made)
    cells = rng.integers(-1, 6, len(log.time)).astype(np.int32)  # 5 is a view
    found = tally.count(log, cells, 5, pivot=2)
    owner = np.repeat(np.arange(log.n_users), log.ends - log.starts)
    x = np.array([[((owner == u) & (cells == c)).sum() for c in range(6)] for u in range(log.n_users)])
    n, v, x = x[:, :5].sum(axis=1), x[:, 5], x[:, :5]
    plain = [x.sum(0), (x**2).sum(0), (x * n[:, None]).sum(0), (x * v[:, None]).sum(0), (x > 0).sum(0)]
    plain.append(((x > 0) & (x[:, [2]] > 0)).sum(0))
    assert (found.cells == np.stack(plain, axis=1)).all()
    assert found.whole.tolist() == [n.sum(), (n**2).sum(), (n > 0).sum(), v.sum(), (v**2).sum(), (v > 0).sum()]
    error = np.sqrt(((x - found.shares * n[:, None]) ** 2).sum(0) * len(n) / (len(n) - 1)) / n.sum()
    assert found.errors() == pytest.approx(error)


def test_an_even_week_has_no_busiest_hour_and_a_rush_has() -> None:
    draw = np.random.default_rng(4)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    even = [
        (f"u{k % 60}", (start + timedelta(hours=int(h))).strftime("%Y-%m-%d %H:%M"))
        for k, h in enumerate(draw.integers(0, 168 * 8, 400))
    ]
    said = WeekdayHour().ask(from_rows(rows(*even))).findings()[0]
    assert said.message.startswith("No hour of the week stands out")
    rush = [(f"v{k}", "2026-01-13 21:10") for k in range(40)]
    said = WeekdayHour().ask(from_rows(rows(*even, *rush))).findings()[0]
    assert said.message.startswith("Tuesdays") and said.facts["hour"] == 21
