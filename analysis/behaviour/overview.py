"""Overview: everything the section can ask of the data is asked, and what stands out is put in order.

Whoever looks at enough numbers finds something. So the comparisons of all questions are counted together, and
only what stands after a correction for all of them is told. "Nothing stands out" is an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis import stats, suggest
from analysis.errors import AnalysisError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, as_day, needs_time
from analysis.words import Words

ALPHA = 0.05
MOST = 20
"""So many findings at most are put in order; the table holds all."""

Ask = Callable[[Question], Answer]


@dataclass(frozen=True, kw_only=True, repr=False)
class Overview(Question):
    """What stands out in the behaviour of users.

    **Definition.** The section's questions are asked with the settings that each page opens with. Every comparison that
    any of them makes counts as one look; a finding stands when it does after a correction over all looks together and
    over those of its own question (Benjamini-Hochberg, 5 %): many clear findings of one question make it no easier for
    another's. What says the same of the same users is told once. Of the comparisons that stand, bad news comes first,
    then the surest.

    Attributes:
        first_day, last_day: Days between which entries must lie, ISO text; None: open.

    Use with care: a question that can't be asked of these data is left out, and said. What stands on a page of
    its own may not stand here, because more was looked at.

    References:
        Benjamini and Hochberg (1995), JRSS B 57(1).
    """

    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def questions(self, log: EventLog) -> list[Question]:
        """The questions of the section that these data may answer."""
        return [self._placed(question) for question in suggest.behaviour(log)]

    def _placed(self, question: Question) -> Question:
        names = {f.name for f in fields(question)}
        if {"first_day", "last_day"} <= names:
            return replace(question, first_day=self.first_day, last_day=self.last_day)  # type: ignore[call-arg]
        return question

    def ask(self, log: EventLog, progress: Progress = None, one: Ask | None = None) -> OverviewAnswer:
        """All answers.

        Args:
            log: The log.
            progress: Told the share done.
            one: Asks a question; None asks the log. The app hands over its cache.
        """
        needs_time(log)
        asked, refused = [], []
        questions = self.questions(log)
        for k, question in enumerate(questions):
            try:
                answer = question.ask(log) if one is None else one(question)
                asked.append(Asked(question, answer, answer.findings(), answer.tested()))
            except AnalysisError as error:
                refused.append((question, error))
            if progress is not None:
                progress((k + 1) / len(questions))
        return OverviewAnswer(question=self, asked=asked, refused=refused)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question, its answer, what it says, and every comparison it made."""

    question: Question
    answer: Answer
    findings: list[Finding]
    tested: list[Finding]


@dataclass(frozen=True, eq=False)
class OverviewAnswer(Answer):
    """What stands out.

    Attributes:
        asked: The questions that could be asked.
        refused: Those that could not, with the reason.
        looks: Comparisons made.
        standing: Question and finding, in order, p-values adjusted over all looks.
        table: One row a standing finding: `question` (the Python that asks it), `finding` and `detail` in English,
            `effect` with `low` and `high` in its own unit, `n`, `p_adjusted`, `looks`.
    """

    question: Overview
    asked: list[Asked]
    refused: list[tuple[Question, AnalysisError]]
    looks: int = field(init=False)
    standing: list[tuple[Question, Finding]] = field(init=False)
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = ["question", "finding", "detail", "effect", "low", "high", "n", "p_adjusted", "looks"]

    def __post_init__(self) -> None:
        every = [(part, finding) for part in self.asked for finding in part.tested if finding.p == finding.p]
        own = [stats.benjamini_hochberg(np.array([f.p for f in part.tested if f.p == f.p])) for part in self.asked]
        over_all = stats.benjamini_hochberg(np.array([finding.p for _, finding in every]))
        adjusted = np.maximum(over_all, np.concatenate(own) if own else over_all)
        object.__setattr__(self, "looks", len(every))
        kept = [
            (part.question, replace(finding, p=float(q), looks=len(every)))
            for (part, finding), q in zip(every, adjusted, strict=True)
            if q <= ALPHA
        ]
        kept.sort(key=lambda pair: (pair[1].tone != "bad", pair[1].p, -pair[1].n))
        told = _distinct(kept)
        object.__setattr__(self, "standing", told)
        object.__setattr__(self, "table", pd.DataFrame([_record(*pair) for pair in told], columns=self.COLUMNS))

    def findings(self) -> list[Finding]:
        """What stands out, most important first; where nothing does, that."""
        found = [finding for _question, finding in self.standing[:MOST]]
        message = "{standing} findings stand out among {looked} comparisons"
        if not found:
            message = "Nothing stands out among {looked} comparisons"
        facts: dict[str, Any] = {"standing": len(self.standing), "looked": self.looks, "asked": len(self.asked)}
        detail = "{asked} questions were asked; what is told stands after a correction for all comparisons together"
        return [Finding(message, facts, detail, n=self.looks, weight=1e9), *found]


def _distinct(found: list[tuple[Question, Finding]]) -> list[tuple[Question, Finding]]:
    """Without what says the same of the same users, such as an event and the page it happens on."""
    seen, told = set(), []
    for question, finding in found:
        key = (type(question), finding.n, finding.effect, finding.low, finding.high)
        if key not in seen or finding.effect != finding.effect:
            told.append((question, finding))
        seen.add(key)
    return told


def _record(question: Question, finding: Finding) -> list[Any]:
    head, detail = Words("en").finding(finding)
    return [
        repr(question), head, detail, finding.effect, finding.low, finding.high, finding.n, finding.p, finding.looks,
    ]  # fmt: skip
