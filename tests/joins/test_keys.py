"""Keys: by which column a table fits a log."""

import pyarrow as pa

from analysis.events import from_rows
from analysis.joins import Key, guess_key

LOG = from_rows([
    {"user": "u1", "time": "2026-01-05", "event": "view", "sku": "p1", "shelf": 1.0, "price": 0.5},
    {"user": "u1", "time": "2026-01-06", "event": "buy", "sku": "p2", "shelf": 2.0, "price": 0.7},
    {"user": "u2", "time": "2026-01-05", "event": "view", "sku": "p1", "shelf": None, "price": 0.5},
    {"user": "u3", "time": "2026-01-05", "event": "view", "sku": "", "shelf": 2.0, "price": 0.5},
])  # fmt: skip


def test_a_table_of_users_fits_by_its_users():
    table = pa.table({"line": [2, 3, 4], "city": ["x", "x", "y"], "id": ["u1", "u2", "u9"]})
    assert guess_key(LOG, table) == (Key("id", "user", 2 / 3, 3 / 4, True, "exact", 3),)


def test_a_catalogue_fits_by_its_products_and_rows_without_one_are_not_in_the_base():
    table = pa.table({"item": ["p1", "p5", "p6", "p7"], "brand": ["A", "B", "B", "buy"]})
    found = guess_key(LOG, table)
    assert found[0] == Key("item", "sku", 1 / 4, 2 / 3, True, "exact", 4)
    assert [(k.column, k.of) for k in found[1:]] == [("brand", "event")]


def test_whole_numbers_of_the_log_are_looked_at_as_text():
    found = guess_key(LOG, pa.table({"no": ["1", "2", "3"], "cost": ["0.5", "0.7", "9"]}))
    assert [(k.column, k.of) for k in found] == [("no", "shelf")] and found[0].covered_share == 1


def test_a_column_that_names_each_row_once_comes_first():
    log = from_rows([{"user": str(k), "time": "2026-01-05", "event": "e"} for k in range(1, 100)])
    table = pa.table({"age": [str(20 + k % 4) for k in range(60)], "member": [str(k + 1) for k in range(60)]})
    found = guess_key(log, table)
    assert [k.column for k in found] == ["member", "age"] and [k.unique for k in found] == [True, False]
    assert found[1].match_rate == 1


def test_loose_is_named_only_where_it_finds_clearly_more():
    assert guess_key(LOG, pa.table({"id": ["U1", "u2 ", "u9"]}))[0] == Key("id", "user", 2 / 3, 3 / 4, True, "loose", 3)
    log = from_rows([{"user": f"u{k:02d}", "time": "2026-01-05", "event": "e"} for k in range(40)])
    few = [*(f"u{k:02d}" for k in range(38)), "U38"]
    assert guess_key(log, pa.table({"id": few}))[0].by == "exact"
    assert guess_key(log, pa.table({"id": [*few[:30], "U30", "U31", "U32", "U33"]}))[0].by == "loose"


def test_a_table_that_does_not_fit_has_no_key():
    assert guess_key(LOG, pa.table({"x": ["a"], "y": [""]})) == ()


def test_large_sides_are_sampled_and_say_so():
    log = from_rows([{"user": f"u{k}", "time": "2026-01-05", "event": "e"} for k in range(50)])
    table = pa.table({"id": [f"u{k}" for k in range(25, 75)]})
    assert guess_key(log, table, most=10)[0] == Key("id", "user", 0.5, 0.5, True, "exact", 10)


def test_of_equals_the_column_whose_header_names_a_user_comes_first():
    table = pa.table({"copy": ["u1", "u2"], "user_id": ["u1", "u2"]})
    assert [k.column for k in guess_key(LOG, table)] == ["user_id", "copy"]


def test_of_equals_the_column_of_the_same_name_comes_first():
    table = pa.table({"copy": ["p1", "p2"], "SKU": ["p1", "p2"]})
    assert [k.column for k in guess_key(LOG, table)] == ["SKU", "copy"]


def test_details_of_orders_fit_by_the_order_not_by_numbers_that_hit_upon_others():
    log = from_rows([
        {"user": f"u{k}", "time": "2026-01-05", "event": "e", "order": str(100 + k), "clerk": str(k % 3 + 1)}
        for k in range(30)
    ])  # fmt: skip
    table = pa.table({"detail": [str(k) for k in range(90)], "order": [str(100 + k // 3) for k in range(90)]})
    assert [(k.column, k.of) for k in guess_key(log, table)] == [("order", "order"), ("detail", "clerk")]
