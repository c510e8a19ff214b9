"""The language of the session: every visible text goes through `_`."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analysis.words import LANGUAGES, Words


def language() -> str:
    """The code of the language in use: chosen here, else asked for by the link, else the browser's."""
    if "lang" not in st.session_state:
        asked = st.query_params.get("lang", "")
        browser = "zh" if str(st.context.locale or "").lower().startswith("zh") else "en"
        st.session_state["lang"] = asked if asked in LANGUAGES else browser
    return str(st.session_state["lang"])


def words() -> Words:
    """Texts and numbers of the language in use."""
    return Words(language())


def _(message: str, **facts: Any) -> str:
    """The text in the language in use, its fields filled in."""
    return words()(message, **facts)


def plain(text: str) -> str:
    """User data inside a label: Streamlit reads labels as Markdown, so its signs are escaped."""
    return "".join("\\" + c if c in r"\`*_{}[]()<>#+-.!|$~:" else c for c in text)
