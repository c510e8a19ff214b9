"""Where each question lives: the page of its cell, and the parameter of the link that carries its settings."""

from __future__ import annotations

import json

import streamlit as st

from analysis import Question

PLACES = {
    "ActiveUsers": ("behaviour/usage.py", "q3"),
    "Aha": ("behaviour/aha.py", "q"),
    "ClickMap": ("behaviour/heatmaps.py", "q3"),
    "ConversionByDay": ("behaviour/conversion.py", "q2"),
    "Drivers": ("behaviour/drivers.py", "q"),
    "Effect": ("campaigns/effect.py", "q"),
    "ElementClicks": ("behaviour/heatmaps.py", "q2"),
    "Experiment": ("behaviour/experiment.py", "q"),
    "ExperimentPlan": ("behaviour/experiment.py", "q2"),
    "ExplainChange": ("behaviour/trends.py", "q2"),
    "Faults": ("behaviour/faults.py", "q"),
    "Funnel": ("behaviour/funnel.py", "q"),
    "FunnelComparison": ("behaviour/conversion.py", "q3"),
    "Leavers": ("behaviour/drivers.py", "q2"),
    "Overview": ("behaviour/overview.py", "q"),
    "Paths": ("behaviour/paths.py", "q"),
    "PeriodLifecycle": ("lifecycle/periods.py", "q"),
    "RFM": ("segments/rfm.py", "q"),
    "RageClicks": ("behaviour/heatmaps.py", "q4"),
    "Retention": ("behaviour/retention.py", "q"),
    "RetentionCurve": ("behaviour/retention.py", "q2"),
    "SessionGaps": ("behaviour/sessions.py", "q3"),
    "Sessions": ("behaviour/sessions.py", "q"),
    "Stages": ("lifecycle/stages.py", "q"),
    "Stickiness": ("behaviour/usage.py", "q2"),
    "Tenure": ("behaviour/usage.py", "q"),
    "TimeToConvert": ("behaviour/conversion.py", "q"),
    "Transitions": ("behaviour/paths.py", "q2"),
    "Trend": ("behaviour/trends.py", "q"),
    "WeekdayHour": ("behaviour/heatmaps.py", "q"),
}


def go(fingerprint: str, question: Question) -> None:
    """Opens the cell of a question with its settings."""
    kind = type(question).__name__
    page, param = PLACES[kind]
    said = {k: v for k, v in question.to_dict().items() if k not in ("question", "first_day", "last_day")}
    prefix = f"{fingerprint}:{kind}:{param}"
    for key in [k for k in st.session_state if str(k).startswith(prefix)]:
        del st.session_state[key]
    st.switch_page(page, query_params={param: json.dumps(said, ensure_ascii=False)})
