"""Files of every format with bytes changed, lost and added: each is read or refused with a reason."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import completeness
from pipeline.mapping.model import ReadOptions
from tests.formats.test_columnar import FRAME, written
from tests.formats.test_markup import HTML, ORDERS, SHEETML
from tests.formats.workbench import ods, read, sheet_rows, xls, xlsb, xlsx, zipped

CSV = b"a;b\n1;2\n3;4\n" * 20
ROW = "<table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>"
SEEDS = (
    xlsx({"S": sheet_rows([["a", "b"], ["x", 1.5], ["y", 2]]), "T": sheet_rows([["c"]])}),
    xls([["a", "b"], ["x", 1.5]]),
    xlsb([["a", "b"], ["x", 1.5]]),
    ods(ROW.format("a") + ROW.format("b")),
    zipped({"a.csv": CSV.decode(), "b.csv": CSV.decode()}),
    gzip.compress(CSV),
    bz2.compress(CSV),
    lzma.compress(CSV),
    ORDERS,
    HTML.encode("cp1252"),
    SHEETML.encode(),
    b'[{"a": 1, "b": [{"c": 2}]}, {"a": "x"}]',
    b'{"a": 1}\n{"a": 2}\n',
    written(FRAME, "parquet"),
    written(FRAME, "arrow"),
    written(FRAME, "stream"),
)
ADDED = (b"\0", b"\xff", b"<", b"PK", b'"', b"[", b"9" * 20)
NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")


def changed(chance: random.Random) -> bytes:
    data = bytearray(chance.choice(SEEDS))
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0 | 1:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 2:
                del data[at : at + chance.randrange(1, 50)]
            case 3:
                data[at:at] = chance.choice(ADDED)
            case _:
                data[at : at + 4] = chance.choice(NUMBERS)
    return bytes(data)


def death(data: bytes) -> str:
    """How the reading process ended over this file; "" when it did not."""
    try:
        read(data)
    except FileFailed as fault:
        return str(fault.said.args["why"]) if fault.said.code == "reading.reader_died" else ""
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_no_change_ends_a_reader(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        data = changed(chance)
        completeness(io.BytesIO(data), ReadOptions())
        # a library may abort; an exception that nobody caught would be ours
        assert death(data) in ("", "SIGABRT", "SIGSEGV")
