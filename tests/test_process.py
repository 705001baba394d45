"""The worker as a process: forked only where that is safe, with nothing but its line, dead when its service is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import anyio
import pytest

from pipeline.engine import process

# As the command does it: before anything is opened, in an interpreter of its own.
SERVICE = """
import json, os, sys
import anyio
from pipeline.engine import process
held = open(sys.argv[1])
worker = process.fork(512)
async def main():
    hello = await worker.receive()
    links = {os.readlink(f"/proc/{worker.pid}/fd/{n}") for n in os.listdir(f"/proc/{worker.pid}/fd")}
    print(json.dumps([worker.pid, hello["hello"], sorted(links), os.getsid(worker.pid)]), flush=True)
    if sys.argv[2] == "wait":
        sys.stdin.read()
    print(await worker.bury(), flush=True)
anyio.run(main)
"""


def service(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", SERVICE, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_copy_keeps_nothing_but_its_line_and_stderr() -> None:
    with service(__file__, "") as begun:
        assert begun.stdout is not None
        pid, hello, links, session = json.loads(begun.stdout.readline())
        assert hello == pid == session
        assert __file__ not in links
        assert len([link for link in links if link.startswith("socket:")]) == 1
        assert begun.stdout.readline().strip() == "SIGKILL"
    assert begun.returncode == 0


def test_a_copy_dies_with_its_service() -> None:
    with service(__file__, "wait") as begun:
        assert begun.stdout is not None
        pid = json.loads(begun.stdout.readline())[0]
        end = os.pidfd_open(pid)
        begun.send_signal(signal.SIGKILL)
    anyio.run(anyio.wait_readable, end)  # readable: it has ended
    os.close(end)


def test_no_copy_beside_other_threads() -> None:
    leave = threading.Event()
    other = threading.Thread(target=leave.wait)
    other.start()
    try:
        assert process.fork(512) is None
    finally:
        leave.set()
        other.join()


def test_a_new_interpreter_says_how_it_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_TEST_EXEC", "1")

    async def killed() -> str:
        worker = process.launch(512)
        assert await worker.receive() == {"hello": worker.pid}
        os.kill(worker.pid, signal.SIGSEGV)
        return await worker.bury(process.GRACE_S)

    assert anyio.run(killed) == "SIGSEGV"
