"""Paths: the definition by hand, against the funnel, against the oracle, and that nobody is lost on the way."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.behaviour.journeys import path_tree
from analysis.behaviour.journeys.paths import BEFORE, LEFT, MORE, OTHER, Paths
from analysis.errors import NotEnoughDataError, ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from analysis.words import Words
from tests.oracle import paths as oracle
from tests.shop import days, journey, real

LATE = {"user": "zz", "time": "2026-03-01 00:00", "event": "late"}
ALL = {"window_days": None, "min_share": 0.0}


def edges(answer: object) -> dict[tuple[int, str, str], int]:
    table = answer.table  # type: ignore[attr-defined]
    return {(k, a, b): n for k, a, b, n in table[["level", "from", "to", "users"]].itertuples(index=False)}


def test_one_path_a_user_from_the_first_start_on() -> None:
    log = from_rows([*journey("u", "xAbcAd"), *journey("v", "Ab"), *journey("w", "bc")])
    found = edges(Paths(start="A", steps=3, **ALL).ask(log))
    assert found == {(0, "A", "b"): 2, (1, "b", "c"): 1, (1, "b", LEFT): 1, (2, "c", "A"): 1}


def test_without_a_start_a_path_begins_with_the_first_event_considered() -> None:
    log = from_rows([*journey("u", "xAb"), *journey("v", "bA")])
    found = edges(Paths(steps=1, events=("A", "b"), **ALL).ask(log))
    assert found == {(0, "A", "b"): 1, (0, "b", "A"): 1}


def test_repeats_are_one_by_choice() -> None:
    log = from_rows(journey("u", "AAbbA"))
    assert edges(Paths(start="A", steps=4, **ALL).ask(log)) == {(0, "A", "b"): 1, (1, "b", "A"): 1, (2, "A", LEFT): 1}
    plain = edges(Paths(start="A", steps=4, collapse=False, **ALL).ask(log))
    assert plain == {(0, "A", "A"): 1, (1, "A", "b"): 1, (2, "b", "b"): 1, (3, "b", "A"): 1}


def test_backwards_from_the_last_or_the_first_end() -> None:
    log = from_rows([*journey("u", "abEcE"), *journey("v", "E")])
    last = Paths(end="E", steps=2, **ALL).ask(log)
    assert edges(last) == {(-1, "c", "E"): 1, (-2, "E", "c"): 1, (-1, BEFORE, "E"): 1}
    first = Paths(end="E", steps=2, end_at="first", **ALL).ask(log)
    assert edges(first) == {(-1, "b", "E"): 1, (-2, "a", "b"): 1, (-1, BEFORE, "E"): 1}
    assert first.paths["path"].tolist() == [f"{BEFORE} → E", "a → b → E"]


def test_from_start_to_end_only_those_who_arrive_and_long_ways_are_folded() -> None:
    log = from_rows([*journey("u", "AbcdE"), *journey("v", "AE"), *journey("w", "Ab"), *journey("x", "AbE")])
    answer = Paths(start="A", end="E", steps=3, **ALL).ask(log)
    assert log.ids(answer.who) == ["u", "v", "x"]
    assert edges(answer) == {
        (0, "A", "b"): 2,
        (0, "A", "E"): 1,
        (1, "b", MORE): 1,
        (1, "b", "E"): 1,
        (2, MORE, "E"): 1,
    }


def test_an_end_that_is_the_start_needs_a_later_stamp() -> None:
    rows = [{"user": "u", "time": "2026-01-05", "event": "buy"}] * 2
    assert not len(Paths(start="buy", end="buy", **ALL).ask(from_rows(rows)).who)
    assert len(Paths(start="buy", end="buy", **ALL).ask(from_rows([*rows, *days("u", [9], "buy")])).who) == 1


def test_small_branches_are_other_and_nobody_is_lost() -> None:
    log = from_rows([r for k, e in enumerate("bbbbbbbbcd") for r in journey(f"u{k}", f"A{e}x")])
    answer = Paths(start="A", steps=2, window_days=None, min_share=0.2).ask(log)
    assert edges(answer) == {(0, "A", "b"): 8, (0, "A", OTHER): 2, (1, "b", "x"): 8, (1, OTHER, "x"): 2}
    assert len(answer.people(0, "A", OTHER)) == 2
    few = Paths(start="A", steps=2, window_days=None, min_share=0, most_nodes=1).ask(log)
    assert edges(few)[0, "A", OTHER] == 2


def test_equal_stamps_keep_the_order_of_the_file() -> None:
    rows = [{"user": "u", "time": "2026-01-05", "event": e} for e in "Acb"]
    assert Paths(start="A", steps=2, **ALL).ask(from_rows(rows)).paths["path"].tolist() == ["A → c → b"]


def test_the_window_holds_its_edge_and_open_paths_are_apart() -> None:
    log = from_rows([*days("u", [0], "A"), *days("u", [7], "b"), *days("v", [20], "A"), *days("w", [24], "x")])
    answer = Paths(start="A", steps=1, window_days=7, min_share=0).ask(log)
    assert (edges(answer), answer.still_open) == ({(0, "A", "b"): 1}, 1)
    assert edges(Paths(start="A", steps=1, window_days=6.9, min_share=0).ask(log)) == {(0, "A", LEFT): 1}
    both = Paths(start="A", steps=1, window_days=7, min_share=0, include_open=True).ask(log)
    assert (edges(both)[0, "A", LEFT], both.still_open) == (1, 0)


def test_before_an_end_the_window_must_not_reach_before_the_file() -> None:
    log = from_rows([*days("u", [3], "E"), *days("v", [0, 9], "E")])
    answer = Paths(end="E", steps=1, window_days=7).ask(log)
    assert (log.ids(answer.who), answer.still_open) == (["v"], 1)


def test_the_anchor_lies_in_the_days_and_the_rest_may_not() -> None:
    log = from_rows([*days("u", [0, 5], "A"), *days("u", [8], "b"), LATE])
    answer = Paths(start="A", first_day="2026-01-08", last_day="2026-01-10", min_share=0, steps=1).ask(log)
    assert edges(answer) == {(0, "A", "b"): 1}


def test_share_and_time_to_the_next() -> None:
    log = from_rows([*journey("u", "Ab", hours=1), *journey("v", "Ab", hours=3), *journey("w", "A"), LATE])
    row = Paths(start="A", steps=1, min_share=0).ask(log).table.iloc[0]
    assert (row["base"], row["rate"], row["median_hours"]) == (3, pytest.approx(2 / 3), 2)
    assert row["rate_low"] < 2 / 3 < row["rate_high"]


def test_conditions_on_the_anchor_only() -> None:
    rows = [
        {"user": "u", "time": f"2026-01-05 0{k}:00", "event": e, "amount": a}
        for k, (e, a) in enumerate([("buy", 1), ("look", 0), ("buy", 9), ("buy", 2)])
    ]
    start = analysis.Step("buy", where=(analysis.Where("amount", 5, ">"),))
    answer = Paths(start=start, steps=1, collapse=False, **ALL).ask(from_rows(rows))
    assert edges(answer) == {(0, start.name, "buy"): 1}


@pytest.mark.parametrize("rows", [journey("u", "A"), [*journey("u", "A"), *journey("v", "A")], journey("u", "AAAA")])
def test_one_event_only(rows: list[dict[str, object]]) -> None:
    for question in (Paths(**ALL), Paths(start="A", **ALL), Paths(end="A", **ALL)):
        answer = question.ask(from_rows(rows))
        assert answer.table["rate"].tolist() == [1]
        assert "Too few" in answer.findings()[0].message


def test_an_empty_answer_has_the_shape_of_a_full_one() -> None:
    log = from_rows([*journey("u", "Ab"), LATE])
    for question in (Paths(start="late", compare=None), Paths(start="b", end="A")):
        answer = question.ask(log)
        assert list(answer.table.columns) == answer.COLUMNS
        assert (len(answer.table), len(answer.paths), len(answer.findings())) == (0, 0, 1)


def told(answer: object) -> str:
    return Words("en").finding(answer.findings()[0])[0]  # type: ignore[attr-defined]


def test_the_headline_says_where_most_go_from_the_anchor() -> None:
    ways = ["Abw", "Abx", "Aby", "Abz", "Ac"] * 10
    log = from_rows([r for k, way in enumerate(ways) for r in journey(f"u{k}", way)])
    assert told(Paths(start="A", **ALL).ask(log)) == "After A, most go to b: 80.0%"
    assert told(Paths(end="c", **ALL).ask(log)) == "Too few to judge: 10 paths, 0 more are still open"
    assert told(Paths(end="b", **ALL).ask(log)) == "Before b, most did A: 100%"
    assert told(Paths(start="A", end="b", **ALL).ask(log)) == "Of those who arrive, most go straight from A to b: 100%"
    assert told(Paths(start="b", **ALL).ask(log)) == "After b, more users go to w than anywhere else: 25.0%"
    assert told(Paths(start="b", window_days=None, min_share=0.9).ask(log)).startswith("After b, users go many ways")
    alone = from_rows([r for k in range(40) for r in journey(f"u{k}", "Ab" if k < 4 else "A")])
    assert told(Paths(start="A", **ALL).ask(alone)) == "After A, most leave: 90.0%"
    long = from_rows([r for k in range(40) for r in journey(f"u{k}", "AxyB")])
    said = told(Paths(start="A", end="B", **ALL).ask(long))
    assert said == "Of those who get from A to B, most go to x first: 100%"
    said = told(Paths(start="A", end="B", steps=2, **ALL).ask(long))
    assert said == "Of those who go from A to B, 100% do something else between"


def shop(share: float, n: int = 600, seed: int = 1) -> EventLog:
    """Two platforms: of one, `share` leave after A, of the other half; the rest goes to b or c alike."""
    draw = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        platform = "ab"[k % 2]
        left = draw.random() < (share if platform == "a" else 0.5)
        way = "A" if left else "A" + "bc"[draw.integers(2)]
        rows += [{**r, "platform": platform} for r in journey(f"u{k}", way)]
    return from_rows([*rows, {**LATE, "platform": "a"}])


def test_a_planted_difference_is_named_and_people_are_as_many() -> None:
    answer = Paths(start="A", compare="platform", values=("a", "b"), steps=2).ask(shop(0.8))
    found = answer.findings()[1]
    assert found.message.startswith("{value} leaves more often after {event}")
    assert (found.facts["value"], found.facts["event"], found.tone) == ("a", "A", "bad")
    row = answer.compared.set_index("to").loc[LEFT]
    row = row.iloc[0] if getattr(row, "ndim", 1) == 2 else row
    assert row["users"] / row["base"] == pytest.approx(row["rate"])
    assert row["difference_low_points"] < row["difference_points"] < row["difference_high_points"]
    assert row["users"] + row["against_users"] == len(answer.people(0, "A", LEFT))


def test_no_difference_is_found_at_most_in_one_of_twenty() -> None:
    hits = total = 0
    for seed in range(150):
        for finding in (
            Paths(start="A", compare="platform", values=("a", "b"), steps=1).ask(shop(0.5, 200, seed)).tested()
        ):
            hits, total = hits + (finding.p <= 0.05), total + 1
    assert total == 450
    assert hits / total < 0.075


def test_groups_are_known_at_the_anchor_and_others_are_left_out() -> None:
    rows = [
        {"user": u, "time": f"2026-01-05 0{h}:00", "event": e, "plan": p}
        for u, h, e, p in [
            ("u", 1, "x", "free"),
            ("u", 2, "A", None),
            ("u", 3, "b", "paid"),
            ("v", 1, "A", "paid"),
            ("w", 1, "A", "trial"),
            ("y", 1, "A", None),
        ]
    ]
    answer = Paths(start="A", compare="plan", values=("free", "paid"), steps=1, **ALL).ask(from_rows(rows))
    assert (answer.left_out, answer.table["users"].sum()) == (2, 2)
    row = answer.compared.set_index("to").loc["b"]
    assert (row["base"], row["against_base"], row["users"], row["against_users"]) == (1, 1, 1, 0)
    with pytest.raises(NotEnoughDataError, match="only one value"):
        Paths(start="b", compare="plan", **ALL).ask(from_rows(rows))


def test_refusals_and_repr() -> None:
    for bad in (
        {"steps": 0},
        {"steps": 9},
        {"start": "a", "end": "b", "steps": 1},
        {"min_share": 2},
        {"values": ("a", "a")},
        {"window_days": 0},
        {"events": ()},
        {"most_nodes": 0},
        {"end_at": "middle"},
    ):
        with pytest.raises(ParameterError):
            Paths(**bad)  # type: ignore[arg-type]
    with pytest.raises(SchemaError):
        Paths().ask(from_rows(journey("u", "A"), shape="results"))
    question = Paths(start="a", end=analysis.Step("b", "c"), events=("a", "x"), compare="p", values=("1", "2"))
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(json.loads(json.dumps(question.to_dict()))) == question


def test_whole_paths_are_counted_also_where_there_are_too_many_events_for_one_number() -> None:
    rows = [r for k in range(40) for r in journey(f"u{k}", ["A", *(f"e{(k % 4) * 300 + j}" for j in range(8))])]
    rows += journey("v", [f"e{k}" for k in range(1500)])
    answer = Paths(start="A", steps=8, **ALL).ask(from_rows(rows))
    assert answer.paths["users"].tolist() == [10, 10, 10, 10]
    assert len(answer.log.events.values) ** 9 > 2**63


ROWS = st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 40), st.sampled_from("abcd")), min_size=1, max_size=24)


def made(rows: list[tuple[str, int, str]]) -> list[dict[str, object]]:
    return [{"user": u, "time": f"2026-01-{5 + h // 24:02d} {h % 24:02d}:00", "event": e} for u, h, e in rows]


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    anchor=st.sampled_from([(None, None), ("a", None), (None, "b"), ("a", "b"), ("a", "a")]),
    steps=st.integers(2, 5),
    collapse=st.booleans(),
    hours=st.sampled_from([None, 6, 30]),
    seen=st.sampled_from([None, ("a", "c"), ("b", "c", "d")]),
    last=st.booleans(),
    share=st.sampled_from([0.0, 0.5]),
    most=st.sampled_from([1, 8]),
)
def test_oracle(rows, anchor, steps, collapse, hours, seen, last, share, most) -> None:  # type: ignore[no-untyped-def]
    start, end = anchor
    rows = [*rows, ("x", 0, "a"), ("x", 45, "b"), ("y", 3, "c"), ("y", 3, "d")]
    log = from_rows(made(rows))
    answer = Paths(
        start=start,
        end=end,
        steps=steps,
        collapse=collapse,
        window_days=None if hours is None else hours / 24,
        events=seen,
        end_at="last" if last else "first",
        min_share=share,
        most_nodes=most,
    ).ask(log)
    window = float("inf") if hours is None else hours
    last_at = max(h for _, h, _ in rows) + log.resolution_us / 3_600_000_000
    first_at = min(h for _, h, _ in rows)
    known = (float("-inf"), float("inf"))
    if hours is not None:
        known = (first_at + hours, known[1]) if anchor == (None, "b") else (known[0], last_at - hours + 1e-9)
    found = []
    for user in sorted({u for u, _, _ in rows}):
        mine = sorted(((float(h), e) for u, h, e in rows if u == user), key=lambda r: r[0])
        found.append(oracle.path(mine, start, end, steps, collapse, window, set(seen or "abcd"), last, known))
    whole = [p for p in found if isinstance(p, tuple)]
    assert answer.still_open == found.count("open")
    words = {path_tree.START: "START", path_tree.END: "END", path_tree.MORE: "MORE", path_tree.LEFT: oracle.STOP}
    n = len(log.events.values)

    def said(code: int) -> str:
        return "OTHER" if code == path_tree.OTHER else log.events.values[code] if code < n else words[code - n]

    codes = answer.tree.codes
    expected = oracle.edges(oracle.folded(whole, share, most, steps))
    assert {(k, said(codes[k][a]), said(codes[k + 1][b])): m for k, a, b, m in answer.tree.edges} == expected
    for row in answer.table.to_dict("records"):
        assert len(answer.people(row["level"], row["from"], row["to"])) == row["users"]
    conserved(answer)


def conserved(answer) -> None:  # type: ignore[no-untyped-def]
    """What comes to a node leaves it, unless the path ends there."""
    tree, n = answer.tree, len(answer.log.events.values)
    ends = (n + path_tree.LEFT, n + path_tree.END)
    assert sum(tree.users[0]) == len(answer.who)
    for k in range(1, len(tree.codes)):
        for i, code in enumerate(tree.codes[k]):
            into = tree.edges[(tree.edges[:, 0] == k - 1) & (tree.edges[:, 2] == i), 3].sum()
            out = tree.edges[(tree.edges[:, 0] == k) & (tree.edges[:, 1] == i), 3].sum()
            assert into == tree.users[k][i]
            assert out == (0 if code in ends or k == len(tree.codes) - 1 else into)
    assert answer.table.groupby("level")["users"].sum().le(len(answer.who)).all()


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvw"), st.integers(0, 60), st.sampled_from("abc")),
        min_size=1,
        max_size=30,
        unique_by=lambda r: r[:2],
    ),
    then=st.lists(st.sampled_from("abc"), min_size=1, max_size=3),
    days_=st.sampled_from([None, 0.5, 1.0]),
)
def test_counts_along_a_path_are_those_of_the_exact_funnel(rows, then, days_) -> None:  # type: ignore[no-untyped-def]
    log = from_rows(made([*rows, ("x", 0, "a"), ("x", 1, "b"), ("x", 2, "c"), ("x", 100, "a")]))
    answer = Paths(start="a", collapse=False, window_days=days_, steps=4, min_share=0).ask(log)
    funnel = analysis.Funnel(steps=("a", *then), order="exact", attempt="first", window_days=days_).ask(log)
    counted = [len(answer.followed(*then[:k])) for k in range(len(then) + 1)]
    assert counted == funnel.table["users"].tolist()
    assert answer.still_open == funnel.table["still_open"][0]
    arrive = analysis.Funnel(steps=("a", "b"), attempt="first", window_days=days_).ask(log)
    assert len(Paths(start="a", end="b", window_days=days_).ask(log).who) == arrive.table["users"][1]


def test_real_questions_and_answers_are_conserved_and_meet_the_funnel() -> None:
    log = analysis.load(real("mathoverflow_events.csv.gz"))
    answer = Paths(start="answer_question", window_days=None, collapse=False).ask(log)
    conserved(answer)
    assert len(answer.who) == 10_379  # users who ever answered, as the funnel's first step
    steps = ("answer_question", "comment_answer", "comment_question")
    funnel = analysis.Funnel(steps=steps, order="exact", attempt="first", window_days=None).ask(log)
    counted = [len(answer.followed(*steps[1 : k + 1])) for k in range(3)]
    assert counted == funnel.table["users"].tolist()
