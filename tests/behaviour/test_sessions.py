"""Sessions: by hand, golden, against the oracle, the published figure, and under no difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Sessions
from analysis.behaviour.visits import session_rates
from analysis.behaviour.visits.session_walk import SUMS
from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from analysis.stats import ratio_interval
from tests.oracle import sessions as oracle
from tests.shop import footprints, real

LATE = {"user": "z", "time": "2026-03-01 00:00:01", "event": "end"}


def of(rows, **settings):  # type: ignore[no-untyped-def]
    """The row of all sessions of user rows, the end marker (one open session) aside."""
    return Sessions(event="x", **settings).ask(from_rows([*rows, LATE])).table.iloc[0]


def events(user: str, *stamps: str, event: str = "x", **more: object) -> list[dict[str, object]]:
    return [{"user": user, "time": s if len(s) > 10 else f"2026-01-05 {s}", "event": event, **more} for s in stamps]


def test_g17_midnight_cuts_no_session() -> None:
    night = of(events("a", "2026-01-05 23:50", "2026-01-06 00:10"))
    assert (night["sessions"], night["bounces"], night["bounce_rate"]) == (1, 0, 0)
    day = of(events("a", "10:55", "11:05"))
    assert (day["sessions"], day["bounces"], day["bounce_rate"]) == (1, 0, 0)


def test_a_gap_of_exactly_the_timeout_does_not_cut_and_a_longer_one_does() -> None:
    assert of(events("a", "10:00:00", "10:30:00"))["sessions"] == 1
    assert of(events("a", "10:00:00", "10:30:01"))["sessions"] == 2
    assert of(events("a", "10:00:00", "10:05:01"), timeout_minutes=5)["sessions"] == 2


def test_duration_runs_from_first_to_last_with_and_without_single_events() -> None:
    row = of([*events("a", "10:00", "10:20"), *events("b", "10:00"), *events("c", "10:00")])
    assert row["median_duration_hours"] == 0
    assert row["several_events_median_hours"] == pytest.approx(1 / 3)
    assert row["events_per_session"] == pytest.approx(4 / 3)


def test_three_meanings_of_a_bounce() -> None:
    rows = [*events("a", "10:00:00", "10:00:09"), *events("b", "10:00:00", "10:00:10"), *events("c", "11:00")]
    rows += events("c", "11:01", event="buy")
    log = from_rows([*rows, LATE])
    asked = {"event": analysis.Step("x", "buy"), "goal": "buy"}
    assert [Sessions(bounce=b, **asked).ask(log).table["bounces"][0] for b in ("one_event", "short", "no_goal")] == [
        0,
        1,
        2,
    ]


def test_entry_and_exit_are_the_first_and_last_given_page() -> None:
    rows = [*events("a", "10:00"), *events("a", "10:01", page="home"), *events("a", "10:02", page="item")]
    rows += [*events("a", "10:03", page="home"), *events("a", "10:04"), *events("b", "10:00", page="item")]
    table = Sessions(event="x", group="page").ask(from_rows([*rows, LATE])).table.set_index("group")
    assert table.loc[["home", "item"], ["entries", "exits", "views"]].to_numpy().tolist() == [[1, 1, 2], [1, 1, 2]]
    assert table["bounce_rate"].to_dict() == {"home": 0, "item": 1, "": pytest.approx(np.nan, nan_ok=True)}
    assert table["exit_rate"]["home"] == 0.5


def test_where_most_sessions_begin_is_the_headline_of_pages() -> None:
    rows = [r for k in range(40) for r in events(f"u{k}", "10:00", "12:00", page="home" if k < 30 else "item")]
    head = Sessions(event="x", group="page").ask(from_rows([*rows, LATE])).findings()[0]
    assert (head.facts["value"], head.effect) == ("home", 0.75)
    alone = ratio_interval(30, 40, 30, 30, 40, 40)  # two sessions a user, always of one page: as if one each
    assert (head.low, head.high) == pytest.approx(alone)


def test_the_files_own_sessions_may_lie_inside_each_other() -> None:
    rows = [*events("a", "10:00", "18:00", sid="s1"), *events("a", "10:01", sid="s2"), *events("b", "10:02", sid="s1")]
    log = from_rows([*rows, *events("a", "10:03"), LATE], roles={"session": "sid"})
    row = Sessions(event="x", by="column").ask(log).table.iloc[0]
    assert (row["sessions"], row["users"], row["bounces"]) == (3, 2, 2)
    with pytest.raises(SchemaError, match="session"):
        Sessions(by="column").ask(from_rows([*rows, LATE]))


def test_a_session_that_may_go_on_is_counted_and_is_in_no_rate() -> None:
    rows = [*events("a", "10:00", "11:00"), *events("b", "11:20")]
    row = Sessions().ask(from_rows(rows)).table.iloc[0]
    assert (row["sessions"], row["still_open"], row["bounces"], row["users"]) == (3, 2, 1, 2)
    assert row["bounce_rate"] == 1


def test_a_session_belongs_to_the_day_of_its_start() -> None:
    rows = events("a", "2026-01-05 23:50", "2026-01-06 00:10", "2026-01-06 12:00")
    assert of(rows, first_day="2026-01-06")["sessions"] == 1
    assert of(rows, last_day="2026-01-05")["events_per_session"] == 2


def test_plain_days_are_refused_and_so_are_wrong_values() -> None:
    with pytest.raises(SchemaError, match="plain days"):
        Sessions().ask(from_rows([{"user": "a", "time": f"2026-01-{d:02d}", "event": "x"} for d in (5, 6, 7)]))
    with pytest.raises(ParameterError, match="goal"):
        Sessions(bounce="no_goal")
    with pytest.raises(ParameterError, match="timeout"):
        Sessions(timeout_minutes=0)
    with pytest.raises(SchemaError):
        Sessions().ask(from_rows(footprints("u", "A 1:00"), shape="results"))
    with pytest.raises(SchemaError, match="page"):
        Sessions(group="page").ask(from_rows(events("a", "10:00")))


def test_an_empty_answer_has_the_shape_of_a_full_one() -> None:
    log = from_rows([*events("a", "10:00", page="home"), LATE])
    empty, full = Sessions(first_day="2026-02-01", last_day="2026-02-02"), Sessions()
    assert list(empty.ask(log).table.columns) == list(full.ask(log).table.columns)
    assert np.isnan(empty.ask(log).table["bounce_rate"][0])
    assert "Too few" in empty.ask(log).findings()[0].message
    grouped = Sessions(group="page", first_day="2026-02-01", last_day="2026-02-02").ask(log)
    assert (len(grouped.table), grouped.tested()) == (0, [])


def test_mathoverflow_has_400_019_sessions_with_its_duplicates_dropped_or_kept() -> None:
    for duplicates in ("drop", "keep"):
        log = analysis.load(real("mathoverflow_events.csv.gz"), duplicates=duplicates)
        assert Sessions().ask(log).table["sessions"][0] == 400_019


def test_g21_one_session_a_user_gives_nearly_the_interval_of_wilson() -> None:
    rows = [r for k in range(100) for r in events(f"u{k}", "10:00", *(["10:01"] if k >= 55 else []))]
    row = of(rows)
    assert (row["bounce_rate"], row["bounces"]) == (0.55, 55)
    assert (row["bounce_rate_low"], row["bounce_rate_high"]) == pytest.approx((0.452, 0.644), abs=0.004)


def test_repr_repeats_the_question() -> None:
    question = Sessions(event="x", by="column", bounce="no_goal", goal="x", group="page", timeout_minutes=5)
    assert eval(repr(question), {"Sessions": Sessions}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


# -- the test of groups ---------------------------------------------------------------------------


def shops(rng: np.random.Generator, users: int, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Sums of two groups and of all, of users who each have a rate of their own and sessions in both groups."""
    sums = np.zeros((3, len(SUMS)))
    own = rng.beta(1, 1, users)
    n = rng.poisson(3, (users, 2)) * (rng.random((users, 2)) < 0.7)
    x = rng.binomial(n, np.clip(own[:, None] + [gap, 0], 0, 1))
    X, N = x.sum(axis=1), n.sum(axis=1)
    for k in range(3):
        a, b = (x[:, k], n[:, k]) if k < 2 else (X, N)
        said = {"n": b, "x": a, "xx": a * a, "xn": a * b, "nn": b * b, "x_all_x": a * X, "x_all_n": a * N}
        said |= {"n_all_x": b * X, "n_all_n": b * N, "closed_users": b > 0, "also_outside": (b > 0) & (N - b > 0)}
        for name, values in said.items():
            sums[k, SUMS.index(name)] = values.sum()
    return sums, np.column_stack([x[:, 0], n[:, 0], x[:, 1], n[:, 1]])[N > 0]


