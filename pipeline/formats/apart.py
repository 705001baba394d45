"""The reading process, seen from the process that loads: one order at a time, its answers, its death."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import polars as pl

from pipeline.errors import Environment, FileFailed
from pipeline.formats.child import HEAD, Order
from pipeline.formats.limits import Limits
from pipeline.formats.model import LINE, Account, Batch, Damaged, Dialect
from pipeline.formats.table import csv_line
from pipeline.mapping.model import ReadOptions
from pipeline.words import Message, message

Answer = dict[str, Any]
HELLO_S = 60.0
GRACE_S = 5.0
KEPT = 50  # batches
READ = ReadOptions()


class ReaderDied(Exception):
    """It ended without an answer; `args[0]` says how."""


class Child:
    """One reading process. `ask` and `answers` alternate; `close` ends it."""

    def __init__(self, memory_mb: int) -> None:
        self.memory_mb = memory_mb
        mine, theirs = socket.socketpair()
        said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pipeline.formats.child", str(theirs.fileno()), str(memory_mb)],
                pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                cwd="/", env=os.environ | {"RUST_BACKTRACE": "0"},
            )  # fmt: skip
        except OSError as error:
            said.close()
            mine.close()
            raise Environment(message("files.no_worker", why=error.strerror or str(error))) from error
        finally:
            theirs.close()
        self._sock, self._process, self._said = mine, process, said
        self.close = weakref.finalize(self, _end, mine, process, said)
        mine.settimeout(HELLO_S)
        try:
            self.answer()
        except (ReaderDied, TimeoutError) as error:
            self.close()
            raise Environment(message("files.no_worker", why=str(error))) from error

    def ask(self, order: Order, file: BinaryIO, spool: BinaryIO) -> None:
        data = json.dumps(order).encode()
        self._sock.settimeout(order["limits"]["silence_s"])
        socket.send_fds(self._sock, [HEAD.pack(len(data), 0)], [file.fileno(), spool.fileno()])
        self._sock.sendall(data)

    def answer(self) -> tuple[Answer, bytearray]:
        """The next answer. Raises ReaderDied, TimeoutError."""
        head, body = HEAD.unpack(self._exactly(HEAD.size))
        answer: Answer = json.loads(self._exactly(head))
        return answer, self._exactly(body)

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            try:
                count = self._sock.recv_into(view)
            except ConnectionError:
                count = 0
            if count == 0:
                raise ReaderDied(self._cause())
            view = view[count:]
        return data

    def _cause(self) -> str:
        """How it ended: the signal, or the last thing it said."""
        try:
            code = self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            return "no answer"
        self._said.seek(0)
        lines = self._said.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        last = lines[-1].strip()[:200] if lines else f"exit {code}"
        return signal.Signals(-code).name if code < 0 else last


def _end(sock: socket.socket, process: subprocess.Popen[bytes], said: BinaryIO) -> None:
    sock.close()
    process.kill()
    process.wait()
    said.close()


class _Idle:
    """At most one process kept warm for the next file: starting one takes a third of a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._pid = os.getpid()

    def take(self, memory_mb: int) -> Child:
        with self._lock:
            child, self._child = self._child, None
        if child is not None and child.memory_mb == memory_mb and self._pid == os.getpid():
            return child
        self._pid = os.getpid()
        return Child(memory_mb)

    def give(self, child: Child) -> None:
        with self._lock:
            if self._child is None:
                self._child = child
                return
        child.close()


_idle = _Idle()


