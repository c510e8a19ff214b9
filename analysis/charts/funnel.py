"""The funnel as bars: how many reach each step, and the rate of the step before with its interval."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.funnels.exclude import required
from analysis.behaviour.funnels.funnel import FunnelAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words


def draw(answer: FunnelAnswer, words: Words, look: Look) -> Any:
    """One bar a step; the step most are lost at is told apart. With a split, one bar a value and step."""
    return _split(answer, words, look) if len(answer.by_value) else _plain(answer, words, look)


def _plain(answer: FunnelAnswer, words: Words, look: Look) -> Any:
    table = answer.table
    counts = table[answer.unit].to_numpy(float)
    before = counts[answer.before]
    firm = np.array([not s.optional for s in answer.question.steps])
    lost = np.where(firm & table["step_rate"].notna(), table["step_rate"].fillna(2.0), 2.0)
    worst = int(np.argmin(lost)) if lost.min() < 2 and counts[0] else -1
    rows, names = [f"{k + 1}" for k in range(len(table))], labels(answer, words)
    said, gone = [words.number(c) for c in counts], [words.number(c) for c in before - counts]
    told = _told(answer, words)
    left = [words("Left before") if f else words("Skipped") for f in firm]
    bars = neutral(
        row=rows + rows[1:],
        name=names + names[1:],
        start=[0.0] * len(rows) + list(counts[1:]),
        end=list(counts) + list(before[1:]),
        what=[words("Reached")] * len(rows) + left[1:],
        said=said + gone[1:],
        rate=told + told[1:],
        tone=["worst" if k == worst else "reached" for k in range(len(rows))] + ["left"] * (len(rows) - 1),
        who=rows + [f"{row}:left" for row in rows[1:]],
    )
    y = alt.Y("row:N", sort=None, title=None, axis=_step_axis(dict(zip(rows, names, strict=True)), look))
    scale = alt.Scale(domain=[0, max(float(counts.max()), 1) * 1.95])
    tip = [
        alt.Tooltip("name:N", title=words("Step")),
        alt.Tooltip("what:N", title=words("What")),
        alt.Tooltip("said:N", title=_unit(answer, words)),
        alt.Tooltip("rate:N", title=words("Rate")),
    ]
    tones = alt.Scale(domain=["reached", "worst", "left"], range=[look.accent, look.bad, look.line])
    drawn = alt.Chart(bars).mark_bar(size=26 * look.scale, cornerRadiusEnd=3)
    drawn = drawn.encode(
        y=y,
        x=alt.X("start:Q", axis=None, scale=scale),
        x2=alt.X2("end:Q"),
        tooltip=tip,
        color=alt.Color("tone:N", legend=None, scale=tones),
    )
    base = alt.Chart(neutral(row=rows, count=counts, said=said, rate=told)).encode(
        y=y, x=alt.X("count:Q", axis=None, scale=scale)
    )
    number = base.mark_text(align="left", dx=7, fontSize=look.size(15), fontWeight="bold", color=look.ink).encode(
        text=alt.Text("said:N")
    )
    # The rate stands behind the number, as far as the longest number needs.
    shift = 7 + max(len(s) for s in said) * look.size(15) * 0.62 + 10
    rate = base.mark_text(align="left", dx=shift, fontSize=look.size(), color=look.soft).encode(text=alt.Text("rate:N"))
    chart = _noted(drawn.add_params(pick()) + number + rate, answer, words, look)
    return finish(chart, look, height=46 * len(table) + 10)


def _told(answer: FunnelAnswer, words: Words) -> list[str]:
    """Of every step, behind its number: its rate and interval."""
    table, steps, before = answer.table, answer.question.steps, answer.before
    told = [""]
    for k in range(1, len(table)):
        row = table.iloc[k]
        if np.isnan(row["step_rate"]):
            told.append("")
            continue
        low, high = words.rate(row["step_rate_low"]), words.rate(row["step_rate_high"])
        facts = {"rate": words.rate(row["step_rate"]), "low": low, "high": high}
        if steps[k].optional or before[k] < k - 1:
            told.append(words("{rate} of step {number} ({low} – {high})", number=before[k] + 1, **facts))
        else:
            told.append(words("{rate} of the step before ({low} – {high})", **facts))
    return told


def labels(answer: FunnelAnswer, words: Words) -> list[str]:
    """Names of the steps, with what is special about each."""
    out = []
    for name, step in zip(answer.names, answer.question.steps, strict=True):
        said = words("{step} (optional)", step=name) if step.optional else name
        if step.within_hours is not None:
            said = words("{step}, within {span}", step=said, span=words.span(step.within_hours))
        out.append(said)
    return out


def notes(answer: FunnelAnswer, words: Words) -> list[str]:
    """What is counted, where it is not each user once, and what must not happen on the way."""
    question, said = answer.question, []
    if question.hold:
        message = "All steps carry the same {columns}; each user counts once a value"
        said.append(words(message, columns=", ".join(question.hold)))
    if question.unit == "sessions":
        message = "All steps lie in one session; {minutes} minutes of rest end it"
        said.append(words(message, minutes=question.session_minutes))
    for exclusion in question.exclude:
        facts = {"event": exclusion.step.name}
        if exclusion.after is None:
            said.append(words("No {event} between two steps", **facts))
            continue
        last = exclusion.gaps(question.steps)[-1] + 1
        ends = {"first": exclusion.after, "last": required(question.steps)[last] + 1}
        said.append(words("No {event} between step {first} and step {last}", **facts, **ends))
    if question.exclude and question.on_exclusion == "remove":
        said.append(words("Left out for it: {removed}", removed=len(answer.removed)))
    return said


def _noted(chart: Any, answer: FunnelAnswer, words: Words, look: Look) -> Any:
    """The chart under its notes, one a line."""
    said = notes(answer, words)
    if not said:
        return chart
    plain: Any = {"anchor": "start", "fontSize": look.size(), "fontWeight": "normal", "color": look.soft}
    return chart.properties(title=alt.Title(said, **plain))


def _split(answer: FunnelAnswer, words: Words, look: Look) -> Any:
    """A group of bars a step, a bar a value; grey until a difference to the rest stands."""
    table = answer.by_value
    called = dict(zip(answer.names, labels(answer, words), strict=True))
    steps = [called[s] for s in dict.fromkeys(table["step"])]
    values = list(dict.fromkeys(table["value"]))
    shown = table[table["step_rate"].notna()]
    tested = shown["p_adjusted"] <= 0.05
    rates = [words.rate(r) for r in shown["step_rate"]]
    data = neutral(
        step=[called[s] for s in shown["step"]],
        value=shown["value"],
        rate=shown["step_rate"],
        low=shown["step_rate_low"],
        high=shown["step_rate_high"],
        said=[f"{v}  {r}" for v, r in zip(shown["value"], rates, strict=True)],
        plain=rates,
        interval=[
            f"{words.rate(a)} – {words.rate(b)}"
            for a, b in zip(shown["step_rate_low"], shown["step_rate_high"], strict=True)
        ],
        reached=[words.number(float(n)) for n in shown["users"]],
        tone=np.where(~tested, "same", np.where(shown["difference_points"] < 0, "worse", "better")),
    )
    tip = [
        alt.Tooltip("value:N", title=words("Value")),
        alt.Tooltip("step:N", title=words("Step")),
        alt.Tooltip("reached:N", title=_unit(answer, words)),
        alt.Tooltip("plain:N", title=words("Rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
    ]
    axis = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelFontWeight="bold", labelPadding=8)
    y = alt.Y("step:N", sort=steps, title=None, axis=axis, scale=alt.Scale(paddingInner=0.18))
    tones = alt.Scale(domain=["same", "worse", "better"], range=[look.grey, look.bad, look.good])
    base = alt.Chart(data).encode(y=y, yOffset=alt.YOffset("value:N", sort=values), tooltip=tip)
    title = words("Of the step before, with 95% interval; coloured where it differs from the rest")
    scale = alt.Scale(domain=[0, max(float(data["high"].max()), 0.01) * 1.45 if len(data) else 1])
    x = alt.X("rate:Q", axis=alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1]), title=title, scale=scale)
    bars = base.mark_bar(cornerRadiusEnd=3).encode(x=x, color=alt.Color("tone:N", legend=None, scale=tones))
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    label = base.mark_text(align="left", dx=7, fontSize=look.size(), color=look.ink)
    label = label.encode(x=alt.X("high:Q"), text=alt.Text("said:N"))
    chart = _noted(bars + whisker + label, answer, words, look)
    return finish(chart, look, height=24 * max(1, len(data)) + 60)


def _step_axis(labels: dict[str, str], look: Look) -> alt.Axis:
    """Steps may repeat a name, so rows are numbered and the axis says the name."""
    text = "{" + ",".join(f"'{k}':{_js(v)}" for k, v in labels.items()) + "}[datum.value]"
    return alt.Axis(labelExpr=text, ticks=False, domain=False, labelColor=look.ink, labelPadding=8, labelLimit=230)


def _js(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"


def _unit(answer: FunnelAnswer, words: Words) -> str:
    return {
        "users": words("Users"),
        "attempts": words("Attempts"),
        "sessions": words("Sessions"),
        "user_values": words("Pairs of user and value"),
    }[answer.unit]
