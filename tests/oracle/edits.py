"""Rules, slowly and plainly, as their Definitions say: one user's stamps in, instants out."""

from __future__ import annotations

Times = list[int]


def different(stamps: list[int], until: int) -> Times:
    """Rows with one stamp are one time; rows from `until` on are not seen."""
    return sorted({t for t in stamps if t < until})


def nth(times: Times, n: int) -> Times:
    return times[n - 1 : n]


def repeated(times: Times, k: int, window: int) -> Times:
    """The earliest run, then what the times after it hold."""
    runs = [times[i : i + k] for i in range(len(times) - k + 1)]
    short = [run for run in runs if run[-1] - run[0] <= window]
    if not short:
        return []
    return [short[0][-1], *repeated([t for t in times if t > short[0][-1]], k, window)]


def without(times: Times, missing: Times, k: int, window: int, until: int) -> Times:
    """The first window that has its times; then what is left after its end, or after what spoilt it."""
    for start in times:
        inside = [t for t in times if start <= t <= start + window]
        if len(inside) < k:
            continue
        if start + window >= until:
            return []
        spoilt = [m for m in missing if start <= m <= start + window]
        over = spoilt[0] if spoilt else start + window
        rest = without([t for t in times if t > over], missing, k, window, until)
        return rest if spoilt else [over, *rest]
    return []


def silent(times: Times, window: int, until: int) -> Times:
    quiet = [t for t in times if not any(t < other <= t + window for other in times)]
    return [t + window for t in quiet if t + window < until]


def after(times: Times, then: Times, window: int) -> Times:
    """Each time looks for its answer; an answer counts once."""
    found = set()
    for t in times:
        answers = [a for a in then if a >= t]
        if answers and answers[0] - t <= window:
            found.add(answers[0])
    return sorted(found)
