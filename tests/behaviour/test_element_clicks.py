"""Clicks on elements: by hand, against the oracle, and the planted button."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import ElementClicks
from analysis.behaviour.clicks.element_clicks import intended, likely_page
from analysis.errors import SchemaError, UnknownValueError
from analysis.events import EventLog, from_rows
from tests.oracle import element_clicks as oracle
from tests.shop import ROOT, journey

ROLES = {"page": "page", "element": "element"}


def log_of(said: list[tuple[str, str, str, str]], minutes: list[int] | None = None, **more: list[str]) -> EventLog:
    at = minutes or list(range(len(said)))
    made = [
        {"user": u, "time": f"2026-01-05 {10 + m // 60:02d}:{m % 60:02d}", "event": e, "page": p, "element": x or None}
        | {name: values[k] for name, values in more.items()}
        for k, ((u, e, p, x), m) in enumerate(zip(said, at, strict=True))
    ]
    return from_rows(made, roles=ROLES)


SAID = [
    ("u", "view", "item", ""),
    ("u", "click", "item", "buy"),
    ("u", "click", "item", "photo"),
    ("u", "click", "item", "photo"),
    ("v", "view", "item", ""),
    ("v", "view", "item", ""),
    ("v", "click", "item", "photo"),
    ("v", "click", "home", "buy"),
    ("w", "click", "item", ""),
]


def test_by_hand() -> None:
    answer = ElementClicks().ask(log_of(SAID))
    assert (answer.page, answer.unnamed, answer.clickers, answer.intended) == ("item", 1, 2, "buy")
    table = answer.table.set_index("element")
    assert list(table.index) == ["photo", "buy"]
    assert table["clicks"].to_dict() == {"photo": 3, "buy": 1}
    assert table["users"].to_dict() == {"photo": 2, "buy": 1}
    assert table["rank"].to_dict() == {"photo": 1, "buy": 2}
    assert table["share"].to_dict() == {"photo": 0.75, "buy": 0.25}
    assert table["clicks_per_view"].to_dict() == {"photo": 1.0, "buy": pytest.approx(1 / 3)}
    assert table["reach_rate"].to_dict() == {"photo": 1.0, "buy": 0.5}
    assert table["against_points"]["photo"] == 0.5
    assert np.isnan(table["against_points"]["buy"])
    assert answer.log.ids(answer.people("photo")) == ["u", "v"]


def test_no_views_give_no_clicks_per_view() -> None:
    answer = ElementClicks().ask(log_of([s for s in SAID if s[1] != "view"]))
    assert answer.table["clicks_per_view"].isna().all()


def test_the_intended_element_is_told_by_its_name_and_never_by_the_small_print() -> None:
    names = ("", "优惠券说明", "加入购物车", "立即购买", "购买须知")
    assert names[intended(names, np.array([0, 9, 5, 3, 9]))] == "立即购买"
    assert intended(("", "photo", "help"), np.array([0, 3, 3])) == -1
    assert intended(("", "buy"), np.array([0, 0])) == -1


def test_the_page_looked_at_first_is_the_one_with_the_surest_button() -> None:
    assert likely_page(log_of([*SAID, ("v", "click", "cart", "submit")])) == "item"
    assert likely_page(log_of([("u", "click", "home", "banner")])) is None


def test_an_element_that_draws_more_is_found_and_an_equal_one_is_not() -> None:
    def page(more: int) -> list[tuple[str, str, str, str]]:
        made = [(f"u{k}", "click", "item", "buy") for k in range(40)]
        return made + [(f"x{k}", "click", "item", "terms") for k in range(40 + more)]

    found = ElementClicks().ask(log_of(page(40), [0] * 120)).findings()
    assert (found[1].tone, found[1].facts["element"], found[1].facts["intended"]) == ("bad", "terms", "buy")
    assert len(ElementClicks().ask(log_of(page(2), [0] * 82)).findings()) == 1
    fewer = ElementClicks(intended="terms").ask(log_of(page(40), [0] * 120))
    assert [f.tone for f in fewer.tested()] == ["good"]


def test_mcnemar_is_paired_by_user_and_holds_when_nothing_differs() -> None:
    rng, hits = np.random.default_rng(5), 0
    for _ in range(200):
        said = [(f"u{k}", "click", "item", e) for k in range(60) for e in ("buy", "photo") if rng.random() < 0.5]
        answer = ElementClicks(intended="buy").ask(log_of(said, [0] * len(said)))
        hits += answer.tested()[0].p <= 0.05
    assert hits / 200 <= 0.06


def test_refusals_name_what_is_missing_and_how_to_get_it() -> None:
    plain = from_rows([{"user": "u", "time": "2026-01-05 10:00", "event": "click"}])
    with pytest.raises(SchemaError, match="Record the page"):
        ElementClicks().ask(plain)
    with pytest.raises(SchemaError, match="as 'element'"):
        ElementClicks().ask(
            from_rows([{"user": "u", "time": "2026-01-05", "event": "click", "page": "p"}], roles={"page": "page"})
        )
    with pytest.raises(SchemaError, match="click, tap"):
        ElementClicks().ask(log_of([("u", "view", "item", "buy")]))
    with pytest.raises(UnknownValueError, match="photo"):
        ElementClicks(intended="foto").ask(log_of(SAID))
    with pytest.raises(SchemaError):
        ElementClicks().ask(from_rows(journey("u", "A"), shape="results"))


def test_an_element_only_clicked_on_another_page_stands_at_zero_when_intended() -> None:
    answer = ElementClicks(page="home", intended="photo").ask(log_of(SAID))
    row = answer.table[answer.table["element"] == "photo"].iloc[0]
    assert (row["clicks"], row["users"]) == (0, 0)


def test_repr_repeats_the_question() -> None:
    question = ElementClicks(page="p", click="tap", intended="buy", compare="arm", sides=("A", "B"))
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


def test_the_planted_small_print_and_the_moved_button_are_found() -> None:
    log = analysis.load(ROOT / "sample_data" / "clicks.csv", time_zone="Asia/Shanghai")
    truth = json.loads((ROOT / "sample_data" / "clicks_truth.json").read_text("utf-8"))["realised"]
    answer = ElementClicks(page="product", compare="variant").ask(log)
    assert dict(zip(answer.table["element"], answer.table["users"], strict=True)) == truth["product_users_by_element"]
    found = answer.findings()
    assert (found[1].facts["element"], found[1].facts["intended"]) == ("优惠券说明", "立即购买")
    assert [f.facts["element"] for f in found if f.tone == "bad"] == ["优惠券说明"]
    moved = answer.table.set_index("element").loc["立即购买"]
    assert moved["b_share"] == pytest.approx(truth["moved_element_share_by_variant"]["B"], abs=1e-6)
    assert moved["p_adjusted"] < 0.001
    assert "立即购买" in [f.facts.get("element") for f in found if "a_share" in f.facts]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("uvw"),
        st.sampled_from(["click", "view"]),
        st.sampled_from(["p", "q"]),
        st.sampled_from(["buy", "x", "y", ""]),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, equal=st.booleans(), viewing=st.booleans())
def test_oracle(rows, equal, viewing) -> None:  # type: ignore[no-untyped-def]
    rows = [*rows, ("z", "click", "p", "buy"), ("z", "view", "q", "y")]
    log = log_of(rows, [0] * len(rows) if equal else None)
    if viewing:
        rows = [r for r in rows if r[0] in ("u", "z")]
        log = log.of(np.flatnonzero(np.isin(log.ids(log.users), ["u", "z"])))
    answer = ElementClicks(page="p", intended="buy").ask(log)
    expected = oracle.elements(rows, "p")
    shown = {r.element: (r.clicks, r.users) for r in answer.table.itertuples()}
    assert shown == {name: (n, len(who)) for name, (n, who) in expected.items()}
    per_view = oracle.views(rows, "p")
    for row in answer.table.itertuples():
        assert set(log.ids(answer.people(row.element))) == expected[row.element][1]
        assert row.clicks_per_view == pytest.approx(row.clicks / per_view if per_view else np.nan, nan_ok=True)
        if row.element != "buy":
            only, missed = oracle.pairs(rows, "p", row.element, "buy")
            assert row.against_points == pytest.approx((only - missed) / answer.clickers)
