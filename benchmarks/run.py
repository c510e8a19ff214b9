"""`make bench`: side by side with the peers, in one run, equal answers first.

Machines are shared and noisy, so medians of seven runs and ratios are what counts. For our questions
two figures are given: the kernel (`over_users`), which is what an engine's query does, and the whole
question, with its tables, intervals and medians. Then the questions of the behaviour section, intake, and
last the way from a slider to the redrawn chart in a browser.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import RFM, EventLog, Funnel, Retention, engine
from benchmarks import behaviour, slider
from benchmarks.data import files
from benchmarks.peers import STEPS, ClickHouse, DuckDB, Retentioneering

RESULTS = Path(__file__).parent / "RESULTS.md"
RUNS = 7
WEEKS = 53


def median_ms(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median time of a call, after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


class Ours:
    """The questions asked of a memory-mapped log."""

    def __init__(self, folder: Path) -> None:
        self.log = EventLog.open(folder)
        self.questions = {
            "funnel": Funnel(steps=STEPS, window_days=7, include_open=True),
            "retention": Retention(period="week", periods=WEEKS),
            "RFM": RFM(purchase="order"),  # type: ignore[arg-type]
            "endless": Funnel(steps=STEPS, window_days=None),
        }

    def whole(self, name: str) -> Callable[[], object]:
        """The whole question."""
        return lambda: self.questions[name].ask(self.log)

    def kernel(self, name: str) -> Callable[[], object]:
        """The engine's part alone: the calls that the question makes to `over_users`, made again."""
        calls = []
        module = sys.modules[type(self.questions[name]).__module__]
        real = engine.over_users

        def note(*args: object, **kwargs: object) -> object:
            calls.append((args, kwargs))
            return real(*args, **kwargs)  # type: ignore[arg-type]

        module.over_users = note  # type: ignore[attr-defined]
        try:
            self.questions[name].ask(self.log)
        finally:
            module.over_users = real  # type: ignore[attr-defined]
        main = calls[0]
        return lambda: real(*main[0], **main[1])  # type: ignore[arg-type]

    def funnel(self, name: str = "funnel") -> list[int]:
        """Users at each step."""
        return self.questions[name].ask(self.log).table["users"].tolist()

    def retention(self) -> dict[tuple[int, int], int]:
        """Users per weekly cohort and week after, as the peers give them."""
        answer = self.questions["retention"].ask(self.log)
        return {(int(c), int(k)): int(n) for (c, k), n in np.ndenumerate(answer.retained) if n}

    def rfm(self) -> tuple[int, int, float, int]:
        """As ClickHouse.rfm; the last purchase's instant is worked back from the log."""
        answer = self.questions["RFM"].ask(self.log)
        bits = self.log.events.codes == self.log.events.code("order", "event")
        last = 0
        for i in range(self.log.n_users):
            rows = np.flatnonzero(bits[self.log.starts[i] : self.log.ends[i]])
            last += int(self.log.time[self.log.starts[i] + rows[-1]]) // 1_000_000 if len(rows) else 0
        return len(answer.who), int(answer.frequency.sum()), round(float(answer.net.sum()), 0), last


def log_of(rows: int, folder: Path) -> Path:
    """The log of a size, saved."""
    parquet, _csv = files(rows)
    table = pq.read_table(parquet)
    stamps = pa.compute.multiply(table["time"], 1_000_000)
    EventLog.build(table.set_column(1, "time", stamps), roles={"amount": "amount"}).save(folder)
    return folder


