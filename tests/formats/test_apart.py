"""The reading process: what kills it costs the file and nothing else."""

from __future__ import annotations

import gc
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import Limits, again, apart, open_reading
from pipeline.formats.limits import LIMITS
from pipeline.mapping.model import ReadOptions
from tests.formats.workbench import read, sheet_rows, xlsb, xlsx, zipped

BOOK = xlsx({"S": sheet_rows([["a", "b"], ["1", "2"]])})


def failed(data: bytes, limits: Limits = LIMITS, **options: object) -> FileFailed:
    with pytest.raises(FileFailed) as fault:
        read(data, limits=limits, **options)
    assert read(BOOK)[2] == [(2, "1", "2")]  # the service stays up
    return fault.value


def test_a_sheet_of_17_billion_cells_ends_the_reader_and_not_us() -> None:
    rows = [["a"], ["b"]]
    book = bytearray(xlsb(rows))
    assert read(bytes(book))[2] == [(2, "b")]
    fault = failed(far_xlsb())
    assert fault.said.code in ("reading.reader_died", "reading.too_many_cells", "reading.too_much_memory")


def far_xlsb() -> bytes:
    """A first cell and one in the last corner: laid out as a rectangle they are 17 billion cells."""
    data = xlsb([["a"], ["b"]])
    parts: dict[str, bytes | str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    sheet = parts["xl/worksheets/sheet1.bin"]
    sheet = sheet.replace(struct.pack("<II", 1, 0) + b"\0", struct.pack("<II", 1048575, 0) + b"\0")
    at = sheet.rindex(b"\x06")
    cell = sheet.rindex(struct.pack("<II", 0, 0) + struct.pack("<I", 1) + "b".encode("utf-16-le"))
    assert at < cell
    parts["xl/worksheets/sheet1.bin"] = sheet[:cell] + struct.pack("<I", 16383) + sheet[cell + 4 :]
    return zipped(dict(parts))


def test_memory_is_limited() -> None:
    deep = b'[{"a": "' + b"x" * (12 << 20) + b'"}]'
    few = replace(LIMITS, memory_mb=460)
    assert read(BOOK, limits=few)[2] == [(2, "1", "2")]
    rows = b"[" + b",".join(b'{"k%d": "%s"}' % (n, b"y" * 1000) for n in range(10)) + b"]"
    assert len(read(rows, limits=few)[2]) == 10
    code = failed(deep, replace(few, memory_mb=400)).said.code
    assert code in ("reading.too_much_memory", "reading.reader_died")


def test_a_reader_that_is_killed() -> None:
    data = b"[" + b",".join(b'{"n": %d}' % n for n in range(60_000)) + b"]"
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        reading = open_reading(file, ReadOptions())
        batches = iter(reading)
        next(batches)
        os.kill(reading._session._child._process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        with pytest.raises(FileFailed) as fault:
            list(batches)
        assert fault.value.said.code == "reading.reader_died"
        assert fault.value.said.args["why"] == "SIGKILL"
    assert read(BOOK)[2] == [(2, "1", "2")]


def test_a_reader_that_says_nothing() -> None:
    child = apart._idle.take(LIMITS.memory_mb)
    os.kill(child._process.pid, signal.SIGSTOP)
    apart._idle.give(child)
    fault = failed_silent()
    assert fault.said.code == "reading.reader_silent"
    assert read(BOOK)[2] == [(2, "1", "2")]


def failed_silent() -> FileFailed:
    with pytest.raises(FileFailed) as fault:
        read(BOOK, limits=replace(LIMITS, silence_s=0.05))
    return fault.value


def test_one_process_serves_file_after_file_and_an_abandoned_one_is_ended() -> None:
    read(BOOK)
    idle = apart._idle._child
    assert idle is not None
    read(BOOK)
    assert apart._idle._child is idle
    big = xlsx({"S": sheet_rows([["a", "b"], *[["x" * 100, "y"]] * 30_000])})
    with tempfile.TemporaryFile() as file:
        file.write(big)
        file.flush()
        reading = open_reading(file, ReadOptions())
        next(iter(reading))
        process = idle._process
        del reading, idle
        gc.collect()
    assert process.returncode is not None
    assert read(BOOK)[2] == [(2, "1", "2")]


def test_it_is_kept_also_when_its_parent_is_big() -> None:
    """In a process of its own, which was as big as no reading process may become before it started one."""
    code = (
        "import tempfile; big = bytearray(b'x') * (700 << 20); del big; from pipeline.formats import apart, open_reading\n"
        "from pipeline.mapping.model import ReadOptions; from tests.formats.test_apart import BOOK\n"
        "file = tempfile.TemporaryFile(); file.write(BOOK); file.flush(); list(open_reading(file, ReadOptions()))\n"
        "assert apart._idle._child is not None\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=60)


def test_looking_ahead_costs_no_second_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["a", "b"], *([str(n), "y"] for n in range(25_000))]
    with tempfile.TemporaryFile() as file:
        file.write(xlsx({"S": sheet_rows(rows)}))
        file.flush()
        for kept in (50, 1):
            monkeypatch.setattr(apart, "KEPT", kept)
            reading = open_reading(file, ReadOptions())
            first = next(iter(again(reading, file, ReadOptions())))
            assert first.frame["a"][0] == "0"
            ahead = [batch.frame["a"].to_list() for batch in again(reading, file, ReadOptions())]
            assert {cell for cells in ahead for cell in cells} == {str(n) for n in range(25_000)}
            got = [cell for batch in reading for cell in batch.frame["a"].to_list()]
            assert got == [str(n) for n in range(25_000)]
            assert reading.account.records == 25_000


def test_the_reading_process_has_no_network() -> None:
    code = (
        "import socket, sys; from pipeline.formats.child import _confine; _confine(2048)\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)\n"
        "except OSError: print('none')"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        said = subprocess.run([sys.executable, "-c", code, port], capture_output=True, check=True, text=True)
    if said.stdout != "none\n":
        pytest.skip("the system lets no process give up its network")
