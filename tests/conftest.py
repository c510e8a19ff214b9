"""One workspace with the sample shop in it, for all tests of pages; the real one is never touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The quick suite draws the same logs every time: red means that the change did it. The slow one draws anew: --hypothesis-profile anew.
settings.register_profile("quick", derandomize=True, print_blob=True)
settings.register_profile("anew", print_blob=True)
settings.load_profile("quick")

# Before anything opens a workspace: not the one of whoever runs the tests.
_FOLDER = tempfile.TemporaryDirectory(prefix="footprints-")
os.environ["FOOTPRINTS_WORKSPACE"] = str(Path(_FOLDER.name) / "workspace")
os.environ.pop("FOOTPRINTS_DATABASE", None)

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shop() -> Iterator[str]:
    """The sample shop, loaded into the tests' workspace; gives its fingerprint."""
    from pages.notebook import session

    space = session.workspace()
    with (ROOT / "sample_data" / "shop.csv").open("rb") as file:
        upload = space.receive(file, "shop.csv")
    loaded = space.add(upload, time_zone="Asia/Shanghai", name="shop.csv")
    yield loaded.fingerprint
