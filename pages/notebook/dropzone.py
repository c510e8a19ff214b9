"""The drop zone: where a file of any size is dropped, and goes straight to the disk.

Streamlit's own uploader keeps a file in memory and speaks English only. This one sends slices to the
route of `app.py`, shows how far it is, goes on after a dropped line, and can be cancelled. Python
hears of a file when it is whole, and believes nothing but what its own desk has counted and hashed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.intake.incoming import LIFE_SECONDS, Incoming, Part
from pages.notebook import session
from pages.notebook.language import _, language

HERE = Path(__file__).parent
MEGABYTE = 1 << 20


def _text(*names: str) -> str:
    return "\n".join(HERE.joinpath(name).read_text(encoding="utf-8") for name in names)


_ZONE = st.components.v2.component(
    "dropzone", html=_text("dropzone.html"), css=_text("dropzone.css"), js=_text("sending.js", "dropzone.js")
)


@cache
def desk() -> Incoming:
    """Where this process takes files in; one for all sessions."""
    return Incoming(session.workspace().reserve)


def show(key: str, label: str, kinds: Sequence[str], *, multiple: bool = False) -> None:
    """Draws a drop zone; what it brings is fetched with `arrived`.

    Args:
        key: Of the widget, one for each zone.
        label: What belongs here, in the language in use.
        kinds: Endings of file names that are taken, without the dot.
        multiple: Whether several files may be sent, one after another.
    """

    def renew() -> None:
        st.session_state.pop(f"{key}:token", None)

    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    data = {
        "label": label,
        "url": "/".join(["", *filter(None, [base]), "upload"]),
        "token": _token(key),
        "most": _most(),
        "kinds": list(kinds),
        "multiple": multiple,
        "lang": language(),
        "words": _words(multiple, kinds),
    }
    _ZONE(key=f"{key}:zone", data=data, on_done_change=lambda: None, on_renew_change=renew)


def arrived(key: str) -> list[Part]:
    """The whole files that were dropped on a zone since it was last asked."""
    return desk().collect(_owner(key))


def _owner(key: str) -> str:
    """Who may fetch what a zone brings: this zone in this session."""
    if "dropzone:owner" not in st.session_state:
        st.session_state["dropzone:owner"] = uuid.uuid4().hex
    return f"{st.session_state['dropzone:owner']}:{key}"


def _token(key: str) -> str:
    """The token of a zone: the same on every rerun, so that an upload goes on, and a new one in good time."""
    token, until = st.session_state.get(f"{key}:token", ("", 0.0))
    if time.time() > until:
        token = desk().grant(_owner(key), _most())
        st.session_state[f"{key}:token"] = (token, time.time() + LIFE_SECONDS / 2)
    return str(token)


def _most() -> int:
    """Bytes that a file may have."""
    return int(st.get_option("server.maxUploadSize")) * MEGABYTE


def _words(multiple: bool, kinds: Sequence[str]) -> dict[str, Any]:
    """What the zone says. Fields that stay are filled in by the browser, with numbers that move."""
    return {
        "choose": _("or choose files") if multiple else _("or choose a file"),
        "limit": _("Up to {most} MB.", most=_most() / MEGABYTE),
        "progress": _("Sent so far"),
        "said": _("{sent} of {size} MB, {speed} MB a second"),
        "waiting": _("The line broke off. Trying again."),
        "sending": _("Sending {name}."),
        "sent": _("{name} has arrived."),
        "cancelled": _("{name} was not sent."),
        "cancel": _("Cancel"),
        "again": _("Go on"),
        "faults": {
            "several": _("Several files were dropped, but one belongs here. Drop the one that you want to load."),
            "kind": _("{name} is not a table that can be read. Save it as one of these: {kinds}.").replace(
                "{kinds}", ", ".join(kinds)
            ),
            "too_big": _(
                "{name} is larger than the {most} MB that are taken. Leave out columns, or save it as Parquet."
            ),
            "too_many": _("Too many files are on their way at the moment. Wait a minute, then go on."),
            "disk_full": _("The disk is full. Remove data sets that are no longer needed, then go on."),
            "refused": _("The server does not take the file from this page any more. Reload the page, then try again."),
            "connection": _("The line broke off, and three more tries failed. Go on sends the rest of the file."),
        },
    }
