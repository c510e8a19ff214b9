"""Paths of two groups, edge by edge: of those at an event, do as many of one group go on so as of the other?

A user's group is the last value given up to the anchor: what is known when the path begins. Users with another
value, or none, are left out. Edges from or to the folded rest are in the table but not tested: they are no events
that could be named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.journeys import path_tree
from analysis.errors import NotEnoughDataError
from analysis.events import EventLog
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.journeys.paths import Paths, PathsAnswer

FEW = 30
"""Fewest users of each group at the node an edge leaves from."""

COLUMNS = [
    "level",
    "from",
    "to",
    "value",
    "users",
    "base",
    "rate",
    "rate_low",
    "rate_high",
    "against",
    "against_users",
    "against_base",
    "against_rate",
    "against_rate_low",
    "against_rate_high",
    "difference_points",
    "difference_low_points",
    "difference_high_points",
    "p",
    "p_adjusted",
]
"""One row an edge: the first value's users, base and rate (Wilson), those of the second, and the difference first
minus second (Newcombe; score test). `p` is nan where the edge is not tested: under 30 users of a group, or folded
events; `p_adjusted` is Benjamini-Hochberg over the table."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Which of two groups each path belongs to: 0, 1, or -1 for neither."""

    values: tuple[str, str]
    group: np.ndarray

    @classmethod
    def of(cls, question: Paths, log: EventLog, begins: np.ndarray, anchors: np.ndarray) -> Groups | None:
        """The groups of paths, given each user's first row and the anchor's; None without a comparison."""
        if question.compare is None:
            return None
        words = log.words(question.compare)
        codes = path_tree.value_at(begins, anchors, words.codes)
        if question.values is None:
            counts = np.bincount(codes, minlength=len(words.values))
            counts[0] = 0
            wanted = [int(c) for c in np.argsort(-counts, kind="stable")[:2] if counts[c]]
        else:
            wanted = [words.code(v, question.compare) for v in question.values]
        if len(wanted) < 2:
            raise NotEnoughDataError(
                "one_group",
                "'{column}' has only one value at the anchors of these paths, and two are compared. Choose another.",
                column=question.compare,
            )
        group = np.where(codes == wanted[0], 0, np.where(codes == wanted[1], 1, -1))
        return cls((words.values[wanted[0]], words.values[wanted[1]]), group)

    def inside(self) -> Groups:
        """Only the paths of the two groups."""
        return replace(self, group=self.group[self.group >= 0])


def compared(answer: PathsAnswer) -> pd.DataFrame:
    """The table of `COLUMNS`; empty without a comparison."""
    groups = answer.groups
    if groups is None:
        return pd.DataFrame(columns=COLUMNS)
    frame = answer.table[["level", "from", "to"]].copy()
    for k, prefix in ((0, ""), (1, "against_")):
        users, base = _users(answer, groups.group == k)
        frame["against" if k else "value"] = groups.values[k]
        frame[f"{prefix}users"], frame[f"{prefix}base"] = users, base
        frame[f"{prefix}rate"] = stats.rate(users, base)
        frame[f"{prefix}rate_low"], frame[f"{prefix}rate_high"] = stats.wilson(users, base)
    numbers = frame[["users", "base", "against_users", "against_base"]].to_numpy(float)
    found = np.array([stats.newcombe(*row) for row in numbers]).reshape(-1, 4)
    enough = (numbers[:, 1] >= FEW) & (numbers[:, 3] >= FEW) & _named(answer)
    found[~enough, 3] = np.nan
    frame[COLUMNS[-5:-1]] = found
    frame["p_adjusted"] = stats.benjamini_hochberg(found[:, 3])
    return frame[COLUMNS]


def _users(answer: PathsAnswer, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Users per edge among some paths, and at the node on the anchor's side."""
    tree = answer.tree
    found = tree.nodes[who]
    sizes = [np.bincount(found[found[:, k] >= 0, k], minlength=len(c)) for k, c in enumerate(tree.codes)]
    base = np.array([sizes[k][a] for k, a in tree.edges[:, :2]], dtype=np.int64)
    return tree.counted(who), base


def _named(answer: PathsAnswer) -> np.ndarray:
    """Which edges join events that can be named, or lead away."""
    folded = (path_tree.OTHER, len(answer.log.events.values) + path_tree.MORE)
    codes = answer.tree.codes
    return np.array(
        [codes[k][a] not in folded and codes[k + 1][b] not in folded for k, a, b, _n in answer.tree.edges], dtype=bool
    )


def differences(answer: PathsAnswer) -> list[Finding]:
    """Every tested edge, p-values not yet adjusted."""
    found = []
    row: Any
    gone = len(answer.log.events.values) + path_tree.LEFT
    for edge, row in zip(answer.tree.edges, answer.compared.to_dict("records"), strict=False):
        if np.isnan(row["p"]):
            continue
        facts = {
            "level": abs(int(row["level"])),
            "event": row["from"],
            "next": row["to"],
            "value": row["value"],
            "against": row["against"],
            "rate": row["rate"],
            "against_rate": row["against_rate"],
            "difference_points": row["difference_points"],
            "low_points": row["difference_low_points"],
            "high_points": row["difference_high_points"],
            "base": int(row["base"]),
            "against_base": int(row["against_base"]),
        }
        left = answer.tree.codes[edge[0] + 1][edge[2]] == gone
        more = row["difference_points"] >= 0
        message = _message(answer.backwards, left, more)
        detail = (
            "{difference_points} ({low_points} to {high_points}), of {base} and {against_base} users; "
            "{looks} comparisons looked at"
        )
        low, high = facts["low_points"], facts["high_points"]
        n = facts["base"] + facts["against_base"]
        finding = Finding(message, facts, detail, row["difference_points"], low, high, row["p"], n)
        weight = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        found.append(finding.toned("bad" if left and more and not answer.backwards else "neutral", weight))
    return found


def _message(backwards: bool, left: bool, more: bool) -> str:
    """The sentence of an edge."""
    if backwards and left:
        message = "{value} comes to {next} with nothing before more often: {rate}, {against} {against_rate}"
        if not more:
            message = "{value} comes to {next} with nothing before less often: {rate}, {against} {against_rate}"
    elif backwards:
        message = "{value} comes from {event} to {next} more often: {rate}, {against} {against_rate}"
        if not more:
            message = "{value} comes from {event} to {next} less often: {rate}, {against} {against_rate}"
    elif left:
        message = "{value} leaves more often after {event}: {rate}, {against} {against_rate}"
        if not more:
            message = "{value} leaves less often after {event}: {rate}, {against} {against_rate}"
    else:
        message = "{value} goes from {event} to {next} more often: {rate}, {against} {against_rate}"
        if not more:
            message = "{value} goes from {event} to {next} less often: {rate}, {against} {against_rate}"
    return message
