"""Funnel with exclusions, optional steps, step windows, values held and sessions: by hand, golden, against the oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Exclusion, Funnel, Step, Where, stats
from analysis.behaviour.funnels import split
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import EventLog, from_rows
from tests.oracle import funnel_ways as oracle
from tests.shop import footprints, journey

END = {"user": "z", "time": "2026-03-01 00:00", "event": "end"}  # the file goes on, so that windows close


def counts(answer: object) -> list[int]:
    return answer.table[answer.unit].tolist()  # type: ignore[attr-defined]


def log_of(*paths: str) -> EventLog:
    return from_rows([r for k, path in enumerate(paths) for r in journey(f"u{k}", path)] + [END])


# -- exclusions ---------------------------------------------------------------------------------------


def test_g4_an_attempt_closed_by_the_exclusion_is_an_entry_and_the_same_row_opens_no_other() -> None:
    """As Mixpanel: 2 entries, 1 conversion. The second A ends the first attempt, and a new one needs a later stamp."""
    answer = Funnel(steps=("A", "B"), exclude=("A",), attempt="all").ask(log_of("AAAB"))
    assert counts(answer) == [2, 1]
    assert answer.convert_hours().tolist() == [1]


def test_an_excluded_event_stops_the_attempt_at_the_step_before() -> None:
    steps = ("A", "B", "C")
    assert Funnel(steps=steps, exclude=("X",)).ask(log_of("ABXC", "ABC", "XABC", "ABCX")).level.tolist() == [2, 3, 3, 3]
    assert Funnel(steps=steps, exclude=(Exclusion("X", after=1),)).ask(log_of("ABXC", "AXBC")).level.tolist() == [3, 1]
    between = Exclusion("X", after=1, before=3)
    assert Funnel(steps=steps, exclude=(between,)).ask(log_of("ABXC", "AXBC")).level.tolist() == [2, 1]


def test_a_repeat_of_the_step_does_not_undo_an_exclusion_but_a_new_start_does() -> None:
    answer = Funnel(steps=("A", "B", "C"), exclude=(Exclusion("X", after=2),)).ask(log_of("ABXBC", "ABXABC"))
    assert answer.level.tolist() == [2, 3]


def test_an_excluded_event_at_the_stamp_of_a_step_is_not_between() -> None:
    rows = footprints("u", "A 1:00, X 1:00, B 2:00, X 2:00")
    assert counts(Funnel(steps=("A", "B"), exclude=("X",)).ask(from_rows([*rows, END]))) == [1, 1]


def test_removed_users_are_counted_apart_and_told() -> None:
    log = log_of(*["AXB"] * 3, *["AB"] * 40, "XA")
    answer = Funnel(steps=("A", "B"), exclude=("X",), on_exclusion="remove").ask(log)
    assert counts(answer) == [41, 40]
    assert log.ids(answer.removed) == ["u0", "u1", "u2"]
    told = answer.findings()[1]
    assert (told.facts["removed"], told.tone) == (3, "caution")
    assert counts(Funnel(steps=("A", "B"), exclude=("X",)).ask(log)) == [44, 40]


def test_removed_with_all_attempts_is_the_user_with_every_attempt() -> None:
    log = log_of("ABAX", "AB")
    answer = Funnel(steps=("A", "B"), exclude=("X",), on_exclusion="remove", attempt="all").ask(log)
    assert (counts(answer), log.ids(answer.removed)) == ([1, 1], ["u0"])


def test_an_exclusion_may_be_filtered() -> None:
    rows = [{**r, "kind": k} for r, k in zip(journey("u", "AXB"), [None, "soft", None], strict=True)]
    log = from_rows([*rows, {**END, "event": "X", "kind": "hard"}])
    for kind, level in (("soft", 1), ("hard", 2)):
        question = Funnel(steps=("A", "B"), exclude=(Exclusion(Step("X", where=(Where("kind", kind),))),))
        assert question.ask(log).level.tolist() == [level]


# -- optional steps and step windows ------------------------------------------------------------------

DAYS = {"exposed": "05 10:00", "view": "05 10:05", "cart": "05 11:30", "buy": "06 11:00"}
G8 = [{"user": "u", "time": f"2026-01-{at}", "event": e} for e, at in DAYS.items()]


def g8(*, optional: bool) -> tuple[object, ...]:
    cart = Step("cart", within_hours=2, optional=optional)
    return ("exposed", Step("view", within_hours=1), cart, Step("buy", within_hours=24))


def test_g8_a_step_window_runs_from_the_nearest_required_step() -> None:
    log = from_rows([*G8, END])
    assert counts(Funnel(steps=g8(optional=False)).ask(log)) == [1, 1, 1, 1]
    skipped = Funnel(steps=g8(optional=True)).ask(log)
    assert counts(skipped) == [1, 1, 1, 0]
    in_time = [*G8[:3], {**G8[3], "time": "2026-01-06 10:05"}]
    assert counts(Funnel(steps=g8(optional=True)).ask(from_rows([*in_time, END]))) == [1, 1, 1, 1]


def test_an_optional_step_holds_nobody_up_and_shows_its_own_share() -> None:
    steps = ("A", Step("B", optional=True), "C")
    answer = Funnel(steps=steps).ask(log_of("ABC", "AC", "AB", "A"))
    assert counts(answer) == [4, 2, 2]
    assert answer.table["step_rate"].tolist()[1:] == [0.5, 0.5]  # both of the four who did A
    assert answer.level.tolist() == [3, 3, 1, 1]
    assert [len(answer.people(k)) for k in (1, 2, 3)] == [4, 2, 2]
    assert [len(answer.people(k, reached=False)) for k in (2, 3)] == [2, 2]


def test_optional_steps_between_the_same_two_may_come_in_either_order_on_rows_of_their_own() -> None:
    steps = ("A", Step("B", optional=True), Step("B", "C", optional=True), "D")
    assert counts(Funnel(steps=steps).ask(log_of("ACBD", "ABD", "ABBD"))) == [3, 3, 2, 3]


def test_a_repeat_renews_the_clock_of_the_next_step() -> None:
    rows = footprints("u", "A 1:00, B 1:05, B 3:00, C 3:30")
    answer = Funnel(steps=("A", "B", Step("C", within_hours=1))).ask(from_rows([*rows, END]))
    assert counts(answer) == [1, 1, 1]
    assert answer.table["median_hours"].tolist()[1:] == [2.0, 0.5]  # the B that leads on


def test_all_step_windows_together_close_an_attempt() -> None:
    rows = [{"user": "u", "time": "2026-01-05 10:00", "event": "A"}, {"user": "z", "time": "2026-01-05 12:00"}]
    rows[1]["event"] = "B"
    log = from_rows(rows)
    assert Funnel(steps=("A", "B")).ask(log).table["still_open"].tolist() == [1, 0]
    assert counts(Funnel(steps=("A", Step("B", within_hours=1)), window_days=None).ask(log)) == [1, 0]


def test_after_a_step_window_ran_out_a_user_enters_again() -> None:
    log = from_rows([*footprints("u", "A 1:00, A 3:00, B 3:10"), END])
    answer = Funnel(steps=("A", Step("B", within_hours=1)), attempt="all").ask(log)
    assert counts(answer) == [2, 1]


# -- values held, sessions ----------------------------------------------------------------------------


def held(*rows: tuple[str, str | None]) -> EventLog:
    path = journey("u", [e for e, _ in rows])
    return from_rows([*({**r, "item": i} for r, (_, i) in zip(path, rows, strict=True)), {**END, "item": "none"}])


def test_g6_held_to_the_item_browsing_one_and_adding_another_is_no_conversion() -> None:
    log = held(("browse", "shirt"), ("browse", "jeans"), ("add", "jeans"), ("browse", "shoes"))
    answer = Funnel(steps=("browse", "add"), hold=("item",)).ask(log)
    assert (answer.unit, counts(answer)) == ("user_values", [3, 1])
    assert len(answer.people(1)) == 3
    other = held(("browse", "shirt"), ("add", "jeans"))
    assert counts(Funnel(steps=("browse", "add"), hold="item").ask(other)) == [1, 0]  # type: ignore[arg-type]
    assert counts(Funnel(steps=("browse", "add")).ask(other)) == [1, 1]


def test_rows_without_the_value_are_no_steps_but_exclude_for_every_value() -> None:
    log = held(("A", "x"), ("A", "y"), ("X", None), ("B", "x"), ("B", None))
    assert counts(Funnel(steps=("A", "B"), hold=("item",)).ask(log)) == [2, 1]
    assert counts(Funnel(steps=("A", "B"), hold=("item",), exclude=("X",)).ask(log)) == [2, 0]
    of_y = held(("A", "x"), ("A", "y"), ("X", "y"), ("B", "x"), ("B", "y"))
    assert counts(Funnel(steps=("A", "B"), hold=("item",), exclude=("X",)).ask(of_y)) == [2, 1]


def test_several_columns_are_held_together() -> None:
    rows = [{**r, "i": i, "j": j} for r, i, j in zip(journey("u", "ABAB"), "xxyy", "12 2", strict=True)]
    rows = [{k: (None if v == " " else v) for k, v in r.items()} for r in rows]
    log = from_rows([*rows, {**END, "i": "x", "j": "1"}])
    assert counts(Funnel(steps=("A", "B"), hold=("i", "j")).ask(log)) == [1, 0]


def test_a_session_is_cut_by_a_gap_and_an_attempt_stays_in_it() -> None:
    rows = footprints("u", "A 1:00, B 1:30, A 5:00, B 5:31, B 7:00") + footprints("v", "A 23:50, B 24:10")
    answer = Funnel(steps=("A", "B"), unit="sessions").ask(from_rows([*rows, END]))
    assert (answer.unit, counts(answer)) == ("sessions", [3, 2])  # half an hour is no cut, nor is midnight
    assert (counts(Funnel(steps=("A", "B"), unit="sessions", session_minutes=31).ask(from_rows([*rows, END])))) == [
        3,
        3,
    ]


def test_only_a_running_session_is_still_open() -> None:
    rows = [*footprints("u", "A 1:00"), *footprints("v", "A 3:00, end 3:10"), *footprints("w", "B 3:20")]
    assert Funnel(steps=("A", "B"), unit="sessions").ask(from_rows(rows)).table["still_open"].tolist() == [1, 0]
    assert Funnel(steps=("A", "B")).ask(from_rows(rows)).table["still_open"].tolist() == [2, 0]
    opened = Funnel(steps=("A", "B"), unit="sessions", include_open=True).ask(from_rows(rows))
    assert counts(opened) == [2, 0]
    with pytest.raises(SchemaError, match="plain days"):
        Funnel(steps=("A",), unit="sessions").ask(from_rows([{"user": "u", "time": "2026-01-05", "event": "A"}]))


def test_sessions_are_clustered_by_user() -> None:
    # one user with 40 sessions that all convert says less than 40 users
    rows = [r for d in range(40) for r in footprints("u", "A 1:00, B 1:10", f"2026-01-{d % 20 + 1:02d}")[:2]]
    rows += [r for k in range(40) for r in footprints(f"v{k}", "A 1:00, B 1:10" if k % 2 else "A 1:00", "2026-01-03")]
    many = [r for d in range(1, 21) for r in footprints("u", "A 1:00, B 1:10", f"2026-01-{d:02d}")]
    answer = Funnel(steps=("A", "B"), unit="sessions").ask(from_rows([*many, *rows[80:], END]))
    row = answer.table.iloc[1]
    low, high = stats.wilson(40, 60)
    assert row["sessions"] == 40
    assert row["step_rate_low"] < low
    assert row["step_rate_high"] > high


# -- refusals, plain values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"steps": (Step("A", optional=True), "B")}, "first and the last step are never optional"),
        ({"steps": ("A", Step("B", optional=True))}, "first and the last step are never optional"),
        ({"steps": (Step("A", within_hours=1), "B")}, "nothing is before it"),
        ({"steps": ("A", Step("B", optional=True), "C"), "order": "any"}, "follow each other"),
        ({"steps": ("A", "B"), "exclude": ("X",), "order": "exact"}, "follow each other"),
        ({"steps": ("A", Step("B", within_hours=1)), "order": "any"}, "follow each other"),
        ({"steps": ("A", "B"), "exclude": (Exclusion("X", after=2),)}, "not optional"),
        ({"steps": ("A", Step("B", optional=True), "C"), "exclude": (Exclusion("X", after=2),)}, "not optional"),
        ({"steps": ("A", "B"), "exclude": (Exclusion("X", after=1, before=1),)}, "not optional"),
        ({"steps": ("A", "B"), "on_exclusion": "ask"}, "stop, remove"),
        ({"steps": ("A", "B"), "unit": "orders"}, "users, sessions"),
        ({"steps": ("A", "B"), "session_minutes": 0}, "1,440"),
    ],
)
def test_what_has_no_meaning_is_refused_in_words(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Funnel(**fields)  # type: ignore[arg-type]
    with pytest.raises(UnknownValueError, match="itm"):
        Funnel(steps=("A", "B"), hold=("itm",)).ask(log_of("AB"))


def test_repr_and_dict_repeat_every_field() -> None:
    question = Funnel(
        steps=("a", Step("b", optional=True, within_hours=2.5), Step("c", where=(Where("x", "1"),), within_hours=24)),
        exclude=("d", Exclusion(Step("e", "f"), after=1, before=3)),
        on_exclusion="remove",
        hold=("x",),
        unit="sessions",
        session_minutes=45,
    )
    names = {name: getattr(analysis, name) for name in analysis.__all__}
    assert eval(repr(question), names) == question
    assert analysis.Question.from_dict(question.to_dict()) == question
    assert hash(question) == hash(eval(repr(question), names))


def test_newcombe_of_arrays_is_that_of_pairs() -> None:
    cells = np.array([[5, 50, 30, 60], [0, 10, 0, 20], [10, 10, 20, 20], [0, 0, 3, 9], [7, 9, 400, 1000]])
    found = np.transpose(split.newcombe(*cells.T))
    for row, values in zip(cells, found, strict=True):
        assert values.tolist() == pytest.approx(list(stats.newcombe(*row)), nan_ok=True)


def test_differences_of_attempts_are_no_more_often_found_than_they_should_be() -> None:
    rng, hits = np.random.default_rng(3), 0
    for _ in range(200):
        rows = []
        for user in range(40):  # a user keeps the value and the habit: without clusters this looks like a difference
            eager, value = rng.random() < 0.5, "xy"[int(rng.random() < 0.5)]
            for day in range(1, 6):
                said = "A 1:00, B 2:00" if rng.random() < (0.9 if eager else 0.1) else "A 1:00"
                rows += [{**r, "v": value} for r in footprints(f"u{user}", said, f"2026-01-{day:02d}")]
        log = from_rows([*rows, {**END, "v": "x"}])
        answer = Funnel(steps=("A", "B"), window_days=0.2, attempt="all", split="v").ask(log)
        hits += min(f.p for f in answer.tested()) <= 0.05
    assert hits <= 20  # 5 % of 200 is 10; more than 20 has a chance under 1 in 500


# -- random logs --------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from("uv"), st.integers(0, 9), st.sampled_from("abcx"), st.sampled_from(["", "1", "2"])),
    min_size=1,
    max_size=10,
)
STEPS = st.lists(st.sets(st.sampled_from("abc"), min_size=1, max_size=2), min_size=1, max_size=4)
MIDNIGHT = analysis.calendar.instant("2026-01-05", "UTC") / 3.6e9


def build(rows: list[tuple[str, int, str, str]]) -> EventLog:
    made = [{"user": u, "time": f"2026-01-05 {h:02d}:00", "event": e, "v": v or None} for u, h, e, v in rows]
    ends = [{"user": "end", "time": f"2026-01-05 1{k}:00", "event": e, "v": "1"} for k, e in enumerate("abcx")]
    return from_rows([*made, *ends])


@st.composite
def asked(draw: st.DrawFn) -> tuple[Funnel, oracle.Rules]:
    steps = draw(STEPS)
    n = len(steps)
    optional = [0 < k < n - 1 and draw(st.booleans()) for k in range(n)]
    within = [None if k == 0 else draw(st.sampled_from([None, None, 1.0, 2.0])) for k in range(n)]
    firm = [k for k in range(n) if not optional[k]]
    exclude, excluded = [], []
    for event in draw(st.lists(st.sampled_from("xab"), max_size=2)):
        if len(firm) > 1 and draw(st.booleans()):
            after = draw(st.integers(0, len(firm) - 2))
            before = draw(st.integers(after + 1, len(firm) - 1))
            exclude.append(Exclusion(Step(event), after=firm[after] + 1, before=firm[before] + 1))
            excluded.append((event, set(range(after, before))))
        else:
            exclude.append(Exclusion(Step(event)))
            excluded.append((event, set(range(len(firm) - 1))))
    window = draw(st.sampled_from([2.0, 5.0]))
    question = Funnel(
        steps=tuple(
            Step(*sorted(s), optional=o, within_hours=w) for s, o, w in zip(steps, optional, within, strict=True)
        ),
        window_days=window / 24,
        attempt=draw(st.sampled_from(["best", "first", "all"])),
        exclude=tuple(exclude),
        on_exclusion=draw(st.sampled_from(["stop", "remove"])),
        hold=draw(st.sampled_from([(), ("v",)])),
        unit=draw(st.sampled_from(["users", "sessions"])),
        session_minutes=60,
    )
    return question, oracle.Rules(steps, optional, within, window, excluded)


def expected(rows, question: Funnel, rules: oracle.Rules, until: float):  # type: ignore[no-untyped-def]
    """Closed attempts: user, hours of the steps that are not optional, most optional steps; and those removed."""
    kept, removed = [], []
    common = {e for e, _ in rules.excluded}
    idle = 1.0 if question.unit == "sessions" else None
    longest = question.window / 3.6e9
    for user in "uv":
        mine = sorted([(float(h), e, v) for u, h, e, v in rows if u == user], key=lambda r: r[0])
        for part in oracle.units(mine, False, idle, common):
            over = bool(part) and idle is not None and part[-1][0] + idle < until
            for unit in oracle.units(part, bool(question.hold), None, common):
                found = oracle.judged(unit, rules, question.attempt, 1e9 if over else until - longest + 1e-6)
                if question.on_exclusion == "remove" and any(cut for _, cut, _ in found):
                    removed.append(user)
                    continue
                kept += [(user, tuple(h), oracle.skips(unit, h, end, rules)) for h, _, end in found]
    return kept, removed


@settings(max_examples=300, deadline=None)
@given(rows=ROWS, case=asked(), apart=st.booleans())
def test_oracle_of_every_rule_together(rows, case, apart) -> None:  # type: ignore[no-untyped-def]
    if apart:  # no equal stamps: the quick way
        rows = list({(u, h): (u, h, e, v) for u, h, e, v in rows}.values())
    log, (question, rules) = build(rows), case
    answer = question.ask(log)
    kept, removed = expected(rows, question, rules, log.ends_at / 3.6e9 - MIDNIGHT)
    firm = [k for k, o in enumerate(rules.optional) if not o]
    loose = [k for k, o in enumerate(rules.optional) if o]
    found = []
    for i in np.flatnonzero(~answer.still_open):
        user = log.ids(answer.who[i : i + 1])[0]
        reached = [r for r in answer.rows[i] if r >= 0]
        assert len(set(reached)) == len(reached)
        hours = tuple(log.time[r] / 3.6e9 - MIDNIGHT for r in answer.rows[i, firm] if r >= 0)
        assert answer.level[i] == firm[len(hours) - 1] + 1
        if user != "end":
            found.append((user, hours, int((answer.rows[i, loose] >= 0).sum())))
    assert sorted(f[:2] for f in found) == sorted(k[:2] for k in kept)
    if apart:
        assert sorted(found) == sorted(kept)
    else:  # in a moment of several rows the other steps take theirs first
        assert sum(f[2] for f in found) <= sum(k[2] for k in kept)
    if question.attempt != "all":
        assert sorted(u for u in log.ids(answer.removed) if u != "end") == sorted(removed)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, case=asked(), data=st.data())
def test_answers_depend_neither_on_row_order_nor_on_chunks(rows, case, data) -> None:  # type: ignore[no-untyped-def]
    import analysis.engine as engine

    question = case[0]
    whole = question.ask(build(rows))
    shuffled = question.ask(build(data.draw(st.permutations(rows))))
    assert whole.table.equals(shuffled.table)
    before, engine.ROWS_A_CHUNK = engine.ROWS_A_CHUNK, data.draw(st.integers(1, 6))
    try:
        again = question.ask(build(rows))
    finally:
        engine.ROWS_A_CHUNK = before
    assert whole.table.equals(again.table)
    assert whole.rows.tolist() == again.rows.tolist()


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, steps=STEPS, attempt=st.sampled_from(["best", "first", "all"]))
def test_without_limits_the_general_way_is_the_plain_way(rows, steps, attempt) -> None:  # type: ignore[no-untyped-def]
    log = build(rows)
    question = Funnel(steps=tuple(Step(*sorted(s)) for s in steps), window_days=5 / 24, attempt=attempt)
    wide = [Step(*s.events, within_hours=200 if k else None) for k, s in enumerate(question.steps)]
    plain, general = question.ask(log), Funnel(steps=tuple(wide), window_days=5 / 24, attempt=attempt).ask(log)
    pd.testing.assert_frame_equal(plain.table, general.table)
