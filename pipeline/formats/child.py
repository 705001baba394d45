"""The process that reads what nobody vouches for: archives, workbooks, markup, columnar files.

It knows no database and no network, may use so much memory and time and no more, and hands over Arrow. Its
orders and answers go over one socket: two lengths, JSON, then bytes. What kills it costs the file, and no more.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, TypedDict

if TYPE_CHECKING:
    from pipeline.formats.table import Table

HEAD = struct.Struct(">II")
LIST = "\0"  # in the place of a member: only their names are wanted
RAW = 1 << 16  # bytes kept of a damaged record
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
GROWN_MB = 600  # a process that has needed so much ends with its file


class Order(TypedDict):
    kind: str
    member: str | None
    options: dict[str, object]
    required: list[str]
    limits: dict[str, float]


class Answers:
    """The socket, seen from the child."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, answer: Mapping[str, object], body: bytes = b"") -> None:
        head = json.dumps(answer).encode()
        self._sock.sendall(HEAD.pack(len(head), len(body)) + head)
        if body:
            self._sock.sendall(body)


def main() -> None:
    """Serve orders until the socket ends."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    _confine(int(sys.argv[2]))
    answers = Answers(sock)
    answers.send({"hello": os.getpid()})
    while True:
        head, fds, _, _ = socket.recv_fds(sock, HEAD.size, 2)
        if len(head) < HEAD.size:
            os._exit(0)
        order: Order = json.loads(sock.recv(HEAD.unpack(head)[0], socket.MSG_WAITALL))
        with _own(fds[0]) as file, os.fdopen(fds[1], "wb") as spool:
            _serve(order, file, spool, answers)
        last = _peak_kb() > GROWN_MB << 10
        answers.send({"done": last})
        if last:
            os._exit(0)


def _peak_kb() -> int:
    """The most memory that was held, in kB. Not getrusage's `ru_maxrss`: that counts what the parent held before the
    exec as ours, and beside a big parent no process would ever be kept."""
    with open("/proc/self/status") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def _serve(order: Order, file: BinaryIO, spool: BinaryIO, answers: Answers) -> None:
    from pipeline.errors import FileFailed
    from pipeline.words import message

    try:
        _limit_time(int(order["limits"]["cpu_s"]))
        _work(order, file, spool, answers)
    except FileFailed as fault:
        answers.send({"failed": fault.said.to_json()})
    except (MemoryError, RecursionError):
        said = message("reading.too_much_memory", limit=int(order["limits"]["memory_mb"]))
        answers.send({"failed": said.to_json()})
    except BaseException as panic:
        if (
            type(panic).__name__ == "PanicException"
        ):  # of a library in Rust, which derives it from BaseException
            why = str(panic).strip().splitlines()[-1][:200]
            answers.send({"failed": message("reading.file_damaged", kind=order["kind"], why=why).to_json()})
            return
        raise


def _work(order: Order, file: BinaryIO, spool: BinaryIO, answers: Answers) -> None:
    from pipeline.errors import FileFailed
    from pipeline.formats import archives
    from pipeline.formats.limits import Limits
    from pipeline.words import message

    limits, kind, member = Limits(**order["limits"]), order["kind"], order["member"]  # type: ignore[arg-type]
    if kind == "zip":
        archive = archives.Zip(file, limits, limits.members)
        held = archives.files_in(archive)
        if not held:
            raise FileFailed(message("reading.archive_empty"))
        if member == LIST:
            names = [[entry.filename, archives.shown(entry.filename)] for entry in held]
            return answers.send({"members": names})
        name = member if member is not None else held[0].filename
        source = archive.open(name)
    elif kind in ("gz", "zst", "bz2", "xz"):
        name, source = "", archives.unpacked(file, kind, limits)
    else:
        return _hand_over(_read(order, file, limits), answers)
    for count in archives.pour(source, spool):
        answers.send({"alive": count})
    return answers.send({"unpacked": archives.shown(name) if name else ""})


def _read(order: Order, file: BinaryIO, limits: object) -> Table:
    from importlib import import_module

    from pipeline.mapping.model import ReadOptions

    module = import_module("pipeline.formats." + READERS[order["kind"]])
    read: Callable[..., Table] = module.read
    options = ReadOptions(**{name: _frozen(value) for name, value in order["options"].items()})  # type: ignore[arg-type]
    return read(file, options, order["required"], limits)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


READERS = {
    "xlsx": "xlsx", "xlsb": "sheets", "xls": "sheets", "ods": "ods", "fods": "ods", "sheetml": "sheetml", "html": "html",
    "json": "json_records", "ndjson": "json_lines", "xml": "xml_records",
    "parquet": "columnar", "arrow": "columnar", "arrow stream": "columnar",
}  # fmt: skip


def _hand_over(table: Table, answers: Answers) -> None:
    import io

    said = {
        "format": table.format, "columns": table.columns, "names": table.names, "header_line": table.header_line,
        "encoding": table.encoding,
    }  # fmt: skip
    answers.send({"table": said})
    for piece in table.pieces:
        out = io.BytesIO()
        piece.frame.write_ipc_stream(out, compression="uncompressed")
        damaged = [[d.line, base64.b64encode(d.raw[:RAW]).decode(), d.said.to_json()] for d in piece.damaged]
        answers.send({"damaged": damaged}, out.getvalue())
    account = table.account
    notes = [note.to_json() for note in account.notes]
    answers.send(
        {"end": [account.records, account.damaged, account.set_aside, account.repaired], "notes": notes}
    )


def _own(fd: int) -> BinaryIO:
    """The file with a position of its own, where the system lets it be opened anew."""
    try:
        file = open(f"/proc/self/fd/{fd}", "rb")  # noqa: SIM115
    except OSError:
        return os.fdopen(fd, "rb")
    os.close(fd)
    return file


def _confine(memory_mb: int) -> None:
    """No network where the system allows that, so much memory, no core file; out of memory it goes first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["POLARS_MAX_THREADS"] = "1"
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("900")
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = memory_mb << 20 if hard == resource.RLIM_INFINITY else min(memory_mb << 20, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


if __name__ == "__main__":
    main()
