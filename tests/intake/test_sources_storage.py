"""Storage: files and Parquet folders of a prefix; here of a file tree, which is read the same way."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from analysis.errors import IntakeError
from analysis.intake import sources
from analysis.intake.sources import Source
from analysis.intake.sources import config as sources_config
from analysis.intake.sources import storage as sources_storage
from analysis.intake.sources.places import StoragePlace

ORDERS = pa.table(
    {
        "who": ["甲", "b", "c"],
        "year": pa.array([2025, 2026, 2026], pa.int32()),
        "amount": pa.array([Decimal("1.50"), None, Decimal("3.00")], pa.decimal128(10, 2)),
        "at": pa.array([datetime(2026, 1, 5, h, tzinfo=UTC) for h in (1, 2, 3)], pa.timestamp("us", "UTC")),
    }
)


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """A prefix with a file, a packed file, a partitioned table, and what is not offered."""
    lake = tmp_path / "the lake"
    lake.mkdir()
    (lake / "may.csv").write_text("a,b\n1,2\n")
    (lake / "may.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    year = ds.partitioning(pa.schema([("year", pa.int32())]), flavor="hive")
    ds.write_dataset(ORDERS, lake / "orders", format="parquet", partitioning=year)
    (lake / "orders" / "_SUCCESS").touch()
    (lake / "texts").mkdir()
    (lake / "texts" / "a.csv").write_text("a")
    (lake / "empty").mkdir()
    (lake / "_temporary").mkdir()
    (tmp_path / "secret").mkdir()
    pq.write_table(pa.table({"who": ["secret"]}), tmp_path / "secret" / "s.parquet")
    (lake / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "sources.toml").write_text(f'[storage.lake]\nuri = "file://{str(lake).replace(" ", "%20")}"\n')
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "sources.toml"))
    return lake


def test_files_and_parquet_folders_are_offered(lake):
    items = sources.browse("lake")
    assert [(i.name, i.kind, i.size) for i in items] == [
        ("may.csv", "file", 8),
        ("may.csv.gz", "file", (lake / "may.csv.gz").stat().st_size),
        ("orders", "parquet", None),
    ]
    assert items[0].modified_at is not None


@pytest.mark.parametrize("name", ["may.csv", "may.csv.gz"])
def test_a_file_is_copied_as_it_is_even_a_packed_one(lake, tmp_path, name):
    assert sources.fetch(Source("lake", "storage", name), tmp_path / "out") == name
    assert (tmp_path / "out").read_bytes() == (lake / name).read_bytes()


def test_a_parquet_folder_is_one_table_with_its_partitions_as_columns(lake, tmp_path):
    seen = []
    name = sources.fetch(
        Source("lake", "storage", "orders"), tmp_path / "out", lambda share, rows: seen.append((share, rows))
    )
    assert name == "orders.parquet"
    table = pq.ParquetFile(tmp_path / "out").read()
    assert table.sort_by("at").select(ORDERS.column_names) == ORDERS
    assert seen == [(1 / 3, 1), (1.0, 3)]


def test_parts_with_other_columns_are_brought_together(lake, tmp_path):
    pq.write_table(pa.table({"who": ["d"], "coupon": ["X"]}), lake / "orders" / "year=2026" / "z.parquet")
    sources.fetch(Source("lake", "storage", "orders"), tmp_path / "out")
    table = pq.ParquetFile(tmp_path / "out").read().sort_by("who").to_pydict()
    assert table["who"] == ["b", "c", "d", "甲"] and table["coupon"] == [None, None, "X", None]
    assert table["year"] == [2026, 2026, 2026, 2025]


def test_parts_that_do_not_go_together_are_refused(lake, tmp_path):
    pq.write_table(pa.table({"who": [[1]]}), lake / "orders" / "year=2026" / "z.parquet")
    with pytest.raises(IntakeError, match="don't go together"):
        sources.fetch(Source("lake", "storage", "orders"), tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    ["../secret", "link", "link/s.parquet", "texts", "texts/a.csv", "empty", "_temporary", "orders/year=2025", "/etc/passwd",
     "", ".", "..", "may.csv/", "file:///etc/passwd", "nothing"],
)  # fmt: skip
def test_nothing_but_what_is_offered_can_be_fetched(lake, tmp_path, name):
    with pytest.raises(IntakeError, match="offers nothing called"):
        sources.fetch(Source("lake", "storage", name), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_part_that_is_a_link_out_of_the_place_is_left_out(lake, tmp_path):
    (lake / "orders" / "year=2025" / "out.parquet").symlink_to(tmp_path / "secret" / "s.parquet")
    sources.fetch(Source("lake", "storage", "orders"), tmp_path / "out")
    assert "secret" not in pq.ParquetFile(tmp_path / "out").read()["who"].to_pylist()


def test_more_than_can_be_read_is_refused_and_leaves_nothing(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(sources_storage, "MOST_BYTES", 10)
    with pytest.raises(IntakeError, match="larger than"):
        sources.fetch(Source("lake", "storage", "orders"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_fingerprint_changes_with_any_part(lake):
    source = Source("lake", "storage", "orders")
    before = sources.fingerprint_of(source)
    assert before == sources.fingerprint_of(source) is not None
    pq.write_table(pa.table({"who": ["d"]}), lake / "orders" / "year=2026" / "z.parquet")
    assert sources.fingerprint_of(source) != before
    assert sources.fingerprint_of(Source("lake", "storage", "gone")) is None


def test_a_prefix_that_is_not_there_is_said_without_its_address(lake, tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text(f'[storage.lake]\nuri = "file://{tmp_path}/none"\n')
    with pytest.raises(IntakeError, match="broke off") as refused:
        sources.browse("lake")
    assert str(tmp_path) not in str(refused.value)


def test_object_storage_gets_its_account_from_the_environment(monkeypatch):
    monkeypatch.setenv("LAKE_KEY", "key")
    monkeypatch.setenv("LAKE_SECRET", "CANARY")
    given = {}
    monkeypatch.setattr(sources_storage.fs, "S3FileSystem", lambda **options: given.update(options))
    place = StoragePlace("x", "s3://bucket/pre/", "eu-west-1", "http://127.0.0.1:9000/", "LAKE_KEY", "LAKE_SECRET")
    assert sources_storage._files(place)[1] == "bucket/pre"
    assert (given["access_key"], given["secret_key"], given["region"]) == ("key", "CANARY", "eu-west-1")
    assert (given["endpoint_override"], given["scheme"], given["anonymous"]) == ("127.0.0.1:9000", "http", False)
    assert "CANARY" not in repr(place)


def test_storage_that_does_not_answer_is_said_without_its_account(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKE_KEY", "KEYCANARY")
    monkeypatch.setenv("LAKE_SECRET", "SECRETCANARY")
    (tmp_path / "sources.toml").write_text(
        '[storage.lake]\nuri = "s3://bucket/pre"\nendpoint = "http://127.0.0.1:1"\nregion = "eu-west-1"\n'
        'key_env = "LAKE_KEY"\nsecret_env = "LAKE_SECRET"\n'
    )
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "sources.toml"))
    with pytest.raises(IntakeError, match="broke off") as refused:
        sources.browse("lake")
    assert "CANARY" not in str(refused.value)
