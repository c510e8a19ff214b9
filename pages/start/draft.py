"""The recipe being written, and what it makes of the log: kept in the session until it is applied or dropped."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from analysis import AnalysisError, EventLog
from analysis.edits import Edit
from analysis.edits.edit import counts_of
from pages.notebook.language import language

Recipe = tuple[Edit, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a recipe makes of a log.

    Attributes:
        log: The log after the edits that could be applied.
        counts: Events each of them touches.
        events: Events of `log` with their counts, the most frequent first.
        refused: What the edit after them refused; None where all were applied.
    """

    log: EventLog
    counts: tuple[int, ...]
    events: dict[str, int]
    refused: AnalysisError | None


def outcome(log: EventLog, edits: Recipe) -> Outcome:
    """What a recipe makes of a log, computed once for all sessions where the log has a fingerprint."""
    compute = _outcome if log.fingerprint else _outcome.__wrapped__  # type: ignore[attr-defined]
    found: Outcome = compute(log.fingerprint, repr(edits), log, edits)
    return found


@st.cache_resource(max_entries=2, show_spinner=False)
def _outcome(fingerprint: str, said: str, _log: EventLog, _edits: Recipe) -> Outcome:
    counts, refused = [], None
    for edit in _edits:
        try:
            count, _log = edit.count(_log), edit.apply(_log)
        except AnalysisError as error:
            refused = error
            break
        counts.append(count)
    return Outcome(_log, tuple(counts), counts_of(_log.events), refused)


class Draft:
    """The recipe being written: in the session, until it is applied or dropped."""

    def __init__(self, log: EventLog, saved: Recipe) -> None:
        self.key, self.saved = f"cleanup:{log.fingerprint}", saved
        state = st.session_state.get(self.key)
        if state is None or state[0] != saved:  # another recipe was saved meanwhile
            st.session_state[self.key] = (saved, saved, 0)

    @property
    def edits(self) -> Recipe:
        """The edits so far."""
        found: Recipe = st.session_state[self.key][1]
        return found

    def set(self, edits: Recipe) -> None:
        """Another draft; the fields of the form start afresh."""
        st.session_state[self.key] = (self.saved, edits, st.session_state[self.key][2] + 1)

    def moved(self, place: int) -> Recipe:
        """The draft with one edit a place earlier."""
        edits = self.edits
        return (*edits[: place - 1], edits[place], edits[place - 1], *edits[place + 1 :])

    def field(self, name: str) -> str:
        """Key of a field of the form: of this draft and this language."""
        return f"{self.key}:{st.session_state[self.key][2]}:{name}@{language()}"
