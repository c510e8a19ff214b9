"""Assignments: everybody assigned is there, with the arm, whether they did anything or not."""

import pytest

from analysis import calendar
from analysis.errors import ParameterError
from analysis.events import from_rows
from analysis.intake.assignments import with_assignments


@pytest.fixture
def log():
    return from_rows([
        {"user": "u1", "time": "2026-01-05 10:00", "event": "view", "amount": 1.0},
        {"user": "u2", "time": "2026-01-07 10:00", "event": "buy", "amount": 2.0},
    ])  # fmt: skip


def test_assigned_users_get_one_event_with_their_arm(log):
    done = with_assignments(log, ["u2", "u9"], ["treated", "control"], at="2026-01-06")
    assert done.ids(done.users) == ["u1", "u2", "u9"]
    rows = done.rows_of(1)
    assert rows["event"].tolist() == ["assigned", "buy"] and rows["arm"].tolist() == ["treated", ""]
    assert done.rows_of(2)["arm"].tolist() == ["control"]
    assert done.roles["arm"] == "arm" and done.n_events == 4
    assert done.time[done.starts[1]] == calendar.instant("2026-01-06", "UTC")
    assert done.ends_at == log.ends_at


def test_each_may_have_an_instant_of_its_own(log):
    done = with_assignments(log, ["u1", "u2"], ["a", "b"], at=["2026-01-01", "2026-01-02"])
    assert done.starts_at == calendar.instant("2026-01-01", "UTC")


def test_what_does_not_fit_is_refused(log):
    for users, arms in ((["u1"], ["a", "b"]), (["u1", "u1"], ["a", "b"]), ([], [])):
        with pytest.raises(ParameterError):
            with_assignments(log, users, arms)
    with pytest.raises(ParameterError):
        with_assignments(log.between("2026-01-05", "2026-01-05"), ["u1"], ["a"])
    with pytest.raises(ParameterError):
        with_assignments(log, ["u1"], ["a"], arm_column="event")
