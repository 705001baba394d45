"""Archives: what is in them is read as if it had come by itself, within a budget, and never by its names."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import Limits, completeness, deliveries, open_reading
from pipeline.mapping.model import ReadOptions
from pipeline.words import render
from tests.formats.workbench import read, sheet_rows, xlsx, zipped

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CSV = "code;désignation\n001;é\n".encode("cp1252")
ROWS = [(2, "001", "é")]
PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}


def failed(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileFailed) as fault:
        read(data, limits=limits)
    return fault.value.said.code


@pytest.mark.parametrize("kind", PACKERS)
def test_one_packed_file(kind: str) -> None:
    data = PACKERS[kind](CSV)
    reading, (batch,), rows = read(data, f"ventes.csv.{kind}")
    assert rows == ROWS
    assert batch.raw(2) == b"001;\xe9"
    assert reading.dialect.encoding == "cp1252"
    assert reading.account.notes == []
    assert read(PACKERS[kind](xlsx({"S": sheet_rows([["a", "b"], ["1", "2"]])})))[2] == [(2, "1", "2")]
    noise = os.urandom(5000)
    assert failed(PACKERS[kind](noise)[:-30]) in ("reading.archive_cut", "reading.archive_damaged")
    broken = bytearray(PACKERS[kind](noise))
    broken[2000:2010] = bytes(10)
    assert failed(bytes(broken)) in ("reading.archive_damaged", "reading.archive_cut")
    assert failed(PACKERS[kind](data)) == "reading.archive_in_archive"


def test_a_gz_of_several_parts_is_one_file() -> None:
    assert read(gzip.compress(b"a;b\n1;2\n") + gzip.compress(b"3;4\n"))[2] == [(2, "1", "2"), (3, "3", "4")]


def test_a_zip_of_one_file_and_what_finder_adds() -> None:
    made = zipped(
        {"mars/": "", "mars/ventes.csv": CSV, "__MACOSX/mars/._ventes.csv": "x", "mars/.DS_Store": "x"}
    )
    assert read(made, "ventes.zip")[2] == ROWS
    reading = read(zipped({"ventes.csv": xlsx({"S": sheet_rows([["a"], ["1"]])})}))[0]
    assert [n.code for n in reading.account.notes] == ["reading.other_format"]


@contextmanager
def on_disk(data: bytes) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file


def test_a_zip_of_several_files_is_several_files_of_one_delivery() -> None:
    made = zipped(
        {"a/clients.csv": "x;y\n1;2\n", "a\\ventes.json": '[{"n": 1}]', "\u202ec\x07.csv": "z\n3\n"}
    )
    with on_disk(made) as file:
        members = deliveries(file)
        assert [m.name for m in members] == ["clients.csv", "ventes.json", "c.csv"]
        found = []
        for member in members:
            with member.opened() as content:
                found += [row for batch in open_reading(content, ReadOptions()) for row in batch.frame.rows()]
        assert found == [(2, "1", "2"), (1, "1"), (2, "3")]
        with pytest.raises(FileFailed) as fault:
            list(open_reading(file, ReadOptions()))
        assert fault.value.said.code == "reading.chained_columns"
        assert fault.value.said.args["name"] == "ventes.json"
    for one in (CSV, zipped({"a.csv": CSV})):
        with on_disk(one) as file:
            (member,) = deliveries(file, "a")
            with member.opened() as content:
                assert content is file


def test_files_with_the_same_columns_are_one_table() -> None:
    book = xlsx({"S": sheet_rows([["ville", "nom"], ["Lyon", "c"]])})
    made = zipped({"1.csv": "nom;ville\na;Paris\n\n1;2;3\n", "2.csv": "NOM;Ville\nb;Nice\n", "3.xlsx": book})
    reading, batches, rows = read(made, "ventes.zip")
    assert rows == [(2, "a", "Paris"), (6, "b", "Nice"), (8, "c", "Lyon")]
    assert [(d.line, d.raw) for b in batches for d in b.damaged] == [(4, b"1;2;3")]
    assert batches[1].raw(6) == b"b;Nice"
    assert reading.account.members == [("1.csv", 0), ("2.csv", 4), ("3.xlsx", 6)]
    said = [render(d.said) for b in batches for d in b.damaged]
    assert said[0].startswith("1.csv, line 4: The line has 3 fields")
    assert reading.account.set_aside == {"blank": 1}
    assert [n.code for n in reading.account.notes] == ["reading.chained"]


SMALL = Limits(unpacked_mb=20, members=5)


def overlapping() -> bytes:
    """Two entries of the directory that point into the same bytes."""
    data = zipped({"a.csv": CSV * 100, "b.csv": CSV * 100}, zipfile.ZIP_STORED)
    second = data.rindex(b"PK\x01\x02")
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("a.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def lying() -> bytes:
    """The directory says 10 bytes; 30 MB come out."""
    data = bytearray(zipped({"a.csv": bytes(30 << 20)}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped({"a.csv": bytes(15 << 20)}), "reading.archive_ratio"),
        (lying(), "reading.archive_damaged"),
        (gzip.compress(bytes(15 << 20)), "reading.archive_ratio"),
        (zstd.compress(bytes(15 << 20)), "reading.archive_ratio"),
        (lzma.compress(bytes(15 << 20)), "reading.archive_ratio"),
        (bz2.compress(bytes(15 << 20)), "reading.archive_ratio"),
        (zipped({"a.csv": os.urandom(1 << 20) * 21}, zipfile.ZIP_STORED), "reading.archive_size"),
        (zipped({f"{n}.csv": "x" for n in range(6)}), "reading.archive_members"),
        (overlapping(), "reading.archive_overlap"),
        (linked(), "reading.archive_path"),
        (zipped({"../a.csv": CSV}), "reading.archive_path"),
        (zipped({"/etc/a.csv": CSV}), "reading.archive_path"),
        (zipped({"..\\a.csv": CSV}), "reading.archive_path"),
        (zipped({"C:\\a.csv": CSV}), "reading.archive_path"),
        (zipped({"a.csv": CSV}).replace(b"\x14\0\0\0", b"\x14\0\x01\0"), "reading.archive_locked"),
        (zipped({"a.zip": zipped({"b.csv": CSV})}), "reading.archive_in_archive"),
        (zipped({}), "reading.archive_empty"),
        (zipped({"a.csv": CSV})[:-40], "reading.archive_damaged"),
        (gzip.compress(bytes(257) + b"ustar" + bytes(999)), "reading.foreign"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_archives(data: bytes, code: str) -> None:
    assert failed(data, SMALL) == code


def test_completeness_of_what_has_an_end() -> None:
    book = xlsx({"S": sheet_rows([["a", "b"], ["1", "2"]])})
    whole = [packer(os.urandom(300_000)) for packer in PACKERS.values()]
    whole += [book, zipped({"a.csv": CSV}), b'[{"a": 1},\n {"a": 2}]', b"<r><a>1</a><a>2</a></r>"]
    whole += [
        PACKERS["zst"](b""),
        gzip.compress(CSV) + gzip.compress(CSV * 2),
        bz2.compress(CSV),
        b'{"a":1}\n{"a":22}\n',
    ]
    for data in whole:
        assert completeness(io.BytesIO(data), ReadOptions()) is None
        for cut in (1, 5, len(data) // 2):
            said = completeness(io.BytesIO(data[:-cut]), ReadOptions())
            assert said is not None, data[:8]
            assert said.code in ("reading.unfinished", "reading.no_final_newline", "reading.last_row_short")
    assert completeness(io.BytesIO(zlib.compress(CSV) + b"\n"), ReadOptions()) is None
