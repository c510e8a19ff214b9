"""The app with a stop-watch: `python -m benchmarks.timed <file> <streamlit's arguments>`.

Every run of a script writes one line of JSON: when it began and ended, and the milliseconds of its parts. A
part that runs inside another is taken out of it, so that parts add up to the whole.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.web import cli

from pages.notebook import session, tables
from pages.notebook.cell import Cell

REST = "controls and the rest"

spent = threading.local()


def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, its time booked under a name; the time of parts within it is booked under theirs only."""

    @functools.wraps(call)
    def work(*args: Any, **kwargs: Any) -> Any:
        if not hasattr(spent, "parts"):
            return call(*args, **kwargs)
        before, spent.inside = spent.inside, 0.0
        began = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            took = time.perf_counter() - began
            spent.parts[name] += (took - spent.inside) * 1000
            spent.inside = before + took

    return work


def recorded(call: Callable[..., Any], to: Path) -> Callable[..., Any]:
    """A run of a script, its parts written down."""

    @functools.wraps(call)
    def work(*args: Any, **kwargs: Any) -> Any:
        spent.parts, spent.inside = defaultdict(float), 0.0
        began = time.time()
        try:
            return call(*args, **kwargs)
        finally:
            ended = time.time()
            parts = dict(spent.parts)
            parts[REST] = (ended - began) * 1000 - sum(parts.values())
            with to.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"began": began * 1000, "ended": ended * 1000, "parts": parts}) + "\n")

    return work


def told(call: Callable[..., Any]) -> Callable[..., Any]:
    """`session.answer`, the findings of whose answers are timed."""
    seen: set[type] = set()

    @functools.wraps(call)
    def work(*args: Any, **kwargs: Any) -> Any:
        answer = call(*args, **kwargs)
        kind = type(answer)
        if kind not in seen:
            seen.add(kind)
            kind.findings = timed("findings", kind.findings)
        return answer

    return work


def shown(call: Callable[..., Any]) -> Callable[..., Any]:
    """`Cell.show`, what it is handed timed."""

    @functools.wraps(call)
    def work(self: Cell, question: Any, *draws: Any, **named: Any) -> Any:
        names = {"people": "people behind numbers", "tiles": "tiles", "more": "tables"}
        named = {k: timed(names[k], v) if v is not None else None for k, v in named.items()}
        return call(self, question, *(timed("charts: specification", d) for d in draws), **named)

    return work


def watch(to: Path) -> None:
    """Puts the stop-watch in."""
    session.answer = told(timed("question", session.answer))
    Cell.show = shown(Cell.show)  # type: ignore[method-assign]
    Cell._headline = timed("words of the headline", Cell._headline)  # type: ignore[method-assign]
    for name in ("dataset", "segments"):
        setattr(session, name, timed("catalogue of data sets", getattr(session, name)))
    tables.shown = timed("tables", tables.shown)
    st.dataframe = timed("tables", st.dataframe)
    st.altair_chart = timed("charts: to JSON", st.altair_chart)
    ScriptRunner._run_script = recorded(ScriptRunner._run_script, to)  # type: ignore[method-assign]


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    sys.argv = ["streamlit", "run", *sys.argv[2:]]
    cli.main()
