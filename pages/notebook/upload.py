"""Uploads: to disk at once, out of memory at once.

Streamlit keeps an uploaded file in memory, twice, until the session ends. So the bytes are written
to the workspace as soon as they are here, and Streamlit's own copy is let go.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analysis import AnalysisError
from analysis.store import Upload
from pages.notebook import session
from pages.notebook.language import _, words

KINDS = ["csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "parquet", "gz", "zip"]


def received(key: str, label: str) -> Upload | None:
    """An uploader; gives the upload, kept in the session until `done`."""
    turn = f"{key}:turn"
    count = int(st.session_state.setdefault(turn, 0))
    file = st.file_uploader(label, type=KINDS, key=f"{key}:{count}")
    if file is not None:
        try:
            st.session_state[key] = session.workspace().receive(file, file.name)
        except AnalysisError as error:
            st.error(words().error(error), icon=":material/info:")
        context = get_script_run_ctx()
        if context is not None:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)  # type: ignore[attr-defined]
        st.session_state[turn] = count + 1
        if key in st.session_state:
            st.rerun()
    st.caption(_("Spreadsheets and text tables: CSV, TSV, Excel, Parquet, also packed as .gz or .zip."))
    found: Upload | None = st.session_state.get(key)
    return found


def done(key: str) -> None:
    """Forgets the upload: it was imported, or another file is wanted."""
    st.session_state.pop(key, None)
