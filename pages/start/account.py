"""The ledger: one strip whose parts add up to the file, and the rows of each part."""

from __future__ import annotations

from html import escape

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import streamlit as st

from analysis.charts.look import Look
from analysis.health import rows as footprints
from analysis.health.facts import Behind
from analysis.intake.ledger import FLAGS, REASONS, Ledger
from analysis.store import Dataset
from pages.notebook import session
from pages.notebook.language import _, language, words
from pages.start import listing
from pages.start.listing import MOST, SHOWN

WIDE = 0.09
"""Part of the strip from which on its label stands inside it."""


def part_name(part: str) -> str:
    """A part of the ledger in two or three words."""
    names = {
        "used": _("used"),
        "preamble": _("above the header"),
        "comment": _("comments"),
        "ragged": _("with too few or too many fields"),
        "blank": _("blank"),
        "total": _("totals"),
        "no_user": _("without a user"),
        "no_time": _("without a time"),
        "bad_time": _("with an unreadable time"),
        "duplicate": _("repeats"),
        "overlap": _("in an earlier file"),
        "future": _("in the future"),
        "heavy_users": _("heavy users"),
        "unknown_ids": _("of unknown ids"),
        "lines_in_quotes": _("lines inside quotes"),
        "replaced_bytes": _("replaced characters"),
        "unreadable_numbers": _("unreadable numbers"),
        "unreadable_milestones": _("unreadable milestones"),
        "ids_joined": _("joined ids"),
        "large_identities": _("very large identities"),
        "shared_devices": _("shared devices"),
    }
    return names.get(part, part.replace("_", " "))


def card(current: Dataset) -> None:
    """Rows in the file = rows used + rows dropped, by reason; each part opens its rows."""
    log = session.opened(current.fingerprint)
    st.subheader(_("What became of every row"))
    if log.ledger is None:
        st.caption(_("This data set was made here, from rows that were accounted for before."))
        return
    st.html(strip(log.ledger, session.look()) + sums(log.ledger, session.look()))
    if log.ledger.parts:
        st.dataframe(by_file(log.ledger), hide_index=True, width="stretch")
    parts(current)


def colours(ledger: Ledger, look: Look) -> dict[str, str]:
    """Colour of each part: the accent is used, the rest are told apart by the colour-blind too."""
    others = look.series[1:]
    return {"used": look.accent, **{r: others[k % len(others)] for k, r in enumerate(ledger.dropped)}}


def strip(ledger: Ledger, look: Look) -> str:
    """The bar; a part that is wide enough is labelled inside, the sentence below names them all."""
    inks, bars = colours(ledger, look), ""
    for part, count in {"used": ledger.used, **ledger.dropped}.items():
        label = escape(f"{part_name(part)} {words().number(count)}")
        inside = label if count >= WIDE * ledger.rows else ""
        style = f"flex:{count} 0 0;min-width:5px;background:{inks[part]};color:{on(inks[part])};"
        bars += f'<div title="{label}" style="{style}{CELL}">{inside}</div>' if count else ""
    return f'<div style="display:flex;gap:2px;border-radius:5px;overflow:hidden">{bars}</div>'


CELL = "height:30px;line-height:30px;text-indent:10px;font-weight:600;white-space:nowrap;overflow:hidden"


SQUARE = "display:inline-block;width:.8em;height:.8em;border-radius:2px;"


def on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return "#10141c" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else "#ffffff"


def sums(ledger: Ledger, look: Look) -> str:
    """The rows and the physical lines, as sums that add up; the squares are the legend of the strip."""
    inks, say = colours(ledger, look), words()
    terms = " + ".join(
        f'<span style="white-space:nowrap"><span style="{SQUARE}background:{inks[part]}"></span> '
        f"<b>{say.number(count)}</b> {escape(part_name(part))}</span>"
        for part, count in {"used": ledger.used, **ledger.dropped}.items()
    )
    text = (
        f'<p class="fp-detail" style="opacity:1">{escape(_("{rows} rows in the file", rows=ledger.rows))} = {terms}</p>'
    )
    if not ledger.lines:
        return text
    quoted = ledger.flagged.get("lines_in_quotes", 0)
    lines = _("{lines} lines = {rows} rows", lines=ledger.lines, rows=ledger.rows)
    lines += _(" + {header_lines} of the header", header_lines=ledger.header_lines) if ledger.header_lines else ""
    lines += _(" + {quoted} inside quotes", quoted=quoted) if quoted else ""
    return text + f'<p class="fp-note" style="opacity:.72">{escape(lines)}</p>'


