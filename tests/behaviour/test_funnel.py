"""Funnel: by hand, golden, against the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Funnel, Step, Where
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows
from tests.oracle import funnel as oracle
from tests.shop import footprints, journey

END = {"user": "z", "time": "2026-03-01 00:00", "event": "end"}  # the file goes on, so that windows close


def counts(answer: object) -> list[int]:
    return answer.table[answer.unit].tolist()  # type: ignore[attr-defined]


def test_g1_first_attempt_keeps_its_clock_best_attempt_does_not() -> None:
    log = from_rows([*footprints("u", "A 1:00, A 1:30, B 1:45, C 2:15"), END])
    ask = {"steps": ("A", "B", "C"), "window_days": 1 / 24}
    assert counts(Funnel(attempt="first", **ask).ask(log)) == [1, 1, 0]
    best = Funnel(**ask).ask(log)
    assert counts(best) == [1, 1, 1]
    assert best.convert_hours() * 60 == pytest.approx([45])


FOUR = ["ABFCDE", "ABDCDE", "ABCE", "ABCEDE"]


@pytest.mark.parametrize(("order", "levels"), [("this", [5, 5, 3, 5]), ("exact", [2, 2, 3, 3])])
def test_g2_g3_this_order_and_exact_order(order: str, levels: list[int]) -> None:
    log = from_rows([row for k, path in enumerate(FOUR) for row in journey(str(k), path)])
    assert Funnel(steps=tuple("ABCDE"), window_days=None, order=order).ask(log).level.tolist() == levels


def test_g5_all_attempts_a_repeat_of_step_one_is_no_new_entry() -> None:
    answer = Funnel(steps=("A", "B"), attempt="all").ask(from_rows([*journey("u", "AAB"), END]))
    assert answer.unit == "attempts"
    assert counts(answer) == [1, 1]


def test_g6_all_attempts_split_by_item_at_step_one() -> None:
    items = ["shirt", "jeans", None, "shoes"]
    rows = [{**r, "item": i} for r, i in zip(journey("u", ["browse", "browse", "add", "browse"]), items, strict=True)]
    answer = Funnel(steps=("browse", "add"), attempt="all", split="item", split_at=1).ask(from_rows([*rows, END]))
    entries = answer.by_value[answer.by_value["step"] == "browse"].set_index("value")["users"]
    assert entries.to_dict() == {"shirt": 1, "shoes": 1}
    converted = answer.by_value[answer.by_value["step"] == "add"].set_index("value")["users"]
    assert converted.to_dict() == {"shirt": 1, "shoes": 0}


@pytest.mark.parametrize(
    ("split_at", "value"), [("first", "Chrome"), ("last", "Firefox"), (1, "Chrome"), (2, "Firefox"), ("all", None)]
)
def test_g7_split_takes_the_value_where_it_is_told_to(split_at: object, value: str | None) -> None:
    rows = [{**r, "browser": b} for r, b in zip(journey("u", ["view", "up"]), ["Chrome", "Firefox"], strict=True)]
    answer = Funnel(steps=("view", "up"), split="browser", split_at=split_at).ask(from_rows([*rows, END]))
    assert answer.by_value["value"].unique().tolist() == ([value] if value else [])
    assert answer.left_out == (0 if value else 1)


def test_g9_out_of_order_events_do_not_count() -> None:
    log = from_rows([*journey("u", "CABCBE"), *journey("other", "D")])
    assert Funnel(steps=tuple("ABCDE"), window_days=None).ask(log).level.tolist() == [3]


def test_g10_equal_date_only_stamps_match_in_either_order() -> None:
    rows = [{"user": "u", "time": "2026-01-05", "event": e} for e in ("B", "A")]
    log = from_rows([*rows, {"user": "z", "time": "2026-02-05", "event": "end"}])
    assert counts(Funnel(steps=("A", "B")).ask(log)) == [1, 1]
    assert log.resolution_us == analysis.calendar.DAY_US


def test_one_row_never_fills_two_steps() -> None:
    log = from_rows([*journey("u", "A"), *journey("v", "AA"), END])
    assert counts(Funnel(steps=("A", "A")).ask(log)) == [2, 1]


def test_a_repeated_step_needs_a_later_stamp() -> None:
    lines = footprints("u", "buy 1:00, buy 1:00")
    assert counts(Funnel(steps=("buy", "buy")).ask(from_rows([*lines, END]))) == [1, 0]
    assert counts(Funnel(steps=("buy", "buy")).ask(from_rows([*lines, *footprints("u", "buy 2:00"), END]))) == [1, 1]


def test_g11_an_open_entry_is_counted_apart_and_has_no_rate() -> None:
    rows = [
        {"user": "u", "time": "2026-01-05 10:00", "event": "A"},
        {"user": "z", "time": "2026-01-07 10:00", "event": "x"},
    ]
    table = (
        Funnel(steps=("A", "B")).ask(from_rows([*rows, {"user": "z", "time": "2026-01-07 10:00", "event": "B"}])).table
    )
    assert table["still_open"].tolist() == [1, 0]
    assert table["users"].tolist() == [0, 0]
    assert table["total_rate"].isna().all()
    opened = Funnel(steps=("A", "x"), include_open=True).ask(from_rows(rows)).table
    assert opened["users"].tolist() == [1, 0]


def test_a_converted_open_entry_is_in_no_rate_either() -> None:
    log = from_rows([{"user": "u", "time": f"2026-01-05 1{h}:00", "event": e} for h, e in enumerate("AB")])
    assert counts(Funnel(steps=("A", "B")).ask(log)) == [0, 0]


def test_g21_wilson_intervals() -> None:
    rows = [r for k in range(100) for r in journey(f"u{k}", "AB" if k < 55 else "A")]
    table = Funnel(steps=("A", "B")).ask(from_rows([*rows, END])).table
    assert table.loc[1, ["step_rate_low", "step_rate_high"]].tolist() == pytest.approx([0.452, 0.644], abs=5e-4)
    low, high = analysis.stats.wilson(10, 18)
    assert (low, high) == pytest.approx((0.337, 0.754), abs=5e-4)


def test_window_edge_is_included() -> None:
    rows = footprints("u", "A 1:00, B 2:00")
    assert counts(Funnel(steps=("A", "B"), window_days=1 / 24).ask(from_rows([*rows, END]))) == [1, 1]
    rows = footprints("u", "A 1:00, B 2:01")
    assert counts(Funnel(steps=("A", "B"), window_days=1 / 24).ask(from_rows([*rows, END]))) == [1, 0]


def test_days_bound_the_entry_and_not_the_later_steps() -> None:
    rows = [
        {"user": "u", "time": "2026-01-05 23:00", "event": "A"},
        {"user": "u", "time": "2026-01-07 01:00", "event": "B"},
    ]
    question = Funnel(steps=("A", "B"), first_day="2026-01-05", last_day="2026-01-05")
    assert counts(question.ask(from_rows([*rows, END]))) == [1, 1]
    assert counts(Funnel(steps=("A", "B"), first_day="2026-01-06").ask(from_rows([*rows, END]))) == [0, 0]


def test_a_step_may_be_several_events_and_be_filtered() -> None:
    rows = [{**r, "price": p} for r, p in zip(journey("u", ["view", "order", "order"]), [None, 5.0, 50.0], strict=True)]
    log = from_rows([*rows, {**END, "event": "search"}])
    dear = Step("order", where=(Where("price", 20, ">"),))
    answer = Funnel(steps=(Step("view", "search"), dear)).ask(log)
    assert counts(answer) == [1, 1]  # the search at the very end is still open
    assert answer.convert_hours() == pytest.approx([2.0])


def test_people_are_as_many_as_the_number_shown() -> None:
    log = from_rows([r for k, p in enumerate(["AB", "A", "AB", "B"]) for r in journey(f"u{k}", p)] + [END])
    answer = Funnel(steps=("A", "B")).ask(log)
    assert log.ids(answer.people(2)) == ["u0", "u2"]
    assert log.ids(answer.people(2, reached=False)) == ["u1"]
    assert len(answer.people(1)) == answer.table["users"][0]


def test_median_and_quartiles_of_time_to_convert() -> None:
    rows = []
    for k, hours in enumerate([1, 2, 3, 4, 9]):
        rows += footprints(f"u{k}", f"A 1:00, B {1 + hours}:00")
    row = Funnel(steps=("A", "B")).ask(from_rows([*rows, END])).table.iloc[1]
    assert (row["lower_quartile_hours"], row["median_hours"], row["upper_quartile_hours"]) == (2, 3, 4)
    assert np.isnan(row["median_hours_low"])  # five values give no 95 % interval of a median


def test_too_few_is_said_in_words_and_a_drop_is_found() -> None:
    few = Funnel(steps=("A", "B")).ask(from_rows([*journey("u", "AB"), END])).findings()
    assert "Too few" in few[0].message
    rows = [r for k in range(60) for r in journey(f"u{k}", "ABC" if k < 12 else "AB")]
    found = Funnel(steps=("A", "B", "C")).ask(from_rows([*rows, END])).findings()[0]
    assert (found.facts["step"], found.facts["next"], found.effect) == ("B", "C", pytest.approx(0.8))


def test_refusals_name_the_value_the_rule_and_the_nearest_word() -> None:
    log = from_rows(journey("u", ["checkout", "check_in"]))
    with pytest.raises(UnknownValueError, match=r"'chekout' does not occur.*checkout"):
        Funnel(steps=("chekout",)).ask(log)
    with pytest.raises(ParameterError, match="window_days: 0 was given"):
        Funnel(steps=("a",), window_days=0)
    with pytest.raises(ParameterError):
        Funnel(steps=())
    with pytest.raises(SchemaError, match="result table"):
        Funnel(steps=("A",)).ask(from_rows(journey("u", "A"), shape="results"))


def test_repr_and_dict_repeat_the_question() -> None:
    question = Funnel(
        steps=("a", Step("b", "c", where=(Where("x", ("1", "2"), "in"), Where("y", 3.5, ">=")))),
        attempt="all",
        split="x",
    )
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question
    assert hash(question) == hash(eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}))


# -- random logs ----------------------------------------------------------------------------------

LETTERS = "abc"
ROWS = st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 9), st.sampled_from(LETTERS)), min_size=1, max_size=14)
STEPS = st.lists(st.sets(st.sampled_from(LETTERS), min_size=1, max_size=2), min_size=1, max_size=3)


def build(rows: list[tuple[str, int, str]]):  # type: ignore[no-untyped-def]
    made = [{"user": u, "time": f"2026-01-05 {h:02d}:00", "event": e} for u, h, e in rows]
    extra = [{"user": "end", "time": f"2026-01-05 0{h}:00", "event": e} for h, e in zip((8, 9, 9), "abc", strict=True)]
    return from_rows([*made, *extra])


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, steps=STEPS, window=st.sampled_from([2.0, 5.0]), order=st.sampled_from(["this", "exact", "any"]))
def test_oracle_best_attempt(rows, steps, window, order) -> None:  # type: ignore[no-untyped-def]
    log = build(rows)
    question = Funnel(steps=tuple(Step(*sorted(s)) for s in steps), window_days=window / 24, order=order)
    try:
        answer = question.ask(log)
    except UnknownValueError:
        return
    until = log.ends_at / 3.6e9 - analysis.calendar.instant("2026-01-05", "UTC") / 3.6e9
    for user in "uvw":
        mine = sorted([(float(h), e) for u, h, e in rows if u == user], key=lambda r: r[0])
        expected = oracle.best(mine, steps, window, order, until)
        at = [i for i, w in enumerate(answer.who) if log.ids(np.array([w])) == [user] and not answer.still_open[i]]
        assert len(at) == bool(expected)
        if expected:
            assert answer.level[at[0]] == len(expected)
            row = answer._moments[at[0]][: len(expected)]
            hours = (log.time[row] / 3.6e9 - analysis.calendar.instant("2026-01-05", "UTC") / 3.6e9).tolist()
            assert hours == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    order=st.sampled_from(["this", "exact", "any"]),
    attempt=st.sampled_from(["best", "first", "all"]),
    data=st.data(),
)
def test_answers_depend_neither_on_row_order_nor_on_chunks(rows, order, attempt, data) -> None:  # type: ignore[no-untyped-def]
    question = Funnel(steps=("a", Step("b", "a"), "c"), window_days=4 / 24, order=order, attempt=attempt)
    whole = question.ask(build(rows)).table
    shuffled = question.ask(build(data.draw(st.permutations(rows)))).table
    assert whole.equals(shuffled)
    import analysis.engine as engine

    before, engine.ROWS_A_CHUNK = engine.ROWS_A_CHUNK, data.draw(st.integers(1, 6))
    try:
        assert whole.equals(question.ask(build(rows)).table)
    finally:
        engine.ROWS_A_CHUNK = before


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_a_funnel_never_rises_and_best_is_at_least_first(rows) -> None:  # type: ignore[no-untyped-def]
    log = build(rows)
    best, first = (Funnel(steps=("a", "b", "c"), window_days=None, attempt=a).ask(log) for a in ("best", "first"))
    assert best.table["users"].is_monotonic_decreasing
    assert (best.table["users"] >= first.table["users"]).all()


def test_cancel_is_heeded() -> None:
    from analysis.engine import Cancelled
    from analysis.suggest import _first_seen

    log = from_rows([*journey("u", "AB"), *journey("v", "AB")])
    with pytest.raises(Cancelled):
        over_users(log, _first_seen, log.events.codes, 3, merge=("sum", "sum"), rows_a_chunk=1, cancelled=lambda: True)
