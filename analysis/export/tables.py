"""Tables as files: CSV for any spreadsheet, safe against formulas.

A cell of text that starts with = + - @, a tab or a line break is executed by spreadsheets, so it
is written behind an apostrophe. Numbers stay numbers.
"""

from __future__ import annotations

import io

import pandas as pd

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table, its text cells and headers made safe.

    Examples:
        >>> safe(pd.DataFrame({"a": ["=1+1", "fine"]}))["a"].tolist()
        ["'=1+1", 'fine']
    """
    out = frame.copy()
    for name in out.columns:
        if pd.api.types.is_string_dtype(out[name]) or out[name].dtype == object:
            out[name] = pd.Series([_cell(v) for v in out[name]], index=out.index)
    return out.set_axis([_cell(str(c)) for c in out.columns], axis="columns")


def _cell(value: object) -> object:
    return "'" + value if isinstance(value, str) and value.startswith(DANGEROUS) else value


def to_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets need to read Chinese."""
    return safe(frame).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def to_xlsx(frame: pd.DataFrame, sheet: str = "table") -> bytes:
    """An Excel workbook with one sheet."""
    buffer = io.BytesIO()
    with pd.ExcelWriter(
        buffer, engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False}}
    ) as writer:
        plain = safe(frame)
        for name in plain.columns:  # Excel knows no time zones
            if isinstance(plain[name].dtype, pd.DatetimeTZDtype):
                plain[name] = plain[name].dt.tz_localize(None)
        plain.to_excel(writer, index=False, sheet_name=sheet[:31])
    return buffer.getvalue()
