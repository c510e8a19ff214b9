"""A fresh server and a real Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")


class Server:
    """A running app over a workspace of its own."""

    def __init__(self, workspace: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = workspace.parent / "server.log"
        environment = {**os.environ, "FOOTPRINTS_WORKSPACE": str(workspace), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=self.log.open("w"), stderr=subprocess.STDOUT
        )
        for _ in range(120):
            try:
                urllib.request.urlopen(self.url + "/_stcore/health", timeout=1)
                return
            except OSError:
                time.sleep(0.25)
        raise RuntimeError(self.log.read_text())

    def stop(self) -> str:
        """Ends the server; gives what it printed."""
        self.process.terminate()
        self.process.wait(10)
        return self.log.read_text()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server nobody has visited, with nothing loaded."""
    server = Server(tmp_path / "workspace")
    yield server
    assert "Traceback" not in server.stop()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the sample shop loaded."""
    workspace = tmp_path_factory.mktemp("served") / "workspace"
    code = (
        "from analysis.store import Workspace; s = Workspace(); "
        "s.add(s.receive(open('sample_data/shop.csv', 'rb'), 'shop.csv'), time_zone='Asia/Shanghai', name='shop.csv')"
    )
    environment = {**os.environ, "FOOTPRINTS_WORKSPACE": str(workspace)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    server = Server(workspace)
    yield server
    assert "Traceback" not in server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, which the test command has brought."""
    if not CHROMIUM.exists():
        pytest.fail("Chromium is not at /usr/bin/chromium; `make test` says how to bring it")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield browser
        browser.close()


class Visit:
    """A visitor, and what their browser asked of the outside."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(
            locale="en-US", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
        )
        self.page: Page = self.context.new_page()
        self.outside: list[str] = []
        self.page.on("request", self._note)

    def _note(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if not url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.0.0.1")):
            self.outside.append(url)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """A new visitor; nothing may be asked of the outside."""
    visitor = Visit(chromium)
    yield visitor
    visitor.context.close()
    assert not visitor.outside
