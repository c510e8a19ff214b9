"""Uploads: dropped by a person, on disk at once, and never in the memory of the server.

A test of a page gives an upload as `session_state[key]`, for what a browser sends can't be had there.
"""

from __future__ import annotations

import streamlit as st

from analysis.store import Upload
from pages.notebook import dropzone, session
from pages.notebook.language import _

KINDS = [
    "csv", "tsv", "tab", "txt", "dat", "xlsx", "xlsm", "xls", "xlsb", "ods", "parquet", "json", "jsonl", "ndjson",
    "gz", "bz2", "zip",
]  # fmt: skip


def received(key: str, label: str) -> Upload | None:
    """A drop zone for one file; gives the upload, kept in the session until `done`.

    A file that is dropped later takes the place of the former.
    """
    _zone(key, label, multiple=False)
    for upload in _arrived(key):
        done(key)
        st.session_state[key] = upload
    found: Upload | None = st.session_state.get(key)
    return found


def received_all(key: str, label: str) -> list[Upload]:
    """A drop zone for several files; gives all that came, in their order, kept in the session until `done`."""
    _zone(key, label, multiple=True)
    found: list[Upload] = [*st.session_state.get(key, []), *_arrived(key)]
    st.session_state[key] = found
    return found


def done(key: str) -> None:
    """Forgets what was received: it was imported, or another file is wanted. What is left on disk is removed."""
    found = st.session_state.pop(key, None)
    for upload in found if isinstance(found, list) else [found] if found is not None else []:
        session.workspace().discard(upload)


def _zone(key: str, label: str, *, multiple: bool) -> None:
    dropzone.show(key, label, KINDS, multiple=multiple)
    st.caption(_("CSV, TSV, Excel, ODS, Parquet, JSON lines; also packed as .gz, .bz2 or .zip."))


def _arrived(key: str) -> list[Upload]:
    space = session.workspace()
    return [space.received(part.id, part.name, part.size, part.sha256) for part in dropzone.arrived(key)]
