"""Real files, and the figures that must come out (shared/data/SOURCES.md)."""

from pathlib import Path

import numpy as np
import pytest

from analysis.intake import inspect, read

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def real(name):
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not in ../shared/data")
    return DATA / name


def counts(log):
    found = np.bincount(log.events.codes, minlength=len(log.events.values))
    return {w: int(n) for w, n in zip(log.events.values, found, strict=True) if w}


def test_mathoverflow():
    path = real("mathoverflow_events.csv.gz")
    kept = read(path, duplicates="keep").log
    assert counts(kept) == {"answer_question": 107_581, "comment_question": 203_639, "comment_answer": 195_330}
    done = read(path)
    assert (done.ledger.rows, done.log.n_users, done.ledger.dropped) == (506_550, 19_774, {"duplicate": 27})
    assert done.dropped.num_rows == 27 and done.ledger.lines == 506_551


def test_online_retail():
    path = real("online_retail.parquet")
    done = read(path, duplicates="keep")
    assert done.ledger.rows == 541_909 and done.ledger.dropped == {"no_user": 135_080} and done.log.n_users == 4_372
    assert "17850" in done.log.ids(done.log.users)
    amount = done.log.numbers(done.log.roles["amount"])
    cells = done.dropped.to_pandas()
    without = (cells["Quantity"].astype(float) * cells["UnitPrice"].astype(float)).sum()
    assert amount.sum() + without == pytest.approx(9_747_747.934, abs=1e-3)
    clean = (amount > 0) & (done.log.events.codes == done.log.events.code("purchase", "event"))
    owner = np.repeat(done.log.users, done.log.ends - done.log.starts)
    assert clean.sum() == 397_884 and len(np.unique(owner[clean])) == 4_338
    assert amount[clean].sum() == pytest.approx(8_911_407.904, abs=1e-3)
    assert read(path).ledger.dropped == {"no_user": 135_080, "duplicate": 5_225}


def test_meal_orders_in_gb18030():
    reading = inspect(real("meal_order_info_gbk.csv"))
    assert reading.encoding == "gb18030" and reading.shape == "orders"
    assert reading.roles == {"user": "phone", "time": "use_start_time", "amount": "expenditure", "order": "order_id"}
    done = read(real("meal_order_info_gbk.csv"))
    assert done.ledger.rows == done.ledger.used == 945


def test_hillstrom_is_a_result_table():
    done = read(real("hillstrom.csv"))
    assert done.log.shape == "results" and done.log.roles["arm"] == "segment"
    assert done.ledger.used == done.log.n_users == 64_000
    arm = done.log.words("segment")
    share = {w: int(np.count_nonzero(arm.codes == k)) for k, w in enumerate(arm.values) if w}
    assert share == {"Mens E-Mail": 21_307, "Womens E-Mail": 21_387, "No E-Mail": 21_306}
    assert done.log.numbers("spend")[arm.codes == arm.code("Mens E-Mail", "arm")].mean() == pytest.approx(
        1.4226, abs=5e-5
    )


def test_superstore_with_semicolons_and_decimal_commas():
    done = read(real("superstore_eu_semicolon_bom.csv"), duplicates="keep")
    assert done.ledger.used == 9_994 and done.log.n_users == 793
    assert done.log.numbers("Sales").sum() == pytest.approx(2_297_200.86, abs=0.01)
    assert done.log.numbers("Profit").sum() == pytest.approx(286_397.02, abs=0.01)
    assert len(done.log.words("Order ID").values) - 1 == 5_009


def test_taobao_orders():
    done = read(real("taobao_orders_zh.xlsx"), duplicates="keep")
    assert done.ledger.rows == 28_833 and done.log.n_users == 25_949
    assert done.log.roles["amount"] == "实付金额"


def test_cdnow_and_touches():
    done = read(real("cdnow_master.csv"), duplicates="keep")
    assert done.log.n_events == 69_659 and done.log.n_users == 23_570
    touches = read(real("pathdata_touchlog_SYNTHTIME.csv.gz"))
    assert touches.ledger.rows == 397_994 and touches.log.roles["channel"] == "channel"
    assert counts(touches.log).get("conversion", 0) == 19_785 or "touch" in counts(touches.log)


def test_every_odd_file_is_read_or_refused_and_closes():
    from analysis.errors import AnalysisError

    folder = real("messy")
    for path in sorted(folder.iterdir()):
        if path.suffix == ".json":
            continue
        try:
            reading = inspect(path)
        except AnalysisError:
            continue
        roles = {"user": reading.columns[0], "event": reading.columns[-1]}
        timed = next((g.column for g in reading.guesses if g.role == "time"), None)
        try:
            done = read(
                path, roles={**roles, "time": timed} if timed else {**roles, "arm": reading.columns[0]}, day_first=True
            )
        except AnalysisError:
            continue
        assert done.ledger.closes(), path.name
        assert done.dropped.num_rows == sum(done.ledger.dropped.values()), path.name
