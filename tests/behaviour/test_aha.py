"""The aha finder: by hand, against the oracle, planted, and where nothing is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps

import analysis
from analysis import Aha, stats
from analysis.behaviour.moments.association import associate
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from analysis.users import left_edge_days
from tests.oracle import aha as oracle
from tests.shop import days, journey

HOUR = 3_600_000_000
EDGE = [r for k in range(3) for r in days(f"e{k}", range(0, 100, 2), "edge", "2026-01-01 00:00")]
"""Users who come every other day: they make the left edge two days, and the file 98 days long."""


def made(rows: list[tuple[str, float, str]]) -> EventLog:
    """A log of user, hour, event."""
    users, hours, events = zip(*rows, strict=True)
    time = (np.array(hours) * HOUR).astype(np.int64)
    return EventLog.build(pa.table({"user": pa.array(users), "time": time, "event": pa.array(events)}))


def fill(times: np.ndarray, question: Aha, n_events: int) -> None:
    assert times.shape == (2, 2, n_events, len(question.windows), question.times[-1] + 1)


def test_times_windows_and_outcome_by_hand() -> None:
    log = from_rows(
        [
            *EDGE,
            *days("a", [0, 0, 0.5, 1, 7], "x", "2026-02-01 00:00"),  # 3 in the first day (24 h is outside it), back
            *days("b", [0, 6.9, 35], "x", "2026-02-01 00:00"),  # day 35 is behind the horizon: not back
            *days("c", [0, 34.9], "x", "2026-02-01 00:00"),  # back on the last day
            *days("d", [0, 3], "x", "2026-03-10 00:00"),  # the horizon is not over
        ]
    )
    answer = Aha().ask(log)
    assert answer.fates.tolist() == [3, 3, 1, 0]
    assert answer.halves.sum(axis=0).tolist() == [1, 2]
    code = log.events.code("x", "event")
    fill(answer.times, answer.question, len(log.events.values))
    by_times = answer.times.sum(axis=(0, 1))[code]
    assert by_times[:, 1:6].tolist() == [[2, 0, 1, 0, 0], [2, 0, 0, 1, 0], [1, 1, 0, 1, 0]]
    assert sorted(log.ids(answer.people("x", 2, 7))) == ["a", "b"]
    assert log.ids(answer.people("x", 2, 7, did=False)) == ["c"]


def test_a_goal_reached_early_leaves_the_user_out_and_is_no_candidate() -> None:
    rows = [*days("a", [0, 2], "x", "2026-02-01"), *days("a", [3], "buy", "2026-02-01")]
    rows += [*days("b", [0], "x", "2026-02-01"), *days("b", [10], "buy", "2026-02-01"), *days("c", [0, 9], "x")]
    answer = Aha(goal="buy").ask(from_rows([*EDGE, *[{**r, "time": r["time"]} for r in rows]]))
    assert answer.fates.tolist() == [2, 3, 0, 1]
    assert answer.halves.sum(axis=0).tolist() == [1, 1]
    assert "buy" not in set(answer.table["event"])


def test_the_deal_into_halves_is_even_and_belongs_to_the_user() -> None:
    rng = np.random.default_rng(5)
    log = crowd(rng, 2000, 0.0)
    answer = Aha().ask(log)
    assert abs(answer.halves.sum(axis=1)[0] / answer.halves.sum() - 0.5) < 0.04
    some = log.of(log.users[::3])
    assert Aha().ask(some).halves.sum() < answer.halves.sum()


def crowd(rng: np.random.Generator, users: int, lift: float, *, events: tuple[str, ...] = tuple("abcdef")) -> EventLog:
    """Users who start over 60 days, do events at random in their week, and come back at .3, with 3 × "a" at .3 + lift."""
    begin = 24.0 * rng.integers(30, 90, users) + rng.integers(0, 24, users)
    n = rng.poisson(1.5, (users, len(events)))
    rows = [(f"u{k}", begin[k], "start") for k in range(users)]
    for k in range(users):
        for j, event in enumerate(events):
            rows += [(f"u{k}", begin[k] + h, event) for h in rng.uniform(1, 167, n[k, j])]
    back = rng.random(users) < 0.3 + lift * (n[:, 0] >= 3)
    rows += [(f"u{k}", begin[k] + 24 * rng.uniform(8, 30), "start") for k in np.flatnonzero(back)]
    rows += [("early", 0.0, "start"), ("early", 24.0, "start"), ("late", 24.0 * 140, "start")]
    return made(rows)


def test_planted_it_is_found_with_its_number() -> None:
    answer = Aha().ask(crowd(np.random.default_rng(1), 4000, 0.35))
    found = answer.findings()[0]
    assert (found.facts["event"], found.facts["times"], found.facts["days"]) == ("a", 3, 7)
    row = answer.table[
        (answer.table["event"] == "a") & (answer.table["times"] == 3) & (answer.table["within_days"] == 7)
    ]
    assert found.effect == row["difference_points"].iloc[0]
    assert found.low < 0.35 < found.high
    assert found.n == answer.halves[1].sum()
    assert {f.facts["event"] for f in answer.findings()[:-1]} == {"a"}


def test_where_nothing_is_planted_hardly_any_seed_finds_something() -> None:
    told = 0
    for seed in range(60):
        answer = Aha().ask(crowd(np.random.default_rng(100 + seed), 500, 0.0, events=tuple("abc")))
        assert len(answer.table) > 5
        told += any(f.p <= 0.05 for f in answer.findings())
    assert told <= 3


def test_the_p_of_one_half_is_valid_and_its_phi_covers() -> None:
    rng = np.random.default_rng(3)
    did = rng.binomial(200, 0.3, 20_000)
    hit, other_hit = rng.binomial(did, 0.25), rng.binomial(200 - did, 0.25)
    assert np.mean(associate(hit, did, other_hit, 200 - did).p <= 0.05) < 0.055
    share, one, two = 0.3, 0.6, 0.3
    rate = share * one + (1 - share) * two
    truth = (one - two) * np.sqrt(share * (1 - share) / (rate * (1 - rate)))
    found = associate(rng.binomial(did, one), did, rng.binomial(200 - did, two), 200 - did)
    assert np.mean((found.phi_low <= truth) & (truth <= found.phi_high)) == pytest.approx(0.95, abs=0.01)


def test_the_association_is_that_of_stats_and_of_pearson() -> None:
    found = associate(np.array([30]), np.array([50]), np.array([40]), np.array([120]))
    one = stats.newcombe(30, 50, 40, 120)
    assert (found.points[0], found.points_low[0], found.points_high[0]) == pytest.approx(one[:3])
    assert found.p[0] == pytest.approx(one.p, rel=1e-6)
    did, hit = np.repeat([1, 0], [50, 120]), np.concatenate([np.arange(50) < 30, np.arange(120) < 40])
    assert found.phi[0] == pytest.approx(sps.pearsonr(did, hit.astype(int))[0])
    assert found.lift[0] == pytest.approx(0.6 / (1 / 3))
    assert np.isnan(associate(np.array([0]), np.array([50]), np.array([2]), np.array([50])).p[0])


def test_too_few_and_refusals_and_repr() -> None:
    assert "Too few" in Aha().ask(from_rows(EDGE)).findings()[0].message
    assert list(Aha().ask(from_rows(EDGE)).table.columns) == Aha().ask(from_rows(EDGE)).COLUMNS
    for wrong in ({"times": (3, 1)}, {"days": ()}, {"first_days": 0}, {"horizon_days": 400}):
        with pytest.raises(ParameterError):
            Aha(**wrong)
    with pytest.raises(SchemaError):
        Aha().ask(from_rows(journey("u", "A"), shape="results"))
    question = Aha(goal="buy", event=analysis.Step("buy", "x"), times=(1, 4), first_days=14)
    assert eval(repr(question), {"Aha": Aha, "Step": analysis.Step}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question
    assert question.windows == (1, 3, 7, 14)


@pytest.mark.parametrize("order", ["ga", "ag"])
def test_a_goal_at_the_moment_of_the_start_is_reached_already(order: str) -> None:
    rows = [("s", 139.0, e) for e in order] + [("end", 0.0, "a"), ("end", 24.0 * 23, "a")]
    answer = Aha(goal="g", event="a", first_days=1, horizon_days=1).ask(made(rows))
    assert answer.fates.tolist()[3] == 1


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("stuvwxyz"), st.integers(0, 24 * 20), st.sampled_from("abg")), min_size=1, max_size=30
    ),
    same=st.booleans(),
    goal=st.sampled_from([None, "g"]),
    event=st.sampled_from([None, "a"]),
    first=st.sampled_from([1, 3, 4]),
    horizon=st.sampled_from([1, 5]),
)
def test_oracle(rows, same, goal, event, first, horizon) -> None:  # type: ignore[no-untyped-def]
    rows = [(u, 24.0 * (h // 48) + 48 if same else float(h), e) for u, h, e in rows]
    rows += [("end", 0.0, "a"), ("end", 0.0, "g"), ("end", 24.0 * 23, "a")]
    log = made(rows)
    question = Aha(goal=goal, event=event, first_days=first, horizon_days=horizon, times=(1, 2, 3), days=(1, 2, 3))
    answer = question.ask(log)
    edge = log.starts_at / HOUR + int(left_edge_days(log) * 24 * HOUR) / HOUR
    expected = oracle.users(rows, goal, event, first, horizon, edge, log.ends_at / HOUR)
    assert answer.fates[0] == len(expected)
    assert answer.halves.sum(axis=0).tolist() == [
        sum(not came for _, came in expected.values()),
        sum(came for _, came in expected.values()),
    ]
    at_least = np.flip(np.cumsum(np.flip(answer.times, -1), -1), -1).sum(axis=0)
    for name in set(log.events.values[1:]):
        for w, length in enumerate(question.windows):
            for n in (1, 2, 3):
                hits = {u for u, (early, _) in expected.items() if oracle.did(early, name, n, length)}
                counted = event in (None, name)
                assert at_least[:, log.events.code(name, "event"), w, n].sum() == (len(hits) if counted else 0)
                if counted:
                    assert set(log.ids(answer.people(name, n, length))) == hits
                    came = sum(expected[u][1] for u in hits)
                    assert at_least[1, log.events.code(name, "event"), w, n] == came
