"""Processes of Pipeline that start in milliseconds: forked from one that has loaded everything.

Half of what the suite used to cost was Python loading the same libraries a thousand times. In a session of pytest,
`python -P -m pipeline …`, `… -m pipeline.worker …` and what tests kill, `… -m tests.….victim …`, are begun as copies of
a nursery: a process of their own, with their own environment, folder, pipes, death and exit code, and children of who
asked. What is started in any other way (another program in PYTHONPATH, a preloaded library, a terminal), or with PIPELINE_TEST_EXEC=1, is a new
interpreter as ever; tests/test_process.py and tests/test_house.py look at those.
"""

from __future__ import annotations

import array
import atexit
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
VICTIMS = ("tests.exports.victim", "tests.store.victim")
OURS = ("pipeline", "pipeline.worker", *VICTIMS)
STARTERS = {"demo", "once", "run"}
LATE = ("anyio._backends._asyncio", "rich.table", "rich.console", "rich.markup", "typer._click.decorators")
"""What our programs load when they come to use it."""
_exec = subprocess.Popen
_lock = threading.Lock()
_asked: socket.socket | None = None
_home: Any = None


class Popen(_exec):  # type: ignore[type-arg,misc,valid-type]
    """`subprocess.Popen`, which begins ours as copies of the nursery."""

    def _execute_child(self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any,
                       cwd: Any, env: Any, startupinfo: Any, creationflags: Any, shell: Any,
                       p2cread: int, p2cwrite: int, c2pread: int, c2pwrite: int, errread: int, errwrite: int,
                       restore_signals: Any, start_new_session: bool, *rest: Any) -> None:  # fmt: skip
        words = None if shell or preexec_fn or executable or pass_fds else _ours(args, env)
        if words is None:
            super()._execute_child(  # type: ignore[misc]
                args, executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo, creationflags, shell,
                p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, restore_signals, start_new_session, *rest,
            )  # fmt: skip
            return
        ends = [
            0 if p2cread < 0 else p2cread,
            1 if c2pwrite < 0 else c2pwrite,
            2 if errwrite < 0 else errwrite,
        ]
        asked = {
            "words": words,
            "env": environment() if env is None else dict(env),
            "cwd": os.fspath(cwd or os.getcwd()),
            "session": start_new_session,
        }
        self.pid = _begin(asked, ends)
        self._child_created = True
        devnull = getattr(self, "_devnull", None)
        for end, other in ((p2cread, p2cwrite), (c2pwrite, c2pread), (errwrite, errread)):
            if end >= 0 and end != devnull and (other >= 0):
                os.close(end)
        if devnull is not None:
            os.close(devnull)
        self._closed_child_pipe_fds = True


def environment() -> dict[str, str]:
    """This process's own. pytest notes the test that runs in it while other threads of a test read it."""
    while True:
        try:
            return dict(os.environ)
        except (KeyError, RuntimeError):
            continue


def _ours(args: Any, env: Any) -> list[str] | None:
    """The module and its words, when this starts one of our programs in the plain way."""
    words = (
        [os.fspath(word) for word in args] if isinstance(args, Sequence) and not isinstance(args, str) else []
    )
    environment = os.environ if env is None else env
    same = all(environment.get(name) == os.environ.get(name) for name in ("PYTHONPATH", "LD_PRELOAD"))
    if words[:1] != [sys.executable] or not same or "PIPELINE_TEST_EXEC" in os.environ:
        return None
    rest = [word for word in words[1:3] if word != "-P"] + words[3:]
    return rest[1:] if len(rest) > 1 and rest[0] == "-m" and rest[1] in OURS else None


