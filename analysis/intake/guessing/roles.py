"""Roles: which column is the user, the time, the event, the money.

A role is guessed from the header and from the values together: a column called "date" that holds
no dates is no time. Columns that could play the same role are then weighed against each other
(`rivals`). Each guess says how sure it is and why; a person may always choose otherwise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from analysis.calendar import DAY_US
from analysis.intake.guessing import headers
from analysis.intake.guessing.profiles import Profile as Profile
from analysis.intake.guessing.profiles import profile as profile
from analysis.intake.guessing.rivals import REASONS, Candidates, settle
from analysis.intake.guessing.table_kind import TableKind as TableKind
from analysis.intake.guessing.table_kind import shape_of as shape_of
from analysis.intake.guessing.table_kind import table_kind as table_kind
from analysis.intake.reading import Guess
from analysis.intake.values import times
from analysis.intake.values.cells import NOT_GIVEN, Cells, text_of

_NUMERIC = {"amount", "quantity", "price", "cost", "x", "y"}
_SURE, _WEAK_TIME = 0.4, 0.25
_WEAK_EVENT = 0.8
"""An event guessed with less than this makes no event rows of a table of orders."""

_LEDGER = re.compile(r"transaction|交易|流水")
"""Numbers of single movements of money, whose kind is what happened; other order numbers stand for purchases."""

_ORDER = (
    "time", "user", "event", "order", "amount", "price", "quantity", "arm", "clock", "channel", "campaign", "cost",
    "page", "element", "session", "consent", "x", "y",
)  # fmt: skip


def guess(sample: Mapping[str, Cells]) -> tuple[Guess, ...]:
    """All likely roles, the most confident first."""
    seen = {name: profile(column) for name, column in sample.items()}
    timed = any(p.dates >= 0.8 or (p.stamps >= 0.8 and headers.fit("time", n) > 0) for n, p in seen.items())
    found: dict[str, Candidates] = {
        role: {name: said for name, look in seen.items() if (said := _judge(role, name, look, timed))}
        for role in _ORDER
    }
    settle(found, seen, sample)
    guesses = [
        Guess(role, name, round(float(confidence), 3), REASONS[why])
        for role, rivals in found.items()
        for name, (confidence, why) in rivals.items()
    ]
    return tuple(sorted(guesses, key=lambda g: -g.confidence))


def _judge(role: str, name: str, look: Profile, timed: bool) -> tuple[float, str] | None:
    """Confidence and reason for one role of one column."""
    fit = headers.fit(role, name)
    if not look.given:
        return (fit / 2, "header") if fit else None
    if role in _NUMERIC:
        return (fit * look.numbers, "fits") if fit and look.numbers >= 0.8 and not look.long_ids else None
    if role in _BY_VALUES:
        return _BY_VALUES[role](name, look, fit, timed)
    if not fit or (role in ("channel", "campaign") and look.numbers > 0.95 and look.distinct > 50):
        return None
    if role == "order" and (look.dates > 0.5 or (look.numbers > 0.8 and look.distinct < 0.05 * look.given)):
        return None
    return fit, "fits" if fit > 0.6 else "header"


def _time(name: str, look: Profile, fit: float, timed: bool) -> tuple[float, str] | None:
    good = look.stamps if fit else look.dates
    if good < 0.5 or (not fit and (good < 0.8 or headers.LIFELONG.search(headers.spoken(name)))):
        return None
    return (fit or 0.5) * good, "fits" if fit else "values"


def _clock(name: str, look: Profile, fit: float, timed: bool) -> tuple[float, str] | None:
    if look.clocks < 0.8 or look.dates > 0:
        return None
    return (0.5 + fit / 3, "fits") if fit else (0.5, "values")


def _arm(name: str, look: Profile, fit: float, timed: bool) -> tuple[float, str] | None:
    """In a file with times a group is an arm only where its name or its values say so plainly."""
    if not 2 <= look.distinct <= 12 or not (fit or look.arms) or look.dates > 0.5:
        return None
    if timed and fit < 0.85 and not (look.arms and fit):
        return None
    if look.arms:
        return min(0.99, (fit or 0.45) + 0.1), "arms" if fit else "values"
    return fit, "header"


def _user(name: str, look: Profile, fit: float, timed: bool) -> tuple[float, str] | None:
    if look.dates > 0.5 or look.clocks > 0.5:
        return None
    many = look.distinct > 1 or look.given == 1
    if fit:
        return (fit, "fits") if many else (fit / 2, "header")
    ids = headers.bare(name).endswith("id") and look.distinct > 0.02 * look.given
    return (0.3, "values") if ids and many and timed else None


def _event(name: str, look: Profile, fit: float, timed: bool) -> tuple[float, str] | None:
    """What happened comes again: a name for each row is no event, nor is an id that never repeats."""
    if not fit or look.dates > 0.5 or look.distinct > max(200, 0.5 * look.given):
        return None
    if headers.bare(name).endswith("id") and look.distinct > 0.9 * look.given:
        return None
    return fit, "fits" if fit > 0.6 else "header"


_BY_VALUES = {"time": _time, "clock": _clock, "arm": _arm, "user": _user, "event": _event}


def choose(guesses: Sequence[Guess], sample: Mapping[str, Cells]) -> dict[str, str | tuple[str, ...]]:
    """The best guesses: each role once, each column once, in the order of confidence."""
    place = {name: k for k, name in enumerate(sample)}
    best: dict[str, str] = {}
    sure: dict[str, float] = {}
    for found in sorted(guesses, key=lambda g: (-g.confidence, place[g.column])):
        if (
            found.role not in best
            and found.column not in best.values()
            and found.confidence >= (_WEAK_TIME if found.role == "time" else _SURE)
        ):
            best[found.role], sure[found.role] = found.column, found.confidence
    if "order" in best:
        _reconcile(best, sure)
    if "time" not in best or "user" not in best:
        best.pop("clock", None)
    stones = _milestones(guesses, best, sample)
    if stones:
        return {**{r: c for r, c in best.items() if r not in ("time", "clock", "event")}, "milestone": stones}
    if "time" not in best and "arm" in best:
        for role in ("event", "order", "session"):
            best.pop(role, None)
    if "clock" in best and not _whole_days(sample[best["time"]]):
        best.pop("clock")
    return dict(best)


def _reconcile(best: dict[str, str], sure: Mapping[str, float]) -> None:
    """Orders are no events of some type; movements without money are no orders."""
    ledger, money = _LEDGER.search(headers.spoken(best["order"])), "amount" in best or "price" in best
    if not ledger and money and "time" in best and sure.get("event", 1) < _WEAK_EVENT:
        best.pop("event", None)
    if ledger and not money and sure.get("event", 0) < 0.95:
        best.pop("order")


def _milestones(
    guesses: Sequence[Guess], best: Mapping[str, str], sample: Mapping[str, Cells]
) -> tuple[str, ...] | None:
    """Time columns of a table with one row a user: several, and nothing that says what happened."""
    stamped = {g.column for g in guesses if g.role == "time"}
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


def header_key(names: Sequence[str]) -> str:
    """Hash of a set of headers, whatever their order."""
    return hashlib.sha256("\x1f".join(sorted(names)).encode()).hexdigest()[:16]
