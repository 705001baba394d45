"""Reading, beside polars, pyarrow, DuckDB and the csv module: python bench/reading.py [MB]

The readers take turns, several times; printed are the best time of each, its ratio to that of a bare `polars.read_csv`
with every column as text (of the same rows in UTF-8 and without damage), and how many records it loses: neither
returned nor told of. Then the time of a file of 2 kB in a warm process. `pip install .[bench]` for the others.
"""

from __future__ import annotations

import csv
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from pipeline.formats import open_reading
from pipeline.mapping.model import ReadOptions
from pipeline.reading import rewrite

HEADER = "id;nom;prix;mode;ville;date;qte;ref;note\n"
TRIES = 5
Work = Callable[[], int]


def clean(rows: int) -> list[str]:
    return [
        f"{i};Bottes de pluie;{i % 900},50;retrait;Nîmes;2026-03-{i % 28 + 1:02d};{i % 7};{i:013d};abc\n"
        for i in range(rows)
    ]


def quoted(rows: int) -> list[str]:
    """Every cell in quotes, quotes inside, and a line end in one record of 50."""
    return [
        f'"{i}";"Bottes de ""pluie""";"{i % 900},50";"retrait";"Nîmes";"2026-03-{i % 28 + 1:02d}";"{i % 7}";'
        f'"{i:013d}";"a;b{chr(10) if i % 50 == 0 else " "}c"\n'
        for i in range(rows)
    ]


def damaged(records: list[str]) -> list[str]:
    """0.1 % of the records, in four ways."""
    ways = (
        '7;"Boots;1;x;v;d;1;r;n\n',
        '7;Boots 10" high;1;x;v;d;1;r;n\n',
        "7;short;1\n",
        "7;long;1;x;v;d;1;r;n;more;more\n",
    )
    for place, at in enumerate(range(510, len(records) - 2, 1000)):
        records[at] = ways[place % 4]
    return records


def race(readers: dict[str, Work]) -> dict[str, tuple[float, str]]:
    """The readers in turn → seconds at best, and rows or the error."""
    found: dict[str, tuple[float, str]] = {}
    for _ in range(TRIES):
        for name, work in readers.items():
            begun = time.perf_counter()
            try:
                rows = str(work())
            except ImportError:
                continue
            except Exception as error:  # noqa: BLE001 - the others fail in many ways
                rows = type(error).__name__
            spent = time.perf_counter() - begun
            found[name] = (min(spent, found.get(name, (spent, ""))[0]), rows)
    return found


def ours(data: bytes) -> int:
    """The rows, and the refused records, of which line, bytes and reason are told."""
    reading = open_reading(io.BytesIO(data), ReadOptions())
    return sum(batch.frame.height + len(batch.damaged) for batch in reading)


def with_polars(data: bytes, encoding: str) -> int:
    return pl.read_csv(data, separator=";", infer_schema=False, encoding=encoding).height


def with_csv(data: bytes, encoding: str) -> int:
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    return sum(1 for _ in csv.reader(text, delimiter=";")) - 1


def with_pyarrow(data: bytes, encoding: str) -> int:
    import pyarrow.csv as arrow

    skipped = arrow.ParseOptions(delimiter=";", newlines_in_values=True, invalid_row_handler=lambda _: "skip")
    found = arrow.read_csv(io.BytesIO(data), arrow.ReadOptions(encoding=encoding), skipped)
    return int(found.num_rows)


def with_duckdb(data: bytes, encoding: str) -> int:
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in HEADER.strip().split(";"))
    name = {"cp1252": "latin-1", "utf8": "utf-8"}[encoding]
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        read = (
            f"read_csv('{file.name}', auto_detect=false, header=true, delim=';', quote='\"', escape='\"',"
            f" columns={{{columns}}}, store_rejects=true, encoding='{name}')"
        )
        connection = duckdb.connect()
        row = connection.execute(f"select count(*) from {read}").fetchone()
        try:
            told = connection.execute("select count(distinct line) from reject_errors").fetchone()
        except duckdb.CatalogException:  # there is no such table before something is rejected
            told = None
        return int(row[0] if row else 0) + int(told[0] if told else 0)


OTHERS = {"polars": with_polars, "pyarrow": with_pyarrow, "duckdb": with_duckdb, "csv": with_csv}


def small() -> None:
    """A file of 2 kB in a process that is warm: read, and read and written as clean CSV."""
    data = (HEADER + "".join(clean(25))).encode()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.csv"
        for what, work in (
            ("read", lambda: ours(data)),
            ("read and written as clean CSV", lambda: rewrite(io.BytesIO(data), ReadOptions(), out)),
        ):
            times = []
            for _ in range(100):
                begun = time.perf_counter()
                work()
                times.append(time.perf_counter() - begun)
            print(f"{len(data)} bytes {what}: {statistics.median(times) * 1000:.2f} ms (at most 5)")


def main() -> None:
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 46
    rows = int(size * 1_000_000 / 80)
    cases = [
        ("clean UTF-8", clean, False, "utf8", 2.0),
        ("every cell quoted", quoted, False, "utf8", 3.0),
        ("clean cp1252", clean, False, "cp1252", 3.0),
        ("0.1 % damaged", clean, True, "utf8", 5.0),
        ("quoted, 0.1 % damaged", quoted, True, "utf8", 5.0),
    ]
    print(f"{'case':24}{'reader':10}{'ms':>8}{'ratio':>8}  records lost of {rows}")
    for name, made, broken, encoding, limit in cases:
        sound = (HEADER + "".join(made(rows))).encode()
        data = (HEADER + "".join(damaged(made(rows)) if broken else made(rows))).encode(encoding)
        readers: dict[str, Work] = {"bare": partial(with_polars, sound, "utf8"), "ours": partial(ours, data)}
        found = race({**readers, **{other: partial(work, data, encoding) for other, work in OTHERS.items()}})
        base = found.pop("bare")[0]
        for reader, (spent, got) in found.items():
            lost = str(rows - int(got)) if got.isdecimal() else f"all ({got})"
            most = f"   (at most {limit} times)" if reader == "ours" else ""
            print(f"{name:24}{reader:10}{spent * 1000:8.0f}{spent / base:8.2f}  {lost}{most}", flush=True)
            name = ""
    small()


if __name__ == "__main__":
    main()
