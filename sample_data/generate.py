"""Rewrite the sample data: `python -m sample_data.generate`.

One seeded draw (`plan.PLAN`) gives the shop's files, another (`clicks.CLICKS`) the clicks, byte for byte the same each
time with the same numpy and pandas, so a change of a file in a diff is a change of the plan. The parameters are in
`plan.py`, the draw in `users.py` and `shop.py`, the counting in `truth.py`; all of the clicks is in `clicks.py`. The
real data set, `online_retail.parquet`, is not touched.
"""

import json
import sys
from pathlib import Path

from sample_data.chinese import write_events, write_orders
from sample_data.clicks import write_clicks
from sample_data.plan import PLAN
from sample_data.shop import build
from sample_data.truth import truth

FILES = ("shop.csv", "truth.json", "shop_zh_gb18030.csv", "orders_zh.xlsx", "clicks.csv", "clicks_truth.json")


def generate(folder: Path) -> None:
    """Write all made-up files into `folder`."""
    events, lines = build(PLAN)
    text = events.to_csv(index=False, float_format="%.2f", date_format="%Y-%m-%d %H:%M:%S", lineterminator="\n")
    (folder / "shop.csv").write_bytes(text.encode())
    words = json.dumps(truth(events, PLAN), ensure_ascii=False, indent=2)
    (folder / "truth.json").write_bytes(f"{words}\n".encode())
    write_events(events, folder / "shop_zh_gb18030.csv")
    write_orders(lines, folder / "orders_zh.xlsx")
    write_clicks(folder)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