def questions(rows: int, lines: list[str]) -> None:
    """Funnel, retention and RFM beside the peers at one size."""
    parquet, _csv = files(rows)
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(log_of(rows, Path(folder)))
        house, duck = ClickHouse(parquet), DuckDB(parquet)
        pairs = [("funnel", ours.funnel), ("retention", ours.retention), ("RFM", ours.rfm)]
        lines.append(f"\n## {ours.log.n_events:,} events, {ours.log.n_users:,} users\n")
        lines.append(
            "| question | kernel, ms | whole question, ms | chDB, ms | DuckDB, ms | chDB ÷ kernel | DuckDB ÷ kernel |"
        )
        lines.append("|---|---|---|---|---|---|---|")
        for name, mine in pairs:
            theirs = getattr(house, name.lower()), getattr(duck, name.lower())
            expected = mine()
            for peer in theirs:
                assert peer() == expected, f"{name}: the answers differ"
            slow = 3 if rows > 2_000_000 else RUNS
            kernel, whole = median_ms(ours.kernel(name)), median_ms(ours.whole(name))
            chdb, duckdb = median_ms(theirs[0]), median_ms(theirs[1], slow)
            lines.append(
                f"| {name} | {kernel:.1f} | {whole:.1f} | {chdb:.0f} | {duckdb:.0f} | {chdb / kernel:.1f} | {duckdb / kernel:.1f} |"
            )
            print(lines[-1], flush=True)
        house.close()
        duck.close()
        behaviour.timed(ours.log, parquet, median_ms, lines)
        if rows <= 1_000_000:
            peer = Retentioneering(parquet)
            assert peer.funnel() == ours.funnel("endless"), "retentioneering: the answers differ"
            mine_ms, peer_ms = median_ms(ours.whole("endless")), median_ms(peer.funnel, 3)
            lines.append(
                f"\nFunnel without a window, whole question: {mine_ms:.1f} ms, retentioneering {peer_ms:.0f} ms "
                f"({peer_ms / mine_ms:.0f} ×)."
            )
            print(lines[-1], flush=True)


def fresh(code: str) -> tuple[float, float]:
    """Runs code in a process of its own: the number it prints last, and its peak memory in MB."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    value, peak = done.stdout.split()[-2:]
    return float(value), float(peak)


TIMED = """
import time
{setup}
began = time.perf_counter()
{work}
seconds = time.perf_counter() - began
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")][0]
print(seconds, int(peak.split()[1]) / 1024)
"""


def intake(rows: int, lines: list[str]) -> None:
    """Intake of a CSV beside pyarrow's raw read of it, each in a process of its own; then the opening."""
    _parquet, csv = files(rows)
    raw = TIMED.format(setup="import pyarrow.csv as c", work=f"t = c.read_csv({str(csv)!r})")
    ours = TIMED.format(
        setup="from pathlib import Path; from analysis.intake import read", work=f"t = read(Path({str(csv)!r}))"
    )
    pairs = [(fresh(raw), fresh(ours)) for _ in range(3)]
    raw_s, ours_s = (statistics.median(p[k][0] for p in pairs) for k in (0, 1))
    ratio = statistics.median(b[0] / a[0] for a, b in pairs)
    lines.append(f"\n## Intake of {csv.stat().st_size / 1e6:,.0f} MB of CSV, {rows:,} rows\n")
    lines.append(f"- pyarrow's raw read {raw_s:.2f} s, peak {pairs[0][0][1]:,.0f} MB")
    lines.append(
        f"- intake to a sorted log, ledger closed: {ours_s:.2f} s, peak {pairs[0][1][1]:,.0f} MB: **{ratio:.2f} ×** the raw read"
    )
    with tempfile.TemporaryDirectory() as folder:
        log_of(rows, Path(folder))
        opening = TIMED.format(
            setup="from pathlib import Path; from analysis import EventLog",
            work=f"log = EventLog.open(Path({folder!r})); log.n_events",
        )
        opened = [fresh(opening) for _ in range(3)]
    lines.append(
        f"- opening the saved log (7 columns): **{statistics.median(o[0] for o in opened) * 1000:.0f} ms**, process {opened[0][1]:,.0f} MB"
    )
    print("\n".join(lines[-4:]), flush=True)


def main() -> None:
    """Writes RESULTS.md."""
    packages = ("numba", "numpy", "pyarrow", "pandas", "chdb", "chdb-core", "duckdb", "retentioneering")
    said = ", ".join(f"{p} {version(p)}" for p in packages)
    lines = [
        "# Figures of `make bench`",
        "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {said}. Medians; equal answers were asserted before timing.",
        "The kernel is the engine's pass over the log; the whole question adds tables, intervals and medians.",
    ]
    for rows in (1_000_000, 10_000_000):
        questions(rows, lines)
        written(lines)
    intake(10_000_000, lines)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines.append(f"\nPeak memory of the whole run, peers included: {peak:,.0f} MB.")
    written(lines)
    with tempfile.TemporaryDirectory() as folder:
        slider.run(EventLog.open(log_of(10_000_000, Path(folder))), lines)
    written(lines)


def written(lines: list[str]) -> None:
    """What is measured so far, on disk: a run that is cut off keeps its figures."""
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
