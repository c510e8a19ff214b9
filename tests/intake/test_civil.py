"""Civil: days and ISO weeks against the standard library's calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.values.civil import NO_DAY, civil_of, day_of, week_day


@given(st.dates(date(1, 1, 1), date(9998, 12, 31)))
def test_every_day_there_and_back(day):
    count = (day - date(1970, 1, 1)).days
    assert day_of(day.year, day.month, day.day) == count
    assert civil_of(count) == (day.year, day.month, day.day)
    year, week, weekday = day.isocalendar()
    if 1 <= year <= 9998:
        assert week_day(year, week, weekday) == count


@pytest.mark.parametrize(
    "given_", [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)]
)
def test_days_that_do_not_exist(given_):
    assert day_of(*given_) == NO_DAY


def test_leap_days():
    assert day_of(2000, 2, 29) + 1 == day_of(2000, 3, 1)
    assert day_of(2024, 2, 29) + 1 == day_of(2024, 3, 1)


def test_a_53rd_week_only_where_the_year_has_one():
    assert week_day(2026, 53, 7) == (date(2027, 1, 3) - date(1970, 1, 1)) // timedelta(days=1)
    assert week_day(2025, 53, 1) == NO_DAY
