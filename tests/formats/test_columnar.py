"""Parquet and Arrow: typed columns become the texts that a person would write."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timezone
from decimal import Decimal

import polars as pl
import pytest

from pipeline.errors import FileFailed
from tests.formats.workbench import read

FRAME = pl.DataFrame(
    {
        "code": ["007", "é"],
        "n": [1, None],
        "x": [0.1 + 0.2, 1e20],
        "money": [Decimal("12.50"), Decimal("-3.00")],
        "day": [date(2024, 3, 1), None],
        "at": [datetime(2024, 3, 1, 10, 20, 30), datetime(2024, 3, 1)],  # noqa: DTZ001
        "zoned": [datetime(2024, 3, 1, 10, tzinfo=timezone.utc)] * 2,  # noqa: UP017
        "clock": [time(10, 20), None],
        "ok": [True, False],
        "raw": [b"abc", b"\xff"],
        "list": [[1, 2], []],
        "pair": [{"a": 1}, {"a": None}],
        "blank": ["", None],
    }
)
ROWS = [
    (
        1, "007", "1", "0.3", "12.50", "2024-03-01", "2024-03-01 10:20:30", "2024-03-01T10:00:00+00:00", "10:20:00",
        "true", "abc", "[1, 2]", '{"a": 1}', None,
    ),
    (
        2, "é", None, "100000000000000000000", "-3.00", None, "2024-03-01", "2024-03-01T10:00:00+00:00", None, "false",
        "ff", "[]", '{"a": null}', None,
    ),
]  # fmt: skip


def written(frame: pl.DataFrame, kind: str) -> bytes:
    out = io.BytesIO()
    match kind:
        case "parquet":
            frame.write_parquet(out)
        case "arrow":
            frame.write_ipc(out)
        case _:
            frame.write_ipc_stream(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_what_was_written_is_read(kind: str) -> None:
    reading, (batch,), rows = read(written(FRAME, kind))
    assert reading.dialect.columns == tuple(FRAME.columns)
    assert reading.dialect.format == kind.replace("stream", "arrow")
    assert rows == ROWS
    assert batch.raw(2).startswith("é,,100000000000000000000,-3.00,".encode())
    assert read(written(FRAME.clear(), kind))[2] == []
    long = pl.DataFrame({"n": range(25_000)})
    assert [row[0] for row in read(written(long, kind))[2]] == list(range(1, 25_001))


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_damaged(kind: str) -> None:
    data = written(FRAME, kind)
    for broken in (data[: len(data) // 2], data[:8] + bytes(100) + data[-8:]):
        with pytest.raises(FileFailed):
            read(broken)
    wide = pl.DataFrame({f"c{n}": [1] for n in range(2001)})
    with pytest.raises(FileFailed) as fault:
        read(written(wide, kind))
    assert fault.value.said.code == "reading.too_many_columns"
