"""Reading, beside polars, pyarrow, DuckDB and the csv module: python bench/reading.py [MB]

Prints the best of several runs, the ratio to a bare `polars.read_csv` with every column as text, and the rows that
each returns of those in the file. Needs no database.
"""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats import open_reading
from pipeline.mapping.model import ReadOptions

HEADER = "id;nom;prix;mode;ville;date;qte;ref;note\n"
TRIES = 4


def clean(rows: int) -> str:
    return HEADER + "".join(
        f"{i};Bottes de pluie;{i % 900},50;retrait;Nîmes;2026-03-{i % 28 + 1:02d};{i % 7};{i:013d};abc\n"
        for i in range(rows)
    )


def quoted(rows: int) -> str:
    return HEADER + "".join(
        f'"{i}";"Bottes de ""pluie""";"{i % 900},50";"retrait";"Nîmes";"2026-03-{i % 28 + 1:02d}";"{i % 7}";'
        f'"{i:013d}";"a;b{chr(10) if i % 50 == 0 else " "}c"\n'
        for i in range(rows)
    )


def damaged(text: str) -> str:
    """0.1 % of the rows, in four ways."""
    lines = text.split("\n")
    ways = (
        '7;"Boots;1;x;v;d;1;r;n',
        '7;Boots 10" high;1;x;v;d;1;r;n',
        "7;short;1",
        "7;long;1;x;v;d;1;r;n;more;more",
    )
    for place, at in enumerate(range(500, len(lines) - 2, 1000)):
        lines[at] = ways[place % 4]
    return "\n".join(lines)


def best(work: Callable[[], int]) -> tuple[float, str]:
    times, rows = [], ""
    for _ in range(TRIES):
        begun = time.perf_counter()
        try:
            rows = str(work())
        except Exception as error:  # noqa: BLE001 - the others fail in many ways
            rows = type(error).__name__
        times.append(time.perf_counter() - begun)
    return min(times), rows


def ours(data: bytes, ragged: str = "refuse") -> int:
    return sum(b.frame.height for b in open_reading(io.BytesIO(data), ReadOptions(ragged=ragged)))


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
    import tempfile

    import duckdb

    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        read = f"read_csv('{file.name}', delim=';', quote='\"', all_varchar=true, store_rejects=true"
        name = {"cp1252": "latin-1"}.get(encoding, encoding)
        row = duckdb.connect().execute(f"select count(*) from {read}, encoding='{name}')").fetchone()
        return int(row[0]) if row else 0


OTHERS = {"csv": with_csv, "pyarrow": with_pyarrow, "duckdb": with_duckdb}


def main() -> None:
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 46
    rows = int(size * 1_000_000 / 80)
    cases = [
        ("clean UTF-8", clean(rows), "utf8", 2.0),
        ("every cell quoted", quoted(rows), "utf8", 3.0),
        ("clean cp1252", clean(rows), "cp1252", 3.0),
        ("0.1 % damaged", damaged(clean(rows)), "utf8", 5.0),
        ("quoted, 0.1 % damaged", damaged(quoted(rows)), "utf8", 5.0),
    ]
    print(f"{'case':24}{'reader':10}{'ms':>8}{'ratio':>8}  rows of {rows}")
    for name, text, encoding, limit in cases:
        data = text.encode(encoding)
        sound = (quoted(rows) if "quoted" in name else clean(rows)).encode()
        base, height = best(lambda data=sound: with_polars(data, "utf8"))  # type: ignore[misc]
        if "damaged" in name:
            height = best(lambda data=data: with_polars(data, "utf8"))[1]  # type: ignore[misc]
        took, got = best(lambda data=data: ours(data))  # type: ignore[misc]
        print(f"{name:24}{'ours':10}{took * 1000:8.0f}{took / base:8.2f}  {got} (at most {limit} times)")
        print(f"{'':24}{'polars':10}{base * 1000:8.0f}{1:8.2f}  {height}")
        for other, work in OTHERS.items():
            try:
                spent, count = best(lambda work=work, data=data, encoding=encoding: work(data, encoding))  # type: ignore[misc]
            except ImportError:
                continue
            print(f"{'':24}{other:10}{spent * 1000:8.0f}{spent / base:8.2f}  {count}")
    small = clean(25).encode()
    took, _ = best(lambda: sum(ours(small) for _ in range(20)))
    print(f"2 kB file: {took * 50:.2f} ms")


if __name__ == "__main__":
    try:
        main()
    except FileFailed as error:
        sys.exit(str(error))
