"""Roles: right on tables in the style of real exports, and each rule by hand."""

import string
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.guessing import roles
from analysis.intake.guessing.rivals import REASONS
from analysis.intake.values import cells
from tests.intake.header_sets import KINDS, LOG_ROLES, SETS, HeaderSet, parse

BANDS = (0.9, 0.7, 0.4, 0.0)


def table(text: str) -> HeaderSet:
    return parse("### by hand\nshape=events\n" + text)[0]


def choose(text: str) -> dict:
    sample = table(text).sample()
    return roles.choose(roles.guess(sample), sample)


def guessed(text: str, role: str) -> dict[str, tuple[float, str]]:
    return {g.column: (g.confidence, g.evidence) for g in roles.guess(table(text).sample()) if g.role == role}


def kind_of(one: HeaderSet) -> str:
    sample = one.sample()
    guesses = roles.guess(sample)
    return roles.table_kind(guesses, roles.choose(guesses, sample), sample)


@pytest.mark.parametrize("one", SETS + KINDS, ids=lambda s: s.name)
def test_the_roles_of_a_set_are_right(one: HeaderSet) -> None:
    assert one.wrong() == []


def test_at_least_95_percent_of_the_sets_are_right_and_all_users_and_times() -> None:
    wrong = {one.name: one.wrong() for one in SETS}
    said = "\n".join(f"{name} · {'; '.join(found) or 'right'}" for name, found in wrong.items())
    print(said)
    log = [n for n, found in wrong.items() if not any(w.split(":")[0] in (*LOG_ROLES, "shape") for w in found)]
    assert len(log) >= 0.95 * len(SETS), said
    assert not [w for found in wrong.values() for w in found if w.split(":")[0] in ("user", "time")], said


def test_a_confidence_of_90_percent_or_more_is_right_97_times_in_100() -> None:
    all_of, right = Counter(), Counter()
    for one in SETS:
        for g in roles.guess(one.sample()):
            if g.role in one.answers or (g.role in LOG_ROLES and not one.is_profile):
                band = next(b for b in BANDS if g.confidence >= b)
                all_of[band] += 1
                right[band] += one.right(g.role, g.column)
    said = "\n".join(f"confidence ≥ {b}: {right[b]} of {all_of[b]} right" for b in BANDS)
    print(said)
    assert right[0.9] >= 0.97 * all_of[0.9], said
    shares = [right[b] / all_of[b] for b in BANDS]
    assert shares == sorted(shares, reverse=True), said


@pytest.mark.parametrize("one", [s for s in SETS + KINDS if "kind" in s.answers], ids=lambda s: s.name)
def test_the_kind_of_a_table(one: HeaderSet) -> None:
    assert kind_of(one) in one.answers["kind"]


def test_there_are_enough_sets() -> None:
    chinese = [s for s in SETS if any("一" <= c <= "鿿" for n in s.columns for c in n + "".join(s.columns[n]))]
    assert len(SETS) >= 48 and 2 * len(chinese) >= len(SETS)
    counted = Counter(s.answers["kind"][0] for s in SETS + KINDS if "kind" in s.answers)
    assert all(counted[k] >= 3 for k in ("events", "orders", "milestones", "results", "attributes", "identities"))
    assert counted["spend"] >= 3 and counted["catalogue"] >= 3
    assert all(len(c) >= 5 for s in SETS + KINDS for c in s.columns.values())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SETS + KINDS), st.randoms(use_true_random=False))
def test_roles_do_not_depend_on_the_order_of_rows(one: HeaderSet, chance) -> None:
    rows = list(range(len(next(iter(one.columns.values())))))
    chance.shuffle(rows)
    other = HeaderSet(one.name, one.answers, {n: [c[k] for k in rows] for n, c in one.columns.items()})
    first, second = (roles.choose(roles.guess(s), s) for s in (one.sample(), other.sample()))
    assert first == second


ORDERS = "买家 | 创建时间 | 付款时间 | 订单号\n" + "".join(
    f"u{k} | 2026-01-0{k} 10:00 | 2026-01-0{k} 10:05 | A0{k}\n" for k in range(1, 6)
)


def test_orders_happen_when_they_are_paid_where_nearly_all_are() -> None:
    assert choose(ORDERS)["time"] == "付款时间"
    half = ORDERS.replace("2026-01-01 10:05", "").replace("2026-01-02 10:05", "")
    assert choose(half)["time"] == "创建时间"


def test_the_user_is_the_id_that_most_rows_have() -> None:
    text = "time | event | user_id | anonymous_id\n" + "".join(
        f"2026-01-0{k} | view | {'u' + str(k) if k < 4 else ''} | a{k}\n" for k in range(1, 9)
    )
    assert choose(text)["user"] == "anonymous_id"
    full = text.replace(" |  | ", " | u9 | ")
    assert choose(full)["user"] == "user_id"
    assert guessed(full, "user")["user_id"][1] == REASONS["person"]


def test_an_email_stands_in_where_no_id_is_given() -> None:
    text = "time | event | email\n" + "".join(f"2026-01-0{k} | view | a{k}@b.c\n" for k in range(1, 7))
    assert guessed(text, "user")["email"] == (0.78, REASONS["contact"])


