"""Compose: data sets that are put together, cleaned up, and read again.

A data set begins as one file. Joins (next month's file, what is known of users, ids that are one
person's …) and edits (events renamed, hidden, derived …) make it grow. Nothing is changed in place: each step
makes a new data set from the first file's log, all joins in their order, then all edits, and takes the
former one's place on the list. What it was made of stays on disk, so that every step can be taken
back, and repeated when the source is read again.

A file that is appended is imported as a part of its own: its rows that the data set has already are
left out and counted there, and both files stay apart in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

import analysis
from analysis import edits, joins, reshape
from analysis.edits import Edit, recipe
from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.intake.clean import Progress
from analysis.intake.ledger import Ledger
from analysis.intake.sources import Source
from analysis.joins import Join
from analysis.reshape import concat
from analysis.store import Dataset, Upload, Workspace


def joins_of(dataset: Dataset) -> tuple[Join, ...]:
    """What was joined to a data set, in its order."""
    return tuple(Join.from_dict(said["join"]) for said in (dataset.made_of or {}).get("joins", ()))


def edits_of(dataset: Dataset) -> tuple[Edit, ...]:
    """The recipe of a data set."""
    return tuple(Edit.from_dict(said) for said in (dataset.made_of or {}).get("edits", ()))


def append(space: Workspace, onto: str, upload: Upload, progress: Progress = None, **settings: Any) -> Dataset:
    """A data set with the rows of a further file that it doesn't have yet.

    Args:
        space: The workspace.
        onto: Fingerprint of the data set that grows.
        upload: The file.
        progress: As for `Workspace.add`.
        settings: What else `Workspace.add` takes; the time zone is the data set's.

    Raises:
        AnalysisError: As `Workspace.add`; nothing is changed then.
    """
    current = space.dataset(onto)
    made = _made_of(current)
    parts = [made["base"], *(said["part"] for said in made["joins"] if said["part"])]
    part = space.add(upload, beyond=parts, progress=progress, **{**settings, "time_zone": current.zone})
    join = Join("append", upload.name, {"load": part.load_args, "overlap": "drop"})
    said = {"join": join.to_dict(), "part": part.fingerprint}
    return compose(space, current, {**made, "joins": [*made["joins"], said]}, _tables(space, current))


def join(space: Workspace, onto: str, step: Join, table: pa.Table) -> Dataset:
    """A data set with a table joined to it.

    Raises:
        AnalysisError: As the join; nothing is changed then.
    """
    current = space.dataset(onto)
    made = _made_of(current)
    said = {"join": step.to_dict(), "part": None}
    tables = {**_tables(space, current), len(made["joins"]): table}
    return compose(space, current, {**made, "joins": [*made["joins"], said]}, tables)


def edit(space: Workspace, onto: str, changes: Sequence[Edit]) -> Dataset:
    """A data set with another recipe in the place of its own."""
    current = space.dataset(onto)
    return compose(
        space,
        current,
        {**_made_of(current), "edits": [change.to_dict() for change in changes]},
        _tables(space, current),
    )


def without(space: Workspace, onto: str, place: int) -> Dataset:
    """A data set without one of its joins, given by its place."""
    current = space.dataset(onto)
    made = _made_of(current)
    left = [k for k in range(len(made["joins"])) if k != place]
    tables = _tables(space, current)
    kept = {now: tables[was] for now, was in enumerate(left) if was in tables}
    return compose(space, current, {**made, "joins": [made["joins"][k] for k in left]}, kept)


def unedited(space: Workspace, fingerprint: str) -> EventLog:
    """The log of a data set before its recipe."""
    current = space.dataset(fingerprint)
    if not edits_of(current):
        return space.open(fingerprint)
    made = _made_of(current)
    base = space.dataset(made["base"])
    log = _log(space, base, {**made, "edits": []}, _tables(space, current))
    return replace(log, fingerprint=base.fingerprint if not made["joins"] else f"{fingerprint}:unedited")


def refresh(space: Workspace, fingerprint: str, progress: Progress = None) -> Dataset:
    """Reads a data set's source again, and repeats all that was joined and edited.

    Raises:
        IntakeError: The data set is of a file that a person gave ("no_source").
        AnalysisError: The source can't be read, or a step no longer fits; nothing is changed then.
    """
    current = space.dataset(fingerprint)
    made = _made_of(current)
    base = space.dataset(made["base"])
    if base.source is None:
        raise IntakeError(
            "no_source", "{name} was given as a file, so it can't be read again. Append the newer file.", name=base.name
        )
    upload = space.receive_from(Source.from_dict(base.source))
    fresh = space.add(upload, name=base.name, progress=progress, **base.load_args)
    if fresh.fingerprint == base.fingerprint:
        if fresh.fingerprint != fingerprint:
            space.show(fresh.fingerprint, False)
        return replace(current, already_there=True)
    found = compose(space, current, {**made, "base": fresh.fingerprint}, _tables(space, current))
    space.move_segments(base.fingerprint, fresh.fingerprint)
    return found


def compose(space: Workspace, current: Dataset, made_of: Mapping[str, Any], tables: Mapping[int, pa.Table]) -> Dataset:
    """Makes a data set and puts it in the place of the current one.

    Args:
        space: The workspace.
        current: The data set whose place is taken.
        made_of: "base": a fingerprint; "joins": joins with the fingerprint of their part, if any; "edits".
        tables: Tables of the joins, by place.
    """
    base = space.dataset(made_of["base"])
    if not made_of["joins"] and not made_of["edits"]:
        made = base
    else:
        log = _log(space, base, made_of, tables)
        made = space.add_derived(log, name=current.name, made_of=made_of, tables=tables)
    for part in {current.fingerprint, base.fingerprint} - {made.fingerprint}:
        space.show(part, False)
    space.show(made.fingerprint, True)
    return made


def _log(space: Workspace, base: Dataset, made_of: Mapping[str, Any], tables: Mapping[int, pa.Table]) -> EventLog:
    """The first log, with all joins, then all edits; and the account of all its files."""
    log = space.open(base.fingerprint)
    files: list[tuple[str, Ledger | None]] = [(base.name, log.ledger)]
    for place, said in enumerate(made_of["joins"]):
        if said["part"]:
            part = space.open(said["part"])
            log = concat((log, part))  # rows that stood in both were left out when the part was imported
            files.append((said["join"]["name"], part.ledger))
        else:
            log = joins.apply(log, Join.from_dict(said["join"]), tables[place])[0] or log
    log = recipe.apply(log, (Edit.from_dict(said) for said in made_of["edits"]))
    known = [(name, ledger) for name, ledger in files if ledger is not None]
    ledger = known[0][1] if len(known) == 1 else Ledger.joined(known) if known else None
    return replace(log, ledger=ledger, fingerprint="")


def _made_of(dataset: Dataset) -> dict[str, Any]:
    return dict(dataset.made_of or {"base": dataset.fingerprint, "joins": [], "edits": []})


def _tables(space: Workspace, dataset: Dataset) -> dict[int, pa.Table]:
    steps = enumerate((dataset.made_of or {}).get("joins", ()))
    return {place: space.table(dataset.fingerprint, place) for place, said in steps if not said["part"]}


def code(dataset: Dataset, parts: Mapping[str, Dataset], name: str = "log") -> list[str]:
    """The Python that makes a data set again: reading, joins, edits.

    Args:
        dataset: The data set.
        parts: Data sets it is made of, by fingerprint.
        name: The variable.
    """
    made = _made_of(dataset)
    base = parts.get(made["base"], dataset)
    given = "".join(f", {key}={value!r}" for key, value in base.load_args.items())
    lines = [f"{name} = load({Path(base.name).name!r}{given})"]
    for step in joins_of(dataset):
        lines += step.code(name).splitlines()
    return [*lines, *(f"{name} = {change!r}.apply({name})" for change in edits_of(dataset))]


def imports(text: str) -> list[str]:
    """The lines that import what some Python of ours uses."""
    lines: list[str] = []
    for module in (analysis, edits, joins, reshape):
        public = analysis.HOMES if module is analysis else [n for n in vars(module) if not n.startswith("_")]
        names = sorted(n for n in public if re.search(rf"(?<![.\w]){n}\(", text))
        known = [n for n in names if callable(getattr(module, n)) and not any(f" {n}" in line for line in lines)]
        if known:
            lines.append(f"from {module.__name__} import {', '.join(known)}")
    return lines