class Session:
    """One file at the reading process, which unpacks an archive into `spool`. It ends when nobody holds it."""

    def __init__(
        self, file: BinaryIO, kind: str, limits: Limits, options: ReadOptions = READ,
        required: Sequence[str] = (), member: str | None = None, spool: BinaryIO | None = None,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._child = _idle.take(limits.memory_mb)
        order: Order = {
            "kind": kind, "member": member, "options": asdict(options), "required": list(required),
            "limits": asdict(limits),
        }  # fmt: skip
        try:
            with open(os.devnull, "wb") as nowhere:
                self._child.ask(order, file, spool or nowhere)
        except OSError as error:
            self._child.close()
            raise Environment(message("files.no_worker", why=error.strerror or str(error))) from error

    def answer(self) -> tuple[Answer, bytearray]:
        """The next answer that says something. FileFailed: what it says, or that it died."""
        try:
            answer, body = self._child.answer()
            while "alive" in answer:
                answer, body = self._child.answer()
        except TimeoutError:
            self._child.close()
            said = message("reading.reader_silent", seconds=int(self.limits.silence_s))
            raise FileFailed(said) from None
        except ReaderDied as death:
            self._child.close()
            said = message("reading.reader_died", why=str(death), limit=self.limits.memory_mb)
            raise FileFailed(said) from None
        if "failed" in answer:
            self.finish()
            raise FileFailed(Message.from_json(answer["failed"]))
        return answer, body

    def finish(self) -> None:
        """After the last answer: the process waits for the next file, unless it has grown too big."""
        try:
            done, _ = self._child.answer()
        except (ReaderDied, TimeoutError):
            done = {"done": True}
        if done["done"]:
            self._child.close()
        else:
            _idle.give(self._child)


class FrameBatch:
    """Records that are no text: the line of a record is its number, its bytes a line of CSV."""

    def __init__(self, frame: pl.DataFrame, damaged: list[Damaged]) -> None:
        self.frame: pl.DataFrame = frame
        self.damaged: list[Damaged] = damaged

    def raw(self, line: int) -> bytes:
        place = self.frame[LINE].search_sorted(line)
        if place >= self.frame.height or self.frame[LINE][place] != line:
            raise KeyError(line)
        return csv_line(self.frame.row(place)[1:])


class FrameReading:
    """A table that another process reads. Iterate once; FileFailed when that process dies over it."""

    def __init__(self, session: Session, table: Answer) -> None:
        self._session = session
        columns = tuple(table["columns"])
        header = b"" if table["header_line"] is None and table["format"] in SHEETS else csv_line(columns)
        self.dialect: Dialect = Dialect(
            "utf-8", ",", '"', "\n", table["header_line"], header, columns, table["format"],
            names=tuple(table["names"]), codec=table["encoding"],
        )  # fmt: skip
        self.account = Account()
        self._kept: deque[FrameBatch] = deque()  # looked at, not yet used
        self._ended = False

    def __iter__(self) -> Iterator[Batch]:
        while self._kept:
            yield self._kept.popleft()
        while (batch := self._next()) is not None:
            yield batch

    def again(self, anew: Callable[[], Iterable[Batch]]) -> Peek:
        """Look ahead into what this iteration will give; `anew` reads the file from its beginning."""
        return Peek(self, self._kept, self._next, anew)

    def _next(self) -> FrameBatch | None:
        if self._ended:
            return None
        answer, body = self._session.answer()
        if "end" in answer:
            self._end(answer)
            return None
        damaged = [
            Damaged(line, base64.b64decode(raw), Message.from_json(said))
            for line, raw, said in answer["damaged"]
        ]
        frame = pl.read_ipc_stream(io.BytesIO(body))
        self.account.records += frame.height + len(damaged)
        self.account.damaged += len(damaged)
        return FrameBatch(frame, damaged)

    def _end(self, answer: Answer) -> None:
        self._ended = True
        records, bad, aside, self.account.repaired = answer["end"]
        self.account.set_aside.update(aside)
        self.account.notes.extend(map(Message.from_json, answer["notes"]))
        self._session.finish()
        if (records, bad) != (self.account.records, self.account.damaged):
            raise FileFailed(message("reading.unbalanced", line=1))


class Peek:
    """The same batches before they are used: kept for the reading while they are few, else read anew."""

    def __init__(
        self, reading: FrameReading, kept: deque[FrameBatch], more: Callable[[], FrameBatch | None],
        anew: Callable[[], Iterable[Batch]],
    ) -> None:  # fmt: skip
        self.dialect, self.account = reading.dialect, reading.account
        self._kept, self._more, self._anew = kept, more, anew

    def __iter__(self) -> Iterator[Batch]:
        yield from list(self._kept)
        while len(self._kept) < KEPT:
            batch = self._more()
            if batch is None:
                return
            self._kept.append(batch)
            yield batch
        yield from self._anew()


SHEETS = ("xlsx", "xlsb", "xls", "ods", "fods", "html", "sheetml")
