"""Silence curve: how likely somebody who has been silent for s days comes back within a horizon.

Silence is not churn; it becomes churn where coming back gets unlikely, and where that is differs from shop
to shop. Counting only gaps that have closed would say that everybody comes back; counting silent users as
lost would say that nobody does. So gaps are treated as survival times, the open one censored.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import stats
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.questions import Step
from analysis.users import gaps

CHURN_RATE = 0.10
"""Whoever is less likely than this to come back within the horizon counts as churned."""

FEW = 30
"""A value of the curve is credible while at least so many gaps are still watched at the end of its horizon."""

GROUPS = 50
"""Groups of users for the jackknife."""

COLUMNS = ["silence_days", "gaps", "return_rate", "return_rate_low", "return_rate_high", "credible"]


def silence_curve(log: EventLog, horizon_days: int = 30, event: Step | None = None) -> pd.DataFrame:
    """P(active again within `horizon_days` | silent for s days), s from 0 by the day.

    **Definition.** Kaplan–Meier on the gaps between active days (see `users`), at daily resolution, of all users
    together; 1 − S(s + horizon) / S(s). The last day of the view counts as a whole one.

    Args:
        log: The log or view; its end is the as-of date.
        horizon_days: Days in which a return counts, at least 1.
        event: What counts as activity; None for any event.

    Returns:
        One row a day s of which the range is long enough to see s + horizon: `silence_days`; `gaps` still watched
        at s; `return_rate`, `_low`, `_high` (jackknife over groups of users), nan where no gap lasts to the end of the
        horizon; `credible`: at least 30 do.

    Use with care: frequent users give more gaps than others, so at short silences the curve is mostly theirs. A
    season between two gaps is not seen.

    References:
        Kaplan and Meier (1958), JASA 53. Delete-a-group jackknife: Kott (2001), Journal of Official Statistics 17(4).
    """
    if horizon_days < 1:
        raise ParameterError.outside("horizon_days", horizon_days, "at least 1")
    closed, still_open = gaps(log, event, GROUPS)
    whole, watched, ends = _returns(closed.sum(0), still_open.sum(0), horizon_days)
    used = [g for g in range(GROUPS) if still_open[g].any()]
    parts = np.array(
        [_returns(closed.sum(0) - closed[g], still_open.sum(0) - still_open[g], horizon_days)[0] for g in used]
    )
    n = len(used)
    half = np.full(len(whole), np.nan)
    if n > 1 and len(whole):
        spread = (n - 1) / n * ((parts - whole) ** 2).sum(0)
        half = float(sps.t.ppf((1 + stats.CONFIDENCE) / 2, n - 1)) * np.sqrt(spread)
    low, high = np.clip(whole - half, 0, 1), np.clip(whole + half, 0, 1)
    columns = (np.arange(len(whole)), watched, whole, low, high, ends >= FEW)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _returns(closed: np.ndarray, still_open: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rate by silence, gaps watched at the silence, gaps watched at the end of its horizon."""
    # Watched at day g: gaps of at least g days, closed or open; a gap cannot close on day 0.
    watched = (closed + still_open)[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - stats.rate(closed, np.maximum(watched, 1)))
    n = max(len(closed) - horizon, 0)
    start, end = survival[:n], survival[horizon:]
    return np.where(watched[horizon:] > 0, 1 - stats.rate(end, start), np.nan), watched[:n], watched[horizon:]


def churn_cut(curve: pd.DataFrame) -> tuple[float, bool]:
    """Days of silence from which a user counts as churned, and whether they could be learned.

    The smallest s of at least 1 at which the return rate is below `CHURN_RATE`, of the credible part of the curve.
    Where there is none, the longest credible s, and False; nan where no s is credible.
    """
    known = curve[curve["credible"] & (curve["silence_days"] >= 1)]
    below = known[known["return_rate"] < CHURN_RATE]
    if len(below):
        return float(below["silence_days"].iloc[0]), True
    return (float(known["silence_days"].iloc[-1]) if len(known) else float("nan")), False