def named(row: np.ndarray) -> dict[str, float]:
    return dict(zip(SUMS, row, strict=True))


def test_under_no_difference_at_most_one_in_twenty_is_called_different() -> None:
    rng = np.random.default_rng(1)
    p = [session_rates._difference(named(s[0]), named(s[2])).p for s, _ in (shops(rng, 120, 0) for _ in range(1500))]
    assert np.mean(np.array(p) <= 0.05) < 0.065  # .05 and two and a half standard errors
    naive = [s for s, _ in (shops(rng, 120, 0.25) for _ in range(100))]
    assert np.mean([session_rates._difference(named(s[0]), named(s[2])).p <= 0.05 for s in naive]) > 0.8


def test_oracle_of_the_clustered_difference() -> None:
    rng = np.random.default_rng(2)
    for _ in range(60):
        sums, pairs = shops(rng, 40, 0.1)
        found = session_rates._difference(named(sums[0]), named(sums[2]))
        inside, outside = (pairs[:, 1] > 0).sum(), (pairs[:, 3] > 0).sum()
        from scipy.stats import t

        half = t.ppf(0.975, min(inside, outside) - 1) * oracle.clustered([tuple(r) for r in pairs.tolist()]) ** 0.5
        assert found.value == pytest.approx(
            pairs[:, 0].sum() / pairs[:, 1].sum() - pairs[:, 2].sum() / pairs[:, 3].sum()
        )
        assert (found.low, found.high) == pytest.approx((max(found.value - half, -1), min(found.value + half, 1)))


