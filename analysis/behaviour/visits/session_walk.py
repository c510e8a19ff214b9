"""The walk over sessions: each user's events are cut into sessions, and each session is judged once.

A session is a stretch of one user's events that count. What a session enters and leaves with is its first and
its last given value of a column: an event without a page says nothing about where the session came in.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.users import is_active

SUMS = [
    "sessions", "still_open", "users", "bounce_users", "closed_users", "n", "x", "e", "xx", "xn", "nn", "ee", "en",
    "x_all_x", "x_all_n", "n_all_x", "n_all_n", "exits", "views", "exits2", "exits_views", "views2", "exit_users",
    "single", "also_outside",
]  # fmt: skip
"""What `tally` sums over users, per group, then over all groups with a value, then over all sessions.

Sessions, those still open, users with a session, with a bounced one, with a closed one; then over closed sessions:
`n` sessions, `x` bounces, `e` events, and sums over users of their squares and products; `x_all_n` is a user's
bounces in the group times the user's sessions in all groups with a value. Views are events with the value, exits
sessions that end with it; `exit_users` had such a session; `single` are closed sessions of one event; users
`also_outside` have closed sessions in the group and outside it.
"""

OF_USER = 8
"""What is counted of one user: sessions, still open, closed, bounces, events, exits, views, single."""


@nb.njit(nogil=True, cache=True)
def _by_idle(start, end, time, event, by_event, by_row, until, timeout, order, cuts):  # type: ignore[no-untyped-def]
    """Sessions of one user: `order` holds the rows that count, session j at the places cuts[j]:cuts[j + 1]."""
    n, sessions, last = 0, 0, np.int64(0)
    for row in range(start, end):
        now = time[row]
        if now >= until:
            break
        if not is_active(row, event, by_event, by_row):
            continue
        if n == 0 or now - last > timeout:
            cuts[sessions] = n
            sessions += 1
        order[n] = row
        last = now
        n += 1
    cuts[sessions] = n
    return sessions


@nb.njit(nogil=True, cache=True)
def _by_column(start, end, time, event, by_event, by_row, until, session, slot, base, order, cuts, kept, which):  # type: ignore[no-untyped-def]
    """The same by a column of the file; sessions may lie inside each other. `slot` is the session of each word."""
    n, sessions = 0, 0
    for row in range(start, end):
        if time[row] >= until:
            break
        code = session[row]
        if code == 0 or not is_active(row, event, by_event, by_row):
            continue
        if slot[code] < base:
            slot[code] = base + sessions
            cuts[sessions] = 0
            sessions += 1
        kept[n], which[n] = row, slot[code] - base
        cuts[which[n]] += 1
        n += 1
    place = 0
    for j in range(sessions):
        cuts[j], place = place, place + cuts[j]
    for k in range(n):  # each session's rows in the order of time
        order[cuts[which[k]]] = kept[k]
        cuts[which[k]] += 1
    for j in range(sessions, 0, -1):
        cuts[j] = cuts[j - 1]
    cuts[0] = 0
    return sessions


@nb.njit(nogil=True, cache=True)
def _longest(starts, ends):  # type: ignore[no-untyped-def]
    most = 0
    for i in range(len(starts)):
        most = max(most, ends[i] - starts[i])
    return most


@nb.njit(nogil=True, cache=True)
def _given(order, first, last, step, values):  # type: ignore[no-untyped-def]
    """The first given value from place `first` towards `last`; 0 where there is none, or no column."""
    if len(values) == 0:
        return 0
    for k in range(first, last, step):
        if values[order[k]] != 0:
            return int(values[order[k]])
    return 0


@nb.njit(nogil=True, cache=True)
def _bounced(order, low, high, duration, event, mode, bounce_us, by_event, by_row):  # type: ignore[no-untyped-def]
    """Whether a session is a bounce: one event (0), short (1), or no goal event (2)."""
    if mode == 0:
        return high - low == 1
    if mode == 1:
        return duration < bounce_us
    goals = 0
    for k in range(low, high):
        goals += is_active(order[k], event, by_event, by_row)
    return goals == 0


@nb.njit(nogil=True, cache=True)
def _flush(mine, whole, row):  # type: ignore[no-untyped-def]
    """Adds one user's counts in a group (and in all) to that group's sums, in the order of `SUMS`."""
    sessions, still_open, n, x, e, exits, views, single = mine
    row[0] += sessions
    row[1] += still_open
    row[2] += sessions > 0
    row[3] += x > 0
    row[4] += n > 0
    row[5] += n
    row[6] += x
    row[7] += e
    row[8] += x * x
    row[9] += x * n
    row[10] += n * n
    row[11] += e * e
    row[12] += e * n
    row[13] += x * whole[3]
    row[14] += x * whole[2]
    row[15] += n * whole[3]
    row[16] += n * whole[2]
    row[17] += exits
    row[18] += views
    row[19] += exits * exits
    row[20] += exits * views
    row[21] += views * views
    row[22] += exits > 0
    row[23] += single
    row[24] += n > 0 and whole[2] > n


@nb.njit(nogil=True, cache=True)
def tally(users, starts, ends, rows, cut, span, bounce, values, n_groups):  # type: ignore[no-untyped-def]
    """Kernel: the sums of `SUMS`, and the duration (µs) and group of each closed session of several events.

    Args:
        rows: What `users.activity` gives. cut: Timeout (µs), codes of the session column (empty: idle), its words.
        span: First and last instant of a session's start, and the instant up to which is seen.
        bounce: Mode, µs, and the goal's bits. values: Codes of the column of groups; empty: no groups.
        n_groups: Words of that column; 0: no groups.
    """
    (time, event, by_event, by_row), (timeout, session, n_words), (low, high, until) = rows, cut, span
    mode, bounce_us, goal_event, goal_row = bounce
    room = _longest(starts, ends) + 1
    order, cuts = np.empty(room, np.int64), np.empty(room, np.int64)
    kept, which = np.empty(room if n_words else 0, np.int64), np.empty(room if n_words else 0, np.int64)
    slot, base = np.full(n_words, -1, np.int64), 0
    sums = np.zeros((n_groups + 2, 25), np.float64)
    mine = np.zeros((n_groups, OF_USER), np.int64)
    whole, given = np.zeros(OF_USER, np.int64), np.zeros(OF_USER, np.int64)
    seen, touched = np.full(n_groups, -1, np.int64), np.empty(n_groups, np.int64)
    most = (ends - starts).sum() // 2 + 1
    durations, groups, several = np.empty(most, np.int64), np.empty(most, np.int32), 0
    for i in range(len(users)):
        if n_words:
            count = _by_column(
                starts[i], ends[i], time, event, by_event, by_row, until, session, slot, base, order, cuts, kept, which
            )
            base += count
        else:
            count = _by_idle(starts[i], ends[i], time, event, by_event, by_row, until, timeout, order, cuts)
        n_touched, sessions, still_open, bounces, events, single = 0, 0, 0, 0, 0, 0
        for j in range(count):
            first, last = cuts[j], cuts[j + 1]
            began = time[order[first]]
            if began < low or began >= high:
                continue
            ended, size = time[order[last - 1]], last - first
            closed = until - ended > timeout
            left = closed and _bounced(order, first, last, ended - began, event, mode, bounce_us, goal_event, goal_row)
            sessions += 1
            still_open += not closed
            bounces += left
            events += size * closed
            single += closed and size == 1
            group = 0
            if n_groups:
                group = _given(order, first, last, 1, values)
                n_touched = _touch(group, i, seen, touched, n_touched)
                mine[group, 0] += 1
                mine[group, 1] += not closed
                mine[group, 2] += closed
                mine[group, 3] += left
                mine[group, 4] += size * closed
                mine[group, 7] += closed and size == 1
                for k in range(first, last if closed else first):
                    at = values[order[k]]
                    n_touched = _touch(at, i, seen, touched, n_touched)
                    mine[at, 6] += 1
                if closed:
                    mine[_given(order, last - 1, first - 1, -1, values), 5] += 1
            if closed and size > 1:
                durations[several], groups[several] = ended - began, group
                several += 1
        if sessions:
            whole[0], whole[1], whole[2], whole[3] = sessions, still_open, sessions - still_open, bounces
            whole[4], whole[7] = events, single
            _flush(whole, whole, sums[n_groups + 1])
        if n_touched:
            given[:] = whole - mine[0]
            _flush(given, given, sums[n_groups])
        for k in range(n_touched):
            _flush(mine[touched[k]], given, sums[touched[k]])
            mine[touched[k]] = 0
    return sums, durations[:several].copy(), groups[:several].copy()


@nb.njit(nogil=True, cache=True)
def _touch(group, user, seen, touched, n):  # type: ignore[no-untyped-def]
    """Notes that the user has something in the group; gives how many groups that makes."""
    if seen[group] == user:
        return n
    seen[group], touched[n] = user, group
    return n + 1


@nb.njit(nogil=True, cache=True)
def members(users, starts, ends, rows, cut, span, bounce, values, wanted, kind):  # type: ignore[no-untyped-def]
    """Kernel: users with a session of group `wanted` (−1: any): any such (0), a bounced one (1), an exit there (2)."""
    (time, event, by_event, by_row), (timeout, session, n_words), (low, high, until) = rows, cut, span
    mode, bounce_us, goal_event, goal_row = bounce
    room = _longest(starts, ends) + 1
    order, cuts = np.empty(room, np.int64), np.empty(room, np.int64)
    kept, which = np.empty(room if n_words else 0, np.int64), np.empty(room if n_words else 0, np.int64)
    slot, base = np.full(n_words, -1, np.int64), 0
    found, n = np.empty(len(users), np.int64), 0
    for i in range(len(users)):
        if n_words:
            count = _by_column(
                starts[i], ends[i], time, event, by_event, by_row, until, session, slot, base, order, cuts, kept, which
            )
            base += count
        else:
            count = _by_idle(starts[i], ends[i], time, event, by_event, by_row, until, timeout, order, cuts)
        for j in range(count):
            first, last = cuts[j], cuts[j + 1]
            began, ended = time[order[first]], time[order[last - 1]]
            if began < low or began >= high or (kind > 0 and until - ended <= timeout):
                continue
            at = _given(order, last - 1, first - 1, -1, values) if kind == 2 else _given(order, first, last, 1, values)
            if wanted >= 0 and at != wanted:
                continue
            if kind != 1 or _bounced(order, first, last, ended - began, event, mode, bounce_us, goal_event, goal_row):
                found[n] = users[i]
                n += 1
                break
    return (found[:n].copy(),)
