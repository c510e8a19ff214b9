"""What can go wrong, in words a person can act on.

    AnalysisError
       |- ParameterError       a value breaks its own rule            window_days = 0
       |- UnknownValueError    a value names what the data lacks      step 'chekout'
       |- SchemaError          a column is missing or of another type
       |- NotEnoughDataError   the method's minimum is not met
       |- IntakeError          a file can't be read as a table
       `- ModelError           a fit failed; carries its cause

Every text says what was given, the rule, and the next move. It is an English
template, kept apart from its facts, so that a page can say it in another language.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AnalysisError(Exception):
    """Base of all errors that a user can mend.

    Attributes:
        code: Stable name of the fault, for tests and logs.
        message: English template; also the message id of its translation.
        facts: Values for the template's fields.
    """

    def __init__(self, code: str, message: str, **facts: object) -> None:
        self.code = code
        self.message = message
        self.facts = facts
        super().__init__(message.format(**facts))


class ParameterError(AnalysisError):
    """A value breaks its own rule."""

    @classmethod
    def outside(cls, name: str, given: object, rule: str) -> ParameterError:
        """`name` was `given`, but must keep `rule` (said so that "must be {rule}" reads well)."""
        return cls(
            "parameter_outside",
            "{name}: {given} was given, but it must be {rule}.",
            name=name,
            given=repr(given),
            rule=rule,
        )


class UnknownValueError(AnalysisError):
    """A value names what the data lacks."""

    @classmethod
    def among(cls, name: str, given: str, known: Iterable[str]) -> UnknownValueError:
        """`given` is not one of `known`; the nearest known words are named."""
        known = list(known)
        near = difflib.get_close_matches(given, known, n=3, cutoff=0.5) or known[:5]
        return cls(
            "unknown_value",
            "{name}: '{given}' does not occur in these data. Nearest: {near}.",
            name=name,
            given=given,
            near=", ".join(near) if near else "–",
        )


class SchemaError(AnalysisError):
    """A column is missing or of another type than the question needs."""


class NotEnoughDataError(AnalysisError):
    """The method's minimum is not met; the facts name the number that would be enough."""


class IntakeError(AnalysisError):
    """A file can't be read as a table of events, orders, milestones or results."""


class ModelError(AnalysisError):
    """A fit failed; the facts carry its cause."""