def test_the_channel_that_bounces_is_named_and_the_others_are_not() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for k in range(600):
        channel = ("ads", "mail", "search")[k % 3]
        for d in range(5, 8):
            more = rng.random() > (0.8 if channel == "ads" else 0.5)
            at = [f"2026-01-{d:02d} 10:00", *([f"2026-01-{d:02d} 10:05"] if more else [])]
            rows += events(f"u{k}", *at, channel=channel)
    answer = Sessions(event="x", group="channel").ask(from_rows([*rows, LATE]))
    found = answer.findings()[1:]
    assert found[0].facts["value"] == "ads"
    assert found[0].tone == "bad"
    assert found[0].low > 0.1
    assert len(answer.tested()) == 3


ROWS = st.lists(
    st.tuples(
        st.sampled_from("uvw"),
        st.integers(0, 120),
        st.sampled_from("xg"),
        st.sampled_from(["", "home", "item"]),
        st.sampled_from(["", "s", "t"]),
    ),
    min_size=1,
    max_size=18,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    same=st.booleans(),
    timeout=st.sampled_from([1, 5, 30]),
    by=st.sampled_from(["idle", "column"]),
    event=st.sampled_from([None, "x"]),
    bounce=st.sampled_from(["one_event", "short", "no_goal"]),
    span=st.sampled_from([None, (1440, 2880)]),
    late=st.sampled_from([130, 4000]),
)
def test_oracle(rows, same, timeout, by, event, bounce, span, late) -> None:  # type: ignore[no-untyped-def]
    rows = [(u, 60 if same else m + (1380 if k % 2 else 0), *rest) for k, (u, m, *rest) in enumerate(rows)]
    rows = [*rows, ("end", late, "x", "home", "s")]
    if max(r[1] for r in rows) != late:
        rows[-1] = ("end", max(r[1] for r in rows) + late, "x", "home", "s")
    rows.append(("end", rows[-1][1], "x", "home", "s"))
    base = np.datetime64("2026-01-05T00:00:00")
    made = [
        {"user": u, "time": str(base + np.timedelta64(m, "m")), "event": e, "page": p or None, "sid": s or None}
        for u, m, e, p, s in rows
    ]
    log = from_rows(made, roles={"page": "page", "session": "sid"})
    days = {} if span is None else {"first_day": "2026-01-06", "last_day": "2026-01-06"}
    goal = "x" if event == "x" else "g"
    if goal not in {r[2] for r in rows}:
        goal = "x"
    question = Sessions(
        event=event, timeout_minutes=timeout, by=by, bounce=bounce, bounce_seconds=600, goal=goal, group="page", **days
    )
    answer = question.ask(log)
    until = log.ends_at // 60_000_000 - int(base.astype("datetime64[m]").astype(int))
    expected = oracle.counted(rows, timeout, by, event, bounce, goal, until, span or (-1, 10**9))
    table = answer.table.set_index("group")
    assert set(table.index) == set(expected)
    for page, counts in expected.items():
        for what in ("sessions", "still_open", "users", "bounces", "bounce_users", "exits", "exit_users", "views"):
            assert table.loc[page, what] == counts.get(what, 0), (page, what)
        closed = counts.get("sessions", 0) - counts.get("still_open", 0)
        if closed:
            assert table.loc[page, "events_per_session"] == pytest.approx(counts["events"] / closed)
        for kind, name in (("any", "users"), ("bounce", "bounce_users"), ("exit", "exit_users")):
            assert len(answer.people(page, kind)) == counts.get(name, 0)
    lengths = [
        (e[-1][1] - e[0][1]) / 60
        for _, e in oracle.sessions(rows, timeout, by, event, until)
        if (span or (-1, 10**9))[0] <= e[0][1] < (span or (-1, 10**9))[1] and until - e[-1][1] > timeout
    ]
    if lengths:
        assert answer.total["median_duration_hours"][0] == pytest.approx(np.median(lengths))
    assert answer.total["sessions"][0] == sum(c.get("sessions", 0) for c in expected.values())
    assert Sessions(**{**question.chosen(), "group": None}).ask(log).table.equals(answer.total)


def test_the_interval_knows_that_one_user_has_many_sessions() -> None:
    clustered = ratio_interval(500, 1000, 50_000, 50_000, 100_000, 10)
    alone = ratio_interval(500, 1000, 500, 500, 1000, 1000)
    assert clustered[1] - clustered[0] > 5 * (alone[1] - alone[0])