def by_file(ledger: Ledger) -> pd.DataFrame:
    """A row a file, and their sum: rows, used, and every reason that occurred."""
    said = [*ledger.parts, (_("together"), ledger)]
    number = words().number
    columns = {_("file"): [name for name, _part in said], _("rows"): [number(p.rows) for _name, p in said]}
    columns[part_name("used")] = [number(p.used) for _name, p in said]
    for reason in ledger.dropped:
        columns[part_name(reason)] = [number(p.dropped.get(reason, 0)) for _name, p in said]
    if ledger.lines:
        columns[_("lines")] = [number(p.lines) if p.lines else "–" for _name, p in said]
    return pd.DataFrame(columns)


@st.fragment
def parts(current: Dataset) -> None:
    """One part of the ledger, opened: its rows with line and reason, and all of them as a file."""
    log = session.opened(current.fingerprint)
    assert log.ledger is not None
    found = {flag: flagged(current.fingerprint, flag) for flag in log.ledger.flagged}
    counts = {"used": log.ledger.used, **log.ledger.dropped}
    for flag, count in log.ledger.flagged.items():
        behind = found[flag]
        exact = behind is not None and flag in ("future", "heavy_users", "unknown_ids")
        counts[flag] = behind.count if behind is not None and exact else count
    chosen = st.pills(
        _("Open the rows of a part (⚑: used, but worth a look)") if found else _("Open the rows of a part"),
        [part for part, count in counts.items() if count],
        format_func=lambda part: f"{'⚑ ' if part in found else ''}{part_name(part)} {words().number(counts[part])}",
        key=f"part:{current.fingerprint}@{language()}",
    )
    if chosen is None:
        return
    st.caption(explained(chosen))
    if chosen in log.ledger.dropped:
        dropped(current, chosen)
    else:
        listing.opened(f"{current.name}-{chosen}", log, footprints.used(log) if chosen == "used" else found[chosen])


def explained(part: str) -> str:
    """What a part is, and which rows stand for it where those themselves can't be told any more."""
    sentence = REASONS.get(part) or FLAGS.get(part)
    said = _(sentence) if sentence else _("The rows that became events, by user and time. They keep no line number.")
    if part == "unreadable_numbers":
        said += " " + _("They are empty now, so these are all rows with an empty cell in a column of numbers.")
    if part == "lines_in_quotes":
        said += " " + _("These are the used rows with a line break in a cell.")
    return said


@st.cache_resource(max_entries=64, show_spinner=False)
def flagged(fingerprint: str, flag: str) -> Behind | None:
    """Who or what a flag is about."""
    return footprints.flagged(session.opened(fingerprint), flag)


def dropped(current: Dataset, reason: str) -> None:
    """The rows that were left out for one reason, with their lines."""
    path = session.workspace().dropped_path(current.fingerprint)
    table = ds.dataset(path)
    if "reason" not in table.schema.names:
        st.caption(_("The rows themselves were not kept."))
        return
    chosen = ds.field("reason") == reason
    head = as_text(table.head(SHOWN, filter=chosen))
    count = table.count_rows(filter=chosen)
    everything = lambda: as_text(table.head(MOST, filter=chosen))  # noqa: E731
    listing.listed(head, count, everything, f"{current.name}-{reason}", ("line", "reason"))


def as_text(table: pa.Table) -> pd.DataFrame:
    """Dropped rows with their reasons in words; columns without any cell are left out."""
    frame = table.select([n for n in table.column_names if table[n].null_count < table.num_rows]).to_pandas()
    if "reason" in frame:
        frame["reason"] = [_(REASONS[r]) if r in REASONS else r for r in frame["reason"]]
    return frame
