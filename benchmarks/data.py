"""Synthetic logs of any size, the same for all who are timed.

Users come by a long-tailed draw, each with a few dense weeks; ten kinds of events; money on one
of them; four properties, one of which, the country, never changes within a user, so that a split by it
means the same to everybody. Stamps are whole seconds, all different within a user, so that engines
which break ties differently must still agree.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent / "data"
EVENTS = ["visit", "view", "cart", "order", "search", "like", "share", "help", "login", "logout"]
WEIGHTS = [0.27, 0.23, 0.10, 0.05, 0.12, 0.08, 0.04, 0.03, 0.05, 0.03]
COUNTRIES = ["at", "ch", "de", "fr", "it"]
START = 1_735_689_600  # 2025-01-01 UTC
DAYS = 364


def table(rows: int) -> pa.Table:
    """user, time (seconds), event, channel, platform, amount, country; in the order of time, as files are."""
    rng = np.random.default_rng(1)
    n_users = rows // 20
    share = rng.gamma(0.8, 1.0, n_users) + 0.05
    user = rng.choice(n_users, rows, p=share / share.sum()).astype(np.int64)
    first = rng.integers(0, DAYS * 86_400, n_users)
    offset = rng.exponential(40 * 86_400, rows).astype(np.int64)
    second = (first[user] + offset) % (DAYS * 86_400)
    # One event a second and user, at most: later ones of the same second are left out.
    _, keep = np.unique(user * (DAYS * 86_400) + second, return_index=True)
    keep = keep[np.argsort(second[keep], kind="stable")]
    user, second = user[keep], second[keep]
    event = rng.choice(len(EVENTS), len(user), p=WEIGHTS)
    amount = np.where(event == 3, np.round(rng.gamma(2, 40, len(user)), 2), np.nan)
    country = np.random.default_rng(2).integers(0, len(COUNTRIES), n_users)
    return pa.table(
        {
            "user": pa.array([f"u{i:07d}" for i in range(n_users)]).take(pa.array(user)),
            "time": pa.array(START + second),
            "event": pa.DictionaryArray.from_arrays(pa.array(event.astype(np.int8)), EVENTS),
            "channel": pa.array(["search", "social", "mail", "direct"]).take(pa.array(rng.integers(0, 4, len(user)))),
            "platform": pa.array(["ios", "android", "web"]).take(pa.array(rng.integers(0, 3, len(user)))),
            "amount": pa.array(amount, from_pandas=True),
            "country": pa.array(COUNTRIES).take(pa.array(country[user])),
        }
    )


def files(rows: int) -> tuple[Path, Path]:
    """Parquet and CSV of a size, written once. The CSV has no country: it is what intake is timed with."""
    FOLDER.mkdir(exist_ok=True)
    parquet, csv = FOLDER / f"{rows}-users.parquet", FOLDER / f"{rows}.csv"
    if not parquet.exists() or not csv.exists():
        made = table(rows)
        stamps = made["time"].cast(pa.timestamp("s"))
        made = made.set_column(2, "event", made["event"].cast(pa.string()))
        pq.write_table(made, parquet)
        text = made.set_column(1, "time", stamps.cast(pa.string())).drop_columns(["country"])
        pa_csv.write_csv(text, csv, write_options=pa_csv.WriteOptions(quoting_style="none"))
    return parquet, csv
