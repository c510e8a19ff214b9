"""Roles: which column is the user, the time, the event, the money.

A role is guessed from the header and from the values together: a column called "date" that holds
no dates is no time. Each guess says how sure it is and why; a person may always choose otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.calendar import DAY_US
from analysis.events import Shape
from analysis.intake import headers, numerals, stamps, times
from analysis.intake.cells import NOT_GIVEN, Cells, text_of
from analysis.intake.reading import Guess, Roles

HEADER_AND_VALUES = "The header “{column}” names it, and the values fit."
HEADER_ONLY = "The header “{column}” names it."
VALUES_ONLY = "The values of “{column}” look like it; the header says nothing."

CONTROL = (
    r"(?i)^(?:control|treatment|holdout|test|variant.*|placebo|a|b|no e-?mail|对照.*|实验.*|control.*|treat.*|试验.*)$"
)
_NUMERIC = {"amount", "quantity", "price", "cost", "x", "y"}
_SURE, _WEAK_TIME = 0.4, 0.25
_ORDER = (
    "time", "user", "event", "order", "amount", "price", "quantity", "arm", "clock", "channel", "campaign", "cost",
    "page", "session", "consent", "x", "y",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """What the first values of a column look like; shares are of the given cells.

    Attributes:
        given: Cells that say something.
        distinct: Different values among them.
        dates: Share that reads as dates with separators; of typed stamps 1.
        stamps: Share that reads as times in any way, bare numbers included.
        clocks: Share that reads as a time of day.
        numbers: Share that reads as numbers.
        arms: Whether few values occur, one of which is a word for an arm.
        long_ids: Whether most numbers have ten digits or more, or a leading zero.
    """

    given: int
    distinct: int
    dates: float
    stamps: float
    clocks: float
    numbers: float
    arms: bool
    long_ids: bool


def profile(column: Cells) -> Profile:
    """Looks at the first values of a column."""
    kind = column.type
    stamped = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    text = text_of(column).without(NOT_GIVEN)
    count = np.bincount(text.codes[text.codes >= 0], minlength=len(text.values)).astype(float)
    given = max(count.sum(), 1.0)
    if not len(text.values):
        return Profile(0, 0, 0, 0, 0, 0, False, False)
    parts, _ = stamps.take_apart(text.values)
    dated = np.isin(parts[:, 0], (stamps.KIND_YMD, stamps.KIND_UNSURE))
    _, any_time = times.parse_either(text.values)
    _, bad = numerals.parse(text.values)
    long_ids = pc.match_substring_regex(text.values, r"^(?:0\d+|\d{10,})$").to_numpy(zero_copy_only=False)
    words = text.values.to_pylist() if len(text.values) <= 12 else []
    arms = bool(words) and bool(pc.any(pc.match_substring_regex(text.values, CONTROL)).as_py()) and len(words) >= 2
    return Profile(
        int(count.sum()),
        len(text.values),
        1.0 if stamped else float(count[dated & any_time].sum() / given),
        1.0 if stamped else float(count[any_time].sum() / given),
        float(count[parts[:, 0] == stamps.KIND_CLOCK].sum() / given),
        0.0 if stamped else float(count[~bad].sum() / given),
        arms,
        bool(count[long_ids].sum() / given > 0.5),
    )


def guess(sample: Mapping[str, Cells]) -> tuple[Guess, ...]:
    """All likely roles, the most confident first."""
    seen = {name: profile(column) for name, column in sample.items()}
    timed = any(p.dates >= 0.8 or (p.stamps >= 0.8 and headers.fit("time", n) > 0) for n, p in seen.items())
    found = [
        Guess(role, name, *g) for role in _ORDER for name, p in seen.items() if (g := _judge(role, name, p, timed))
    ]
    return tuple(sorted(found, key=lambda g: -g.confidence))


def _judge(role: str, name: str, look: Profile, timed: bool) -> tuple[float, str] | None:
    """Confidence and evidence for one role of one column."""
    fit = headers.fit(role, name)
    if not look.given:
        return _said(fit, fit / 2, False) if fit else None
    if role == "time":
        good = look.stamps if fit else look.dates
        if good < 0.5 or (not fit and good < 0.8):
            return None
        return _said(fit, (fit or 0.5) * good, True)
    if role == "clock":
        return _said(fit, 0.5 + fit / 3, True) if look.clocks >= 0.8 and look.dates == 0 else None
    if role in _NUMERIC:
        return _said(fit, fit * look.numbers, True) if fit and look.numbers >= 0.8 and not look.long_ids else None
    if role == "arm":
        few = 2 <= look.distinct <= 12
        strong = fit > 0.85 or headers.bare(name) in (
            "组别",
            "实验组",
            "分组",
            "实验分组",
            "testgroup",
            "abgroup",
            "bucket",
        )
        if not few or not (fit or look.arms) or (timed and not strong and not (look.arms and fit)):
            return None
        return _said(fit, min(0.99, (fit or 0.45) + (0.1 if look.arms else 0.0)), look.arms)
    if role == "user":
        if look.dates > 0.5 or look.clocks > 0.5:
            return None
        many = look.distinct > 1 or look.given == 1
        if not fit:
            ids = headers.bare(name).endswith("id") and look.distinct > 0.02 * look.given
            return _said(0, 0.3, True) if ids and many and timed else None
        return _said(fit, fit if many else fit / 2, many)
    if not fit:
        return None
    if role == "event" and (look.distinct > max(200, 0.5 * look.given) or look.dates > 0.5):
        return None
    if role in ("channel", "campaign") and look.numbers > 0.95 and look.distinct > 50:
        return None
    return _said(fit, fit, fit > 0.6)


def _said(fit: float, confidence: float, values_fit: bool) -> tuple[float, str]:
    said = VALUES_ONLY if not fit else HEADER_AND_VALUES if values_fit else HEADER_ONLY
    return round(float(confidence), 3), said


def choose(guesses: Sequence[Guess], sample: Mapping[str, Cells]) -> dict[str, str | tuple[str, ...]]:
    """The best guesses: each role once, each column once, in the order of confidence."""
    place = {name: k for k, name in enumerate(sample)}
    best: dict[str, str] = {}
    for found in sorted(guesses, key=lambda g: (-g.confidence, place[g.column])):
        if (
            found.role not in best
            and found.column not in best.values()
            and found.confidence >= (_WEAK_TIME if found.role == "time" else _SURE)
        ):
            best[found.role] = found.column
    if "time" not in best or "user" not in best:
        best.pop("clock", None)
    stones = _milestones(guesses, best, sample)
    if stones:
        return {**{r: c for r, c in best.items() if r not in ("time", "clock", "event")}, "milestone": stones}
    if "time" not in best and "arm" in best:
        for role in ("event", "order", "session"):
            best.pop(role, None)
    elif "arm" in best and "time" in best and not any(g.role == "arm" and g.column == best["arm"] for g in guesses):
        best.pop("arm")
    if "clock" in best and not _whole_days(sample[best["time"]]):
        best.pop("clock")
    return dict(best)


def _milestones(
    guesses: Sequence[Guess], best: Mapping[str, str], sample: Mapping[str, Cells]
) -> tuple[str, ...] | None:
    """Time columns of a table with one row a user: several, and nothing that says what happened."""
    stamped = {g.column for g in guesses if g.role == "time" and g.confidence >= _SURE}
    if len(stamped) < 2 or {"event", "order", "quantity", "price"} & set(best) or "user" not in best:
        return None
    text = text_of(sample[best["user"]]).without(NOT_GIVEN)
    given = int((text.codes >= 0).sum())
    if len(text.values) < 0.95 * given or ("amount" in best and len(stamped) < 3):
        return None
    return tuple(name for name in sample if name in stamped)


def _whole_days(column: Cells) -> bool:
    text = text_of(column).without(NOT_GIVEN)
    us, fine = times.parse_either(text.values)
    return bool(fine.any()) and not (us[fine] % DAY_US).any()


def shape_of(roles: Roles) -> Shape:
    """The kind of table that some roles make."""
    if roles.get("milestone"):
        return "milestones"
    if not roles.get("time"):
        return "results"
    if roles.get("event"):
        return "events"
    money = roles.get("order") or roles.get("amount") or (roles.get("quantity") and roles.get("price"))
    return "orders" if money else "events"


def header_key(names: Sequence[str]) -> str:
    """Hash of a set of headers, whatever their order."""
    return hashlib.sha256("\x1f".join(sorted(names)).encode()).hexdigest()[:16]
