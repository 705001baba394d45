"""A running service in a process of its own: what it tells is waited for, never slept for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue

from tests.flow.conftest import Installation

PATIENCE_S = 60.0


class Running:
    """`pipeline run`. `fault`: see pipeline.faults."""

    def __init__(self, box: Installation, fault: str = "") -> None:
        self.box, self.said = box, list[str]()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "run"],
            env={**os.environ, "PIPELINE_FAULT": fault},
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def hears(self, event: str, **facts: str) -> str:
        """The next line of this event with these facts."""
        wanted = {f"event={event}", *(f"{key}={value}" for key, value in facts.items())}
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except Empty:
                raise AssertionError(f"{wanted} did not come:\n{''.join(self.said)}") from None
            assert line is not None, f"it ended before {wanted}:\n{''.join(self.said)}"
            self.said.append(line)
            if wanted <= set(line.split()):
                return line

    def term(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self, seconds: float = 30.0) -> str:
        """SIGTERM, and what it said in all. Fails unless it ends well, and in time."""
        self.term()
        return self.ended(seconds)

    def ended(self, seconds: float = 30.0) -> str:
        code = self.process.wait(seconds)
        self._reader.join()
        while (line := self._lines.get()) is not None:
            self.said.append(line)
        text = "".join(self.said)
        assert "Traceback" not in text, text
        assert code == 0, text
        return text

    def kill(self) -> None:
        """If it still runs; then let go of its pipe."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


def at(line: str) -> datetime:
    """When the event of this line happened."""
    found = re.match(r"at=(\S+)", line)
    assert found is not None, line
    return datetime.fromisoformat(found[1])


@contextmanager
def running(box: Installation, fault: str = "") -> Iterator[Running]:
    """A service that has started; it is ended in order, or killed when the test failed."""
    service = Running(box, fault)
    try:
        service.hears("service.started")
        yield service
        if service.process.poll() is None:
            service.end()
    finally:
        service.kill()


def _has_open(pid: int, path: Path) -> bool:
    open_files = Path(f"/proc/{pid}/fd").iterdir()
    return path.exists() and any(fd.exists() and fd.samefile(path) for fd in open_files)


@contextmanager
def away(service: Running) -> Iterator[None]:
    """The service's SQLite database cannot be opened: it keeps its own connection, who comes now is refused."""
    database = service.box.root / "shop.db"
    service.box.wait_until("it has its database", lambda: _has_open(service.process.pid, database))
    kept = database.with_suffix(".kept")
    database.rename(kept)
    database.mkdir()
    yield
    database.rmdir()
    kept.rename(database)