LINES = (
    "order_id | user_id | date | order_total | quantity | unit_price\n"
    "1 | a | 2026-01-05 | 30.00 | 1 | 10.00\n1 | a | 2026-01-05 | 30.00 | 2 | 10.00\n"
    "2 | b | 2026-01-06 | 25.00 | 3 | 5.00\n2 | b | 2026-01-06 | 25.00 | 1 | 10.00\n3 | c | 2026-01-07 | 7.00 | 1 | 7.00\n"
)


def test_an_orders_total_on_every_line_gives_way_to_quantity_times_price() -> None:
    best = choose(LINES)
    assert "amount" not in best and (best["quantity"], best["price"]) == ("quantity", "unit_price")
    confidence, why = guessed(LINES, "amount")["order_total"]
    assert why == REASONS["repeated"] and confidence < 0.4
    assert guessed(LINES, "order")["order_id"][1] == REASONS["lines"]


def test_a_lines_own_sum_is_preferred_to_the_orders_total() -> None:
    text = LINES.replace("unit_price", "line_amount")
    assert choose(text)["amount"] == "line_amount"


def test_an_orders_total_stays_with_less_trust_where_lines_have_no_price() -> None:
    text = "\n".join(" | ".join(r.split(" | ")[:5]) for r in LINES.splitlines())
    assert choose(text)["amount"] == "order_total"
    assert guessed(text, "amount")["order_total"] == (0.552, REASONS["repeated"])


def test_a_total_given_once_an_order_is_the_amount() -> None:
    once = LINES.replace("30.00 | 2", " | 2").replace("25.00 | 1", " | 1")
    assert choose(once)["amount"] == "order_total"


def test_a_bare_name_numbers_orders_only_where_money_stands() -> None:
    text = "name | email | created_at | total\n" + "".join(
        f"#100{k} | a{k}@b.c | 2026-01-0{k} | {k}.50\n" for k in range(1, 7)
    )
    assert choose(text)["order"] == "name"
    assert "order" not in choose(text.replace("total", "subject"))


def test_a_split_for_learning_is_no_experiment() -> None:
    split = "user_id | set\n1 | train\n2 | test\n3 | train\n4 | test\n5 | train\n"
    assert "arm" not in choose(split)
    assert choose(split.replace("train", "control").replace("set", "group"))["arm"] == "group"


def test_an_id_that_never_repeats_is_no_event() -> None:
    text = "event_id | time | user_id\n" + "".join(f"{{}}{k} | 2026-01-0{k} | u{k % 3}\n" for k in range(1, 9))
    assert "event" not in choose(text.replace("{}", "e"))
    assert choose("event_id | time | user_id\n" + "click | 2026-01-05 | u1\nview | 2026-01-05 | u2\n" * 4)["event"]


def test_a_type_makes_no_events_of_orders_but_of_a_ledger_it_does() -> None:
    text = "订单号 | 用户ID | 交易时间 | 交易类型 | 金额\n" + "".join(
        f"A{k}0001 | u{k} | 2026-01-0{k} | {'APP' if k % 2 else 'H5'} | {k}.00\n" for k in range(1, 8)
    )
    assert "event" not in choose(text) and choose(text.replace("订单号", "流水号"))["event"] == "交易类型"


def test_the_type_of_what_the_time_is_of_is_the_event() -> None:
    text = "member_id | visit_type | visit_date\n" + "m1 | class | 2026-01-05\nm2 | sauna | 2026-01-06\n" * 3
    assert guessed(text, "event") == {"visit_type": (0.82, REASONS["kind"])}
    assert "event" not in choose(text.replace("visit_type", "member_type"))
    assert "event" not in choose(text.replace("visit", "order"))


def test_a_movement_without_money_is_no_order() -> None:
    text = "流水号 | 会员号 | 变动类型 | 变动时间\n" + "".join(
        f"J{k}001 | m{k} | {'赠送' if k % 2 else '兑换'} | 2026-01-0{k}\n" for k in range(1, 8)
    )
    assert choose(text) == {"user": "会员号", "event": "变动类型", "time": "变动时间"}


def test_an_empty_user_column_is_still_the_user() -> None:
    assert choose("user_id | time | event\n | 2026-01-05 | a\n")["user"] == "user_id"


def test_every_reason_has_the_column_and_no_other_field() -> None:
    assert all({f for _, f, _, _ in string.Formatter().parse(t) if f} == {"column"} for t in REASONS.values())


def test_shapes() -> None:
    assert roles.shape_of({"milestone": ("a", "b")}) == "milestones" and roles.shape_of({"arm": "a"}) == "results"
    assert roles.shape_of({"time": "t", "event": "e", "amount": "m"}) == "events"
    assert roles.shape_of({"time": "t", "quantity": "q", "price": "p"}) == "orders"
    assert roles.shape_of({"time": "t", "price": "p"}) == "events"


def test_the_key_of_headers_forgets_their_order() -> None:
    assert roles.header_key(["a", "b"]) == roles.header_key(["b", "a"]) != roles.header_key(["a", "c"])


def test_a_profile_counts_given_cells() -> None:
    look = roles.profile(cells.from_strings(["2026-01-05", "2026-01-06", "soon", None, ""]))
    assert (look.given, look.distinct, look.rows, look.share) == (3, 3, 5, 0.6)
    assert look.dates == pytest.approx(2 / 3) and look.unique and not look.numbers