def _begin(asked: dict[str, Any], ends: list[int]) -> int:
    """Have the nursery make a process; its number. It is our child, for who made it is gone and we take orphans."""
    body = json.dumps(asked).encode()
    with _lock:
        line = _nursery()
        line.sendmsg(
            [len(body).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", ends))]
        )
        line.sendall(body)
        return int.from_bytes(_read(line, 4), "big")


def _nursery() -> socket.socket:
    global _asked, _home
    if _asked is None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        ours, theirs = socket.socketpair()
        with theirs:
            _home = _exec(
                [sys.executable, "-P", "-c", "from tests.nursery import serve; serve()"],
                stdin=theirs.fileno(),
                start_new_session=True,
                env={**environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        _asked = ours
        atexit.register(_close)
    return _asked


def _close() -> None:
    assert _asked is not None
    _asked.close()
    _home.wait()


def _read(line: socket.socket, size: int) -> bytes:
    body = b""
    while len(body) < size:
        piece = line.recv(size - len(body))
        if not piece:
            raise EOFError
        body += piece
    return body


def serve() -> None:
    """Be the nursery: load everything, then a process for each that asks, until nobody is left to ask."""
    import pipeline.app
    import pipeline.cli.main
    import pipeline.imports.importing
    import pipeline.store.postgres
    import pipeline.store.sqlite
    import pipeline.worker  # noqa: F401
    from pipeline import words

    for module in (*VICTIMS, *LATE):
        importlib.import_module(module)
    words.catalogue()
    gc.freeze()
    _serve(socket.socket(fileno=os.dup(0)))


def _serve(line: socket.socket) -> None:
    while True:
        try:
            head, ancillary, *_ = line.recvmsg(4, socket.CMSG_SPACE(3 * 4))
        except OSError:
            return
        if not head:
            return
        ends = array.array("i")
        ends.frombytes(ancillary[0][2])
        asked = json.loads(_read(line, int.from_bytes(head, "big")))
        told, tell = os.pipe()
        ready, go = os.pipe()
        between = os.fork()
        if not between:
            os.close(go)
            if born := os.fork():
                os.write(tell, born.to_bytes(4, "big"))
                os._exit(0)
            os.read(ready, 1)  # until it is an orphan, and thereby the child of who asked
            _live(asked, list(ends))
        os.waitpid(between, 0)
        os.close(go)
        pid = os.read(told, 4)
        for end in (told, tell, ready):
            os.close(end)
        for end in ends:
            os.close(end)
        line.sendall(pid)


def _live(asked: dict[str, Any], ends: list[int]) -> None:
    """Become what was asked for, until it ends."""
    code: object = 1
    helper = 0
    try:
        if asked["session"]:
            os.setsid()
        kept = [os.dup2(end, 200 + place) for place, end in enumerate(ends)]
        for place, end in enumerate(kept):
            os.dup2(end, place, inheritable=True)
        os.closerange(3, 1024)
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        os.chdir(asked["cwd"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(place, mode, 1 if place == 2 else -1, "utf-8", errors, closefd=False)
            for place, mode, errors in ((0, "r", "strict"), (1, "w", "strict"), (2, "w", "backslashreplace"))
        )
        module, *words = asked["words"]
        sys.argv = [module, *words]
        from pipeline import cli, faults, worker
        from pipeline.engine import process

        faults._ARMED = faults._plan()
        process._alone = lambda: True  # type: ignore[attr-defined]  # but for the allocator's, which minds forks
        if module == "pipeline" and STARTERS & set(words):
            helper = _take_along()
        if module in VICTIMS:
            sys.modules[module].main()
        else:
            (worker.main if module == "pipeline.worker" else cli.main)()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  # what an interpreter does at its end
        sys.excepthook(*sys.exc_info())
    finally:
        if isinstance(code, str):
            print(code, file=sys.stderr)
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        if helper:
            assert _asked is not None
            _asked.close()
            os.waitpid(helper, 0)
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _take_along() -> int:
    """For a service, whose threads keep it from making copies of itself: a nursery for its workers, made before."""
    global _asked
    ours, theirs = socket.socketpair()
    if helper := os.fork():
        theirs.close()
        _asked = ours
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        subprocess.Popen = Popen  # type: ignore[misc]
        return helper
    os.setsid()
    ours.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for place in range(3):  # who reads what the service says must hear its end
        os.dup2(nothing, place)
    _serve(theirs)
    os._exit(0)
