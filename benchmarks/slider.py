"""From a key press on a control to the redrawn chart, on the real pages, in a real Chromium.

A slider is moved by the arrow key to a value that nobody asked for before, so nothing is cached. The clock is the
page's own: from the key's event to the frame after the last change to a drawing of the cell's charts. The server writes down
when each script began and ended and what it spent its time on, so that the way there and back can be told.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis import EventLog
from analysis.store import Workspace

ROOT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PRESSES, WARM = 24, 3
MEDIAN_MS, P95_MS = 200, 400
QUIET_MS = 600
"""So long without a change, and the chart is drawn."""

STROKES = """
window.strokes = {}; window.pressed = 0;
const drawn = (change) => change.target.closest('svg.marks')
  || [...change.addedNodes].some(n => n.nodeName === 'svg' && n.classList.contains('marks'));
new MutationObserver((changes) => {
  for (const change of changes) {
    const cell = change.target.closest && change.target.closest('[class*="st-key-cell-"]');
    if (!cell || !change.target.closest('[data-testid="stVegaLiteChart"]') || !drawn(change)) continue;
    const name = [...cell.classList].find(c => c.startsWith('st-key-cell-')).slice(12);
    requestAnimationFrame(() => { window.strokes[name] = window.strokes['*'] = performance.now(); });
  }
}).observe(document, {subtree: true, childList: true, attributes: true});
document.addEventListener('keydown', () => { window.strokes = {}; window.pressed = performance.now(); }, true);
"""
SETTLED = f"""(cell) => window.strokes[cell] > window.pressed
  && performance.now() - window.strokes['*'] > {QUIET_MS}
  && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === 'notRunning'"""
READ = """(cell) => ({pressed: window.pressed, drawn: window.strokes[cell], all: window.strokes['*'], origin: performance.timeOrigin})"""


class Place(NamedTuple):
    """A control: its page, its cell, its label, the key that moves it, and what the link asks for besides."""

    page: str
    cell: str
    label: str
    key: str = "ArrowRight"
    asked: dict[str, Any] | None = None


PLACES = [
    Place("funnel", "funnel", "Within days"),
    Place("retention", "retention", "Periods shown"),
    Place("paths", "paths", "Within days"),
    Place("sessions", "sessions", "Timeout, minutes"),
]


class Served:
    """The app over a workspace with one log, under the stop-watch."""

    def __init__(self, log: EventLog, folder: Path) -> None:
        self.fingerprint = Workspace(folder / "workspace").add_derived(log, name="bench").fingerprint
        self.notes = folder / "notes.jsonl"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        options = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
        environment = {**os.environ, "FOOTPRINTS_WORKSPACE": str(folder / "workspace"), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "benchmarks.timed", str(self.notes), "app.py", *options]
        self.said = folder / "server.log"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        for _ in range(120):
            try:
                urllib.request.urlopen(self.url + "/_stcore/health", timeout=1)
                return
            except OSError:
                time.sleep(0.25)
        raise RuntimeError(self.said.read_text())

    def runs(self) -> list[dict[str, Any]]:
        """The runs of scripts so far."""
        return [json.loads(line) for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    def close(self) -> None:
        """Ends the server."""
        self.process.terminate()
        self.process.wait(10)


def pressed(served: Served, browser: Any, place: Place) -> list[dict[str, float]]:
    """Times of every counted key press on a page, ms."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US").new_page()
    page.add_init_script(STROKES)
    asked = "" if place.asked is None else "&q=" + urllib.parse.quote(json.dumps(place.asked))
    page.goto(f"{served.url}/{place.page}?lang=en&ds={served.fingerprint}{asked}")
    page.wait_for_function(SETTLED, arg=place.cell, timeout=120_000)
    thumb = page.locator(f".st-key-cell-{place.cell}").get_by_role("slider", name=place.label).first
    thumb.focus()
    out = []
    for _ in range(WARM + PRESSES):
        before = len(served.runs())
        page.keyboard.press(place.key)
        page.wait_for_function(SETTLED, arg=place.cell, timeout=60_000)
        seen, runs = page.evaluate(READ, place.cell), served.runs()[before:]
        start, own = seen["origin"] + seen["pressed"], runs[0]
        times = {"chart": seen["drawn"] - seen["pressed"], "page": seen["all"] - seen["pressed"], "runs": len(runs)}
        times |= {"there": own["began"] - start, "script": own["ended"] - own["began"]}
        times["back"] = seen["origin"] + seen["drawn"] - own["ended"]
        out.append(times | {f"part {name}": ms for name, ms in own["parts"].items()})
    page.context.close()
    return out[WARM:]


def summed(place: Place, found: list[dict[str, float]]) -> list[str]:
    """A line of the table, and where the time goes."""

    def middle(name: str) -> float:
        return statistics.median(f.get(name, 0.0) for f in found)

    chart = [f["chart"] for f in found]
    half, most = statistics.median(chart), float(np.quantile(chart, 0.95))
    met = "yes" if half <= MEDIAN_MS and most <= P95_MS else "no"
    row = f"| {place.page}: {place.label} | {half:.0f} | {most:.0f} | {met} | {middle('there'):.0f} | {middle('script'):.0f} | {middle('back'):.0f} | {middle('page'):.0f} |"
    names = sorted({n for f in found for n in f if n.startswith("part ")}, key=lambda n: -middle(n))
    parts = ", ".join(f"{n[5:]} {middle(n):.0f}" for n in names if middle(n) >= 0.5)
    return [row, f"- {place.page}: {parts}"]


def run(log: EventLog, lines: list[str]) -> None:
    """The section of the results; a sentence where there is no Chromium."""
    lines.append(f"\n## From slider to redrawn chart, {log.n_events:,} events\n")
    if not CHROMIUM.exists():
        lines.append(f"Not measured: there is no Chromium at {CHROMIUM}.")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        served = Served(log, Path(folder))
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            told = [summed(place, pressed(served, browser, place)) for place in PLACES]
        finally:
            browser.close()
            served.close()
    lines.append(
        f"{PRESSES} presses of an arrow key a page, each to a value not asked for before; ms. Targets: median at most "
        f"{MEDIAN_MS}, 95th percentile at most {P95_MS}.\n"
    )
    lines.append(
        "| control | median | p95 | met | key to script | script | script's end to chart | all charts of the page |"
    )
    lines.append("|---|---|---|---|---|---|---|---|")
    lines += [row for row, _parts in told]
    lines.append("\nThe script's milliseconds, medians:\n")
    lines += [parts for _row, parts in told]
    print("\n".join(lines[-len(told) * 2 - 5 :]), flush=True)
