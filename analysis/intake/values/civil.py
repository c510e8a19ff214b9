"""Civil: days since 1970 of dates of the proleptic Gregorian calendar, and back, for compiled passes.

Days are counted in years that begin in March, so that the leap day is the last of its year; 400
years have 146,097 days whatever their start.
"""

from __future__ import annotations

import numba as nb

NO_DAY = -(10**12)
"""Stands for "there is no such day"."""

_ERA_DAYS, _EPOCH_DAYS = 146_097, 719_468
"""Days of 400 years, and from 0000-03-01 to 1970-01-01."""


@nb.njit(nogil=True, cache=True)
def day_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, or `NO_DAY`; years 0 to 9999."""
    if not (0 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= 31):
        return NO_DAY
    if day > 28 and day > _month_days(year, month):
        return NO_DAY
    shifted = year - 1 if month <= 2 else year
    months = month + 9 if month <= 2 else month - 3
    era, within = shifted // 400, shifted % 400
    of_year = (153 * months + 2) // 5 + day - 1
    return era * _ERA_DAYS + within * 365 + within // 4 - within // 100 + of_year - _EPOCH_DAYS


@nb.njit(nogil=True, cache=True)
def civil_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01."""
    counted = day + _EPOCH_DAYS
    era, within = counted // _ERA_DAYS, counted % _ERA_DAYS
    year = (within - within // 1460 + within // 36_524 - within // 146_096) // 365
    of_year = within - (365 * year + year // 4 - year // 100)
    months = (5 * of_year + 2) // 153
    month = months + 3 if months < 10 else months - 9
    return era * 400 + year + (1 if month <= 2 else 0), month, of_year - (153 * months + 2) // 5 + 1


@nb.njit(nogil=True, cache=True)
def week_day(year: int, week: int, weekday: int) -> int:
    """The day of an ISO week, Monday being 1; `NO_DAY` where the year has no such week."""
    if not (1 <= week <= 53 and 1 <= weekday <= 7 and 1 <= year <= 9998):
        return NO_DAY
    begin, behind = _first_monday(year), _first_monday(year + 1)
    day = begin + (week - 1) * 7 + weekday - 1
    return day if day < behind else NO_DAY


@nb.njit(nogil=True, cache=True)
def _first_monday(year: int) -> int:
    """The Monday of the week that holds January 4th."""
    fourth = day_of(year, 1, 4)
    return fourth - (fourth + 3) % 7


@nb.njit(nogil=True, cache=True)
def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
