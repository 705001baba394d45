"""The console of a ready installation: asked in this process, or served and looked at in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from pipeline.console import News, furnish, problem, routes
from tests.flow.conftest import Installation, installation
from tests.server.conftest import Asking, door, portal

__all__ = ["Asking", "Installation", "installation", "portal"]
PATIENCE_S = 60.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARTEFACTS = os.environ.get("PIPELINE_TEST_SHOTS", "")


@contextmanager
def console(portal: BlockingPortal, box: Installation, role: str = "admin", **more: Any) -> Iterator[Asking]:
    """The pages as somebody of this role asks for them."""
    with door(portal, box, role, routes(), build={"problem_page": problem}, **more) as asking:
        app = asking.client._transport.app  # type: ignore[attr-defined]
        furnish(app, box.config, News())
        asking.client.headers["accept"] = "text/html"
        yield asking


class Served:
    """`pipeline run` with its console on a free port: a new interpreter, which begins children of its own."""

    def __init__(self, box: Installation, extra: dict[str, str] | None = None) -> None:
        self.box, self.said = box, list[str]()
        text = box.config.read_text("utf-8")
        if "[server]" not in text:
            box.config.write_text(text + '\n[server]\nlisten = "127.0.0.1:0"\n', "utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "run"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(extra or {})},
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.link = self.hears(r"http://\S+/setup\?key=\S+")
        self.url = self.link.partition("/setup")[0]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def hears(self, pattern: str) -> str:
        """What of a line of its log this matches, when it has come."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except Empty:
                raise AssertionError(f"{pattern} did not come:\n{''.join(self.said)}") from None
            assert line is not None, f"it ended before {pattern}:\n{''.join(self.said)}"
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[0]

    def kill(self) -> None:
        """If it still runs; then let go of its pipe."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def end(self) -> None:
        self.process.terminate()
        code = self.process.wait(30)
        self._reader.join()
        while (line := self._lines.get()) is not None:
            self.said.append(line)
        text = "".join(self.said)
        assert code == 0, text
        assert "unexpected" not in text, text


@contextmanager
def served(box: Installation, extra: dict[str, str] | None = None) -> Iterator[Served]:
    found = Served(box, extra)
    try:
        yield found
        found.end()
    finally:
        found.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    if not CHROMIUM:
        pytest.skip("needs Debian's chromium, which tests/run.sh installs when it runs as root")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def looking(chromium: Any, service: Served, **more: Any) -> Iterator[Any]:
    """A page that has come in by the link. It must not ask anything of another host, nor complain."""
    context = chromium.new_context(**{"locale": "fr-FR", "viewport": {"width": 1280, "height": 900}, **more})
    context.set_default_timeout(60_000)
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(service.url) else wrong.append(asked.url))
    with Session(service) as secret:
        context.add_cookies([{"name": "pipeline", "value": secret, "url": service.url}])
        yield page
    context.close()
    assert wrong == []


class Session:
    """One session of a service, begun by its link at the first use and shared by all its pages."""

    _known: dict[str, str] = {}

    def __init__(self, service: Served) -> None:
        self._service = service

    def __enter__(self) -> str:
        import httpx

        link = self._service.link
        if link not in self._known:
            answer = httpx.get(link)
            self._known[link] = answer.cookies["pipeline"]
        return self._known[link]

    def __exit__(self, *why: object) -> None:
        return None


def shot(page: Any, name: str) -> None:
    """A picture of the page, where PIPELINE_TEST_SHOTS names a folder."""
    if ARTEFACTS:
        Path(ARTEFACTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{ARTEFACTS}/{name}.png", full_page=True)
