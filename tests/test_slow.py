"""Behind `make test-slow`: many random logs against the oracles."""

from __future__ import annotations

import pytest

from tests.behaviour import (
    test_active_users,
    test_aha,
    test_click_map,
    test_drivers,
    test_element_clicks,
    test_experiment,
    test_experiment_plan,
    test_explain_change,
    test_funnel,
    test_leavers,
    test_paths,
    test_rage_clicks,
    test_retention,
    test_retention_curve,
    test_session_gaps,
    test_sessions,
    test_stickiness,
    test_tenure,
    test_transitions,
    test_trend,
    test_weekday_hour,
)
from tests.campaigns import test_effect
from tests.lifecycle import test_periods, test_stages
from tests.segments import test_rfm

pytestmark = pytest.mark.slow

ORACLES = [
    function
    for module in (
        test_explain_change,
        test_paths,
        test_transitions,
        test_trend,
        test_click_map,
        test_element_clicks,
        test_rage_clicks,
        test_weekday_hour,
        test_active_users,
        test_retention_curve,
        test_stickiness,
        test_tenure,
        test_aha,
        test_session_gaps,
        test_sessions,
        test_drivers,
        test_experiment,
        test_experiment_plan,
        test_funnel,
        test_leavers,
        test_retention,
        test_rfm,
        test_periods,
        test_stages,
        test_effect,
    )
    for name, function in vars(module).items()
    if name.startswith("test_") and hasattr(function, "hypothesis") and "oracle" in name
]


def test_there_is_an_oracle_for_every_question() -> None:
    assert len({f.__module__ for f in ORACLES}) == 25


@pytest.mark.parametrize("function", ORACLES, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_thousand_random_logs_against_the_oracle(function) -> None:  # type: ignore[no-untyped-def]
    for _ in range(17):  # each run draws 60 logs or more
        function()
