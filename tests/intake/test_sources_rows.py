"""Rows of a database: the type follows from the values, and nothing is lost."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.intake.sources.rows import look, said, write_rows

EAST = timezone(timedelta(hours=8))


def written(folder, rows, size, names=("a",)):
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    batches = [rows[k : k + size] for k in range(0, len(rows), size)]
    assert write_rows(names, batches, folder / "out.parquet", scratch) == len(rows)
    for path in scratch.iterdir():
        path.unlink()
    return pq.ParquetFile(folder / "out.parquet").read()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None], pa.bool_()),
        ([1, None, -3], pa.int64()),
        ([1, 2.5], pa.float64()),
        ([Decimal("1.50"), 2], pa.decimal128(38, 2)),
        ([2**63, 1], pa.decimal128(38, 0)),
        ([date(2026, 1, 5), None], pa.date32()),
        ([time(10, 30)], pa.time64("us")),
        ([datetime(2026, 1, 5, 10, 0, 0, 1)], pa.timestamp("us")),
        (["甲", "", None], pa.string()),
        ([None, None], pa.string()),
    ],
)
def test_types_are_kept(tmp_path, values, kind):
    table = written(tmp_path, [(v,) for v in values], 10)
    assert table.schema.field("a").type == kind
    assert table["a"].to_pylist() == values


def test_a_stamp_with_a_zone_is_the_same_instant_in_utc(tmp_path):
    table = written(tmp_path, [(datetime(2026, 1, 5, 10, tzinfo=EAST),), (datetime(2026, 1, 5, 3, tzinfo=UTC),)], 1)
    assert table.schema.field("a").type == pa.timestamp("us", tz="UTC")
    assert table["a"].to_pylist() == [datetime(2026, 1, 5, 2, tzinfo=UTC), datetime(2026, 1, 5, 3, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, "x", 2.0, 2.5], ["1", "x", "2", "2.5"]),
        ([Decimal("1.50"), "x"], ["1.5", "x"]),
        ([Decimal("NaN"), Decimal("1.50")], ["NaN", "1.5"]),
        ([Decimal("1" + "0" * 40), Decimal("0.5")], ["1" + "0" * 40, "0.5"]),
        ([2**53 + 1, 0.5], [str(2**53 + 1), "0.5"]),
        ([datetime(2026, 1, 5, 10, tzinfo=EAST), "x"], ["2026-01-05 02:00:00+00:00", "x"]),
        ([date(2026, 1, 5), datetime(2026, 1, 5, 10)], ["2026-01-05", "2026-01-05 10:00:00"]),
        ([True, 3], ["true", "3"]),
        (["é".encode(), b"\xff\x00", None], ["é", "0xff00", None]),
        ([{"x": "é"}, [1, None]], ['{"x": "é"}', "[1, null]"]),
        ([UUID(int=1), timedelta(hours=2)], ["00000000-0000-0000-0000-000000000001", "2:00:00"]),
    ],
)
@pytest.mark.parametrize("size", [1, 10])
def test_what_does_not_go_together_is_text_and_exact(tmp_path, values, texts, size):
    assert written(tmp_path, [(v,) for v in values], size)["a"].to_pylist() == texts


def test_a_type_that_shows_itself_late_holds_for_the_whole_column(tmp_path):
    rows = [(None, 1), (None, 2), (Decimal("1.5"), 3), (Decimal("2.25"), "x")]
    table = written(tmp_path, rows, 1, ("late", "mixed"))
    assert table.schema.types == [pa.decimal128(38, 2), pa.string()]
    assert table.to_pydict() == {
        "late": [None, None, Decimal("1.50"), Decimal("2.25")],
        "mixed": ["1", "2", "3", "x"],
    }


def test_one_header_twice_and_no_row_at_all(tmp_path):
    assert written(tmp_path, [], 1, ("id", "id", "id 2")).schema == pa.schema(
        [("id", pa.string()), ("id 2", pa.string()), ("id 2 2", pa.string())]
    )


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=True, allow_infinity=False, places=None, min_value=-(10**20), max_value=10**20),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(EAST)),
    st.text(max_size=4),
    st.binary(max_size=3),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, st.one_of(st.none(), st.integers(), st.floats()))), size=st.integers(1, 5))
def test_where_the_batches_part_has_no_effect(tmp_path, rows, size):
    one = written(tmp_path, rows, len(rows) + 1, ("a", "b"))
    many = written(tmp_path, rows, size, ("a", "b"))
    assert many.schema == one.schema
    assert repr(many.to_pydict()) == repr(one.to_pydict())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(CELLS, min_size=1))
def test_every_value_comes_back_as_itself_or_as_its_text(tmp_path, values):
    table = written(tmp_path, [(v,) for v in values], 3)
    for given_, kept in zip(values, table["a"].to_pylist(), strict=True):
        assert kept == given_ or kept == said(given_) or (given_ is None and kept is None)


@given(st.lists(CELLS), st.lists(CELLS))
def test_what_was_seen_of_two_parts_is_what_was_seen_of_both(left, right):
    assert look(left).merged(look(right)) == look(left + right) == look(right).merged(look(left))
