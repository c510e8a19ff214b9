"""RFM: sentences of the Definition, G23, the oracle, and the figures of Online Retail."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import EventLog, from_rows
from analysis.questions import Question, Step, Where
from analysis.segments.classes import GRID, NAMES, VALUE_CLASSES, name_class, value_class
from analysis.segments.rfm import RFM
from tests.oracle import rfm as oracle

ROLES = {"amount": "amount", "order": "order"}
DATA = Path(__file__).parents[3] / "shared" / "data" / "online_retail.parquet"


def row(user: str, time: str, amount: float | None = 10.0, event: str = "purchase", order: str = "") -> dict:
    return {"user": user, "time": time, "event": event, "amount": amount, "order": order}


def build(rows: list[dict], **settings: object) -> EventLog:
    return from_rows(rows, roles=ROLES, **settings)


ROWS = [
    row("a", "2026-03-01 09:00", 100, order="1"),
    row("a", "2026-03-01 18:00", 50, order="2"),
    row("a", "2026-03-05 12:00", 30, order="3"),
    row("a", "2026-03-07 12:00", -30, "refund"),
    row("b", "2026-03-10 23:59", 5, order="4"),
    row("b", "2026-03-10 23:59", 6, order="4"),
    row("c", "2026-03-04 00:00", None, "view"),
]


def user(answer, name: str) -> pd.Series:
    return answer.users_table.set_index("id").loc[name]


def test_recency_counts_whole_days_from_the_last_purchase_to_the_day_after_the_last_event():
    answer = RFM().ask(build(ROWS))
    assert answer.as_of == pd.Timestamp("2026-03-11")
    assert user(answer, "a")["recency_days"] == 5  # 5 March 12:00 to 11 March 00:00
    assert user(answer, "b")["recency_days"] == 0


def test_only_users_with_a_purchase_are_buyers():
    assert list(RFM().ask(build(ROWS)).users_table["id"]) == ["a", "b"]


def test_frequency_is_purchase_days_or_orders():
    assert user(RFM().ask(build(ROWS)), "a")["frequency"] == 2
    orders = RFM(frequency="orders").ask(build(ROWS))
    assert user(orders, "a")["frequency"] == 3 and user(orders, "b")["frequency"] == 1


def test_a_purchase_without_an_order_id_is_an_order_of_its_own():
    rows = [row("a", "2026-03-01 09:00"), row("a", "2026-03-01 10:00"), row("a", "2026-03-01 11:00", order="1")]
    assert user(RFM(frequency="orders").ask(build(rows)), "a")["frequency"] == 3


def test_orders_whose_lines_do_not_stand_together_are_counted_once():
    rows = [row("a", f"2026-03-01 09:0{k}", order=o) for k, o in enumerate(["1", "2", "1", "3", "2"])]
    assert user(RFM(frequency="orders").ask(build(rows)), "a")["frequency"] == 3


def test_money_is_the_net_sum_or_the_mean_a_purchase():
    assert user(RFM().ask(build(ROWS)), "a")["money"] == 180
    assert user(RFM(refund="refund").ask(build(ROWS)), "a")["money"] == 150
    assert user(RFM(refund="refund", money="mean").ask(build(ROWS)), "a")["money"] == 75


def test_a_refund_is_not_a_purchase_though_it_bears_the_same_event():
    rows = [row("a", "2026-03-01 09:00", 40), row("a", "2026-03-08 09:00", -40), row("b", "2026-03-09 09:00", -5)]
    answer = RFM(refund=Step("purchase", where=(Where("amount", 0, "<"),))).ask(build(rows))
    assert list(answer.users_table["id"]) == ["a"]
    assert user(answer, "a")["recency_days"] == 8 and user(answer, "a")["money"] == 0


def test_as_of_is_the_end_of_the_view_and_nothing_after_it_is_seen():
    answer = RFM().ask(build(ROWS).between(None, "2026-03-04"))
    assert answer.as_of == pd.Timestamp("2026-03-05")
    assert list(answer.users_table["id"]) == ["a"] and user(answer, "a")["money"] == 150


def test_daylight_saving_makes_no_day_longer():
    rows = [row("a", "2026-03-01 00:00"), row("b", "2026-04-10 00:00")]
    answer = RFM().ask(build(rows, zone="Europe/Berlin"))
    assert user(answer, "a")["recency_days"] == 41 and user(answer, "b")["recency_days"] == 1


def test_own_cut_points_belong_to_the_class_below():
    rows = [row(f"u{m}", "2026-03-01 09:00", m) for m in (10, 20, 21, 99)]
    answer = RFM(money_cuts=(20, 50)).ask(build(rows))
    assert list(answer.scores[:, 2]) == [1, 1, 2, 3]
    money = answer.thresholds[answer.thresholds["measure"] == "money"]
    assert list(money["users"]) == [2, 1, 1] and list(money["up_to"][:2]) == [20, 50]


def test_g23_most_bought_once_ties_stay_together_and_a_note_says_so():
    rows = [row(f"u{i}", "2026-03-01 09:00", i + 1) for i in range(60)]
    rows += [row(f"u{i}", f"2026-03-{d:02d} 09:00", i + 1) for i in range(60, 100) for d in range(1, 3 + i % 5)]
    answer = RFM().ask(build(rows))
    frequency = answer.scores[:, 1]
    assert set(frequency[:60]) == {1}
    assert frequency.max() == 5 and len(set(frequency)) < 5
    notes = [f for f in answer.notes if "frequency" in f.message]
    assert len(notes) == 1 and notes[0].facts["common_share"] == 0.6
    assert notes[0] in answer.findings()
    thresholds = answer.thresholds[answer.thresholds["measure"] == "frequency"]
    assert list(thresholds["users"]) == [np.count_nonzero(frequency == k) for k in range(1, 6)]


def test_each_of_the_eight_value_classes_is_its_own_combination():
    said = {
        (r, f, m): VALUE_CLASSES[value_class(*np.array([[r], [f], [m]], dtype=bool))[0]]
        for r, f, m in product((1, 0), repeat=3)
    }
    assert said[1, 1, 1] == "Important value" and said[1, 0, 1] == "Important growth"
    assert said[0, 1, 1] == "Important keep" and said[0, 0, 1] == "Important win-back"
    assert [said[c] for c in ((1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0))] == list(VALUE_CLASSES[4:])


def test_every_cell_of_the_grid_has_one_of_eleven_names_and_no_name_is_unused():
    assert GRID.shape == (5, 5) and set(GRID.ravel()) == set(range(11))
    cube = np.array(list(product(range(1, 6), repeat=3)))
    assert set(name_class(*cube.T)) == set(range(11))
    corners = {(5, 5, 5): "Champions", (5, 1, 1): "New customers", (1, 5, 5): "Can't lose them", (1, 1, 1): "Lost"}
    for scores, name in corners.items():
        assert NAMES[name_class(*np.array([scores]).T)[0]] == name
    # Halves are rounded up: F 4 and M 5 are 4.5, that is 5.
    assert NAMES[name_class(np.array([1]), np.array([4]), np.array([5]))[0]] == "Can't lose them"


@pytest.mark.parametrize("question", [RFM(), RFM(scheme="names"), RFM(middle="median", money="mean")])
def test_parts_sum_to_the_whole_and_people_are_as_many_as_shown(question):
    rng = np.random.default_rng(1)
    rows = [
        row(
            f"u{rng.integers(80)}",
            f"2026-0{rng.integers(1, 6)}-{rng.integers(1, 29):02d} 10:00",
            float(rng.integers(1, 99)),
        )
        for _ in range(300)
    ]
    answer = question.ask(build(rows))
    table = answer.table
    assert list(table.columns) == answer.COLUMNS and list(table["segment"]) == list(answer.names)
    assert table["users"].sum() == len(answer.who) and table["money_total"].sum() == pytest.approx(
        sum(r["amount"] for r in rows)
    )
    assert table["users_share"].sum() == pytest.approx(1) and table["money_share"].sum() == pytest.approx(1)
    for segment, users in zip(table["segment"], table["users"], strict=True):
        assert len(answer.people(segment)) == users
    assert answer.findings()[0].message == "{segment}: {users_share} of buyers bring {money_share} of the money"


purchases = st.builds(
    row,
    st.sampled_from("abcde"),
    st.builds("2026-{:02d}-{:02d} {:02d}:00".format, st.integers(1, 3), st.integers(1, 28), st.integers(0, 23)),
    st.one_of(st.none(), st.integers(-20, 99).map(float)),
    st.sampled_from(["purchase", "purchase", "refund", "view"]),
    st.sampled_from(["", "1", "2", "3"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(purchases, min_size=1, max_size=25), st.booleans(), st.booleans(), st.sampled_from([2, 5]))
def test_agrees_with_the_oracle(rows, orders, mean, classes):
    anchors = [
        row("z", "2026-01-01 10:00"),
        row("z", "2026-01-01 11:00", 0.0, "refund"),
        row("z", "2026-03-28 00:00", 1.0),
    ]
    rows = [*anchors, *rows]
    question = RFM(
        refund="refund", frequency="orders" if orders else "days", money="mean" if mean else "sum", classes=classes
    )
    answer = question.ask(build(rows))
    table = answer.users_table.set_index("id")
    expected = oracle.facts(rows, orders=orders, mean=mean)
    assert set(table.index) == set(expected)
    for name, (recency, frequency, money) in expected.items():
        found = table.loc[name]
        assert (found["recency_days"], found["frequency"]) == (recency, frequency)
        assert found["money"] == pytest.approx(money)
    for measure, column in (("recency", "recency_days"), ("frequency", "frequency"), ("money", "money")):
        wanted = oracle.scores(table[column].tolist(), classes, recency=measure == "recency")
        assert table[f"{measure}_score"].tolist() == wanted


def test_too_few_is_said_and_an_empty_log_has_the_shape_of_a_full_one():
    for log in (build(ROWS), build(ROWS).of(np.array([], dtype=int))):
        answer = RFM().ask(log)
        (told,) = answer.findings()
        assert told.message.startswith("Too few") and told.facts["enough"] == 30
        assert len(answer.table) == 8 and list(answer.table.columns) == answer.COLUMNS
    assert answer.table["users"].sum() == 0 and answer.table["users_share"].isna().all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"frequency": "weeks"},
        {"money": "max"},
        {"classes": 1},
        {"classes": 2.5},
        {"middle": "mode"},
        {"scheme": "letters"},
        {"money_cuts": (5, 5)},
        {"money_cuts": ()},
        {"recency_cuts": (float("nan"),)},
        {"scheme": "names", "classes": 4},
        {"scheme": "names", "money_cuts": (1, 2)},
    ],
)
def test_a_wrong_parameter_is_refused(wrong):
    with pytest.raises(ParameterError):
        RFM(**wrong)


def test_an_amount_column_without_a_number_is_refused_and_not_read_as_zero():
    columns = {"user": ["u", "v"], "time": pa.array([1, 2]), "event": ["order"] * 2}
    table = pa.table({**columns, "amount": pa.array([None, None], pa.float64())})
    with pytest.raises(SchemaError, match="'amount' is set as the amount, but holds no number"):
        RFM(purchase="order").ask(EventLog.build(table, roles={"amount": "amount"}))


def test_what_the_log_lacks_is_refused():
    rows = build(ROWS)
    with pytest.raises(SchemaError, match="amount"):
        RFM().ask(from_rows(ROWS))
    with pytest.raises(SchemaError, match="order"):
        RFM(frequency="orders").ask(from_rows(ROWS, roles={"amount": "amount"}))
    with pytest.raises(UnknownValueError, match="Nearest: purchase"):
        RFM(purchase="purchas").ask(rows)
    with pytest.raises(ParameterError):
        RFM().ask(rows).people("Best")
    with pytest.raises(SchemaError, match="result table"):
        RFM().ask(build(ROWS, shape="results"))


def test_a_question_survives_its_json_and_its_repr():
    question = RFM(refund="refund", money_cuts=(1, 2), scheme="value", frequency="orders")
    assert Question.from_dict(question.to_dict()) == question
    assert eval(repr(question)) == question and hash(question) == hash(eval(repr(question)))


@pytest.fixture(scope="module")
def retail() -> EventLog:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not here")
    frame = pd.read_parquet(DATA)
    frame = frame[frame["CustomerID"].notna() & (frame["Quantity"] > 0) & (frame["UnitPrice"] > 0)]
    table = pa.table(
        {
            "user": frame["CustomerID"].astype(int).astype(str).to_numpy(),
            "time": frame["InvoiceDate"].astype("datetime64[us]").astype("int64").to_numpy(),
            "event": pa.array(["purchase"] * len(frame)),
            "amount": (frame["Quantity"] * frame["UnitPrice"]).to_numpy(),
            "InvoiceNo": frame["InvoiceNo"].astype(str).to_numpy(),
        }
    )
    return EventLog.build(table, roles={"amount": "amount", "order": "InvoiceNo"}, shape="orders")


def test_online_retail_published_rfm(retail):
    answer = RFM(frequency="orders").ask(retail)
    table = answer.users_table.set_index("id")
    assert len(table) == 4338 and answer.as_of == pd.Timestamp("2011-12-10")
    assert table["recency_days"].mean() == pytest.approx(92.06, abs=0.005) and table["recency_days"].median() == 50
    assert table["frequency"].mean() == pytest.approx(4.272, abs=0.0005)
    assert (table["frequency"].median(), table["frequency"].max()) == (2, 209)
    assert table["money"].mean() == pytest.approx(2054.27, abs=0.005)
    assert table["money"].median() == pytest.approx(674.485) and table["money"].max() == pytest.approx(280206.02)
    assert table["money"].sum() == pytest.approx(8911407.904) and table["frequency"].sum() == 18532
    assert list(table.loc["12346", ["recency_days", "frequency", "money"]]) == [325, 1, pytest.approx(77183.60)]
    assert list(table.loc["14646", ["recency_days", "frequency", "money"]]) == [1, 73, pytest.approx(280206.02)]


def test_the_answer_does_not_depend_on_how_the_log_is_cut(retail, monkeypatch):
    whole = RFM(frequency="orders").ask(retail).table
    monkeypatch.setattr("analysis.engine.ROWS_A_CHUNK", 5_000)
    pd.testing.assert_frame_equal(whole, RFM(frequency="orders").ask(retail).table)
